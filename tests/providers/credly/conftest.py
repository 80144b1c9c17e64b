"""The stage for all of Credly's tests: two organizations in a sandbox that is reached without a socket."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from credentials_badges.contract.data import Account, Evidence, IssueOrder, Recipient, RevokeOrder
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from providers.credly.sandbox import CredlySandbox
from providers.credly.sandbox_rows import Organization, Row
from tests.in_memory import in_memory

KEY = "credly-secret-key"
TOKEN_HOST = "https://www.credly.com/"
LIVE = {"pending", "accepted", "rejected"}
ORG = "5d0f6c1e-8a27-4f3b-9f6c-2b7e1c90aa01"
PLAIN_ACCOUNT = Account(external_id=ORG, api_key=KEY)


def revocation(badge_id: str) -> RevokeOrder:
    return RevokeOrder(key="6f1c1b62-0000-4000-8000-00000000000f", external_id=badge_id, reason="No longer fulfilled")


class CredlyStage:
    """The sandbox, with a clock that stands still until it is moved."""

    secret = KEY

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 14, 10, 22, 31, tzinfo=UTC).timestamp()
        self.sandbox = CredlySandbox(clock=lambda: self.now)
        self.faults = self.sandbox.faults
        # Drafts and archived templates besides: the adapter has to leave them out.
        self.organization_id = self.sandbox.add_organization("Harbour Point Institute", KEY, 60, unlisted=4)
        self.sandbox.add_organization("Lakeside College", "another-key", ["Tide Survey"])
        self.template_ids = {row["id"] for row in self.templates() if row["state"] == "active"}

    @property
    def organization(self) -> Organization:
        return self.sandbox.organizations[self.organization_id]

    def templates(self) -> list[Row]:
        return list(self.organization.templates.values())

    def order(self) -> IssueOrder:
        return IssueOrder(
            key="6f1c1b62-0000-4000-8000-000000000000",
            template_id=self.templates()[0]["id"],
            template_raw=self.templates()[0],
            recipient=Recipient(id="learner-1", email="Mira.Okafor+lms@Learners.Example", full_name="Mira Ada Okafor"),
            issued_at=datetime(2026, 9, 14, 10, 21, 58, tzinfo=UTC),
            evidence=(Evidence(name="Survey log", url="https://learn.example/log", description="Field log"),),
        )

    def webhook(self) -> bytes:
        self.sandbox.change_template(self.organization_id, self.order().template_id, description="Another one")
        return self.notice(self.organization.events[-1])

    def notice(self, event: Row, **changes: str) -> bytes:
        """The body that Credly posts about an event."""
        told = {key: event[key] for key in ("id", "organization_id", "event_type", "occurred_at")}
        return json.dumps({**told, **changes}).encode()

    def calls(self) -> int:
        return len(self.sandbox.requests)

    def sent(self, method: str) -> list[tuple[str, Any]]:
        """Paths below the organization's, and bodies, of the calls of that method."""
        before = f"/v1/organizations/{self.organization_id}"
        return [(path.removeprefix(before), body) for how, path, body in self.sandbox.requests if how == method]

    def learner(self, number: int) -> IssueOrder:
        """The same order for another learner."""
        recipient = Recipient(id=f"many-{number}", email=f"m{number}@learners.example", full_name=f"Learner {number}")
        return replace(self.order(), key=str(UUID(int=1000 + number)), recipient=recipient)

    def held(self, order: IssueOrder) -> int:
        return sum(
            row["state"] in LIVE
            and not row["replacement_badge_id"]
            and row["badge_template"]["id"] == order.template_id
            and row["issuer_earner_id"] == order.recipient.id
            for row in self.sandbox.badges(self.organization_id)
        )


@pytest.fixture
def stage() -> Iterator[CredlyStage]:
    played = CredlyStage()
    with in_memory(played.sandbox, BASE_URL, {TOKEN_HOST: played.sandbox}):
        yield played


@pytest.fixture
def account(stage: CredlyStage) -> Account:
    return Account(external_id=stage.organization_id, api_key=KEY, base_url=BASE_URL)


@pytest.fixture
def provider() -> CredlyProvider:
    return CredlyProvider()
