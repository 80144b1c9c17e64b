"""Events come in: stored once each, then processed in batches, each batch in a constant number of statements."""

import json
import logging
import re
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from credentials_badges.badges import awarding, conf, doorbell, rules
from credentials_badges.badges.locking import LookAgain, in_transaction, locked_learners
from credentials_badges.badges.models import Learner, LearningEvent

log = logging.getLogger(__name__)

NO_LEARNER = "The event names no learner: nowhere in its data is an object with pii.username."
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""A NUL and halves of surrogate pairs: PostgreSQL's JSON knows neither."""
DEEPEST = 30
"""Levels of nesting: MariaDB's JSON has 32, MySQL's 100."""
NO_EVENTS_FAULT = (InterfaceError, InternalError, OperationalError, ProgrammingError)
"""The database is away, busy or of another version: the events have to wait."""


class InvalidEvent(ValueError):
    """What was sent is not an event; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """The learner of an event, in Open edX's ``UserData`` shape."""

    username: str
    email: str
    full_name: str
    lms_user_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A CloudEvent, read: `payload` is what the paths of data rules start from."""

    id: str
    source: str
    type: str
    occurred_at: datetime
    person: Person | None
    payload: Mapping[str, Any]


def parse(body: bytes) -> object:
    """What the JSON says. Raises InvalidEvent saying why it is none."""
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        why = f"{error.msg} at column {error.colno}"
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except RecursionError:
        why = "it is nested too deep"
    except ValueError:
        why = "it holds a number of too many digits"
    raise InvalidEvent(f"not JSON: {why}")


def read(raw: object, *, source: str = "", now: datetime | None = None) -> Event:
    """Read one CloudEvent 1.0. Raises InvalidEvent naming the attribute and the reason.

    `source` stands in for a missing one. A time in the future counts as now: a sender whose clock is fast must not
    outrank the events that follow. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
    """
    if not isinstance(raw, Mapping):
        raise InvalidEvent("an event must be a JSON object")
    now = now or timezone.now()
    if (version := _text(raw, "specversion", "1.0")) != "1.0":
        raise InvalidEvent(f"specversion is {version[:20]!r}, but only '1.0' is understood")
    data = raw.get("data", {})
    if not isinstance(data, Mapping):
        raise InvalidEvent("data must be a JSON object")
    _check_storable(data)
    inner = next(iter(data.values())) if len(data) == 1 else None
    return Event(
        id=_text(raw, "id"),
        source=_text(raw, "source", source),
        type=_text(raw, "type"),
        occurred_at=min(_time(raw.get("time"), now), now),
        person=person_in(data),
        payload=inner if isinstance(inner, Mapping) else data,
    )


def _text(raw: Mapping[str, Any], name: str, default: str = "") -> str:
    value = raw.get(name, default)
    # Only spaces: MariaDB takes two texts for equal that differ in these at the end, and in nothing else.
    if not isinstance(value, str) or not value.strip() or not (value := value.strip(" ")):
        raise InvalidEvent(f"{name} is missing or is not a text")
    if len(value) > 255 or UNSTORABLE.search(value):
        raise InvalidEvent(f"{name} is longer than 255 characters, or holds a NUL or half a surrogate pair")
    return value


def _check_storable(data: Mapping[str, Any]) -> None:
    """Refuse what not every database can hold as JSON: SQLite would skip such an event in silence."""
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, Mapping):
                deeper += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                deeper += value
            elif isinstance(value, str) and UNSTORABLE.search(value):
                raise InvalidEvent("data holds a NUL or half a surrogate pair")
            elif isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
                raise InvalidEvent("data holds a number that is too large, or none (NaN)")
        if not deeper:
            return
        level = deeper
    raise InvalidEvent(f"data is nested deeper than {DEEPEST} levels")


def _time(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        time = parse_datetime(value.strip()) if isinstance(value, str) else None
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC) if time else None
    except (ValueError, OverflowError):
        time = None
    if time is None:
        raise InvalidEvent("time is not an RFC 3339 time such as 2026-11-21T12:00:00Z")
    return time


def person_in(data: Mapping[str, Any]) -> Person | None:
    """The first object that looks like Open edX's UserData, wherever it stands; nearest to the surface wins."""
    waiting: deque[object] = deque([data])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, list):
            waiting.extend(value)
        if not isinstance(value, Mapping):
            continue
        pii = value.get("pii")
        username = pii.get("username") if isinstance(pii, Mapping) else None
        name = username.strip(" ") if isinstance(username, str) else ""
        if isinstance(pii, Mapping) and name.strip() and len(name) <= 255:
            id_ = value.get("id")
            return Person(
                username=name,
                email=email if len(email := _plain(pii.get("email"))) <= 254 else "",
                full_name=_plain(pii.get("name"))[:255],
                lms_user_id=id_ if type(id_) is int and 0 < id_ < 2**63 else None,
            )
        waiting.extend(value.values())
    return None


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of the events that were sent."""

    accepted: int
    duplicate: int


def accept(sent: Sequence[Event]) -> Accepted:
    """Store the events that are new by (source, id), and ring the bell. When this returns, none of them can be lost."""
    # Rows are never skipped in silence: if somebody else stored one of them meanwhile, all is looked at again.
    new = in_transaction(lambda: _store(sent), again_on=IntegrityError)
    return Accepted(accepted=new, duplicate=len(sent) - new)


def _store(sent: Sequence[Event]) -> int:
    now = timezone.now()
    seen = set(
        LearningEvent.objects.filter(event_id__in={event.id for event in sent}).values_list("source", "event_id")
    )
    new: dict[tuple[str, str], Event] = {}
    for event in sent:
        if (event.source, event.id) not in seen:
            new.setdefault((event.source, event.id), event)
    if not new:
        return 0
    learners = _learners(new.values())
    LearningEvent.objects.bulk_create(
        [
            LearningEvent(
                event_id=event.id,
                source=event.source,
                type=event.type,
                occurred_at=event.occurred_at,
                received_at=now,
                learner_id=learners[event.person.username] if event.person else None,
                payload=event.payload,
                processed_at=None if event.person else now,
                error="" if event.person else NO_LEARNER,
            )
            for event in new.values()
        ]
    )
    doorbell.ring(doorbell.EVENTS)
    return len(new)


def _learners(sent: Iterable[Event]) -> dict[str, int]:
    """The ids of the events' learners by username; unknown ones are made, and the newest name and address is kept."""
    told = sorted([(event.occurred_at, event.person) for event in sent if event.person], key=itemgetter(0))
    usernames = {person.username for _, person in told}
    missing = usernames - set(Learner.objects.filter(username__in=usernames).values_list("username", flat=True))
    password = make_password(None)
    # Made bare and only then told who they are: another process may be making the same ones at this moment.
    Learner.objects.bulk_create(
        [Learner(username=name, password=password) for name in sorted(missing)], ignore_conflicts=True
    )
    learners = {learner.username: learner for learner in locked_learners(username__in=usernames)}
    if usernames - learners.keys():
        raise LookAgain("a learner was retired at this moment, so that the name is free")
    changed = {}
    for as_of, person in told:
        learner = learners[person.username]
        if _identify(learner, as_of, person):
            changed[learner.pk] = learner
    Learner.objects.bulk_update(changed.values(), ["email", "full_name", "lms_user_id", "identity_as_of"])
    return {username: learner.pk for username, learner in learners.items()}


def _identify(learner: Learner, as_of: datetime, person: Person) -> bool:
    """Take over what the event says; from one that is not the newest, only what was unknown. Whether that was any."""
    newest = learner.identity_as_of is None or learner.identity_as_of < as_of
    before = learner.email, learner.full_name, learner.lms_user_id, learner.identity_as_of
    learner.email = (newest and person.email) or learner.email or person.email
    learner.full_name = (newest and person.full_name) or learner.full_name or person.full_name
    learner.lms_user_id = (newest and person.lms_user_id) or learner.lms_user_id or person.lms_user_id
    if newest and (person.email or person.full_name):
        learner.identity_as_of = as_of
    return (learner.email, learner.full_name, learner.lms_user_id, learner.identity_as_of) != before


def process_waiting(limit: int = conf.BATCH) -> int:
    """Process up to `limit` waiting events in one transaction; returns how many were taken.

    If one of them makes the batch fail, they are taken one by one, and the culprit is marked with its error.
    """
    try:
        return in_transaction(lambda: _process(_taken()[:limit]))
    except NO_EVENTS_FAULT:
        raise
    except Exception:
        log.exception("a batch of events failed; taking them one by one")
    ids = list(waiting().values_list("pk", flat=True)[:limit])
    return sum(map(_process_alone, ids))


def _process_alone(id_: int) -> int:
    """Whether it was there to be taken, as a number."""
    try:
        return in_transaction(lambda: _process(_taken().filter(pk=id_)))
    except NO_EVENTS_FAULT:
        raise
    except Exception as error:
        log.exception("event %d cannot be processed", id_)
        LearningEvent.objects.filter(pk=id_, processed_at=None).update(
            processed_at=timezone.now(), error=f"Processing failed ({type(error).__name__}); the log has the details."
        )
        return 1


def waiting() -> QuerySet[LearningEvent]:
    """Events that are to be processed, oldest first."""
    return LearningEvent.objects.filter(processed_at=None).order_by("pk")


def _taken() -> QuerySet[LearningEvent]:
    """Those of them that no other process has taken."""
    return waiting().select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


def _process(taken: QuerySet[LearningEvent]) -> int:
    events = list(taken)
    if events:
        # From here on, whatever another process decides about one of these learners comes wholly before or after.
        locked_learners(pk__in={event.learner_id for event in events})
        awarding.judge(events, rules.current(), timezone.now())
        LearningEvent.objects.filter(pk__in=[event.pk for event in events]).update(processed_at=timezone.now())
    return len(events)
