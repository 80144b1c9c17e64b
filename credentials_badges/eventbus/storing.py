"""What has arrived is stored, however long the database may be away: only afterwards is the bus told to forget it."""

import logging
import threading
from collections.abc import Sequence

from django.db import IntegrityError, connection

from credentials_badges.badges import events
from credentials_badges.badges.events import NO_EVENTS_FAULT, Event
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import UnreadableEvent
from credentials_badges.eventbus import reading
from credentials_badges.eventbus.waiting import Patience

log = logging.getLogger(__name__)

Kept = Event | UnreadableEvent


def store(arrived: Sequence[reading.Arrival], stop: threading.Event) -> bool:
    """Store them, once each. Whether they are stored: not, if it was told to stop while the database was away."""
    kept = [each for each in arrived if each is not None]
    patience = Patience(stop)
    while True:
        try:
            _store(kept)
        except (*NO_EVENTS_FAULT, IntegrityError) as error:
            log.warning("the database does not store events (%s); trying again", type(error).__name__)
            connection.close()  # It may be broken; the next try opens another.
            if patience.run_out():
                return False
        else:
            return True


def _store(kept: Sequence[Kept]) -> None:
    """In one transaction, or, if one of them is at fault, in one for each."""
    try:
        in_transaction(lambda: _store_together(kept), again_on=IntegrityError)
    except (*NO_EVENTS_FAULT, IntegrityError):
        raise
    except Exception:
        log.exception("a batch of events could not be stored; taking them one by one")
        for each in kept:
            _store_alone(each)


def _store_alone(kept: Kept) -> None:
    try:
        in_transaction(lambda: _store_together([kept]), again_on=IntegrityError)
    except (*NO_EVENTS_FAULT, IntegrityError):
        raise
    except Exception as error:
        if isinstance(kept, UnreadableEvent):
            raise
        log.exception("the event %s of %s cannot be stored", kept.id, kept.source)
        why = reading.unstorable(kept, error)
        in_transaction(lambda: _store_together([why]), again_on=IntegrityError)


def _store_together(kept: Sequence[Kept]) -> None:
    if sent := [each for each in kept if isinstance(each, Event)]:
        events.accept(sent)
    if unreadable := {(each.source, each.digest): each for each in kept if isinstance(each, UnreadableEvent)}:
        rows = UnreadableEvent.objects.filter(digest__in={digest for _, digest in unreadable})
        known = set(rows.values_list("source", "digest"))
        UnreadableEvent.objects.bulk_create([each for place, each in unreadable.items() if place not in known])
