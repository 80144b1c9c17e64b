"""Messages of a Redis stream are read as edx-event-bus-redis writes them."""

import hashlib
import io
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import fastavro
import openedx_events
from edx_event_bus_redis.internal.message import RedisMessage, UnusableMessageError
from openedx_events.event_bus.avro.deserializer import AvroSignalDeserializer
from openedx_events.tooling import OpenEdxPublicSignal

from credentials_badges.badges.events import InvalidEvent
from credentials_badges.eventbus import reading

HEADERS = (b"id", b"type", b"source", b"time")
"""Without these, the package makes them up anew each time, and a repetition would look like another event."""
TRIMMED = "The stream was trimmed before this was stored: it is lost. Make the stream longer."


def size(fields: Mapping[bytes, bytes] | None) -> int:
    """Bytes of a message, the names of its fields among them."""
    return sum(len(name) + len(value) for name, value in (fields or {}).items())


def unpack(stream: str, where: str, fields: Mapping[bytes, bytes] | None) -> reading.Arrival:
    """Read one message; without fields, it is no longer there."""
    if not fields:
        return reading.unreadable(stream, where, TRIMMED, where)
    try:
        return reading.of_data(*_parsed(fields))
    except InvalidEvent as error:
        return reading.unreadable(stream, where, str(error), _body(fields), _digest(fields))


def _parsed(fields: Mapping[bytes, bytes]) -> tuple[Any, object]:
    """The metadata, and the data in the plain form in which they travel: keys of courses, and times, are texts."""
    if size(fields) > reading.LONGEST:
        raise InvalidEvent(f"it is longer than {reading.LONGEST:,} bytes")
    if missing := [name.decode() for name in HEADERS if not fields.get(name)]:
        raise InvalidEvent(f"the headers say no {' and no '.join(missing)}")
    try:
        told = RedisMessage.parse((b"", fields), "")
    except UnusableMessageError as error:
        raise InvalidEvent(f"the headers cannot be read: {error.__cause__}") from None
    return told.event_metadata, _decoded(told.event_metadata.event_type, told.event_data)


def _decoded(event_type: str, data: bytes) -> object:
    version = f"openedx-events {openedx_events.__version__}"
    try:
        schema = _schema(event_type)
    except Exception:  # Unknown, or one that the package cannot write either.
        raise InvalidEvent(f"{version}, which is installed here, knows no events of this type on a bus") from None
    wire = io.BytesIO(data)
    try:
        told = fastavro.schemaless_reader(wire, schema, None)
    except Exception as error:  # It raises whatever reading past the end, or a wrong index, comes to.
        raise InvalidEvent(f"its data are not what {version} expects ({type(error).__name__})") from None
    if rest := len(data) - wire.tell():
        # Read by another version's schema, a name may end up in another field.
        raise InvalidEvent(f"its data go on for {rest} bytes after what {version} expects; have the sender's version")
    return told


@cache
def _schema(event_type: str) -> Any:
    """How events of the type are written. Raises whatever openedx-events does, if it knows none that can be."""
    return fastavro.parse_schema(AvroSignalDeserializer(OpenEdxPublicSignal.get_signal_by_type(event_type)).schema)


def _body(fields: Mapping[bytes, bytes]) -> str:
    """Its beginning, however long it is: as text, each byte may take five times the room."""
    told, room = {}, reading.LONGEST
    for name, value in fields.items():
        told[_text(name[:room])] = _text(value[: max(room - len(name), 0)])
        room -= len(name) + len(value)
        if room <= 0:
            break
    return json.dumps(told, ensure_ascii=False)


def _digest(fields: Mapping[bytes, bytes]) -> str:
    digest = hashlib.sha256()
    for field in fields.items():
        for part in field:
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def _text(value: bytes) -> str:
    """What a person can read of it, and a search can find."""
    return value.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
