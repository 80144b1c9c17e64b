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


def unreadable(source: str, where: str, reason: str, body: str) -> UnreadableEvent:
    """What an administrator is shown instead of an event; not saved yet."""
    return UnreadableEvent(
        source=source[:255],
        where=where[:64],
        reason=reason.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        body=body[:LONGEST],
        digest=hashlib.sha256(body.encode()).hexdigest(),
        received_at=timezone.now(),
    )


def unstorable(event: Event, error: Exception) -> UnreadableEvent:
    """The same for an event that the database refuses."""
    told = {"id": event.id, "source": event.source, "type": event.type, "payload": event.payload}
    reason = f"The database does not take it ({type(error).__name__}); the log has the details."
    return unreadable(event.source, event.id, reason, json.dumps(told, ensure_ascii=False))
