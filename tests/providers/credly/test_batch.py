"""Many badges in one call, of which Credly issues all or none."""

from dataclasses import replace

import pytest
import responses

from credentials_badges.contract.data import Account, IssueOrder, Receipt
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage

BATCH = f"{BASE_URL}organizations/{ORG}/badges/batch"


def kinds(results: list[Receipt | ProviderError]) -> list[type]:
    return [type(result) for result in results]


def row(order: IssueOrder, number: int, **changes: object) -> dict[str, object]:
    """What Credly answers about one badge of a batch."""
    made = {"id": f"badge-{number}", "state": "pending", "issuer_earner_id": order.recipient.id}
    return {**made, "badge_template": {"id": order.template_id}, **changes}


@pytest.fixture
def orders(stage: CredlyStage) -> list[IssueOrder]:
    return [stage.learner(number) for number in range(5)]


def test_one_call_issues_all(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder]
) -> None:
    results = provider.issue_many(replace(account, options={"notify": "no", "locale": "ja"}), orders[:2])
    held = [badge["id"] for badge in stage.sandbox.badges(account.external_id)]
    assert [r.external_id for r in results if isinstance(r, Receipt)] == held
    body = {
        "issued_to_first_name": "Learner",
        "badge_template_id": stage.order().template_id,
        "issued_at": "2026-09-14 10:21:58 +0000",
        "evidence": [
            {
                "type": "UrlEvidence",
                "name": "Survey log",
                "value": "https://learn.example/log",
                "description": "Field log",
            }
        ],
        "locale": "ja",
        "suppress_badge_notification_email": True,
    }
    first = {"recipient_email": "m0@learners.example", "issued_to_last_name": "0", "issuer_earner_id": "many-0"}
    second = {"recipient_email": "m1@learners.example", "issued_to_last_name": "1", "issuer_earner_id": "many-1"}
    assert stage.sent("POST") == [("/badges/batch", {"badges": [{**body, **first}, {**body, **second}]})]


def test_the_row_that_is_refused_is_left_out(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder]
) -> None:
    provider.issue(account, orders[1])
    orders[3] = replace(orders[3], template_id="999")
    results = provider.issue_many(account, orders)
    assert kinds(results) == [Receipt, AlreadyIssued, Receipt, Rejected, Receipt]
    assert [stage.held(order) for order in orders] == [1, 1, 1, 0, 1]
    assert [path for path, _ in stage.sent("POST")] == ["/badges"] + ["/badges/batch"] * 3


@pytest.mark.parametrize("reading", ["no index", "no batch", "too many"])
def test_where_a_batch_does_not_help_each_goes_by_itself(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder], reading: str
) -> None:
    stage.sandbox.batch_names_row = reading != "no index"
    stage.sandbox.batch_available = reading != "no batch"
    held = orders[1:] if reading == "too many" else orders[1:2]
    for order in held:
        provider.issue(account, order)
    results = provider.issue_many(account, orders)
    refused = [AlreadyIssued] * 3 if reading == "too many" else [Retriable] * 3
    assert kinds(results) == [Retriable, *refused, Retriable]
    assert [stage.held(order) for order in orders] == [int(order in held) for order in orders]
    calls = [path for path, _ in stage.sent("POST")].count("/badges/batch")
    assert calls == (3 if reading == "too many" else 1)


@pytest.mark.parametrize(
    ("status", "said"), [(404, {}), (404, {"data": {"message": "No"}}), (405, {}), (422, {"data": {"error_index": 1}})]
)
def test_an_endpoint_that_is_not_there_is_not_needed(
    provider: CredlyProvider, orders: list[IssueOrder], status: int, said: object
) -> None:
    with responses.RequestsMock() as mock:
        mock.post(BATCH, json=said, status=status)
        assert kinds(provider.issue_many(PLAIN_ACCOUNT, orders[:1])) == [Retriable]


@pytest.mark.parametrize("same", ["learner", "address"])
def test_two_badges_of_a_template_for_one_learner_do_not_spoil_each_other(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder], same: str
) -> None:
    first = orders[0].recipient
    if same == "learner":
        twin = replace(first, email="new@learners.example")
    else:
        twin = replace(first, id="another", email=first.email.upper())
    orders[2] = replace(orders[2], recipient=twin)
    results = provider.issue_many(account, orders)
    assert kinds(results) == [Receipt, Receipt, Retriable, Receipt, Receipt]
    ((path, body),) = stage.sent("POST")
    assert path == "/badges/batch"
    assert len(body["badges"]) == 4


def test_a_learner_may_get_two_templates_in_one_call(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder]
) -> None:
    other = replace(orders[0], template_id=stage.templates()[1]["id"])
    assert kinds(provider.issue_many(account, [orders[0], other])) == [Receipt, Receipt]
    assert len(stage.sent("POST")) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        {"issuer_earner_id": "many-1"},
        {"issuer_earner_id": None},
        {"badge_template": {"id": "else"}},
        {"badge_template": None},
        {"id": None},
    ],
)
def test_an_answer_that_does_not_fit_leaves_that_one_in_doubt(
    provider: CredlyProvider, orders: list[IssueOrder], spoil: dict[str, object]
) -> None:
    rows = [row(order, number) for number, order in enumerate(orders)]
    rows[2].update(spoil)
    with responses.RequestsMock() as mock:
        mock.post(BATCH, json={"data": rows, "metadata": {}}, status=201)
        results = provider.issue_many(PLAIN_ACCOUNT, orders)
    assert kinds(results) == [Receipt, Receipt, OutcomeUnknown, Receipt, Receipt]


@pytest.mark.parametrize("data", [None, {}, "text", []])
def test_an_answer_without_rows_leaves_all_in_doubt(
    provider: CredlyProvider, orders: list[IssueOrder], data: object
) -> None:
    with responses.RequestsMock() as mock:
        mock.post(BATCH, json={"data": data}, status=201)
        assert kinds(provider.issue_many(PLAIN_ACCOUNT, orders)) == [OutcomeUnknown] * 5


def test_an_answer_that_ends_early_leaves_the_rest_in_doubt(provider: CredlyProvider, orders: list[IssueOrder]) -> None:
    rows = [row(order, number) for number, order in enumerate(orders[:3])]
    with responses.RequestsMock() as mock:
        mock.post(BATCH, json={"data": rows}, status=201)
        results = provider.issue_many(PLAIN_ACCOUNT, orders)
    assert kinds(results) == [Receipt] * 3 + [OutcomeUnknown] * 2


def test_what_befalls_the_first_call_is_raised(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder]
) -> None:
    stage.faults.planned.append("throttled")
    with pytest.raises(RateLimited):
        provider.issue_many(account, orders)
    with pytest.raises(Misconfigured):
        provider.issue_many(replace(account, api_key="wrong"), orders)


def test_what_befalls_a_later_call_is_about_its_own_orders_only(
    provider: CredlyProvider, account: Account, stage: CredlyStage, orders: list[IssueOrder]
) -> None:
    """The first is refused; the third repeats the second's learner, and is not sent."""
    provider.issue(account, orders[0])
    orders[2] = replace(orders[2], recipient=orders[1].recipient)
    stage.faults.planned.extend(["fine", "lost"])
    results = provider.issue_many(account, orders)
    assert kinds(results) == [AlreadyIssued, OutcomeUnknown, Retriable, OutcomeUnknown, OutcomeUnknown]
    assert [stage.held(order) for order in orders] == [1] * 5


def test_a_full_batch_is_one_call(provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
    results = provider.issue_many(account, [stage.learner(number) for number in range(provider.batch)])
    assert kinds(results) == [Receipt] * 30
    assert stage.calls() == 1
