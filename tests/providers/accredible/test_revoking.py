"""How a badge is taken back from Accredible, and how one is put right."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import responses
import time_machine

from credentials_badges.contract.data import Account, IssueOrder, Recipient
from credentials_badges.contract.errors import NotFound, OutcomeUnknown, Rejected
from credentials_badges.contract.states import BadgeState
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, ROOT, withdrawal


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [
        ("", 12, "2026-10-02"),
        ("Pacific/Auckland", 12, "2026-10-02"),
        ("Pacific/Auckland", 10, "2026-10-02"),
        ("America/Los_Angeles", 12, "2026-10-02"),
        ("America/Los_Angeles", 6, "2026-10-01"),
    ],
)
def test_revoking_lets_the_credential_expire_on_a_day_that_is_over_where_the_account_is_and_in_utc(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    zone: str,
    hour: int,
    day: str,
) -> None:
    account = replace(account, options={"time_zone": zone})
    issued = provider.issue(account, order)
    with time_machine.travel(datetime(2026, 10, 3, hour, 30, tzinfo=UTC), tick=False):
        gone = provider.revoke(account, withdrawal(issued.external_id))
    assert (gone.state, gone.raw_state) == (BadgeState.EXPIRED, "expired")
    assert sandbox.requests[-1] == (
        "PUT",
        f"/v1/credentials/{issued.external_id}",
        {"credential": {"expired_on": day}},
    )


@pytest.mark.parametrize("refused", [True, False])
def test_a_badge_can_be_revoked_on_the_day_of_its_issue(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, refused: bool
) -> None:
    sandbox.early_expiry_refused = refused
    with time_machine.travel(order.issued_at, tick=False):
        issued = provider.issue(account, order)
        gone = provider.revoke(account, withdrawal(issued.external_id))
        assert (gone.state, gone.raw_state) == (BadgeState.EXPIRED, "expired")
        assert provider.find(account, order) is None
        assert next(provider.list_badges(account)).state is BadgeState.EXPIRED  # type: ignore[union-attr]
    sent = [body["credential"]["expired_on"] for method, _, body in sandbox.requests if method == "PUT"]
    assert sent == (["2026-09-13", "2026-09-14"] if refused else ["2026-09-13"])


@time_machine.travel("2026-10-03T11:30:00Z", tick=False)
def test_a_badge_of_a_day_that_is_over_in_its_zone_alone_is_taken_back_at_once(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.early_expiry_refused = True
    account = replace(account, options={"time_zone": "Pacific/Auckland"})
    issued = provider.issue(account, replace(order, issued_at=datetime(2026, 10, 3, 10, tzinfo=UTC)))
    assert sandbox.credentials(ISSUER_ID)[0]["issued_on"] == "2026-10-03"
    provider.revoke(account, withdrawal(issued.external_id))
    assert sandbox.credentials(ISSUER_ID)[0]["expired_on"] == "2026-10-03"


@time_machine.travel("2026-10-03T12:00:00Z", tick=False)
@pytest.mark.parametrize(
    "told",
    [
        {"id": "8", "expired_on": "2026-10-02"},
        {"id": "7", "expired_on": None},
        {"id": "7", "expired_on": "2026-10-03"},
        {"id": "7", "expired_on": "2027-10-02"},
    ],
)
def test_an_answer_about_another_credential_or_a_live_one_does_not_say_that_it_is_taken_back(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, told: dict[str, object]
) -> None:
    canned.put(ROOT + "v1/credentials/7", json={"credential": {"approve": True, "issued_on": "2026-09-01", **told}})
    with pytest.raises(OutcomeUnknown):
        provider.revoke(account, withdrawal("7"))


def test_an_answer_about_another_credential_does_not_say_that_it_is_deleted(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.delete(ROOT + "v1/credentials/7", json={"credential": {"id": 8}})
    with pytest.raises(OutcomeUnknown):
        provider.revoke(replace(account, options={"revoke_by": "delete"}), withdrawal("7"))


def test_a_revocation_that_is_refused_twice_is_rejected(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    put = canned.put(ROOT + "v1/credentials/7", json={"errors": "Not allowed"}, status=422)
    with pytest.raises(Rejected, match="Not allowed"):
        provider.revoke(account, withdrawal("7"))
    assert put.call_count == 2


@time_machine.travel("2026-10-03T12:00:00Z", tick=False)
def test_what_expires_today_counts_as_taken_back(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.put(ROOT + "v1/credentials/7", json={"errors": "Not yesterday"}, status=422)
    row = {"id": "7", "approve": True, "issued_on": "2026-09-01", "expired_on": "2026-10-03"}
    canned.put(ROOT + "v1/credentials/7", json={"credential": row})
    assert provider.revoke(account, withdrawal("7")).state is BadgeState.EXPIRED


def test_revoking_by_deleting_removes_it_and_is_calm_the_second_time(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    account = replace(account, options={"revoke_by": "delete"})
    issued = provider.issue(account, order)
    told = [provider.revoke(account, withdrawal(issued.external_id)) for _ in range(2)]
    assert [(receipt.state, receipt.raw_state) for receipt in told] == [
        (BadgeState.REVOKED, "deleted"),
        (BadgeState.REVOKED, "gone"),
    ]
    assert sandbox.credentials(ISSUER_ID) == []


def test_revoking_what_was_deleted_is_calm(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    issued = provider.issue(account, order)
    sandbox.issuers[ISSUER_ID].held.clear()
    gone = provider.revoke(account, withdrawal(issued.external_id))
    assert (gone.external_id, gone.state, gone.raw_state) == (issued.external_id, BadgeState.REVOKED, "gone")


@pytest.mark.parametrize("bare", [True, False])
def test_a_name_and_an_address_are_put_right_and_nothing_else(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, bare: bool
) -> None:
    sandbox.bare_updates = bare
    issued = provider.issue(account, order)
    married = Recipient(id="learner-1", email="Mira.Lind@Learners.example", full_name="Mira Lind")
    before = sandbox.credentials(ISSUER_ID)[0]
    updates = [provider.update(account, replace(order, recipient=married), issued.external_id) for _ in range(2)]
    assert updates[0].external_id == issued.external_id
    assert [replace(receipt, raw={}) for receipt in updates] == [replace(updates[0], raw={})] * 2
    after = sandbox.credentials(ISSUER_ID)[0]
    changed = {key: after[key] for key in after if after[key] != before[key]}
    assert changed.keys() <= {"recipient_name", "recipient_email", "updated_at"}
    assert (after["recipient_name"], after["recipient_email"]) == ("Mira Lind", "mira.lind@learners.example")
    assert provider.find(account, replace(order, recipient=married)) is not None


def test_what_is_gone_cannot_be_put_right(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    issued = provider.issue(account, order)
    sandbox.delete(issued.external_id)
    with pytest.raises(NotFound):
        provider.update(account, order, issued.external_id)


def test_what_is_right_already_is_not_written_again(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    issued = provider.issue(account, order)
    assert provider.update(account, order, issued.external_id) == issued
    assert "PUT" not in {method for method, _, _ in sandbox.requests}


def test_another_learners_credential_is_not_put_right(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    other = Recipient(id="learner-2", email="ana@learners.example", full_name="Ana")
    issued = provider.issue(account, replace(order, key="anas-own", recipient=other))
    with pytest.raises(Rejected, match=issued.external_id):
        provider.update(account, order, issued.external_id)
    assert sandbox.credentials(ISSUER_ID)[0]["recipient_name"] == "Ana"


def test_a_credential_that_another_id_leads_to_is_not_put_right(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    provider.issue(account, order)
    renamed = replace(order, recipient=replace(order.recipient, full_name="Mira Lind"))
    with pytest.raises(Rejected):
        provider.update(account, renamed, order.key)
    assert "PUT" not in {method for method, _, _ in sandbox.requests}
