"""What each provider holds, beside what we recorded."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from credentials_badges.badges.models import Badge, BadgeTemplate
from providers.badgekit.models import ClaimCode


@dataclass(frozen=True, slots=True)
class Comparison:
    """One template that anybody earned."""

    provider: str
    template: str
    held: int
    """Live badges at the provider."""
    recorded: int
    """Live badges here whose external id the provider knows for that learner."""
    twice: int
    """Learners who hold more than one live badge there."""
    revoked: int
    agrees: bool
    """Whether each side has exactly the badges of the other."""


def compare(held: dict[str, dict[str, list[dict[str, Any]]]]) -> list[Comparison]:
    """Compare badge by badge: external id, template and learner."""
    there = set(_credly(held["credly"]) + _accredible(held["accredible"]) + _badgekit())
    here = {
        (provider, template, str(learner), external_id)
        for provider, template, learner, external_id in Badge.objects.filter(status=Badge.Status.AWARDED).values_list(
            "account__provider", "template__external_id", "learner__uuid", "external_id"
        )
    }
    holders = Counter(badge[:3] for badge in there)
    revoked = Counter(
        Badge.objects.filter(status=Badge.Status.REVOKED).values_list("account__provider", "template__external_id")
    )
    comparisons = []
    for template in BadgeTemplate.objects.select_related("account").filter(badges__isnull=False).distinct():
        key = template.account.provider, template.external_id
        theirs, ours = {badge for badge in there if badge[:2] == key}, {badge for badge in here if badge[:2] == key}
        comparisons.append(
            Comparison(
                provider=template.account.provider,
                template=template.name,
                held=len(theirs),
                recorded=len(theirs & ours),
                twice=sum(count > 1 for holder, count in holders.items() if holder[:2] == key),
                revoked=revoked[key],
                agrees=theirs == ours,
            )
        )
    return comparisons


def _credly(accounts: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str, str]]:
    return [
        ("credly", row["badge_template"]["id"], row["issuer_earner_id"], row["id"])
        for rows in accounts.values()
        for row in rows
        if row["state"] != "revoked"
    ]


def _accredible(accounts: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str, str]]:
    today = date.today().isoformat()  # noqa: DTZ011 (Compared with a day that was written on this machine.)
    return [
        ("accredible", str(row["group"]["id"]), row["recipient_id"], str(row["id"]))
        for rows in accounts.values()
        for row in rows
        if not row["expired_on"] or row["expired_on"] >= today
    ]


def _badgekit() -> list[tuple[str, str, str, str]]:
    codes = ClaimCode.objects.filter(reservation__isnull=False, cancelled_at=None)
    return [
        ("badgekit", slug, recipient, code)
        for slug, recipient, code in codes.values_list("badge__slug", "recipient_id", "code")
    ]
