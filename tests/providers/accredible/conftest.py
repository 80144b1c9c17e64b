"""One issuer of the played Accredible, with two pages of groups, and the adapter's account there."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses

from credentials_badges import http
from credentials_badges.contract.data import Account, Evidence, IssueOrder, Recipient, RevokeOrder
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.in_memory import in_memory

ROOT = "https://api.accredible.com/"
KEY = "a-secret-accredible-key"
ISSUER_ID = 5512


@pytest.fixture(autouse=True)
def turns(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, http.Pace]]:
    """Every turn that a call has taken, in place of the limiter, which counts them in the database."""
    taken: list[tuple[str, http.Pace]] = []
    monkeypatch.setattr(http, "_take_turn", lambda host, pace: taken.append((host, pace)))
    return taken


@pytest.fixture
def provider() -> AccredibleProvider:
    """The adapter."""
    return AccredibleProvider()


@pytest.fixture
def account() -> Account:
    """An account whose key works."""
    return Account(external_id=str(ISSUER_ID), api_key=KEY, base_url="https://api.accredible.com/v1/")


@pytest.fixture
def sandbox(account: Account) -> Iterator[AccredibleSandbox]:
    """Accredible, played in place of the real address."""
    sandbox = AccredibleSandbox()
    sandbox.search_lag = 0
    sandbox.add_issuer("Harbour Point Institute", KEY, groups=55, id=ISSUER_ID)
    with in_memory(sandbox, account.base_url):
        yield sandbox


@pytest.fixture
def order() -> IssueOrder:
    """A badge for one learner, whose address is written with capitals."""
    return IssueOrder(
        key="0c6c1a3e-6d0b-4d8e-9d55-0f3c5f3a9b01",
        template_id="418201",
        recipient=Recipient(id="learner-1", email="Mira.Okafor@Learners.example", full_name="Mira Okafor"),
        issued_at=datetime(2026, 9, 14, 10, 22, tzinfo=UTC),
        evidence=(Evidence(name="Survey log", url="https://harbourpoint.example/log", description="Field week"),),
    )


@pytest.fixture
def canned() -> Iterator[responses.RequestsMock]:
    """Accredible, answering one prepared thing."""
    with responses.RequestsMock() as mock:
        yield mock


def calls(sandbox: AccredibleSandbox) -> list[str]:
    """What the sandbox was asked, without the bodies."""
    return [f"{method} {path}" for method, path, _ in sandbox.requests]


def withdrawal(external_id: str) -> RevokeOrder:
    """An order to take that badge back."""
    return RevokeOrder(key="6f1c1b62-0000-4000-8000-00000000000f", external_id=external_id, reason="No longer earned")
