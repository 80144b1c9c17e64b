"""Badges given and taken back by hand, for tests: who, when and why."""

from datetime import datetime, timedelta
from typing import Any

from credentials_badges.badges import granting
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from tests.badges.world import START

AWARDED, REVOKED = Badge.Status.AWARDED, Badge.Status.REVOKED


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def learner(username: str) -> Learner:
    return Learner.objects.get_or_create(username=username, defaults={"email": f"{username}@example.com"})[0]


def grant(template: BadgeTemplate, *usernames: str, minute: float = 5) -> dict[str, str]:
    """Give the badge; returns why not by username."""
    chosen = [learner(username) for username in usernames]
    refused = granting.grant(template, chosen, by=learner("boss"), reason="They helped a lot.", now=at(minute))
    return {each.username: refused[each.pk] for each in chosen if each.pk in refused}


def revoke(*badges: Badge, minute: float = 10) -> int:
    return granting.revoke(
        [badge.pk for badge in badges], by=learner("boss"), reason="It was a mistake.", now=at(minute)
    )


def holders(template: BadgeTemplate) -> list[str]:
    held = Badge.objects.filter(template=template, status=AWARDED)
    return sorted(held.values_list("learner__username", flat=True))


def on_badge(template: BadgeTemplate) -> dict[str, Any]:
    """A requirement of a rules file: hold that badge."""
    return {"id": "holds", "badge": {"provider": "credly", "external_id": template.external_id}}
