"""What arrives from the bus becomes an event of ours, or says why it cannot."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attr
from django.conf import settings
from django.utils import timezone

from credentials_badges.badges import events
from credentials_badges.badges.events import Event, InvalidEvent
from credentials_badges.badges.models import UnreadableEvent

LONGEST = 1_000_000
"""Bytes of one message; more is no event of ours, and must not be more than what a database takes."""
LONGEST_REASON = 1_000
"""Characters; it may quote what was sent."""
LONGEST_REST = 100_000
"""Characters of what a database refuses: as much as most events have, so that a disk that is full refuses them too."""
OWN = {"org.openedx.learning.badge.awarded.v1", "org.openedx.learning.badge.revoked.v1"}
"""What we announce ourselves, on the topic from which we read: it tells us nothing, and might outrank what is newer."""

Arrival = Event | UnreadableEvent | None
"""None for what we have said ourselves."""


def of_signal(metadata: Any, event_data: Mapping[str, Any]) -> Arrival:
    """Read what another consumer has made of a message: the arguments with which it sends an Open edX signal."""
    told: object = repr(event_data)
    try:
        told = json.loads(json.dumps(event_data, default=_plain))
        return of_data(metadata, told)
    except (InvalidEvent, TypeError, ValueError) as error:
        body = json.dumps({**metadata.to_json_data(), "data": told}, ensure_ascii=False)
        return unreadable(metadata.event_type, str(metadata.id), str(error), body)


def of_data(metadata: Any, data: object) -> Event | None:
    """Read what is JSON by now. Raises InvalidEvent."""
    if metadata.event_type in OWN and metadata.source == f"openedx/{settings.EVENTS_SERVICE_NAME}/web":
        return None
    return events.read(
        {
            "specversion": "1.0",
            "id": str(metadata.id),
            "source": metadata.source,
            "type": metadata.event_type,
            "time": metadata.time.isoformat(),
            "data": data,
        }
    )


def _plain(value: Any) -> object:
    """The next step towards JSON, as Open edX takes it: keys of courses, and times, become texts."""
    if attr.has(type(value)):
        return {name: getattr(value, name) for name in attr.fields_dict(type(value))}
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _storable(text: str) -> str:
    return events.UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def unreadable(source: str, where: str, reason: str, body: str, digest: str = "") -> UnreadableEvent:
    """What an administrator is shown instead of an event; not saved yet. The digest is by which it is known again."""
    return UnreadableEvent(
        source=_storable(source[:255]),
        where=_storable(where[:64]),
        reason=_storable(reason[:LONGEST_REASON]),
        body=_storable(body[:LONGEST]),
        digest=digest or hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest(),
        received_at=timezone.now(),
    )


def unstorable(kept: Event | UnreadableEvent, error: Exception) -> UnreadableEvent:
    """The same for what the database refuses: cut, and in ASCII, which it takes if it takes anything."""
    reason = f"The database does not take it ({type(error).__name__}); the log has the details."
    if isinstance(kept, UnreadableEvent):
        body = kept.body.encode("ascii", "backslashreplace").decode()
        return unreadable(kept.source, kept.where, reason, body[:LONGEST_REST], kept.digest)
    told = {"id": kept.id, "source": kept.source, "type": kept.type, "payload": kept.payload}
    body = json.dumps(told)
    return unreadable(kept.source, kept.id, reason, body[:LONGEST_REST], hashlib.sha256(body.encode()).hexdigest())
