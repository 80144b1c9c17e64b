"""Codes, claims and visits of the small store, as reports count them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.badges.models import BadgeTemplate, BadgeVisits, Learner
from providers.badgekit.models import Batch, Claim, ClaimCode, CodeVisits
from tests.providers.badgekit.api import badge, hold, make
from tests.providers.badgekit.claim_page import learner

DAY = date(2024, 3, 13)
"""A Wednesday."""
NOON = datetime(2024, 3, 13, 12, tzinfo=UTC)
OPEN = {Claim.State.SUBMITTED, Claim.State.RETURNED}


def code(text: str = "fair", of: str = "coder", **told: Any) -> ClaimCode:
    return make(text, of, **{"made_at": NOON, **told})


def batch(label: str, count: int, of: str = "coder") -> Batch:
    made = Batch.objects.create(badge=badge(of), label=label)
    for number in range(count):
        code(f"{of}-{label}-{number}", of, batch=made)
    return made


def claim(used: ClaimCode, who: str = "ada", state: str = "awarded", **told: Any) -> Claim:
    """A claim as it stands once that has happened, and the badge in the store if it was given."""
    person = learner(who)
    ClaimCode.objects.filter(pk=used.pk).update(claimed=True, uses=1)
    at = told.setdefault("made_at", NOON)
    if state == Claim.State.AWARDED and "instance" not in told:
        told["instance"] = hold(person.email, used.badge.slug, slug=f"{used.pk}-{who}")
    if state not in OPEN:
        told.setdefault("decided_at", at)
    return Claim.objects.create(code=used, badge=used.badge, learner=person, email=person.email, state=state, **told)


def look(at: ClaimCode, times: int = 1, kind: str = "viewed", source: str = "", day: date = DAY) -> None:
    CodeVisits.objects.create(code=at, kind=kind, source=source, day=day, count=times)


def ours(template: BadgeTemplate, who: str = "ada", **told: Any) -> OurBadge:
    """A badge of ours."""
    at = {"awarded_at": NOON, "earned_at": NOON}
    return OurBadge.objects.create(learner=learner(who), template=template, account=template.account, **at, **told)


def look_at_badge(at: OurBadge, times: int = 1, kind: str = "viewed", source: str = "", day: date = DAY) -> None:
    BadgeVisits.objects.create(badge=at, kind=kind, source=source, day=day, count=times)


def many(first: int, count: int, template: BadgeTemplate) -> None:
    """So many codes, each of a batch and a day of its own, with its claim, our badge, and visits to both."""
    for number in range(first, first + count):
        made = batch(f"batch-{number}", 1).codes.get()
        who = f"learner-{number}"
        Learner.objects.create(username=who, email=f"{who}@example.com", full_name=f"Learner {number}")
        claim(made, who, source="qr", made_at=NOON + timedelta(number))
        look(made, source="x", day=DAY + timedelta(number))
        look_at_badge(ours(template, who, external_id=who, external_state="accepted"))
