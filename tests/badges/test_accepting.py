"""Storing events: each once, with a learner who has the newest name and address."""

import pytest

from credentials_badges.badges import events
from credentials_badges.badges.models import Learner, LearningEvent
from tests.badges.world import PASSING, passing

pytestmark = pytest.mark.django_db


def accept(*raws: dict) -> tuple[int, int]:
    """How many were new, and how many were not."""
    done = events.accept([events.read(raw) for raw in raws])
    return done.accepted, done.duplicate


def told(minute: int, **pii: str) -> dict:
    """An event that says just this about Ada."""
    event = passing("ada", "OneX", minute=minute)
    event["data"]["course_passing_status"]["user"] = {"pii": {"username": "ada", **pii}}
    return event


def test_an_event_is_stored_as_it_was_sent() -> None:
    raw = passing("ada", "OneX")
    accept(raw)
    event = LearningEvent.objects.get()
    assert (event.event_id, event.source, event.type) == (raw["id"], "/test/lms", PASSING)
    assert event.payload == raw["data"]["course_passing_status"]
    assert (event.learner.username, event.processed_at, event.error) == ("ada", None, "")


def test_duplicates_are_counted_within_a_batch_and_across_batches() -> None:
    one, other = passing("ada", "OneX"), passing("ada", "TwoX")
    assert accept(one, one) == (1, 1)
    assert accept(one, other, other) == (1, 2)
    assert accept() == (0, 0)
    assert LearningEvent.objects.count() == 2


def test_of_two_events_with_one_id_the_first_is_kept() -> None:
    event = passing("ada", "OneX")
    accept(event, {**event, "type": "another"})
    accept({**event, "type": "another"})
    assert LearningEvent.objects.get().type == PASSING


def test_ids_and_sources_are_compared_letter_by_letter() -> None:
    event = passing("ada", "OneX", id="A")
    assert accept(event, {**event, "id": "a"}, {**event, "source": "/TEST/LMS"}) == (3, 0)


def test_a_new_learner_cannot_sign_in_with_any_password() -> None:
    accept(passing("ada", "OneX"))
    learner = Learner.objects.get()
    assert (learner.email, learner.full_name, learner.lms_user_id) == ("ada@example.com", "Ada Doe", 294)
    assert not learner.has_usable_password()
    assert not learner.is_staff


def test_an_event_without_a_learner_is_kept_and_marked() -> None:
    assert accept({**passing("ada", "OneX"), "data": {"course": {"course_key": "OneX"}}}) == (1, 0)
    event = LearningEvent.objects.get()
    assert event.learner is None
    assert event.processed_at is not None
    assert event.error == events.NO_LEARNER
    assert events.process_waiting() == 0


@pytest.mark.parametrize(
    "batches",
    [
        [[told(1, email="old@a.example", name="Old")], [told(3, email="new@a.example", name="New")]],
        [[told(3, email="new@a.example", name="New")], [told(1, email="old@a.example", name="Old")]],
        [[told(3, email="new@a.example", name="New"), told(1, email="old@a.example", name="Old")]],
        [[told(1, email="new@a.example", name="New")], [told(3)]],
        [[told(3)], [told(1, email="new@a.example", name="New")]],
        [[told(1, email="new@a.example", name="New"), told(3)]],
        [[told(3, name="New")], [told(1, email="new@a.example", name="Old")]],
        [
            [told(1, email="new@a.example", name="New")],
            [told(5, email="new@a.example", name="New")],
            [told(3, email="old@a.example", name="Old")],
        ],
    ],
    ids=[
        "in order",
        "out of order",
        "out of order in one batch",
        "the newer says nothing",
        "the older alone says something",
        "the newer of a batch says nothing",
        "each says a part",
        "confirmed later",
    ],
)
def test_the_newest_word_about_a_learner_counts_in_whatever_order_it_comes(batches: list[list[dict]]) -> None:
    for batch in batches:
        accept(*batch)
    learner = Learner.objects.get()
    assert (learner.email, learner.full_name) == ("new@a.example", "New")


def test_an_administrator_who_learns_stays_an_administrator() -> None:
    admin = Learner.objects.create_superuser("ada", "root@a.example", "ada-password")
    accept(passing("ada", "OneX"))
    learner = Learner.objects.get()
    assert (learner.pk, learner.is_superuser, learner.password) == (admin.pk, True, admin.password)


def test_events_are_stored_in_a_constant_number_of_statements(django_assert_max_num_queries) -> None:
    for size in (5, 60):
        raws = [passing(f"learner-{size}-{number}", "OneX") for number in range(size)]
        with django_assert_max_num_queries(8):
            accept(*raws)
