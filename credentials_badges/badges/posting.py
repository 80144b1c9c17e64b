"""The outbox of messages: written in the transaction that they tell of, and sent afterwards, each at least once.

A message goes out twice if its worker died after sending it, or took longer than `TRY_SECONDS`. Whoever sends bounds
the time of each try well below that.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db import OperationalError
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from credentials_badges.badges import conf, doorbell, pausing
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Message
from credentials_badges.contract.errors import Misconfigured, NotYet, ProviderError, RateLimited, Retriable

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

TURN = 20
"""Messages of one lane that are sent before other lanes have their turn."""
MOST_TRIES = 30
"""About a day, with an hour between the later ones."""
TRY_SECONDS = 300.0
"""After so long, a message whose worker says nothing is taken up again."""

AT_A_TIME = 100
"""Messages that are written by one statement: MariaDB takes no more than 16 MB."""

_senders: dict[type[Message], Callable[[Any], None]] = {}

Status = Message.Status


class Lane(NamedTuple):
    """Messages that are sent one after the other: those of one kind to one destination."""

    model: type[Message]
    destination: str


def carry(model: type[M], send: Callable[[M], None]) -> None:
    """From now on, `send` carries the messages of this model; apps say so when they are ready.

    It returns once the message has left, or raises `Retriable`, or `NotYet` if only this message has to wait and not
    its whole destination; `Misconfigured`, after which it is tried again as well; or `Rejected`, if there is no hope.
    """
    _senders[model] = send


def kinds() -> list[type[Message]]:
    """The models whose messages are carried."""
    return list(_senders)


def post(messages: Sequence[Message]) -> None:
    """Write messages of one model down, to be sent once the caller's transaction has committed.

    Whoever posts to one topic from several processes holds a lock by which these take turns, since the order of ids is
    the order of sending.
    """
    if not messages:
        return
    now = timezone.now()
    for message in messages:
        message.created_at = message.not_before = now
    type(messages[0]).objects.bulk_create(messages, batch_size=AT_A_TIME)
    doorbell.ring(doorbell.MESSAGES)


def due(now: datetime) -> list[Lane]:
    """Lanes in which there is something to send; one statement for each kind of message."""
    return [
        Lane(model, destination)
        for model in kinds()
        for destination in _due(model, now).order_by("destination").values_list("destination", flat=True).distinct()
    ]


def due_since(now: datetime) -> dict[str, datetime | None]:
    """For each kind of message, since when the oldest one that is due has been; one statement for each."""
    return {model.__name__.lower(): _due(model, now).aggregate(oldest=Min("not_before"))["oldest"] for model in kinds()}


def _due(model: type[Message], now: datetime) -> QuerySet[Any]:
    """Messages that may be sent: not those behind an older pending one of their topic, be it under way or put off."""
    older = model.objects.filter(topic=OuterRef("topic"), status=Status.PENDING, pk__lt=OuterRef("pk"))
    waiting = model.objects.filter(pausing.over("not_before", now), status=Status.PENDING)
    return waiting.filter(Q(topic="") | ~Exists(older))


def send_due(lane: Lane, enough: threading.Event) -> int:
    """Send what is due in the lane, oldest first, a few or until it is enough; returns the number of tries.

    Of those that are due at the same moment, as after a failure, the one goes first that has been tried least: one
    that can never be sent does not keep the others waiting for long.
    """
    tries = 0
    while tries < TURN:
        ready = _due(lane.model, timezone.now()).filter(destination=lane.destination)
        taken = 0
        for message in list(ready.order_by("not_before", "attempts", "pk")[: TURN - tries]):
            if enough.is_set():
                return tries + taken
            with bound_contextvars(message=message.pk, kind=lane.model.__name__):
                taken += _take(message)
        if not taken:
            break
        tries += taken
    return tries


def _take(message: Message) -> bool:
    """One try. It is claimed by being put off: a worker that dies leaves it to be taken up again."""
    mine = _pending(message).filter(not_before=message.not_before, attempts=message.attempts)
    if message.attempts >= MOST_TRIES:
        in_transaction(lambda: mine.update(status=Status.DEAD, last_error="Each worker that tried it died."))
        return False
    later = timezone.now() + timedelta(seconds=TRY_SECONDS)
    if not in_transaction(lambda: mine.update(attempts=F("attempts") + 1, not_before=later)):
        return False
    message.attempts += 1
    try:
        _senders[type(message)](message)
    except (Retriable, Misconfigured, OperationalError) as error:
        _try_again(message, error)
    except ProviderError as error:
        _write(message, status=Status.DEAD, last_error=_words(error))
    except Exception as error:
        log.exception("sending %s %d crashed", type(message).__name__, message.pk)
        _write(message, status=Status.DEAD, last_error=f"Crashed: {type(error).__name__}; the log has the details.")
    else:
        # Also if another worker has taken it up meanwhile: sent is sent.
        sent = {"status": Status.SENT, "sent_at": timezone.now(), "last_error": ""}
        in_transaction(lambda: _pending(message).update(**sent))
    return True


def _try_again(message: Message, error: Exception) -> None:
    """Put it off, and with it all that goes to the same destination, if that is what is in trouble."""
    now, cap = timezone.now(), conf.RETRY_CAP_SECONDS
    asked = min(error.after or 0.0, cap) if isinstance(error, Retriable) else 0.0
    is_try = not (isinstance(error, RateLimited) and asked)  # Else it was not its turn yet.
    wait = max(asked, pausing.backoff(message.attempts - 1, cap)) if is_try else asked
    told: dict[str, object] = {"last_error": _words(error), "not_before": now + timedelta(seconds=wait)}
    if not is_try:
        told["attempts"] = message.attempts - 1
    elif message.attempts >= MOST_TRIES:
        told["status"] = Status.DEAD
    _write(message, **told)
    if message.destination and isinstance(error, Retriable | Misconfigured) and not isinstance(error, NotYet):
        # Not for longer than a pause, since it may be this message alone after all.
        until = now + timedelta(seconds=max(asked, min(wait, conf.PAUSE_CAP_SECONDS)))
        together = type(message).objects.filter(status=Status.PENDING, destination=message.destination)
        in_transaction(lambda: together.filter(not_before__lt=until).update(not_before=until))


def _write(message: Message, **columns: object) -> None:
    """Write how a try failed, unless another worker has taken it up meanwhile as from a dead one."""
    in_transaction(lambda: _pending(message).filter(attempts=message.attempts).update(**columns))


def _pending(message: Message) -> QuerySet[Any]:
    return type(message).objects.filter(pk=message.pk, status=Status.PENDING)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, ProviderError) and str(error) else type(error).__name__


def retry(message: Message) -> bool:
    """Open a dead message again, for a person; False if it is not dead. Newer ones of its topic may have left."""
    return bool(retry_all(type(message).objects.filter(pk=message.pk)))


def retry_all(rows: QuerySet[Any]) -> int:
    """The same for those of these that are dead, in one statement; returns how many."""
    dead = rows.filter(status=Status.DEAD)
    opened = dead.update(status=Status.PENDING, attempts=0, not_before=timezone.now(), last_error="")
    if opened:
        doorbell.ring(doorbell.MESSAGES)
    return opened


def purge(before: datetime) -> None:
    """Forget what was sent before that; what is dead stays until a person has looked at it."""
    for model in kinds():
        model.objects.filter(status=Status.SENT, sent_at__lt=before).delete()
