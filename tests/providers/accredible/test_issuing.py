"""How a badge comes to be at Accredible once, is found again, and gets out when it has been waiting."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
import time_machine

from credentials_badges.contract.data import Account, IssueOrder, Recipient
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, OutcomeUnknown
from credentials_badges.contract.states import BadgeState
from providers.accredible.client import Client
from providers.accredible.mapping import WAITING
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, ROOT, calls, withdrawal


@pytest.mark.parametrize("as_string", [True, False])
@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("key", ["same", "other"])
def test_a_duplicate_is_told_whatever_its_shape(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    as_string: bool,
    status: int,
    key: str,
) -> None:
    sandbox.duplicate_as_string, sandbox.duplicate_status = as_string, status
    provider.issue(account, order)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, order if key == "same" else replace(order, key="another-promise"))


@pytest.mark.parametrize(("switch", "value"), [("credits", 0), ("sandbox_mode", True)])
def test_what_is_not_published_waits_and_is_found_waiting(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    switch: str,
    value: object,
) -> None:
    setattr(sandbox, switch, value)
    issued = provider.issue(account, order)
    assert (issued.state, issued.raw_state, issued.waiting) == (BadgeState.PENDING, "unpublished", WAITING)
    assert provider.find(account, order) == issued
    assert next(provider.list_badges(account)).waiting == WAITING  # type: ignore[union-attr]


def test_what_waits_is_released_once_there_are_credits(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    first = provider.issue(account, order)
    again = replace(order, waiting_id=first.external_id)
    assert provider.issue(account, again).waiting
    sandbox.credits = 1
    sandbox.requests.clear()
    released = provider.issue(account, again)
    assert (released.external_id, released.state, released.waiting) == (first.external_id, BadgeState.ACCEPTED, "")
    path = f"/v1/credentials/{first.external_id}"
    assert sandbox.requests == [("GET", path, None), ("PUT", path, {"credential": {"approve": True}})]
    assert len(sandbox.credentials(ISSUER_ID)) == 1


def test_what_a_person_has_published_is_out_without_another_credit(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    waiting = provider.issue(account, order)
    sandbox.credits = 2
    sandbox.publish(waiting.external_id)
    assert provider.issue(account, replace(order, waiting_id=waiting.external_id)).state is BadgeState.ACCEPTED
    assert sandbox.credits == 1


def test_what_has_expired_while_it_waited_is_not_published(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    waiting = provider.issue(account, order)
    provider.revoke(account, withdrawal(waiting.external_id))
    sandbox.credits = 2
    expired = provider.issue(account, replace(order, waiting_id=waiting.external_id))
    assert (expired.external_id, expired.state) == (waiting.external_id, BadgeState.EXPIRED)
    assert (expired.waiting, sandbox.credits) == ("", 2)


def test_what_was_deleted_while_it_waited_is_created_anew(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    waiting = provider.issue(account, order)
    sandbox.delete(waiting.external_id)
    sandbox.credits = 2
    anew = provider.issue(account, replace(order, waiting_id=waiting.external_id))
    assert anew.state is BadgeState.ACCEPTED
    assert [str(row["id"]) for row in sandbox.credentials(ISSUER_ID)] == [anew.external_id]


@pytest.mark.parametrize("refused", [True, False])
def test_what_was_created_anew_is_found_though_the_answer_was_lost(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, refused: bool
) -> None:
    sandbox.credits, sandbox.repeated_id_refused = 0, refused
    waiting = replace(order, waiting_id=provider.issue(account, order).external_id)
    sandbox.delete(waiting.waiting_id)
    sandbox.faults.planned.extend([*["fine"] * 5, "lost"])
    with pytest.raises(OutcomeUnknown):
        provider.issue(account, waiting)
    anew = provider.issue(account, waiting)
    assert [str(row["id"]) for row in sandbox.credentials(ISSUER_ID)] == [anew.external_id]


def test_a_strangers_credential_is_not_released(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    other = Recipient(id="learner-2", email="ana@learners.example", full_name="Ana")
    anas = provider.issue(account, replace(order, key="anas-own", recipient=other))
    sandbox.credits = 2
    mine = provider.issue(account, replace(order, waiting_id=anas.external_id))
    assert mine.external_id != anas.external_id
    assert [row["approve"] for row in sandbox.credentials(ISSUER_ID)] == [False, True]


def test_an_answer_that_does_not_name_the_learner_as_we_do_is_still_theirs(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.post(ROOT + "v1/credentials", json={"credential": {"id": 7, "approve": True, "recipient": {"id": 90551}}})
    issued = provider.issue(account, order)
    assert (issued.external_id, issued.template_id, issued.recipient_id) == ("7", "418201", "learner-1")


@pytest.mark.parametrize(
    "wrong", [{"group_id": 999}, {"meta_data": {"award_key": "another"}}, {"recipient": {"id": "learner-2"}}]
)
def test_an_answer_about_another_group_award_or_learner_is_not_adopted(
    provider: AccredibleProvider,
    account: Account,
    order: IssueOrder,
    canned: responses.RequestsMock,
    wrong: dict[str, Any],
) -> None:
    canned.post(ROOT + "v1/credentials", json={"credential": {"id": "777", "approve": True, **wrong}})
    with pytest.raises(OutcomeUnknown):
        provider.issue(account, order)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-09-14"), ("Pacific/Auckland", "2026-09-15"), ("America/Los_Angeles", "2026-09-13")]
)
def test_the_day_is_that_of_the_account(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    zone: str,
    day: str,
) -> None:
    account = replace(account, options={"time_zone": zone})
    hour = 4 if zone == "America/Los_Angeles" else 20
    provider.issue(account, replace(order, issued_at=datetime(2026, 9, 14, hour, tzinfo=UTC)))
    assert sandbox.credentials(ISSUER_ID)[0]["issued_on"] == day


@time_machine.travel("2026-10-03T10:59:00Z", tick=False)
@pytest.mark.parametrize(
    ("zone", "state"), [("America/Los_Angeles", BadgeState.ACCEPTED), ("Pacific/Auckland", BadgeState.EXPIRED)]
)
def test_a_badge_expires_at_midnight_where_the_account_is(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    zone: str,
    state: BadgeState,
) -> None:
    account = replace(account, options={"time_zone": zone})
    issued = provider.issue(account, replace(order, expires_at=datetime(2026, 10, 3, 8, tzinfo=UTC)))
    assert sandbox.credentials(ISSUER_ID)[0]["expired_on"] == "2026-10-03"
    assert issued.state is BadgeState.ACCEPTED
    assert provider.find(account, order) == issued
    with time_machine.travel("2026-10-03T11:00:00Z"):
        assert next(provider.list_badges(account)).state is state  # type: ignore[union-attr]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "America"])
def test_a_zone_that_is_none_is_a_misconfiguration(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, zone: str
) -> None:
    with pytest.raises(Misconfigured, match="time zone"):
        provider.issue(replace(account, options={"time_zone": zone}), order)
    assert not sandbox.requests


def test_what_the_search_does_not_show_yet_is_found_by_our_own_id(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.search_lag = 60
    issued = provider.issue(account, order)
    sandbox.requests.clear()
    assert provider.find(account, order) == issued
    assert calls(sandbox) == [f"GET /v1/credentials/{order.key}"]


@pytest.mark.parametrize("version_2", [True, False])
def test_where_our_own_id_leads_nowhere_the_search_finds_what_it_shows(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, version_2: bool
) -> None:
    sandbox.own_id_get, sandbox.search_lag, sandbox.search_missing = False, 60, not version_2
    issued = provider.issue(account, order)
    assert provider.find(account, order) is None
    sandbox.search_lag = 0
    assert provider.find(account, order) == issued


def test_a_badge_that_was_issued_by_hand_is_found_by_its_address(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    by_hand = {"recipient": {"name": "Mira", "email": "mira.okafor@learners.example"}, "group_id": 418201}
    held = Client(account).create(by_hand)
    sandbox.requests.clear()
    found = provider.find(account, order)
    assert found is not None
    assert (found.external_id, found.url) == (held["id"], held["url"])
    rest = {"sort": {"id": "asc"}, "page": {"from": 0, "size": 50}}
    assert [body for method, _, body in sandbox.requests if method == "POST"] == [
        {"query": {"license_id": order.key}, **rest},
        {"query": {"group.id": 418201, "recipient_id": "learner-1"}, **rest},
        {"query": {"group.id": 418201, "recipient_email": "mira.okafor@learners.example"}, **rest},
    ]


@pytest.mark.parametrize("own_numbers", [True, False])
def test_another_learner_of_the_same_address_is_not_adopted(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, own_numbers: bool
) -> None:
    sandbox.own_numbers = own_numbers
    provider.issue(account, order)
    heir = Recipient(id="learner-2", email=order.recipient.email, full_name="Mira's Heir")
    inherited = replace(order, key="0c6c1a3e-6d0b-4d8e-9d55-0f3c5f3a9b02", recipient=heir)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, inherited)
    assert provider.find(account, inherited) is None
