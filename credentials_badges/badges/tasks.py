"""Celery's way in. Each task asks the database what is waiting, so a lost or doubled message is harmless."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

from credentials_badges.badges import (
    accounts,
    conf,
    delivering,
    doorbell,
    events,
    limiting,
    outbox,
    pausing,
    posting,
    recomputing,
    reconciling,
    syncing,
)
from credentials_badges.badges.models import ProviderAccount, SyncRun, WebhookDelivery
from credentials_badges.celery import app
from credentials_badges.contract.errors import ProviderError

log = logging.getLogger(__name__)

LONG_SECONDS = 6 * 3600
"""For what reads whole lists: a hundred thousand badges are two thousand pages."""

_purges: list[Callable[[datetime], None]] = []


def also_purge(work: Callable[[datetime], None]) -> None:
    """From now on, `work` is called when things are purged, to forget what is older than the moment that it is given.

    Apps say so when they are ready.
    """
    _purges.append(work)


@app.task(name=doorbell.EVENTS)
def process_events() -> None:
    """Process all waiting events."""
    while events.process_waiting():
        pass


@app.task(name=doorbell.DELIVERIES)
def deliver() -> None:
    """Look into webhooks, deliver due promises and send due messages; what is left after the turn rings again."""
    delivering.deliver_due(seconds=conf.TURN_SECONDS)
    if delivering.due_lanes():
        doorbell.ring(doorbell.DELIVERIES)


@app.task(name=doorbell.RECOMPUTATIONS, time_limit=LONG_SECONDS)
def recompute() -> None:
    """Carry on the recomputations that nobody works at."""
    for job in recomputing.waiting(timezone.now()):
        try:
            recomputing.carry_on(job.pk)
        except Exception:
            log.exception("%s broke off", job)


@app.task(name="badges.sweep")
def sweep() -> None:
    """Find the work whose bell was lost or whose worker died."""
    outbox.reap(timezone.now())
    if recomputing.waiting(timezone.now()).exists():
        doorbell.ring(doorbell.RECOMPUTATIONS)
    process_events()
    deliver()


@app.task(name="badges.pull_templates", time_limit=LONG_SECONDS)
def pull_templates() -> None:
    """Pull the templates of every account."""
    _each_account("pulling templates", syncing.pull)


@app.task(name="badges.poll_changes", time_limit=LONG_SECONDS)
def poll_changes() -> None:
    """Ask what has become of badges and templates at the providers, also where a webhook was lost."""
    _each_account("asking for changes", reconciling.poll)


@app.task(name="badges.reconcile", time_limit=LONG_SECONDS)
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
        list(threads.map(do, accounts_now))
