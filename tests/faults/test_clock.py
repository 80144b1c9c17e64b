"""The clock jumps a day ahead, an hour back, or a day ahead and back again: nothing waits for ever, nothing is doubled.

It jumps in the middle of a call, after a worker's death, before a retry, and between two sweeps.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from credentials_badges.badges import delivering, limiting, outbox, posting
from credentials_badges.badges.models import Issuance, Mail, ProviderAccount
from credentials_badges.badges.schedule import Scheduler
from credentials_badges.celery import app
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace
from providers.badgekit import tokens
from providers.badgekit.tokens import Token
from tests.badges.world import START, World, passing, requirement, send, world

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Clock = time_machine.Traveller
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
STEPS = 125
"""Minutes in which everything has to be settled: the longest wait is an hour, and the clock has lost another."""


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(START + 30 * DAY, tick=False) as clock:
        yield clock


@pytest.fixture
def earned(clock: Clock, db: None) -> Iterator[World]:
    """Ada has earned a badge that has not left; Credly would give her another one, if it were asked."""
    with world(1) as credly:
        credly.sandbox.clock = count(START.timestamp(), 10.0).__next__  # Theirs goes on, whatever ours does.
        for row in credly.sandbox.organizations[credly.organization].templates.values():
            row["allow_duplicate_badges"] = True
        template = credly.configure(requirements=[requirement("one", "OneX")])
        template.raw["allow_duplicate_badges"] = True
        template.save(update_fields=["raw"])
        send(passing("ada", "OneX"))
        yield credly


def ahead(clock: Clock) -> None:
    clock.shift(DAY)


def back(clock: Clock) -> None:
    clock.shift(-HOUR)


def ahead_and_back(clock: Clock) -> None:
    """Somebody has swept while the clock was wrong."""
    clock.shift(DAY)
    sweep()
    clock.shift(-DAY)


Jump = Callable[[Clock], None]
jumps = pytest.mark.parametrize("jump", [ahead, back, ahead_and_back], ids=lambda jump: jump.__name__)


def sweep() -> None:
    """What the sweep and the worker do, until nothing is due."""
    outbox.reap(timezone.now())
    delivering.deliver_due()


def settled(earned: World, clock: Clock) -> bool:
    """Whether, minute by minute, all comes to its end: the one badge is out, and asked for once."""
    for _ in range(STEPS):
        sweep()
        if not Issuance.objects.filter(status__in=Issuance.OPEN).exists():
            break
        clock.shift(MINUTE)
    (badge,) = earned.badges()
    return [row["id"] for row in earned.held()] == [badge.external_id] and posts(earned) == 1


def posts(earned: World) -> int:
    return sum(method == "POST" for method, _, _ in earned.sandbox.requests)


@jumps
def test_between_claim_and_settlement(earned: World, clock: Clock, jump: Jump, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = type(earned.account.adapter)
    issue = adapter.issue
    jumped: list[bool] = []

    def issue_while_the_clock_jumps(*order: Any) -> Any:
        receipt = issue(*order)
        if not jumped:
            jumped.append(True)
            jump(clock)
            sweep()
        return receipt

    monkeypatch.setattr(adapter, "issue", issue_while_the_clock_jumps)
    assert settled(earned, clock)


@jumps
def test_after_a_worker_has_died_before_it_sent_anything(earned: World, clock: Clock, jump: Jump) -> None:
    assert outbox.claim(list(Issuance.objects.values_list("pk", flat=True)))
    jump(clock)
    assert settled(earned, clock)


@jumps
@pytest.mark.parametrize("fault", ["unavailable", "throttled", "html", "lost"])
def test_between_postponement_and_retry(earned: World, clock: Clock, jump: Jump, fault: str) -> None:
    earned.faults.planned.append(fault)
    delivering.deliver_due()
    assert earned.badges()[0].external_id is None
    jump(clock)
    assert settled(earned, clock)


@jumps
def test_while_an_account_is_paused(earned: World, clock: Clock, jump: Jump) -> None:
    ProviderAccount.objects.update(paused_until=timezone.now() + 5 * MINUTE, paused_reason="it is tired", failures=9)
    jump(clock)
    assert settled(earned, clock)
    assert ProviderAccount.objects.get().paused_until is None


@jumps
def test_doubts_from_a_day_that_has_not_come(earned: World, clock: Clock, jump: Jump) -> None:
    clock.shift(DAY)
    outbox.claim(list(Issuance.objects.values_list("pk", flat=True)))
    clock.shift(HOUR)
    outbox.reap(timezone.now())
    clock.shift(-DAY - HOUR)
    jump(clock)
    assert settled(earned, clock)


@jumps
def test_messages_are_sent(clock: Clock, jump: Jump, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setitem(posting._senders, Mail, lambda mail: sent.append(mail.subject))  # type: ignore[misc]
    posting.post([Mail(subject="Hello", to="ada@example.com", text="Hello")])
    Mail.objects.update(not_before=timezone.now() + 5 * MINUTE, attempts=1)  # Its worker has died.
    jump(clock)
    for _ in range(STEPS):
        sweep()
        clock.shift(MINUTE)
    assert sent == ["Hello"]


@jumps
def test_calls_are_not_refused_for_longer_than_a_window(clock: Clock, jump: Jump) -> None:
    pace = Pace(calls=2, seconds=60)
    limiting.take_turn("api.example", pace, 2)
    jump(clock)
    waits = [0.0]
    while len(waits) < 15:
        try:
            limiting.take_turn("api.example", pace)
            break
        except RateLimited as error:
            waits.append(error.after or 0.0)
            clock.shift(error.after or MINUTE)
    assert sum(waits) <= limiting.AHEAD * pace.seconds


@jumps
def test_links_in_mails_stay_good(clock: Clock, jump: Jump) -> None:
    token = tokens.claim_link(SimpleNamespace(pk=7), "ada@example.com").split("/")[-2]  # type: ignore[arg-type]
    jump(clock)
    assert tokens.read(token) == Token(code_id=7, email="ada@example.com")


@jumps
def test_the_sweep_goes_round_again_within_its_seconds(clock: Clock, jump: Jump) -> None:
    row = PeriodicTask.objects.get(task="badges.sweep")
    row.last_run_at = timezone.now()
    entry = Scheduler.Entry(row, app=app)
    jump(clock)
    is_due, seconds = entry.is_due()
    assert is_due or 0 < seconds <= row.interval.every
