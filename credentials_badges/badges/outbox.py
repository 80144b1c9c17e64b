"""Promises are made here, in the same transaction as the decision; `issuing` keeps them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from credentials_badges.badges import doorbell
from credentials_badges.badges.models import Badge, Issuance


def promise_issues(badges: Sequence[Badge], now: datetime) -> None:
    """Promise to issue these new badges at their providers."""
    _promise(badges, Issuance.Action.ISSUE, "", now)


def promise_revocations(badges: Sequence[Badge], reason: str, now: datetime) -> None:
    """Promise to revoke these badges at their providers; an issue that cannot have left yet is called off instead.

    Three statements, however many badges.
    """
    # Locked, so that no worker claims one of them between the look and the decision.
    issues = list(Issuance.objects.select_for_update().filter(badge__in=badges, action=Issuance.Action.ISSUE))
    never_left = [
        issue
        for issue in issues
        if issue.status in {Issuance.Status.PENDING, Issuance.Status.DEAD} and not issue.unsure
    ]
    given_up = [issue for issue in issues if issue.status == Issuance.Status.DEAD]
    Issuance.objects.filter(pk__in={issue.pk for issue in never_left + given_up}).update(
        status=Issuance.Status.CANCELLED, open_key=None
    )
    called_off = {issue.badge_id for issue in never_left}
    _promise([badge for badge in badges if badge.pk not in called_off], Issuance.Action.REVOKE, reason, now)


def _promise(badges: Sequence[Badge], action: Issuance.Action, reason: str, now: datetime) -> None:
    if not badges:
        return
    if not connection.features.can_return_rows_from_bulk_insert:  # MySQL does not tell the keys of new rows.
        badges = list(Badge.objects.filter(uuid__in=[badge.uuid for badge in badges]))
    Issuance.objects.bulk_create(
        [
            Issuance(
                badge=badge,
                account_id=badge.account_id,
                action=action,
                open_key=Issuance.open_key_of(badge.pk, action),
                reason=reason,
                not_before=now,
                created_at=now,
            )
            for badge in badges
        ],
        ignore_conflicts=True,
    )
    doorbell.ring(doorbell.ISSUANCES)
