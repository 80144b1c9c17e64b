"""What follows once a code has been used for somebody: the event, the badge in the store, and our own record of it."""

import secrets
from copy import copy
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import events, granting
from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.badges.models import BadgeTemplate, Issuance, Learner
from providers.badgekit import instances, receipts
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode
from providers.badgekit.models.folding import address

CLAIMED = "badgekit.code.claimed"
"""The type of the learning event."""


class NotTheirs(Exception):
    """The code is kept for somebody else; the message says so."""


def give(code: ClaimCode, award: Award, learner: Learner | None) -> tuple[BadgeInstance, Learner]:
    """Tell the event, make the badge, and record it here, all in the caller's transaction; also whose it is.

    Raises NotTheirs, or instances.Held.
    """
    # Not a slug that was sent: it may have been another's before, whose event would count as this one.
    slug = secrets.token_hex(20)
    username = learner.username if learner else _name(award.email)
    events.accept([_event(code, slug, username, "" if learner else address(award.email))])
    known = Learner.objects.get(username=username)
    if learner and known != learner:
        raise NotTheirs(_("The account has been retired at this moment"))
    learner = known
    award = instances.for_learner(replace(award, slug=award.slug or slug), learner.uuid, code)
    try:
        instance = instances.give(code.badge, award, code)
    except instances.Held as held:
        if not code.reservation:
            raise
        instance = _adopt(held.instance, code, learner)
    _record(code, instance, learner)
    return instance, learner


def _name(email: str) -> str:
    """The username of whoever is known by this address only. It may be the name of somebody else: never of theirs."""
    for username in (address(email), f"claim:{address(email)}"):
        other = Learner.objects.filter(username=username).first()
        if other is None or address(other.email) == address(email):
            return username
    raise NotTheirs(_("The address is the name of somebody else"))


def _adopt(instance: BadgeInstance, code: ClaimCode, learner: Learner) -> BadgeInstance:
    """What was promised had come another way. From now on it stands for the code, so that it goes when that goes."""
    if instance.claim_code is None and instance.recipient_id in {"", str(learner.uuid)}:
        instance.claim_code, instance.recipient_id = code, str(learner.uuid)
        instance.save(update_fields=("claim_code", "recipient_id"))
    return instance


def _event(code: ClaimCode, slug: str, username: str, email: str) -> events.Event:
    badge = code.badge
    # Of a learner who is known, nothing is told: what the LMS says of a name is newer, whenever it arrives.
    person = events.Person(username=username, email=email, full_name="", lms_user_id=None)
    payload: dict[str, Any] = {
        "code": code.code,
        "badge": {"slug": badge.slug, "name": badge.name, "type": badge.type},
        "system": badge.system.slug,
        "issuer": badge.issuer.slug if badge.issuer else None,
        "program": badge.program.slug if badge.program else None,
        "user": {"pii": {"username": username}},
    }
    return events.Event(
        id=slug,
        source=f"/badgekit/{badge.system.slug}"[:255],
        type=CLAIMED,
        occurred_at=timezone.now(),
        person=person,
        payload=payload,
    )


def _record(code: ClaimCode, instance: BadgeInstance, learner: Learner) -> None:
    """Write it down as a badge of ours: the one that was promised, or else one of our template."""
    if code.reservation:
        claimed = copy(code)
        claimed.claimed, claimed.changed_at = True, code.now()
        hear(claimed)
    elif template := template_of(code.badge):
        granting.record_claim(template, learner, receipts.of_instance(instance), instance.issued_on)


def hear(code: ClaimCode) -> None:
    """Write down beside our badge what has become of its code: also if the worker that reserved it has not said so yet.

    What that worker says afterwards is older, and is not heard.
    """
    ours = OurBadge.objects.select_for_update()
    try:
        promised = ours.filter(pk__in=Issuance.objects.filter(key=UUID(code.reservation or "")).values("badge")).first()
    except ValueError:
        promised = None
    named = {"external_id": code.code, "account__provider": "badgekit", "template__external_id": code.badge.slug}
    if badge := promised or ours.filter(**named).first():
        badge.observe(receipts.of_code(code))


def template_of(badge: Badge) -> BadgeTemplate | None:
    """The template of ours that is the store's badge, if there is one."""
    ours = {"account__provider": "badgekit", "account__external_id": badge.system.slug, "external_id": badge.slug}
    return BadgeTemplate.objects.select_related("account").filter(**ours).first()
