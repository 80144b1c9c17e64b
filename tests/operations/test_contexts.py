"""What records say that they are about, while things are sent."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from credentials_badges.badges import delivering, posting
from credentials_badges.badges.models import Issuance, Mail, WebhookDelivery
from credentials_badges.contract.provider import Provider
from tests.badges.world import KEY, World, passing, requirement, send

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Logged = Callable[[], list[dict[str, Any]]]


def crashing(monkeypatch: pytest.MonkeyPatch, adapter: Provider, method: str) -> None:
    """Let the adapter crash over all that it knows."""

    def crash(_: Provider, account: Any, *__: object) -> None:
        raise RuntimeError(f"{account.api_key} does not fit ada@example.com")

    monkeypatch.setattr(type(adapter), method, crash)


@pytest.mark.parametrize("number", [1, delivering.WORTH_A_BATCH])
def test_a_crashed_promise_is_named_with_its_account_and_without_its_key(
    credly: World, monkeypatch: pytest.MonkeyPatch, logged: Logged, number: int
) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*(passing(f"learner{each}", "OneX") for each in range(number)))
    crashing(monkeypatch, credly.account.adapter, "issue" if number == 1 else "issue_many")
    monkeypatch.setattr(type(credly.account.adapter), "batch", 100)
    delivering.deliver_due(seconds=0.1)
    told = next(each for each in logged() if "crashed the credly adapter" in each["event"])
    assert told["account"] == credly.account.pk
    promises = list(Issuance.objects.order_by("pk").values_list("pk", flat=True))
    assert told["issuance"] == promises[0] if number == 1 else sorted(told["issuances"]) == promises
    assert "RuntimeError: [hidden] does not fit [address]" in told["exception"]
    assert KEY not in str(logged())
    assert not re.search("ada@", str(logged()))


def test_so_is_a_webhook(credly: World, monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    now = timezone.now()
    hint = WebhookDelivery.objects.create(
        provider="credly",
        account=credly.account,
        claimed_account=credly.organization,
        delivery_id="1",
        not_before=now,
        received_at=now,
    )
    crashing(monkeypatch, credly.account.adapter, "resolve")
    delivering.deliver_due()
    told = next(each for each in logged() if "crashed" in each["event"])
    assert (told["webhook"], told["account"]) == (hint.pk, credly.account.pk)
    assert KEY not in str(logged())


def test_so_is_a_message(db: None, monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    def crash(mail: Mail) -> None:
        raise RuntimeError(f"{mail.to} was refused")

    monkeypatch.setitem(posting._senders, Mail, crash)
    posting.post([Mail(to="ada@example.com", subject="Hello", text="You.")])
    delivering.deliver_due()
    told = next(each for each in logged() if "crashed" in each["event"])
    assert (told["message"], told["kind"]) == (Mail.objects.get().pk, "Mail")
    assert "[address] was refused" in told["exception"]
    assert "ada@" not in str(logged())
