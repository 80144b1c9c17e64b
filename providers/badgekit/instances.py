"""Badges are given and taken in the store, with all that follows: milestones, and the word to the system's site.

All of it happens in the caller's transaction, which repeats itself if somebody else gave the same badge meanwhile.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch
from django.utils import timezone

from providers.badgekit import answers, calling
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Milestone, MilestoneBadge
from providers.badgekit.models.folding import address


@dataclass(frozen=True, kw_only=True, slots=True)
class Award:
    """What was asked for: a badge for this address."""

    email: str
    base_url: str
    """Where the assertion is read from, such as ``https://badges.example.org/``."""
    slug: str = ""
    """Of the instance; empty: one is made up."""
    issued_on: datetime | None = None
    expires: datetime | None = None
    comment: str | None = None
    recipient_id: str = ""
    """Our own id of the learner, where that is known."""
    ordinal: int | None = None
    """Which of the learner's badges it is to be, where a learner may hold several; None: the only one."""
    reservation: str | None = None


MILESTONES_OWN: dict[str, Any] = {
    "slug": "",
    "issued_on": None,
    "expires": None,
    "comment": None,
    "recipient_id": "",
    "ordinal": None,
    "reservation": None,
}
"""What is not said of a milestone's badge, whatever is said of the one that completes the milestone."""


class Held(Exception):
    """The address holds the badge already."""

    def __init__(self, instance: BadgeInstance) -> None:
        super().__init__("the badge is held already")
        self.instance = instance


def held(badge: Badge, email: str, ordinal: int | None = None) -> BadgeInstance | None:
    """The oldest instance of the badge that the address holds, or the one of that ordinal."""
    theirs = badge.instances.filter(address=address(email))
    return (theirs.filter(ordinal=ordinal) if ordinal else theirs).order_by("ordinal").first()


def give(badge: Badge, award: Award, code: ClaimCode | None = None) -> BadgeInstance:
    """Make the instance. Raises Held, or IntegrityError if the slug is taken or somebody was faster."""
    if instance := held(badge, award.email, award.ordinal):
        raise Held(instance)
    (instance,) = _make(badge, [award], code)
    _award_milestones(badge, [award])
    return instance


def give_all(badge: Badge, awards: Sequence[Award]) -> list[BadgeInstance]:
    """Make the instances of all addresses, each of which is there once, that do not hold the badge yet.

    The number of statements does not grow with the awards. Raises IntegrityError if somebody was faster.
    """
    addresses = [address(award.email) for award in awards]
    have = set(badge.instances.filter(address__in=addresses).values_list("address", flat=True))
    new = [award for award in awards if address(award.email) not in have]
    made = _make(badge, new)
    _award_milestones(badge, new)
    return made


def _make(badge: Badge, awards: Sequence[Award], code: ClaimCode | None = None) -> list[BadgeInstance]:
    made = [
        BadgeInstance(
            slug=award.slug or secrets.token_hex(20),
            badge=badge,
            email=award.email,
            ordinal=award.ordinal or 1,
            issued_on=award.issued_on or timezone.now(),
            expires=award.expires,
            claim_code=code,
            reservation=award.reservation,
            recipient_id=award.recipient_id,
        )
        for award in awards
    ]
    BadgeInstance.objects.bulk_create(made)
    shown = answers.badge(badge) if made else {}
    told: list[tuple[str, dict[str, Any]]] = [
        (
            instance.slug,
            {
                "uid": instance.slug,
                "badge": shown,
                "email": instance.email,
                "assertionUrl": award.base_url.rstrip("/") + instance.assertion_path,
                "issuedOn": int(instance.issued_on.timestamp()),
                "comment": award.comment,
            },
        )
        for instance, award in zip(made, awards, strict=True)
    ]
    calling.tell_each(badge.system, "award", told)
    return made


def _award_milestones(badge: Badge, awards: Sequence[Award]) -> None:
    """Give the badges of the milestones that this one completes; what these complete in turn is not looked at.

    Their lock lets awards of their badges take turns: of two at once, the later one counts both.
    """
    with_it = Milestone.objects.filter(pk__in=MilestoneBadge.objects.filter(badge=badge).values("milestone"))
    ids = list(with_it.select_for_update().order_by("pk").values_list("pk", flat=True))
    if not ids or not awards:
        return
    at = {address(award.email): award for award in awards}
    counted = BadgeInstance.objects.filter(address__in=at, badge__supported_milestones__in=ids)
    by_milestone = counted.values_list("badge__supported_milestones", "address")
    numbers = by_milestone.annotate(Count("badge", distinct=True))
    have = {(milestone, holder): number for milestone, holder, number in numbers}
    # One with a badge of another system, which only a file can have loaded, gives nothing.
    ours = {"system": badge.system_id, "primary_badge__system": badge.system_id}
    live = Milestone.objects.filter(pk__in=ids, primary_badge__deleted_at=None, **ours).order_by("pk")
    primaries = {}
    reached: dict[int, dict[str, Award]] = {}
    for milestone in live.prefetch_related(Prefetch("primary_badge", answers.whole(Badge.objects.all()))):
        primaries[milestone.primary_badge_id] = milestone.primary_badge
        enough = {each: at[each] for each in at if have.get((milestone.pk, each), 0) >= milestone.number_required}
        reached.setdefault(milestone.primary_badge_id, {}).update(enough)
    holders = BadgeInstance.objects.filter(badge__in=primaries, address__in=at).values_list("badge", "address")
    for primary, holder in holders:
        reached[primary].pop(holder, None)
    for primary, new in reached.items():
        _make(primaries[primary], [replace(award, **MILESTONES_OWN) for award in new.values()])


def take(instances: Sequence[BadgeInstance]) -> None:
    """Revoke the instances of one badge: delete them, and tell the system's site."""
    for instance in instances:
        # Of two who take it at once, one is told that it has gone. The object stays as it is, to be tried again.
        if BadgeInstance.objects.filter(pk=instance.pk).delete()[0]:
            badge = answers.badge(instance.badge, bare=True)
            told = {"uid": instance.slug, "badge": badge, "email": instance.email}
            calling.tell(instance.badge.system, "revoke", instance.slug, told)


def for_learner(award: Award, learner_uuid: object, code: ClaimCode | None = None) -> Award:
    """The award with what is known of the learner and of the code that was kept for them."""
    known = replace(award, recipient_id=str(learner_uuid))
    return replace(known, ordinal=code.ordinal, expires=code.expires) if code and code.reservation else known
