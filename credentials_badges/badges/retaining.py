"""What is kept only for a time is forgotten, in portions, beside workers that go on; and what should be gone, goes."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import AuditEntry, Fulfillment, LearningEvent, UnreadableEvent
from credentials_badges.badges.retiring import promise_again, purge_events

PORTION = 500
"""Rows that are forgotten in one transaction."""


def purge(before: datetime) -> None:
    """Forget unreadable lines that are older than that, and events and audit entries after the time set for them."""
    _delete(UnreadableEvent.objects.filter(received_at__lt=before))
    now = timezone.now()
    promise_again(now)
    if settings.KEEP_EVENTS_DAYS:
        old = now - timedelta(days=settings.KEEP_EVENTS_DAYS)
        while in_transaction(lambda: _purge_some(old, now)):
            pass
    if settings.KEEP_AUDIT_DAYS:
        _delete(models.QuerySet(AuditEntry).filter(at__lt=now - timedelta(days=settings.KEEP_AUDIT_DAYS)))


def _delete(rows: models.QuerySet[Any]) -> None:
    """Delete the rows, portion by portion: two statements each."""
    while some := list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        rows.filter(pk__in=some).delete()


def _purge_some(old: datetime, now: datetime) -> int:
    """Empty a portion of the processed events that came before that; returns how many, after five statements.

    Their marks become those of which no event is stored any more, so that judging again leaves them as they are. The
    learners are locked, as they are for that: else it would see neither the event nor the mark.
    """
    done = LearningEvent.objects.filter(purged_at=None, received_at__lt=old, processed_at__isnull=False)
    ripe = dict(done.order_by("received_at", "pk").values_list("pk", "learner")[:PORTION])
    if not ripe:
        return 0
    locked_learners(pk__in={learner_id for learner_id in ripe.values() if learner_id})
    Fulfillment.objects.filter(event__in=list(ripe)).update(event=None)
    # An event that somebody lets wait once more meanwhile has to be processed first.
    purge_events(done.filter(pk__in=list(ripe)), now)
    return len(ripe)
