"""Many badges in one call, and each order's own share of the answer."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import responses

from credentials_badges.contract.data import Account, IssueOrder, Receipt, Recipient
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)
from credentials_badges.contract.states import BadgeState
from providers.accredible import bulk
from providers.accredible.mapping import WAITING
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, ROOT, calls

TODAY = date(2026, 10, 3)
PEOPLE = ("mira", "tomas", "ana", "ines")


@pytest.fixture
def orders(order: IssueOrder) -> list[IssueOrder]:
    """Four orders of one group, for four learners."""
    return [
        replace(
            order, key=f"key-{name}", recipient=Recipient(id=name, email=f"{name}@learners.example", full_name=name)
        )
        for name in PEOPLE
    ]


def row(name: str, number: int, **fields: Any) -> dict[str, Any]:
    """A credential as the bulk create tells it."""
    recipient = {"name": name, "email": f"{name}@learners.example", "id": 90550 + number}
    return {"id": number, "approve": True, "recipient": recipient, "url": f"https://c.example/{number}"} | fields


def refusal(field: str, words: str, shape: str = "errors") -> dict[str, Any]:
    """An item that was not stored, in either documented shape."""
    detail = {"property": field, "message" if shape == "errors" else "reason": words}
    return {shape: {"code": "credential_invalid", "message": "failed validation", "details": [detail]}}


def brief(results: list[Receipt | ProviderError]) -> list[str]:
    """Each result in a word: the id of a badge, or the name of an error."""
    return [result.external_id if isinstance(result, Receipt) else type(result).__name__ for result in results]


@pytest.mark.parametrize(
    ("shape", "taken", "blank"), [("errors", "has already been taken", "can't be blank"), ("error", "taken", "blank")]
)
def test_a_mixed_answer_is_told_apart_in_both_documented_shapes(
    orders: list[IssueOrder], shape: str, taken: str, blank: str
) -> None:
    short = {
        "credential": row("ana", 9, approve=False),
        shape: {"code": "insufficient_credits", "message": "unpublished"},
    }
    said = [{"credential": row("mira", 7)}, refusal("recipient.email", taken, shape), short]
    said.append(refusal("recipient.name", blank, shape))
    results = bulk.outcomes(orders, json.loads(json.dumps(said).encode()), TODAY)
    assert brief(results) == ["7", "AlreadyIssued", "9", "Rejected"]
    stored, waiting = results[0], results[2]
    assert isinstance(stored, Receipt)
    assert (stored.template_id, stored.recipient_id, stored.url) == ("418201", "mira", "https://c.example/7")
    assert isinstance(waiting, Receipt)
    assert (waiting.state, waiting.waiting) == (BadgeState.PENDING, WAITING)
    assert blank in str(results[3])


def test_a_credential_for_which_credits_were_lacking_waits_whatever_else_it_says(orders: list[IssueOrder]) -> None:
    said = {"credential": row("mira", 7, approve=True), "error": {"code": "insufficient_credits"}}
    (waiting,) = bulk.outcomes(orders[:1], [said], TODAY)
    assert isinstance(waiting, Receipt)
    assert waiting.waiting == WAITING


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"errors": [{"message": "recipient.email has already been taken"}]}, AlreadyIssued),
        ({"errors": "Email has already been taken"}, AlreadyIssued),
        ({"errors": {"id": ["has already been taken"]}}, AlreadyIssued),
        ({"error": "Invalid Group"}, Rejected),
        ({"errors": [["deep", {"reason": "blank"}]]}, Rejected),
        ({"errors": {}}, OutcomeUnknown),
        ({}, OutcomeUnknown),
        (None, OutcomeUnknown),
        ({"credential": None}, OutcomeUnknown),
        ({"credential": {"approve": True}}, OutcomeUnknown),
    ],
)
def test_an_error_may_be_a_map_a_list_or_a_text(
    orders: list[IssueOrder], error: object, kind: type[ProviderError]
) -> None:
    (result,) = bulk.outcomes(orders[:1], [error], TODAY)
    assert type(result) is kind


@pytest.mark.parametrize(
    ("said", "told"),
    [
        # Each credential names its learner, so their order does not matter.
        ([row("ana", 9), row("mira", 7), row("tomas", 8), row("ines", 6)], ["7", "8", "9", "6"]),
        # Our own key is surer than an address that was mended there.
        ([row("mira", 7), row("x", 8, license_id="key-tomas"), row("ana", 9), row("ines", 6)], ["7", "8", "9", "6"]),
        ([row("mira", 7), row("x", 8, meta_data={"award_key": "key-tomas"})], ["7", "8", "?", "?"]),
        ([row("mira", 7), row("x", 8, license_id="key-tomas", group_id=1)], ["7", "?", "?", "?"]),
        ([row("mira", 7) | {"recipient": {"id": "tomas", "email": "mira@learners.example"}}], ["?", "?", "?", "?"]),
        # An error names nobody: it is believed at its own place, and not at all if the others are not at theirs.
        ([row("tomas", 8), None, row("ana", 9), row("ines", 6)], ["?", "8", "9", "6"]),
        ([row("mira", 7), None, row("ana", 9), row("ines", 6)], ["7", "AlreadyIssued", "9", "6"]),
        ([row("mira", 7), None, row("ana", 9)], ["7", "?", "9", "?"]),
        # A stranger's credential, one twice, one of another group, or one that names nobody is no one's.
        ([row("mira", 7), row("zoe", 8), None, row("ines", 6)], ["7", "?", "?", "6"]),
        ([row("mira", 7), row("mira", 8), None, row("ines", 6)], ["?", "?", "?", "6"]),
        ([row("mira", 7, group_id=1), row("tomas", 8, group_id="418201"), None, None], ["?", "8", "?", "?"]),
        ([row("mira", 7, recipient=None), row("tomas", 8)], ["?", "8", "?", "?"]),
        ([], ["?", "?", "?", "?"]),
    ],
)
def test_results_find_their_orders_or_nobody(orders: list[IssueOrder], said: list[Any], told: list[str]) -> None:
    results = [{"credential": each} if each else refusal("recipient.email", "taken", "error") for each in said]
    names = brief(bulk.outcomes(orders, results, TODAY))
    assert names == [name.replace("?", "OutcomeUnknown") for name in told]


def test_one_learner_in_two_groups_is_told_apart_by_place(orders: list[IssueOrder]) -> None:
    both = [orders[0], replace(orders[0], key="other", template_id="418202")]
    results = bulk.outcomes(both, [{"credential": row("mira", 7)}, {"credential": row("mira", 8)}], TODAY)
    assert brief(results) == ["7", "8"]
    assert brief(bulk.outcomes(both, [{"credential": row("mira", 7)}], TODAY)) == ["7", "OutcomeUnknown"]


def test_no_address_is_repeated_in_an_error(orders: list[IssueOrder]) -> None:
    (result,) = bulk.outcomes(orders[:1], [refusal("recipient.email", "mira@learners.example is odd")], TODAY)
    assert "[address] is odd" in str(result)
    assert "mira@" not in repr(result)


def test_many_are_one_call_and_what_it_cannot_take_is_not_sent(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, orders: list[IssueOrder]
) -> None:
    sandbox.credits = 2
    again = replace(orders[0], key="key-again")
    wrong = replace(orders[0], key="key-wrong", template_id="no-group")
    released = replace(orders[3], waiting_id="24810377")
    results = provider.issue_many(account, [*orders[:3], again, wrong, released])
    assert calls(sandbox) == ["POST /v2/credentials/bulk_create"]
    assert [type(result) for result in results] == [Receipt, Receipt, Receipt, Retriable, Retriable, Retriable]
    assert [getattr(result, "waiting", "") for result in results[:3]] == ["", "", WAITING]
    assert len(sandbox.credentials(ISSUER_ID)) == 3


def test_results_from_last_to_first_are_each_learners_own(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, orders: list[IssueOrder]
) -> None:
    sandbox.bulk_backwards = True
    results = provider.issue_many(account, orders)
    held = {row["recipient_id"]: str(row["id"]) for row in sandbox.credentials(ISSUER_ID)}
    assert brief(results) == [held[name] for name in PEOPLE]


def test_if_all_are_refused_each_is_told_its_own_reason(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, orders: list[IssueOrder]
) -> None:
    provider.issue(account, orders[0])
    results = provider.issue_many(account, [orders[0], replace(orders[1], template_id="7")])
    assert brief(results) == ["AlreadyIssued", "Rejected"]
    assert calls(sandbox)[1:] == ["POST /v2/credentials/bulk_create"]


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"error": "Not found"}), (405, {}), (422, {"errors": "Invalid Group"})]
)
def test_after_a_call_that_is_refused_as_a_whole_each_goes_by_itself(
    provider: AccredibleProvider,
    account: Account,
    orders: list[IssueOrder],
    canned: responses.RequestsMock,
    status: int,
    body: dict[str, str],
) -> None:
    canned.post(ROOT + "v2/credentials/bulk_create", json=body, status=status)
    assert brief(provider.issue_many(account, orders)) == ["Retriable"] * 4


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (401, Misconfigured), (503, OutcomeUnknown)])
def test_what_befalls_all_of_them_is_raised(
    provider: AccredibleProvider,
    account: Account,
    orders: list[IssueOrder],
    canned: responses.RequestsMock,
    status: int,
    kind: type[ProviderError],
) -> None:
    canned.post(ROOT + "v2/credentials/bulk_create", status=status)
    with pytest.raises(kind):
        provider.issue_many(account, orders)


@pytest.mark.parametrize("body", ["{}", "[]", "<html>"])
def test_an_answer_without_results_leaves_all_of_them_to_be_found(
    provider: AccredibleProvider, account: Account, orders: list[IssueOrder], canned: responses.RequestsMock, body: str
) -> None:
    canned.post(ROOT + "v2/credentials/bulk_create", body=body)
    with pytest.raises(OutcomeUnknown):
        provider.issue_many(account, orders)
