"""Pulls that wait as jobs: asked for by a person, carried out by whichever worker is free, looked at meanwhile.

A job is taken by one conditional UPDATE, and what it did is written in one transaction with that it is done; a worker
that dies leaves it to the next one.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from credentials_badges.badges import conf, doorbell, pausing, syncing
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner, ProviderAccount, SyncRun
from credentials_badges.contract.errors import ProviderError

log = logging.getLogger(__name__)

TELL_SECONDS = 0.5
"""How often a worker says how far it has come."""
OUTCOME = (
    *("finished_at", "seen", "created", "changed", "unchanged", "archived", "unreadable"),
    *("diff", "failure", "error"),
)
"""The columns that a job writes when it is done."""


class TakenOver(Exception):
    """Another worker has taken the job, since this one was not seen for too long."""


def ask(
    account: ProviderAccount, now: datetime, *, applies: bool = False, forces: bool = False, by: Learner | None = None
) -> SyncRun:
    """Ask for a job, which the next free worker takes up; if one of that kind is under way, that is the answer.

    One that only looks is not guarded: how much would be archived is what it is to show.
    """

    def find_or_make() -> SyncRun:
        ProviderAccount.objects.select_for_update().only("pk").get(pk=account.pk)  # Whoever asks, too, waits.
        kind = {"applies": applies, "forces": forces or not applies}
        return account.sync_runs.filter(finished_at=None, **kind).first() or SyncRun.objects.create(
            account_id=account.pk, asked_by=by, started_at=now, **kind
        )

    run = in_transaction(find_or_make)
    doorbell.ring(doorbell.SYNCS)
    return run


def waiting(now: datetime) -> QuerySet[SyncRun]:
    """The jobs that nobody works at, oldest first; nobody does from a time far ahead, since the clock was set back."""
    lease = timedelta(seconds=conf.lease_seconds())
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - lease) | Q(claimed_at__gt=now + lease)
    return SyncRun.objects.filter(free, finished_at=None).order_by("pk")


def carry_on(run_id: int, *, on_row: Callable[[], object] = lambda: None) -> bool:
    """Take up the job, if nobody works at it, and bring it to its end; False if it was not to be had."""
    now, claim = timezone.now(), uuid4()
    mine = SyncRun.objects.filter(pk=run_id, claim=claim, finished_at=None)
    if not waiting(now).filter(pk=run_id).update(claimed_at=now, claim=claim, started_at=now, seen=0):
        return False
    run = mine.select_related("account").get()

    def record(run: SyncRun) -> None:
        if not mine.update(**{name: getattr(run, name) for name in OUTCOME}):
            raise TakenOver

    try:
        pausing.note(run.account, syncing.carry_out(run, on_row=_teller(run, mine, on_row), record=record))
    except (ProviderError, syncing.PlanTooLarge) as error:
        pausing.note(run.account, error)
        log.warning("%s of account %d failed: %s", _deed(run), run.account_id, error)
    except TakenOver:
        log.warning("%s of account %d was taken over by another worker", _deed(run), run.account_id)
    except (OperationalError, InterfaceError):  # The database is away: the job stays, for whoever comes next.
        raise
    except Exception as error:
        log.exception("%s of account %d broke off", _deed(run), run.account_id)
        said = f"It broke off ({type(error).__name__}); the log has the details."
        mine.update(finished_at=timezone.now(), failure=SyncRun.Failure.CRASHED, error=said)
    return True


def _teller(run: SyncRun, mine: QuerySet[SyncRun], on_row: Callable[[], object]) -> Callable[[], None]:
    """To be called for each row; now and then it writes down how many there were. Raises TakenOver."""
    told_at = time.monotonic()

    def tell() -> None:
        nonlocal told_at
        run.seen += 1
        on_row()
        if time.monotonic() - told_at >= TELL_SECONDS:
            if not mine.update(seen=run.seen, claimed_at=timezone.now()):
                raise TakenOver
            told_at = time.monotonic()

    return tell


def _deed(run: SyncRun) -> str:
    return "pulling templates" if run.applies else "looking at what a pull would change"
