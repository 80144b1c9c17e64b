"""Celery's way in. Each task asks the database what is waiting, so a lost or doubled message is harmless."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from credentials_badges.badges import (
    accounts,
    conf,
    delivering,
    doorbell,
    events,
    heartbeat,
    limiting,
    outbox,
    pausing,
    posting,
    recomputing,
    reconciling,
    sync_jobs,
    syncing,
)
from credentials_badges.badges.models import ProviderAccount, SyncRun, WebhookDelivery
from credentials_badges.celery import app
from credentials_badges.contract.errors import ProviderError

log = logging.getLogger(__name__)

LONG: dict[str, Any] = {"time_limit": 6 * 3600, "acks_late": False}
"""For what reads whole lists: a hundred thousand badges are two thousand pages.

Taken off the queue at once: RabbitMQ closes the channel of a worker that keeps a message for half an hour, and Redis
gives it to a second one. What a worker leaves undone when it dies is done when it is due the next time.
"""

_at_events, _heard = threading.Lock(), threading.Event()
_purges: list[Callable[[datetime], None]] = []
_sweeps: list[Callable[[datetime], object]] = []


def also_purge(work: Callable[[datetime], None]) -> None:
    """From now on, `work` is called when things are purged, to forget what is older than the moment that it is given.

    Apps say so when they are ready.
    """
    _purges.append(work)


def also_sweep(work: Callable[[datetime], object]) -> None:
    """From now on, `work` is called every few seconds, with the time, to see to what has become due.

    It may be called by several workers at once. Apps say so when they are ready.
    """
    _sweeps.append(work)


def see_to_what_is_due(now: datetime) -> None:
    """Do what apps have to do as time goes by; one that fails holds up nothing else."""
    for work in _sweeps:
        try:
            work(now)
        except Exception:
            log.exception("%s of %s failed", work.__name__, work.__module__)


@app.task(name=doorbell.EVENTS)
def process_events() -> None:
    """One turn of processing waiting events; what is left after it rings again.

    Of a worker's threads one does it at a time, so that a backlog leaves the others for whatever else there is.
    """
    stop = time.monotonic() + conf.TURN_SECONDS
    _heard.set()  # Whoever is at it looks once more.
    while _heard.is_set() and _at_events.acquire(blocking=False):
        try:
            _heard.clear()
            while events.process_waiting():
                if time.monotonic() >= stop:
                    doorbell.ring(doorbell.EVENTS)
                    return
        finally:
            _at_events.release()


@app.task(name=doorbell.DELIVERIES)
def deliver() -> None:
    """Keep promises."""
    _deliver(doorbell.DELIVERIES)


@app.task(name=doorbell.HINTS)
def look_into_webhooks() -> None:
    """Ask what is true of what webhooks have told."""
    _deliver(doorbell.HINTS)


@app.task(name=doorbell.MESSAGES)
def send_messages() -> None:
    """Send mails and other messages."""
    _deliver(doorbell.MESSAGES)


def _deliver(bell: str) -> None:
    """One turn of what the bell tells of; what is left after it rings again."""
    delivering.deliver_due(bell, seconds=conf.TURN_SECONDS)
    if delivering.due_lanes(bell):
        doorbell.ring(bell)


@app.task(name=doorbell.RECOMPUTATIONS, **LONG)
def recompute() -> None:
    """Carry on the recomputations that nobody works at."""
    for job in recomputing.waiting(timezone.now()):
        try:
            recomputing.carry_on(job.pk)
        except Exception:
            log.exception("%s broke off", job)


@app.task(name=doorbell.SYNCS, **LONG)
def sync() -> None:
    """Carry out the pulls that were asked for and that nobody works at."""
    for run in sync_jobs.waiting(timezone.now()):
        sync_jobs.carry_on(run.pk)


@app.task(name="badges.sweep")
def sweep() -> None:
    """Take back the work of workers that died, and ring again for all that is waiting: a bell may have been lost."""
    heartbeat.beat(timezone.now())
    outbox.reap(timezone.now())
    if events.waiting().exists():
        doorbell.ring(doorbell.EVENTS)
    for bell in delivering.DUE:
        if delivering.due_lanes(bell):
            doorbell.ring(bell)
    if recomputing.waiting(timezone.now()).exists():
        doorbell.ring(doorbell.RECOMPUTATIONS)
    if sync_jobs.waiting(timezone.now()).exists():
        doorbell.ring(doorbell.SYNCS)
    see_to_what_is_due(timezone.now())


@app.task(name="badges.pull_templates", **LONG)
def pull_templates() -> None:
    """Pull the templates of every account."""
    _each_account("pulling templates", syncing.pull)


@app.task(name="badges.poll_changes", **LONG)
def poll_changes() -> None:
    """Ask what has become of badges and templates at the providers, also where a webhook was lost."""
    _each_account("asking for changes", reconciling.poll)


@app.task(name="badges.reconcile", **LONG)
def reconcile() -> None:
    """Compare both sides badge by badge, and write down what the providers say."""
    _each_account("comparing badges", lambda account: reconciling.take_over(account, reconciling.compare(account)))


@app.task(name="badges.watch_keys")
def watch_keys() -> None:
    """Check every key, and warn in the log of those that will expire soon."""
    _each_account("checking the key", _watch_key)


@app.task(name="badges.purge")
def purge() -> None:
    """Forget what nobody needs any more: webhooks that were dealt with, pulls, and sent messages, after some weeks."""
    old = timezone.now() - timedelta(days=conf.KEEP_DAYS)
    WebhookDelivery.objects.filter(received_at__lt=old).exclude(status=WebhookDelivery.Status.PENDING).delete()
    SyncRun.objects.filter(started_at__lt=old).delete()
    posting.purge(old)
    limiting.forget(timezone.now() - timedelta(days=1))
    for work in _purges:
        work(old)


def _watch_key(account: ProviderAccount) -> None:
    accounts.verify(account)
    account.save(update_fields=accounts.VERIFIED)
    if warning := accounts.watch_key(account, timezone.now()):
        log.warning(warning)


def _each_account(what: str, work: Callable[[ProviderAccount], object]) -> None:
    """Do it for every account that is not paused; one that fails or is slow does not hold up the others."""

    def do(account: ProviderAccount) -> None:
        bind_contextvars(account=account.pk)
        try:
            pausing.note(account, work(account))
        except (ProviderError, syncing.PlanTooLarge, reconciling.TooManyMissing) as error:
            pausing.note(account, error)
            log.warning("%s of account %d failed: %s", what, account.pk, error)
        except Exception:
            log.exception("%s of account %d crashed", what, account.pk)
        finally:
            connections.close_all()  # They belong to this thread.

    accounts_now = list(ProviderAccount.objects.filter(pausing.running(timezone.now())))
    with ThreadPoolExecutor(delivering.LANES_AT_ONCE) as threads:
        for done in [threads.submit(copy_context().run, do, account) for account in accounts_now]:
            done.result()
