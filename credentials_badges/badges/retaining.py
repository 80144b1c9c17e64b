"""What is kept only for a time is forgotten, in portions, beside workers that go on; and what should be gone, goes."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import AuditEntry, Fulfillment, LearningEvent, UnreadableEvent
from credentials_badges.badges.retiring import promise_again, purge_events

PORTION = 500
"""Events that lose their payload in one transaction."""


def purge(before: datetime) -> None:
    """Forget unreadable lines that are older than that, and events and audit entries after the time set for them."""
    UnreadableEvent.objects.filter(received_at__lt=before).delete()
    now = timezone.now()
    promise_again(now)
    if settings.KEEP_EVENTS_DAYS:
        old = now - timedelta(days=settings.KEEP_EVENTS_DAYS)
        while in_transaction(lambda: _purge_some(old, now)):
            pass
    if settings.KEEP_AUDIT_DAYS:
        models.QuerySet(AuditEntry).filter(at__lt=now - timedelta(days=settings.KEEP_AUDIT_DAYS)).delete()


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
