"""Whatever the adapter sends, Accredible's own description allows."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from credentials_badges.contract.data import Account, IssueOrder, Recipient, RevokeOrder
from credentials_badges.contract.errors import AlreadyIssued
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import withdrawal
from tests.providers.accredible.openapi import OPERATIONS, faults, operation

CREDENTIAL = {"recipient": {"name": "M", "email": "m@learners.example"}, "group_id": 418201}


def everything(provider: AccredibleProvider, account: Account, order: IssueOrder) -> None:
    """Each thing that the contract asks of an adapter, so that each of its calls is made."""
    many = [
        replace(order, key=f"key-{n}", recipient=Recipient(id=f"l-{n}", email=f"l{n}@x.example", full_name="L"))
        for n in range(30)
    ]
    provider.check(account)
    list(provider.list_templates(account))
    expiring = replace(order, expires_at=datetime(2027, 9, 14, tzinfo=UTC))
    issued = provider.issue(account, expiring)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, order)
    for start in (0, 15):
        provider.issue_many(account, many[start : start + 30])
    provider.find(account, order)
    provider.find(account, replace(order, key="nobody", taken=frozenset({issued.external_id})))
    provider.issue(account, replace(order, waiting_id=issued.external_id))
    provider.update(account, order, issued.external_id)
    list(provider.list_badges(account))
    list(provider.changes(account, order.issued_at))
    revocation: RevokeOrder = withdrawal(issued.external_id)
    provider.revoke(account, revocation)
    provider.revoke(replace(account, options={"revoke_by": "delete"}), revocation)


def test_every_request_is_as_described_and_every_described_call_is_made(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    everything(provider, account, order)
    sandbox.search_missing = sandbox.bulk_missing = sandbox.early_expiry_refused = True
    sandbox.credits = 0
    everything(provider, account, replace(order, key="again"))
    assert [told for request in sandbox.requests for told in faults(*request)] == []
    assert {operation(method, path) for method, path, _ in sandbox.requests} == OPERATIONS.keys()


def test_a_waiting_badge_is_released_and_a_long_list_is_read_as_described(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    waiting = provider.issue(account, order)
    provider.issue(account, replace(order, waiting_id=waiting.external_id))
    for number in range(60):
        someone = Recipient(id=f"l-{number}", email=f"l{number}@learners.example", full_name="L")
        provider.issue(account, replace(order, key=f"key-{number}", recipient=someone))
    list(provider.list_badges(account))
    sandbox.cursors = False
    list(provider.list_badges(account))
    assert [told for request in sandbox.requests for told in faults(*request)] == []
    pages = [body["page"].keys() for _, path, body in sandbox.requests if path == "/v2/credentials/search"]
    assert pages == [{"from", "size"}, {"cursor", "size"}, {"from", "size"}, {"from", "size"}]


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("PATCH", "/v1/credentials/7", {}, "not described"),
        ("GET", "/v1/credentials/7?page=1", None, "not described"),
        ("DELETE", "/v1/credentials/7", {"reason": "x"}, "no body"),
        ("POST", "/v1/credentials", {"credential": {"group_id": 1}}, "credential/recipient/email is missing"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"group_id": "1"}}, "credential/group_id is str"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"complete": 1}}, "credential/complete is int"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"group_id": True}}, "credential/group_id is bool"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"reason": "x"}}, "credential/reason is not"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"recipient.email": "x"}}, "recipient.email is not"),
        ("POST", "/v1/credentials", {"credential": CREDENTIAL | {"issued_on": "2026-09-14 10:00"}}, "issued_on is"),
        ("POST", "/v2/credentials/bulk_create", {"credentials": [{"x": 1}]}, "credentials[]/x is not"),
        ("POST", "/v2/credentials/search", {"page": {"from": 0}}, "query is missing"),
        ("POST", "/v2/credentials/search", {"query": {"group.id[gte]": 1}}, "query/group.id[gte] is not"),
        ("POST", "/v1/credentials/search", {"recipient": {"email": "x"}}, "recipient/email is not"),
    ],
)
def test_what_is_not_described_is_seen(method: str, path: str, body: Any, fault: str) -> None:
    assert fault in "; ".join(faults(method, path, body))
