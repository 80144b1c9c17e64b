"""How things stand, in a constant number of statements."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Manager, Min, Q, QuerySet

from credentials_badges.badges import posting
from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    BadgeTemplate,
    Issuance,
    LearningEvent,
    ProviderAccount,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.badges.reconciling import disagreeing


def summary(now: datetime) -> dict[str, Any]:
    """What an operator asks first. Ages are in seconds, or None if nothing waits."""
    return {
        "accounts": [
            {
                "provider": account.provider,
                "external_id": account.external_id,
                "name": account.name,
                "paused": account.paused_reason,
                "paused_until": _moment(account.paused_until),
                "key_expires": _moment(account.key_expires_at),
            }
            for account in ProviderAccount.objects.all()
        ],
        "templates": BadgeTemplate.objects.aggregate(
            pulled=Count("pk"),
            active=Count("pk", filter=Q(is_active=True)),
            archived=Count("pk", filter=Q(state=BadgeTemplate.State.ARCHIVED)),
        ),
        "events": _events(now),
        "progress": BadgeProgress.objects.count(),
        "badges": {
            "by_status": _by("status", Badge.objects),
            "by_external_state": _by("external_state", Badge.objects),
            "disagreeing": disagreeing().count(),
        },
        "webhooks": _by("status", WebhookDelivery.objects),
        "messages": {kind.__name__.lower(): _by("status", kind.objects) for kind in posting.kinds()},
        "issuances": _issuances(now),
    }


def _events(now: datetime) -> dict[str, Any]:
    counts = LearningEvent.objects.aggregate(
        stored=Count("pk"),
        waiting=Count("pk", filter=Q(processed_at=None)),
        failed=Count("pk", filter=~Q(error="")),
        oldest=Min("received_at", filter=Q(processed_at=None)),
    )
    return {
        "stored": counts["stored"],
        "waiting": counts["waiting"],
        "failed": counts["failed"],
        "unreadable": UnreadableEvent.objects.count(),
        "oldest_waiting": _age(now, counts["oldest"]),
    }


def _issuances(now: datetime) -> dict[str, Any]:
    oldest = Issuance.objects.filter(status__in=Issuance.OPEN).aggregate(oldest=Min("created_at"))["oldest"]
    return {
        "by_status": _by("status", Issuance.objects),
        "by_failure": _by("failure", Issuance.objects.filter(status=Issuance.Status.DEAD)),
        "oldest_open": _age(now, oldest),
    }


def _by(field: str, rows: Manager[Any] | QuerySet[Any]) -> dict[str, int]:
    counts = rows.values_list(field).annotate(Count("pk")).order_by(field)
    return {word or "none yet": count for word, count in counts}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _age(now: datetime, since: datetime | None) -> float | None:
    return round((now - since).total_seconds(), 1) if since else None
