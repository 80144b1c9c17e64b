"""Providers that answer what nobody expects: nothing is lost, nothing crashes, and no key is kept."""

import base64
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import responses

from credentials_badges import http
from credentials_badges.badges import accounts, delivering, issuing, syncing
from credentials_badges.badges.models import Issuance, ProviderAccount
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.errors import Misconfigured, ProviderError, Retriable
from credentials_badges.contract.states import BadgeState
from credentials_badges.sandbox import serve
from tests.badges.world import BASE_URL, World

LONG_KEY = "a-key-as-long-as-real-ones"


def answer_to_issue(world: World, body: str, status: int = 201) -> Issuance:
    with responses.RequestsMock() as mock:
        mock.post(f"{BASE_URL}organizations/{world.organization}/badges", body=body, status=status)
        delivering.deliver_due()
    return Issuance.objects.get()


@pytest.mark.parametrize(
    "body",
    [
        r'{"data": {"id": "b1", "state": "pend\ud800"}}',
        r'{"data": {"id": "b1", "state": "pending", "more": "a\u0000b"}}',
        '{"data": {"id": "b1", "state": "pending", "more": NaN}}',
        '{"data": {"id": "b1", "state": "pending", "more": ' + "[" * 60 + "]" * 60 + "}}",
        '{"data": {"id": "b1", "state": "pending", "state_updated_at": "0001-01-01T00:00:00+14:00"}}',
    ],
    ids=["half a pair", "NUL", "NaN", "60 levels", "before the first year"],
)
def test_an_answer_that_a_database_could_not_hold_is_cleaned_and_recorded(earned: World, body: str) -> None:
    assert answer_to_issue(earned, body).status == Issuance.Status.DELIVERED
    assert earned.badges()[0].external_id == "b1"


@pytest.mark.parametrize("others", [{"recipient_id": "somebody"}, {"template_id": "another"}])
def test_a_badge_of_another_learner_or_template_is_not_adopted(
    earned: World, monkeypatch: pytest.MonkeyPatch, others: dict[str, str]
) -> None:
    theirs = Receipt(external_id="b1", state=BadgeState.ACCEPTED, raw_state="accepted", **others)
    monkeypatch.setattr(type(earned.account.adapter), "issue", lambda *_: theirs)
    delivering.deliver_due()
    assert Issuance.objects.get().last_error == issuing.ANOTHER_LEARNERS
    assert earned.badges()[0].external_id is None


@pytest.mark.parametrize("words", [r"no\ud800", r"no\u0000"])
def test_a_refusal_in_odd_characters_is_buried_with_its_words(earned: World, words: str) -> None:
    dead = answer_to_issue(earned, f'{{"data": {{"message": "{words}"}}}}', status=422)
    assert dead.failure == Issuance.Failure.REJECTED
    assert "no\N{REPLACEMENT CHARACTER}" in dead.last_error


def test_a_key_that_is_echoed_is_not_kept(earned: World) -> None:
    ProviderAccount.objects.update(api_key="")
    account = ProviderAccount.objects.get()
    account.api_key = LONG_KEY
    account.save()
    sent = base64.b64encode(f"{LONG_KEY}:".encode()).decode()
    delivered = answer_to_issue(
        earned, f'{{"data": {{"id": "b1", "state": "pending", "echo": "Basic {sent} {LONG_KEY}"}}}}'
    )
    assert delivered.status == Issuance.Status.DELIVERED
    assert delivered.receipt is not None
    assert delivered.receipt["echo"] == "Basic [key] [key]"


def test_an_id_that_cannot_be_kept_is_told_before_the_account_is_saved(credly: World) -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{BASE_URL}organizations", json={"data": [{"id": "x" * 300, "name": "Long"}]})
        with pytest.raises(Misconfigured, match="does not name an id"):
            accounts.verify(ProviderAccount(provider="credly", api_key="k"))


def test_two_pulls_at_once_are_told_and_lose_nothing(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = syncing._plan

    def plan_twice(*arguments: Any) -> syncing.Plan:
        plan = real(*arguments)
        monkeypatch.setattr(syncing, "_plan", real)
        syncing.pull(credly.account)
        return plan

    credly.account.templates.first().delete()
    monkeypatch.setattr(syncing, "_plan", plan_twice)
    with pytest.raises(ProviderError, match="another pull"):
        syncing.pull(credly.account)
    assert credly.account.templates.count() == 3


def drip(_environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
    """An answer that comes byte by byte."""
    start_response("200 OK", [("Content-Type", "application/json")])
    for _ in range(100):
        time.sleep(0.05)
        yield b" "


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.parametrize(("limit", "value"), [("MOST_SECONDS", 0.3), ("MOST_BYTES", 5)])
def test_an_answer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    monkeypatch.setattr(http, limit, value)
    with serve(drip) as address:
        api = http.Api(name="Drip", base_url=address, authorization="Token k", secret="k")
        before = time.monotonic()
        with pytest.raises(Retriable, match="gave no answer"):
            api.read("GET", "anything")
        assert time.monotonic() - before < 3
