"""With another consumer, what it sends as signals is stored before its bus is told that it was dealt with."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from openedx_events.data import EventsMetadata
from openedx_events.learning.signals import BADGE_AWARDED, COURSE_PASSING_STATUS_UPDATED

from credentials_badges.badges import events
from credentials_badges.badges.models import LearningEvent, UnreadableEvent
from credentials_badges.eventbus import receiving, waiting
from tests.eventbus import samples


@pytest.fixture
def _received(_database_stays: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(waiting, "FIRST_SECONDS", 0.01)
    receiving.connect()
    yield
    receiving.disconnect()


def emit(signal: Any, told: dict[str, Any], **metadata: Any) -> EventsMetadata:
    """As a consumer of another bus does it."""
    metadata = {"event_type": signal.event_type, "source": "openedx/lms/web", "time": samples.WHEN, **metadata}
    made = EventsMetadata(**metadata)
    results = signal.send_event_with_custom_metadata(made, **told)
    assert not [result for _, result in results if isinstance(result, Exception)]
    return made


@pytest.mark.usefixtures("_received")
def test_a_signal_is_stored_as_the_event_that_it_came_from() -> None:
    metadata = emit(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"))
    emit(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"), id=metadata.id)
    event = LearningEvent.objects.get()
    assert (event.event_id, event.source, event.occurred_at) == (str(metadata.id), "openedx/lms/web", samples.WHEN)
    assert event.learner
    assert (event.learner.username, event.payload["course"]["course_key"]) == ("ada", samples.COURSE)


@pytest.mark.usefixtures("_received")
def test_it_does_not_return_before_the_database_has_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    left, accept = [OperationalError("gone away")] * 3, events.accept

    def trouble(sent: Any) -> Any:
        if left:
            raise left.pop()
        return accept(sent)

    monkeypatch.setattr(events, "accept", trouble)
    emit(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"))
    assert (left, LearningEvent.objects.count()) == ([], 1)


@pytest.mark.usefixtures("_received")
def test_what_cannot_be_read_is_kept() -> None:
    emit(COURSE_PASSING_STATUS_UPDATED, samples.passing("a\0da"))
    kept = UnreadableEvent.objects.get()
    assert (kept.source, kept.reason) == (
        COURSE_PASSING_STATUS_UPDATED.event_type,
        "data holds a NUL or half a surrogate pair",
    )


@pytest.mark.usefixtures("_received")
def test_what_we_say_ourselves_is_not_stored() -> None:
    emit(BADGE_AWARDED, samples.arguments(BADGE_AWARDED), source="openedx/credentials-badges/web")
    assert not LearningEvent.objects.exists()


def test_without_another_consumer_no_signal_is_stored(db: None) -> None:
    emit(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"))
    assert not LearningEvent.objects.exists()
