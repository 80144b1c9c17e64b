"""How things stand, in a constant number of statements."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Manager, Min, Q, QuerySet

from credentials_badges.badges import events, heartbeat, outbox, posting
from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    BadgeTemplate,
    CallCount,
    Issuance,
    LearningEvent,
    ProviderAccount,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.badges.reconciling import disagreeing

CALLS = ("host", "outcome", "calls", "seconds")


def summary(now: datetime) -> dict[str, Any]:
    """What an operator asks first. Ages are in seconds, or None if nothing waits."""
    return {
        "accounts": accounts(now),
        "templates": BadgeTemplate.objects.aggregate(
            pulled=Count("pk"),
            active=Count("pk", filter=Q(is_active=True)),
            archived=Count("pk", filter=Q(state=BadgeTemplate.State.ARCHIVED)),
        ),
        "progress": BadgeProgress.objects.count(),
        "badges": {
            "by_status": badges_by_status(),
            "by_external_state": _by("external_state", Badge.objects),
            "disagreeing": disagreeing().count(),
        },
        **work(now),
        "calls": calls(),
    }


def work(now: datetime) -> dict[str, Any]:
    """What has come in and what is to go out, and whether anybody sees to it."""
    return {
        "events": _events(now),
        "webhooks": _by("status", WebhookDelivery.objects),
        "messages": {kind.__name__.lower(): _by("status", kind.objects) for kind in posting.kinds()},
        "issuances": _issuances(now),
        "oldest_due": oldest_due(now),
        "heartbeat_age": heartbeat_age(now),
    }


def badges_by_status() -> dict[str, int]:
    """How many badges there are of each status."""
    return _by("status", Badge.objects)


def accounts(now: datetime) -> list[dict[str, Any]]:
    """How each account is doing, and how many of its promises are open, with the age of the oldest one."""
    open_ = Issuance.objects.filter(status__in=Issuance.OPEN).order_by().values_list("account")
    promises = {account: told for account, *told in open_.annotate(Count("pk"), Min("created_at"))}
    return [
        {
            "provider": account.provider,
            "external_id": account.external_id,
            "name": account.name,
            "paused": account.paused_reason,
            "paused_until": _moment(account.paused_until),
            "key_expires": _moment(account.key_expires_at),
            "open": (told := promises.get(account.pk, (0, None)))[0],
            "oldest_open": _age(now, told[1]),
        }
        for account in ProviderAccount.objects.all()
    ]


def oldest_due(now: datetime) -> dict[str, float | None]:
    """How long the oldest one has been due of what should be dealt with at once: promises of a paused account are not.

    Three statements, and one more for each further kind of message.
    """
    # Counted as well: for the oldest alone, PostgreSQL would go through all events in the order in which they came.
    waiting = events.waiting().order_by().aggregate(oldest=Min("received_at"), number=Count("pk"))
    return {
        "events": _age(now, waiting["oldest"]),
        "promises": _age(now, outbox.due(now).aggregate(oldest=Min("not_before"))["oldest"]),
        **{kind: _age(now, since) for kind, since in posting.due_since(now).items()},
    }


def heartbeat_age(now: datetime) -> float | None:
    """How long ago somebody last looked for work by themselves; None if nobody ever has."""
    return _age(now, heartbeat.last())


def calls() -> list[dict[str, Any]]:
    """Calls to providers so far, by host and outcome, with the seconds that they took together."""
    return [dict(row) for row in CallCount.objects.order_by("host", "outcome").values(*CALLS)]


def _events(now: datetime) -> dict[str, Any]:
    # One statement for all would read every row; each of these looks into an index.
    waiting = LearningEvent.objects.filter(processed_at=None).aggregate(number=Count("pk"), oldest=Min("received_at"))
    return {
        "stored": LearningEvent.objects.count(),
        "waiting": waiting["number"],
        "failed": LearningEvent.objects.exclude(error="").count(),
        "unreadable": UnreadableEvent.objects.count(),
        "oldest_waiting": _age(now, waiting["oldest"]),
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
