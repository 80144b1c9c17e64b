"""The stage for the guest's tests: a house in a sandbox that is reached without a socket."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "guest"))  # Where it is installed, as far as a test can see.

from laurel_badges.client import BASE_URL
from laurel_badges.provider import LaurelProvider
from laurel_badges.sandbox import LaurelSandbox

from credentials_badges.contract.data import Account, IssueOrder, Recipient
from tests.in_memory import in_memory


class LaurelStage:
    """The sandbox, with more laurels than fit on one page."""

    secret = "laurel-secret-key"

    def __init__(self) -> None:
        self.sandbox = LaurelSandbox("north-quay", self.secret, [f"tide-watch-{number}" for number in range(7)])
        self.faults = self.sandbox.faults
        self.template_ids = set(self.sandbox.laurels)

    def order(self) -> IssueOrder:
        return IssueOrder(
            key="6f1c1b62-0000-4000-8000-000000000000",
            template_id="tide-watch-0",
            recipient=Recipient(id="learner-1", email="mira.okafor@learners.example", full_name="Mira Ada Okafor"),
            issued_at=datetime(2026, 9, 14, 10, 21, 58, tzinfo=UTC),
        )

    def held(self, order: IssueOrder) -> int:
        wanted = (order.template_id, order.recipient.id)
        return sum((row["laurel"], row["learner"]) == wanted for row in self.sandbox.wreaths.values())

    def webhook(self) -> bytes:
        return self.sandbox.change("tide-watch-0", about="Another one")

    def calls(self) -> int:
        return len(self.sandbox.requests)


@pytest.fixture
def stage() -> Iterator[LaurelStage]:
    played = LaurelStage()
    with in_memory(played.sandbox, BASE_URL):
        yield played


@pytest.fixture
def account(stage: LaurelStage) -> Account:
    return Account(external_id="north-quay", api_key=stage.secret, base_url=BASE_URL)


@pytest.fixture
def provider() -> LaurelProvider:
    return LaurelProvider()
