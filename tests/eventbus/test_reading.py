"""From a message of the bus to an event of ours, without any bus."""

import json
import tracemalloc
from typing import Any

import pytest
from edx_event_bus_redis.internal.message import RedisMessage
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.learning.signals import BADGE_AWARDED, COURSE_PASSING_STATUS_UPDATED
from openedx_events.tooling import KNOWN_UNSERIALIZABLE_SIGNALS

from credentials_badges.badges.events import Event
from credentials_badges.badges.models import UnreadableEvent
from credentials_badges.eventbus import reading, unpacking
from tests.eventbus import samples

pytestmark = pytest.mark.once

SIGNALS = samples.signals()
CARRIED = [each for each in SIGNALS if each.event_type not in KNOWN_UNSERIALIZABLE_SIGNALS]
OTHERS = {"created_by", "requesting_user"}
"""People in an event who are not the learner that it is about."""


def fields(signal: Any, told: dict[str, Any], **metadata: Any) -> dict[bytes, bytes]:
    """The message as the package writes it."""
    data = serialize_event_data_to_bytes(told, signal)
    metadata = {"event_type": signal.event_type, "source": "openedx/lms/web", **metadata}
    message = RedisMessage(topic="t", event_data=data, event_metadata=EventsMetadata(**metadata))
    return message.to_binary_dict()


def a_message(**changed: bytes | None) -> dict[bytes, bytes]:
    """Ada passes, with some fields changed or left out."""
    message = fields(COURSE_PASSING_STATUS_UPDATED, samples.passing("ada"), time=samples.WHEN)
    message |= {name.encode(): value for name, value in changed.items() if value is not None}
    return {name: value for name, value in message.items() if changed.get(name.decode(), b"") is not None}


def read(message: dict[bytes, bytes] | None) -> reading.Arrival:
    return unpacking.unpack("stream", "1-0", message)


def learners(told: dict[str, Any]) -> list[str]:
    return [name for name in samples.users(told) if name.rpartition(".")[2] not in OTHERS]


def test_open_edx_has_the_signals_that_were_counted() -> None:
    about_users = [each for each in SIGNALS if learners(samples.arguments(each))]
    assert (len(SIGNALS), len(about_users)) == (73, 30)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.event_type)
def test_every_signal_becomes_an_event_about_its_learner(signal: Any) -> None:
    told = samples.arguments(signal)
    metadata = EventsMetadata(event_type=signal.event_type, source="openedx/lms/web", time=samples.WHEN)
    event = reading.of_signal(metadata, told)
    assert isinstance(event, Event)
    assert (event.type, event.occurred_at) == (signal.event_type, samples.WHEN)
    assert ([event.person.username] if event.person else []) == learners(told)


@pytest.mark.parametrize("signal", CARRIED, ids=lambda signal: signal.event_type)
def test_what_travels_over_redis_is_the_same_event(signal: Any) -> None:
    told = samples.arguments(signal)
    metadata = EventsMetadata(event_type=signal.event_type, source="openedx/lms/web", time=samples.WHEN)
    known = {"id": metadata.id, "time": metadata.time}
    assert read(fields(signal, told, **known)) == reading.of_signal(metadata, told)


def test_keys_and_times_are_texts_as_open_edx_writes_them() -> None:
    event = read(a_message())
    assert isinstance(event, Event)
    assert event.payload["course"]["course_key"] == samples.COURSE
    assert (event.source, event.payload["is_passing"]) == ("openedx/lms/web", True)
    assert event.person
    assert (event.person.lms_user_id, event.person.email) == (7, "ada@example.com")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (a_message(type=b"org.openedx.no.such.v1"), "knows no events of this type"),
        (a_message(type=KNOWN_UNSERIALIZABLE_SIGNALS[0].encode()), "knows no events of this type"),
        (a_message(event_data=b"\xff\xff\xff"), "its data are not what"),
        (a_message(event_data=b""), "its data are not what"),
        (a_message(event_data=a_message()[b"event_data"] + b"\x02x"), "go on for 2 bytes after what openedx-events"),
        (a_message(event_data=bytes(reading.LONGEST + 1)), "longer than 1,000,000 bytes"),
        (a_message(time=b"a" * 900_000), "the headers cannot be read"),
        ({b"\xff" * 1_400_000: b"x"}, "longer than 1,000,000 bytes"),
        (a_message(event_data=None), "the headers cannot be read"),
        (a_message(id=None), "the headers say no id"),
        (a_message(id=None, source=None), "the headers say no id and no source"),
        (a_message(id=b"seven"), "the headers cannot be read"),
        (a_message(time=b"noon"), "the headers cannot be read"),
        (a_message(time=b"2026-03-01T12:00:00"), "the headers cannot be read"),
        (a_message(type=b"\xff\0"), "the headers cannot be read"),
        (a_message(source=b"s" * 300), "source is longer than 255"),
        ({b"whatever": b"\0"}, "the headers say no id and no type"),
        (fields(COURSE_PASSING_STATUS_UPDATED, samples.passing("a\0da")), "data holds a NUL"),
        (None, "The stream was trimmed"),
    ],
)
def test_what_cannot_be_read_is_kept_with_its_reason(message: dict[bytes, bytes] | None, why: str) -> None:
    kept = read(message)
    assert isinstance(kept, UnreadableEvent)
    assert why in kept.reason
    assert (kept.source, kept.where) == ("stream", "1-0")
    assert "\0" not in kept.body + kept.reason
    assert len(kept.body) <= reading.LONGEST
    assert len(kept.reason) <= reading.LONGEST_REASON
    again = read(message)
    assert isinstance(again, UnreadableEvent)
    assert again.digest == kept.digest


def test_the_body_of_what_cannot_be_read_can_be_read_by_people() -> None:
    kept = read(a_message(event_data=a_message()[b"event_data"] + b"\xff\0"))
    assert isinstance(kept, UnreadableEvent)
    body = json.loads(kept.body)
    assert (body["type"], body["source"]) == (COURSE_PASSING_STATUS_UPDATED.event_type, "openedx/lms/web")
    assert "ada@example.com" in body["event_data"]
    assert body["event_data"].endswith("\\xff\\x00")


def test_a_huge_message_costs_little_and_is_told_from_another() -> None:
    huge = [a_message(event_data=b"\xff" * 20_000_000 + end) for end in (b"a", b"b")]
    tracemalloc.start()
    try:
        one, other = (read(message) for message in huge)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert isinstance(one, UnreadableEvent)
    assert isinstance(other, UnreadableEvent)
    assert one.digest != other.digest


def test_what_we_say_ourselves_tells_us_nothing() -> None:
    told = samples.arguments(BADGE_AWARDED)
    assert read(fields(BADGE_AWARDED, told, source="openedx/credentials-badges/web")) is None
    assert isinstance(read(fields(BADGE_AWARDED, told, source="openedx/credentials/web")), Event)


def test_a_signal_that_no_database_can_hold_is_kept_as_it_is() -> None:
    metadata = EventsMetadata(event_type=COURSE_PASSING_STATUS_UPDATED.event_type)
    for told in (
        {"course": {("a", "tuple"): 1}},
        samples.passing("a\0da"),
        samples.passing("\ud800"),
        {"number": float("nan")},
    ):
        kept = reading.of_signal(metadata, told)
        assert isinstance(kept, UnreadableEvent)
        assert str(metadata.id) in kept.body
        assert "\0" not in kept.body
