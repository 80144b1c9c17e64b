"""Processing what was stored: one bad event harms no other, and the cost does not grow with what is not touched."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, InternalError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import awarding, events, rules
from credentials_badges.badges.models import LearningEvent
from tests.badges.world import World, passing, penalty, requirement, world


def poisoned(monkeypatch: pytest.MonkeyPatch, event_id: str, error: Exception) -> None:
    """Make judging that event fail."""
    judge: Callable[..., None] = awarding.judge

    def fail(batch: list[LearningEvent], *args: Any) -> None:
        if event_id in {event.event_id for event in batch}:
            raise error
        judge(batch, *args)

    monkeypatch.setattr(awarding, "judge", fail)


def store(*raws: dict[str, Any]) -> None:
    events.accept([events.read(raw) for raw in raws])


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), DataError("secret")])
def test_a_poisonous_event_is_marked_and_its_neighbours_are_processed(
    credly: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    store(passing("ada", "OneX"), passing("ben", "OneX", id="poison"), passing("cem", "OneX"))
    poisoned(monkeypatch, "poison", error)
    assert events.process_waiting() == 3
    assert [badge.learner.username for badge in credly.badges()] == ["ada", "cem"]
    assert not LearningEvent.objects.filter(processed_at=None).exists()
    marked = LearningEvent.objects.exclude(error="").get()
    assert marked.event_id == "poison"
    assert type(error).__name__ in marked.error
    assert "secret" not in marked.error


@pytest.mark.parametrize("error", [OperationalError("is locked"), InternalError("a read-only transaction")])
def test_trouble_of_the_database_marks_nothing(
    credly: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    store(passing("ada", "OneX", id="unlucky"), passing("ben", "OneX"))
    with monkeypatch.context() as patch:
        poisoned(patch, "unlucky", error)
        with pytest.raises(type(error)):
            events.process_waiting()
    assert LearningEvent.objects.filter(processed_at=None, error="").count() == 2
    assert events.process_waiting() == 2
    assert len(credly.badges()) == 2


def test_events_are_taken_oldest_first_and_no_more_than_asked_for(credly: World) -> None:
    store(*[passing("ada", "OneX", id=str(number)) for number in range(5)])
    assert [events.process_waiting(2) for _ in range(4)] == [2, 2, 1, 0]


def configure(credly: World, templates: range) -> None:
    for number in templates:
        course = f"Course{number}X"
        credly.configure(number, requirements=[requirement("one", course)], penalties=[penalty(course, "one")])


def statements(*raws: dict[str, Any]) -> int:
    """How many statements it takes to process these events, with the rules compiled anew."""
    store(*raws)
    rules.forget()
    with CaptureQueriesContext(connection) as caught:
        assert events.process_waiting() == len(raws)
    return len(caught)


@pytest.mark.django_db
def test_the_statements_do_not_grow_with_events_or_templates() -> None:
    with world(60) as credly:
        configure(credly, range(3))
        few = statements(*[passing(f"few-{number}", "Course0X") for number in range(5)])
        many = statements(*[passing(f"many-{number}", f"Course{number % 3}X") for number in range(40)])
        configure(credly, range(3, 60))
        among_many = statements(*[passing(f"more-{number}", f"Course{number}X") for number in range(40)])
        untouched = statements(*[passing(f"other-{number}", "OtherX") for number in range(200)])
        lost = statements(
            *[passing(f"many-{number}", f"Course{number % 3}X", is_passing=False, minute=1) for number in range(40)]
        )
        lost_by_few = statements(
            *[passing(f"few-{number}", "Course0X", is_passing=False, minute=1) for number in range(5)]
        )
    assert few == many == among_many
    assert untouched < few
    assert lost == lost_by_few
