"""How things stand, in a constant number of statements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

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
    events = LearningEvent.objects.aggregate(
        stored=Count("pk"),
        waiting=Count("pk", filter=Q(processed_at=None)),
        failed=Count("pk", filter=~Q(error="")),
        oldest=Min("received_at", filter=Q(processed_at=None)),
    )
    open_promises = Issuance.objects.filter(status__in=Issuance.OPEN).aggregate(oldest=Min("created_at"))
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
        "events": {
            "stored": events["stored"],
            "waiting": events["waiting"],
            "failed": events["failed"],
            "unreadable": UnreadableEvent.objects.count(),
            "oldest_waiting": _age(now, events["oldest"]),
        },
        "progress": BadgeProgress.objects.count(),
        "badges": {
            "by_status": _counts(Badge.objects.values_list("status").annotate(Count("pk")).order_by("status")),
            "by_external_state": _counts(
                Badge.objects.values_list("external_state").annotate(Count("pk")).order_by("external_state")
            ),
            "disagreeing": disagreeing().count(),
        },
        "webhooks": _counts(WebhookDelivery.objects.values_list("status").annotate(Count("pk")).order_by("status")),
        "messages": {
            kind.__name__.lower(): _counts(kind.objects.values_list("status").annotate(Count("pk")).order_by("status"))
            for kind in posting.kinds()
        },
        "issuances": {
            "by_status": _counts(Issuance.objects.values_list("status").annotate(Count("pk")).order_by("status")),
            "by_failure": _counts(
                Issuance.objects.filter(status=Issuance.Status.DEAD)
                .values_list("failure")
                .annotate(Count("pk"))
                .order_by("failure")
            ),
            "oldest_open": _age(now, open_promises["oldest"]),
        },
    }


def _counts(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    return {word or "none yet": count for word, count in rows}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _age(now: datetime, since: datetime | None) -> float | None:
    return round((now - since).total_seconds(), 1) if since else None
