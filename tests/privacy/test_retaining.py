"""What is kept for a time only."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import auditing, events, recomputing, retaining, tasks
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    Fulfillment,
    Learner,
    LearningEvent,
    Mail,
    UnreadableEvent,
)
from tests.badges.world import World, passing, penalty, requirement, send

LATER = timedelta(days=100)


@pytest.fixture
def later() -> Iterator[datetime]:
    """A hundred days from now."""
    with time_machine.travel(timezone.now() + LATER):
        yield timezone.now()


def recompute(credly: World) -> None:
    job = recomputing.ask([credly.templates[0]], timezone.now(), applies=True, revokes=True)
    recomputing.carry_on(job.pk)


@pytest.mark.parametrize("policy", ["once", "every_time"])
def test_old_events_lose_what_they_say_and_badges_stay(credly: World, settings: Any, policy: str) -> None:
    settings.KEEP_EVENTS_DAYS = 90
    credly.configure(award=policy, requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    first = passing("ada", "OneX", minute=3)
    send(first)
    with time_machine.travel(timezone.now() + LATER):
        tasks.purge()
        event = LearningEvent.objects.get()
        assert (event.payload, event.learner.username) == ({}, "ada")  # type: ignore[union-attr]
        assert event.purged_at
        assert Fulfillment.objects.get().event is None
        recompute(credly)
        assert Badge.objects.get().status == Badge.Status.AWARDED
        assert events.accept([events.read(first)]).duplicate == 1
        send(passing("ada", "OneX", is_passing=False, minute=1))  # Older than what is not kept any more.
        assert Badge.objects.get().status == Badge.Status.AWARDED
        send(passing("ada", "OneX", is_passing=False, minute=9))
        assert Badge.objects.get().status == (Badge.Status.REVOKED if policy == "once" else Badge.Status.AWARDED)


def test_without_the_setting_events_are_kept_for_ever(credly: World, later: datetime) -> None:
    send(passing("ada", "OneX"))
    LearningEvent.objects.update(received_at=later - timedelta(days=5000))
    tasks.purge()
    assert LearningEvent.objects.get().payload


def test_events_that_wait_or_are_young_are_left(credly: World, settings: Any) -> None:
    settings.KEEP_EVENTS_DAYS = 90
    send(passing("ada", "OneX"))
    events.accept([events.read(passing("ada", "TwoX"))])
    LearningEvent.objects.filter(processed_at=None).update(received_at=timezone.now() - LATER)
    tasks.purge()
    assert not LearningEvent.objects.exclude(purged_at=None).exists()


def test_purging_takes_a_constant_number_of_statements(
    credly: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEEP_EVENTS_DAYS = 90
    monkeypatch.setattr(retaining, "PORTION", 4)
    counts = []
    for number in (1, 4, 9):
        send(*(passing(f"learner{each}", "OneX") for each in range(number)))
        with time_machine.travel(timezone.now() + LATER), CaptureQueriesContext(connection) as counted:
            retaining.purge(timezone.now() - timedelta(days=30))
        counts.append(len(counted))
    portion = counts[0] - counts[0] // 2
    assert counts[1] == counts[0]
    assert counts[0] < counts[2] <= counts[0] + 2 * portion + 4
    assert not LearningEvent.objects.filter(purged_at=None).exists()


def test_a_purged_event_is_not_processed_again(credly: World, client: Client, settings: Any) -> None:
    settings.KEEP_EVENTS_DAYS = 90
    send(passing("ada", "OneX"), passing("eve", "OneX"))
    LearningEvent.objects.update(error="Processing failed (KeyError); the log has the details.")
    old = LearningEvent.objects.get(learner__username="ada")
    LearningEvent.objects.filter(pk=old.pk).update(received_at=timezone.now() - LATER)
    tasks.purge()
    client.force_login(Learner.objects.create_superuser("boss", "boss@example.com", "x"))
    chosen = {"action": "process_again", "_selected_action": list(LearningEvent.objects.values_list("pk", flat=True))}
    page = client.post("/admin/badges/learningevent/", {**chosen, "confirmed": "yes"}, follow=True).content.decode()
    assert "To be processed again: 1." in page
    assert "Left alone, because what they said is not kept any more: 1." in page
    assert LearningEvent.objects.get(processed_at=None).learner.username == "eve"  # type: ignore[union-attr]


def test_what_was_unreadable_goes_with_the_mails(credly: World, settings: Any, later: datetime) -> None:
    for days in (31, 29):
        at = later - timedelta(days=days)
        UnreadableEvent.objects.create(
            source="lms", where="line", reason="no", body="x", digest=str(days), received_at=at
        )
        told = {"status": Mail.Status.SENT, "not_before": at, "created_at": at, "sent_at": at}
        Mail.objects.create(to="ada@example.com", subject=str(days), text="x", **told)
    tasks.purge()
    assert [each.digest for each in UnreadableEvent.objects.all()] == ["29"]
    assert [each.subject for each in Mail.objects.all()] == ["29"]


@pytest.mark.parametrize(("days", "left"), [(0, 2), (365, 1)])
def test_the_trail_is_kept_as_long_as_was_set(db: None, settings: Any, days: int, left: int) -> None:
    settings.KEEP_AUDIT_DAYS = days
    auditing.note(auditing.Via.ADMIN, "eve", "changed", label="old")
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        auditing.note(auditing.Via.ADMIN, "eve", "changed", label="new")
        tasks.purge()
    assert AuditEntry.objects.count() == left
