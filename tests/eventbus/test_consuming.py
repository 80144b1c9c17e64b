"""Our consumer on a real Redis: what has arrived is acknowledged once it is stored, and never before."""

import threading
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from openedx_events.learning.signals import BADGE_AWARDED, COURSE_PASSING_STATUS_UPDATED
from redis import ConnectionError as RedisAway

from credentials_badges.badges import events
from credentials_badges.badges.locking import LookAgain
from credentials_badges.badges.models import LearningEvent, UnreadableEvent
from credentials_badges.contract.errors import Misconfigured
from credentials_badges.eventbus import consuming, storing
from tests.eventbus import samples
from tests.eventbus.bus import GROUP, Bus, read_all, stored

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


class Killed(BaseException):
    """As if by SIGKILL."""


def failing(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> list[int]:
    """Storing events raises these in turn, and then nothing; returns how many were to be stored at each try."""
    left, tries, accept = list(errors), [], events.accept

    def trouble(sent: Any) -> Any:
        tries.append(len(sent))
        if left:
            raise left.pop(0)
        return accept(sent)

    monkeypatch.setattr(events, "accept", trouble)
    return tries


def test_a_message_becomes_an_event_once_and_is_acknowledged(lms: Bus) -> None:
    metadata = lms.send(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"), samples.WHEN)
    read_all(lms.consumer())
    event = LearningEvent.objects.get()
    assert (event.event_id, event.source) == (str(metadata.id), metadata.source)
    assert (event.type, event.occurred_at) == (COURSE_PASSING_STATUS_UPDATED.event_type, samples.WHEN)
    assert event.payload["course"]["course_key"] == samples.COURSE
    assert (stored(), lms.pending()) == (["ada"], 0)


def test_a_new_group_begins_with_the_oldest_and_goes_on_where_it_was(lms: Bus) -> None:
    lms.send_passing("before")
    read_all(lms.consumer())
    lms.send_passing("while", "down")
    read_all(lms.consumer())
    assert stored() == ["before", "while", "down"]


def test_several_topics_are_read_at_once(lms: Bus) -> None:
    lms.send_passing("ada")
    consumer = lms.consumer(consumer_name="one")
    consumer.streams.insert(0, f"{lms.stream}-other")
    read_all(consumer)
    assert (stored(), lms.redis.xlen(f"{lms.stream}-other")) == (["ada"], 0)
    lms.redis.delete(f"{lms.stream}-other")


def test_killed_between_commit_and_acknowledgement_nothing_is_lost_or_doubled(
    lms: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.send_passing("ada", "bob")
    consumer = lms.consumer()

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(consumer.redis, "xack", die)
    with pytest.raises(Killed):
        consumer.consume_indefinitely()
    assert (stored(), lms.pending()) == (["ada", "bob"], 2)
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["ada", "bob"], 0)


def test_killed_before_the_commit_nothing_is_lost(lms: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    lms.send_passing("ada")
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr(events, "accept", die)
        with pytest.raises(Killed):
            lms.consumer().consume_indefinitely()
    assert (stored(), lms.pending()) == ([], 1)
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["ada"], 0)


def test_while_the_database_is_away_nothing_is_acknowledged_and_then_all_is_stored(
    lms: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("gone away")
    lms.send_passing("ada", "bob")
    seen: list[int] = []
    monkeypatch.setattr(storing, "database_answers", lambda: False)
    monkeypatch.setattr(storing.Patience, "run_out", lambda _: seen.append(lms.pending()))
    tries = failing(monkeypatch, error, error, error)
    read_all(lms.consumer())
    assert seen == [2, 2, 2]
    assert tries == [2, 2, 2, 2]
    assert (stored(), lms.pending()) == (["ada", "bob"], 0)


def test_told_to_stop_while_the_database_is_away_it_leaves_its_messages_to_the_next(
    lms: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.send_passing("ada")
    consumer = lms.consumer()
    with monkeypatch.context() as patched:
        patched.setattr(storing, "database_answers", lambda: False)
        failing(patched, *[OperationalError("gone away")] * 100)
        threading.Timer(0.2, consumer.stop.set).start()
        consumer.consume_indefinitely()
    assert (stored(), lms.pending(), lms.names()) == ([], 1, [consumer.name])
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["ada"], 0)


def test_what_cannot_be_read_is_kept_and_stops_nothing(lms: Bus) -> None:
    lms.send_passing("ada")
    for _ in range(2):
        lms.send_raw(type=b"org.openedx.no.such.v1", id=b"1")
        lms.send_raw(event_data=b"\xff\0\xff")
    lms.send(COURSE_PASSING_STATUS_UPDATED, samples.passing("nul\0l"))
    lms.send_passing("bob")
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["ada", "bob"], 0)
    assert UnreadableEvent.objects.filter(source=lms.stream).count() == 3
    assert all(row.reason and row.body and row.where for row in UnreadableEvent.objects.all())


@pytest.mark.parametrize("error", [DataError, IntegrityError, OperationalError, LookAgain])
def test_the_one_that_the_database_does_not_take_is_kept_and_the_others_are_stored(
    lms: Bus, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    accept = events.accept

    def particular(sent: Any) -> Any:
        if any(event.person.username == "odd" for event in sent):
            raise error("too odd")
        return accept(sent)

    monkeypatch.setattr(events, "accept", particular)
    lms.send_passing("ada", "odd", "bob")
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["ada", "bob"], 0)
    assert (
        UnreadableEvent.objects.get().reason
        == f"The database does not take it ({error.__name__}); the log has the details."
    )
    assert '"odd"' in UnreadableEvent.objects.get().body


@pytest.mark.parametrize("error", [IntegrityError("somebody was faster"), OperationalError("the row is locked")])
def test_what_somebody_was_in_the_way_of_is_stored_after_all(
    lms: Bus, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    lms.send_passing("ada")
    failing(monkeypatch, *[error] * (2 * storing.TRIES - 1))
    read_all(lms.consumer())
    assert (stored(), UnreadableEvent.objects.count(), lms.pending()) == (["ada"], 0, 0)


@pytest.mark.parametrize("error", [ProgrammingError("no such table"), OperationalError("the disk is full")])
def test_a_database_that_takes_nothing_is_waited_for_however_long_that_takes(
    lms: Bus, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    waits, store = [True] * (5 * storing.TRIES), storing._store_together

    def trouble(kept: Any) -> None:
        if waits:
            raise error
        store(kept)

    monkeypatch.setattr(storing, "_store_together", trouble)
    monkeypatch.setattr(storing.Patience, "run_out", lambda _: not waits.pop())
    lms.send_passing("ada")
    read_all(lms.consumer())
    assert (stored(), UnreadableEvent.objects.count(), lms.pending()) == (["ada"], 0, 0)


def test_what_redis_refuses_ends_the_consumer(lms: Bus) -> None:
    lms.redis.lpush(lms.stream, "no stream")
    with pytest.raises(Misconfigured, match=r"Redis refuses to read .*WRONGTYPE"):
        lms.consumer().consume_indefinitely()
    lms.redis.delete(lms.stream)
    with pytest.raises(Misconfigured, match="Redis refuses"):
        lms.consumer(last_read_msg_id="99999999999999999999").consume_indefinitely()


def test_when_redis_was_away_it_goes_on(lms: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    lms.send_passing("ada", "bob")
    consumer = lms.consumer()
    left, xack = [RedisAway("no answer"), RedisAway("still none")], consumer.redis.xack

    def trouble(*told: Any) -> Any:
        if left:
            raise left.pop(0)
        return xack(*told)

    monkeypatch.setattr(consumer.redis, "xack", trouble)
    read_all(consumer)
    assert (left, stored(), lms.pending()) == ([], ["ada", "bob"], 0)


def test_when_redis_has_forgotten_everything_it_begins_anew(lms: Bus) -> None:
    consumer = lms.consumer()
    read = consumer._read

    def forgetful(after: str) -> Any:
        if after == ">":
            consumer._read = read  # type: ignore[method-assign]
            lms.redis.delete(lms.stream)
            lms.send_passing("ada")
            threading.Timer(0.3, consumer.stop.set).start()
        return read(after)

    consumer._read = forgetful  # type: ignore[method-assign]
    consumer.consume_indefinitely()
    assert stored() == ["ada"]


def test_what_we_say_ourselves_is_acknowledged_and_not_stored(lms: Bus) -> None:
    told = samples.arguments(BADGE_AWARDED)
    lms.send(BADGE_AWARDED, told)
    read_all(lms.consumer())
    assert (stored(), UnreadableEvent.objects.count(), lms.pending()) == ([], 0, 0)


def test_no_statement_is_larger_than_a_database_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "MOST_BYTES", 10)
    sizes = [4, 4, 4, 20, 1]
    messages: list[Any] = [(str(number).encode(), {b"x": bytes(size)}) for number, size in enumerate(sizes)]
    portions = list(consuming._portions([*messages, (b"gone", None)]))
    assert [len(portion) for portion in portions] == [2, 1, 1, 2]
    assert [message for portion in portions for message in portion] == [*messages, (b"gone", None)]
    names: list[Any] = [(b"1", {bytes(9): b""}), (b"2", {bytes(9): b""})]
    assert len(list(consuming._portions(names))) == 2


def test_storing_costs_as_many_statements_for_many_as_for_one(lms: Bus) -> None:
    def cost(number: int) -> int:
        lms.send_passing(*[f"learner{number}-{each}" for each in range(number)])
        for each in range(number):
            lms.send_raw(odd=f"{number}-{each}".encode())
        with CaptureQueriesContext(connection) as caught:
            read_all(lms.consumer())
        return len(caught)

    assert cost(2) == cost(40)


def test_the_group_is_the_one_that_was_named(lms: Bus) -> None:
    read_all(lms.consumer())
    groups: Any = lms.redis.xinfo_groups(lms.stream)
    assert [group["name"].decode() for group in groups] == [GROUP]
