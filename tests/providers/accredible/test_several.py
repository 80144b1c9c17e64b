"""Several badges of one learner in one group, and badges that end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from credentials_badges.contract.data import Account, IssueOrder, Receipt, Recipient
from credentials_badges.contract.errors import AlreadyIssued, NotYet, OutcomeUnknown, Rejected
from credentials_badges.contract.states import BadgeState
from providers.accredible import mapping
from providers.accredible.client import Client
from providers.accredible.provider import CATCH_UP, AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, calls, withdrawal

ENDS = datetime(2027, 9, 14, 10, 22, tzinfo=UTC)


@pytest.fixture
def first(provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder) -> Receipt:
    """A badge that the learner holds."""
    return provider.issue(account, order)


@pytest.fixture
def again(order: IssueOrder, first: Receipt) -> IssueOrder:
    """An order for one more."""
    return replace(order, key="0c6c1a3e-again", taken=frozenset({first.external_id}), again=True)


def allow(sandbox: AccredibleSandbox) -> None:
    """The issuer switches on duplicates for the group."""
    sandbox.issuers[ISSUER_ID].allow_duplicate_credentials.add(418201)


@pytest.mark.parametrize("lag", [0, 60])
def test_a_group_without_duplicates_is_named_as_the_reason_until_they_are_switched_on(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, again: IssueOrder, lag: float
) -> None:
    sandbox.search_lag = lag
    with pytest.raises(Rejected, match="switch on duplicate credentials for it at Accredible") as caught:
        provider.issue(account, again)
    assert not isinstance(caught.value, AlreadyIssued)
    allow(sandbox)
    assert provider.issue(account, again).external_id not in again.taken
    assert len(sandbox.credentials(ISSUER_ID)) == 2


def test_without_leave_for_several_a_known_badge_is_the_same_badge(
    provider: AccredibleProvider, account: Account, again: IssueOrder
) -> None:
    with pytest.raises(AlreadyIssued):
        provider.issue(account, replace(again, again=False))


def test_of_many_the_one_that_is_refused_goes_by_itself_and_learns_the_reason(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, again: IssueOrder
) -> None:
    other = replace(again, key="other", recipient=Recipient(id="l-2", email="l2@learners.example", full_name="L"))
    results = provider.issue_many(account, [again, other])
    assert [type(result) for result in results] == [AlreadyIssued, Receipt]
    assert provider.find(account, again) is None
    with pytest.raises(Rejected, match="switch on duplicate"):
        provider.issue(account, again)
    allow(sandbox)
    (second,) = provider.issue_many(account, [again])
    assert isinstance(second, Receipt)
    assert second.external_id not in again.taken


def test_a_live_one_that_is_not_known_may_be_this_one(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, again: IssueOrder
) -> None:
    allow(sandbox)
    by_hand = Client(account).create({"recipient": mapping.holder(order)["recipient"], "group_id": 418201})
    sandbox.issuers[ISSUER_ID].allow_duplicate_credentials.clear()
    with pytest.raises(AlreadyIssued):
        provider.issue(account, again)
    found = provider.find(account, again)
    assert found is not None
    assert found.external_id == by_hand["id"]


def test_a_first_badge_is_not_refused_for_a_badge_that_is_not_the_learners(
    provider: AccredibleProvider, account: Account, first: Receipt, order: IssueOrder
) -> None:
    heir = replace(order.recipient, id="learner-2")
    with pytest.raises(AlreadyIssued):
        provider.issue(account, replace(order, key="heir", recipient=heir, again=True))


def test_what_expired_only_today_is_waited_out_as_ever(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.early_expiry_refused = True
    with time_machine.travel(order.issued_at, tick=False):
        first = provider.issue(account, order)
        provider.revoke(account, withdrawal(first.external_id))
        with pytest.raises(NotYet, match=first.external_id):
            provider.issue(account, replace(order, key="b", taken=frozenset({first.external_id}), again=True))


def test_a_live_badge_beside_one_that_expired_today_waits_for_no_day(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    """Tomorrow the live one would still be in the way."""
    allow(sandbox)
    sandbox.early_expiry_refused = True
    with time_machine.travel(order.issued_at, tick=False):
        held = [provider.issue(account, replace(order, key=key, again=True)).external_id for key in ("a", "b")]
        provider.revoke(account, withdrawal(held[0]))
        sandbox.issuers[ISSUER_ID].allow_duplicate_credentials.clear()
        with pytest.raises(Rejected, match="switch on duplicate"):
            provider.issue(account, replace(order, key="c", taken=frozenset(held), again=True))


class TestAfterALostAnswer:
    """Nothing there refuses the same credential a second time, and nothing but a late search shows it."""

    @pytest.fixture(autouse=True)
    def silent(self, sandbox: AccredibleSandbox, again: IssueOrder) -> None:
        allow(sandbox)
        sandbox.own_id_get = sandbox.repeated_id_refused = False
        sandbox.search_lag = CATCH_UP - 1

    def test_one_more_waits_until_the_search_has_caught_up(
        self, provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, again: IssueOrder
    ) -> None:
        sandbox.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, again)
        assert provider.find(account, again) is None
        sandbox.requests.clear()
        with pytest.raises(NotYet) as caught:
            provider.issue(account, replace(again, doubted_for=10.0))
        assert (caught.value.after, sandbox.requests) == (CATCH_UP - 10, [])
        sandbox.search_lag = 0
        found = provider.find(account, again)
        assert found is not None
        assert {found.external_id, *again.taken} == {str(row["id"]) for row in sandbox.credentials(ISSUER_ID)}

    def test_what_has_not_arrived_is_sent_then(
        self, provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, again: IssueOrder
    ) -> None:
        sandbox.faults.planned.append("unavailable")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, again)
        provider.issue(account, replace(again, doubted_for=CATCH_UP))
        assert calls(sandbox).count("POST /v1/credentials") == 2
        assert len(sandbox.credentials(ISSUER_ID)) == 2


def test_the_end_goes_along_singly_and_with_many(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    orders = [
        replace(
            order,
            key=f"key-{n}",
            expires_at=ends,
            recipient=Recipient(id=f"l-{n}", email=f"l{n}@x.example", full_name="L"),
        )
        for n, ends in enumerate((ENDS, ENDS, None))
    ]
    provider.issue(account, orders[0])
    assert all(isinstance(result, Receipt) for result in provider.issue_many(account, orders[1:]))
    rows = sandbox.credentials(ISSUER_ID)
    assert [(row["recipient_id"], row["expired_on"]) for row in rows] == [
        ("l-0", "2027-09-14"),
        ("l-1", "2027-09-14"),
        ("l-2", None),
    ]


@pytest.mark.parametrize(
    ("hours", "last_day"), [(1, "2026-11-02"), (23.5, "2026-11-02"), (25, "2026-11-02"), (49, "2026-11-03")]
)
def test_a_badge_that_ends_within_its_first_day_does_not_look_revoked(
    order: IssueOrder, hours: float, last_day: str
) -> None:
    """The day on which summer time ends has 25 hours."""
    zone = ZoneInfo("America/Los_Angeles")
    issued_at = datetime(2026, 11, 1, 0, 10, tzinfo=zone)
    ends = issued_at.astimezone(UTC) + timedelta(hours=hours)
    sent = mapping.credential(replace(order, issued_at=issued_at, expires_at=ends), zone)
    assert (sent["issued_on"], sent["expired_on"]) == ("2026-11-01", last_day)
    assert mapping.receipt(sent, date(2026, 11, 1)).state is BadgeState.ACCEPTED
