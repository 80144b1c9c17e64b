"""What has arrived is stored, however long the database may be away: only afterwards is the bus told to forget it."""

import logging
import threading
from collections.abc import Sequence

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError

from credentials_badges.badges import events
from credentials_badges.badges.events import Event
from credentials_badges.badges.locking import database_answers, in_transaction
from credentials_badges.badges.models import UnreadableEvent
from credentials_badges.eventbus import reading
from credentials_badges.eventbus.waiting import Patience

log = logging.getLogger(__name__)

TRIES = 6
"""For what fails alone while the database answers, about a quarter of a minute: then it is its own fault."""
MAY_PASS = (InterfaceError, InternalError, OperationalError, IntegrityError)
"""A row that is locked, a connection that broke, a server that only reads at present, somebody who was faster."""

Kept = Event | UnreadableEvent


class _Away(Exception):
    """The database is away, or of another version: everything has to wait."""


def store(arrived: Sequence[reading.Arrival], stop: threading.Event) -> bool:
    """Store them, once each. Whether they are stored: not, if it was told to stop while the database was away."""
    left = [each for each in arrived if each is not None]
    patience, tries = Patience(stop), 0
    while left:
        try:
            left = _store(left, is_last=tries + 1 >= TRIES)
            tries += 1
        except _Away as error:
            log.warning("the database does not store events (%s); trying again", error)
        if left and patience.run_out():
            return False
    return True


def _store(kept: Sequence[Kept], *, is_last: bool) -> list[Kept]:
    """Store them together or, if that fails, each alone; returns those that have to be tried again. Raises _Away.

    What is not taken is replaced by a note of it. A database that does not take that either is at fault itself.
    """
    if not (trouble := _failure(kept)):
        return []
    log.warning("%d events could not be stored (%s); taking them one by one", len(kept), type(trouble).__name__)
    left: list[Kept] = []
    for each in kept:
        if not (error := _failure([each])):
            continue
        if isinstance(error, MAY_PASS) and not is_last:
            left.append(each)
            continue
        note = reading.unstorable(each, error)
        log.error("%s of %s cannot be stored", note.where, note.source, exc_info=error)
        if _failure([note]):
            left.append(each)
    return left


def _failure(kept: Sequence[Kept]) -> Exception | None:
    """Store them in one transaction. What is wrong with them, if anything; raises _Away if it is the database."""
    try:
        in_transaction(lambda: _store_together(kept), again_on=IntegrityError)
    except Exception as error:
        if not database_answers() or isinstance(error, ProgrammingError):
            raise _Away(type(error).__name__) from None
        return error
    return None


def _store_together(kept: Sequence[Kept]) -> None:
    if sent := [each for each in kept if isinstance(each, Event)]:
        events.accept(sent)
    if unreadable := {(each.source, each.digest): each for each in kept if isinstance(each, UnreadableEvent)}:
        rows = UnreadableEvent.objects.filter(digest__in={digest for _, digest in unreadable})
        known = set(rows.values_list("source", "digest"))
        for each in unreadable.values():
            each.pk = None  # A transaction that was rolled back has left one, which is somebody else's by now.
        UnreadableEvent.objects.bulk_create([each for place, each in unreadable.items() if place not in known])
