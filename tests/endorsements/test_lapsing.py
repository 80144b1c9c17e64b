"""Requests that nobody answers: two reminders, and an end."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import tasks
from credentials_badges.badges.management.commands import drain
from credentials_badges.badges.models import AuditEntry, Mail, ProviderAccount
from credentials_badges.endorsements import answering, asking, lapsing
from credentials_badges.endorsements.lapsing import lapse
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.world import DAY, NOW, ROSA, World, fresh

State = Endorsement.State


def reminded() -> int:
    return Mail.objects.filter(to=ROSA, subject__startswith="A reminder").count()


def days_of_reminders(step: float = 1.0) -> list[float]:
    """On which days after the request somebody is reminded, if the sweep comes each so many days."""
    found, number = [], 0
    while number * step <= 60:
        before = reminded()
        lapse(NOW + number * step * DAY)
        found += [number * step] * (reminded() - before)
        number += 1
    return found


@pytest.mark.parametrize(("step", "days"), [(1, [7, 27]), (0.25, [7, 27]), (10, [10]), (28, [28]), (40, [])])
def test_whoever_does_not_answer_is_reminded_after_a_week_and_before_the_end(
    world: World, step: float, days: list[float]
) -> None:
    made = world.ask()
    assert days_of_reminders(step) == days
    assert (fresh(made).state, fresh(made).reminders) == (State.EXPIRED, len(days))


def test_a_reminder_by_hand_is_as_good_and_nobody_gets_two_in_a_day(world: World) -> None:
    made = world.ask()
    assert asking.remind(made, NOW + 6.5 * DAY)
    assert lapse(NOW + 7 * DAY) == 0
    assert lapse(NOW + 7.5 * DAY) == 1
    assert asking.remind(fresh(made), NOW + 27.5 * DAY)
    assert lapse(NOW + 29 * DAY) == 0
    assert fresh(made).reminders == 3


@pytest.mark.parametrize("deed", ["cancel", "accept", "decline"])
def test_whoever_has_answered_or_is_asked_no_longer_is_left_alone(world: World, deed: str) -> None:
    made = world.ask()
    if deed == "cancel":
        asking.cancel(made, world.owner, NOW)
    elif deed == "accept":
        answering.accept(made, text="Good.", in_name_of="", url="", voice=None, now=NOW)
    else:
        answering.decline(made, "", NOW)
    assert days_of_reminders() == []
    assert fresh(made).state != State.EXPIRED


def test_whoever_has_looked_is_reminded_too(world: World) -> None:
    answering.note_view(world.ask(), NOW)
    assert days_of_reminders() == [7, 27]


def test_where_it_is_switched_off_nobody_is_reminded_and_requests_end_all_the_same(world: World) -> None:
    made = world.ask()
    ProviderAccount.objects.update(endorsements_enabled=False)
    assert days_of_reminders() == []
    assert fresh(made).state == State.EXPIRED


def test_what_has_ended_cannot_be_answered_and_can_be_asked_for_again(world: World) -> None:
    made = world.ask()
    assert lapse(NOW + 30 * DAY) == 1
    row = fresh(made)
    assert (row.state, row.ended_at, row.open_key) == (State.EXPIRED, NOW + 30 * DAY, None)
    assert not answering.accept(row, text="Good.", in_name_of="", url="", voice=None, now=NOW)
    assert world.ask(now=NOW + 30 * DAY).pk != made.pk


def test_the_service_reminds_in_nobodys_name(world: World) -> None:
    world.ask()
    lapse(NOW + 7 * DAY)
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["asked for an endorsement"]


def test_it_is_done_in_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lapsing, "PORTION", 2)
    for number in range(5):
        world.ask(email=f"r{number}@roth.example")
    assert [lapse(NOW + 7 * DAY) for _ in range(4)] == [2, 2, 1, 0]
    assert [lapse(NOW + 30 * DAY) for _ in range(4)] == [2, 2, 1, 0]


def test_looking_for_nothing_takes_two_statements(world: World) -> None:
    world.ask()
    with CaptureQueriesContext(connection) as captured:
        lapse(NOW)
    assert len(captured) == 2


class TestPeriodically:
    @pytest.fixture
    def seen(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        """When it was seen to what is due; before that, something else failed."""
        seen: list[datetime] = []

        def fail(now: datetime) -> None:
            raise ValueError(now)

        assert lapse in tasks._sweeps
        monkeypatch.setattr(tasks, "_sweeps", [fail, seen.append])
        return seen

    def test_the_sweep_sees_to_it_whatever_else_fails(self, db: None, seen: list[datetime]) -> None:
        tasks.sweep()
        assert len(seen) == 1

    def test_so_does_a_drain_for_ever(self, db: None, seen: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
        command: Any = drain.Command()
        command.beaten = float("-inf")
        command.beat()
        command.beat()
        assert len(seen) == 1

    def test_a_drain_that_ends_does_not(self, db: None, seen: list[datetime]) -> None:
        command: Any = drain.Command()
        command.handle(forever=False)
        assert seen == []
