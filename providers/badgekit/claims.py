"""A code is claimed: one conditional UPDATE decides who wins, and all that follows commits with it or not at all.

What follows: the badge in the store, our own record of it, and a learning event, by which a code can earn other
badges too. Whoever holds the badge already uses nothing up.
"""

import secrets
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from credentials_badges.badges import changes, events, granting
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import BadgeTemplate, Learner
from credentials_badges.contract.data import BadgeChanged, Receipt
from credentials_badges.contract.states import BadgeState
from providers.badgekit import instances, receipts
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode
from providers.badgekit.models.folding import address

CLAIMED = "badgekit.code.claimed"
"""The type of the learning event."""
_is_email = EmailValidator()


class Spent(Exception):
    """The code has no use left."""


class NotTheirs(Exception):
    """The code is kept for somebody else; the message says so."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of a claim."""

    used: ClaimCode
    """The code that was used up by it, as it was before: another one, if that was kept for whoever claimed."""
    instance: BadgeInstance | None
    """What the address holds by now; None if it was no address."""


def claim(code: ClaimCode, award: Award, note: str | None = None, learner: Learner | None = None) -> ClaimCode:
    """Use the code for whoever has the award's address; returns the code as it is afterwards.

    `note` is what the code's own address becomes. An award without a real address uses the code up and gives nobody
    anything, as in BadgeKit. `learner` is who claims, where that is known otherwise than by the address. Raises Spent,
    or NotTheirs.
    """
    try:
        claim = in_transaction(lambda: _claim(code, award, note, learner), again_on=IntegrityError)
        used = claim.used.pk == code.pk
    except instances.Held:
        used = False
    if used:
        code.claimed, code.uses, code.email = True, code.uses + 1, code.email if code.reservation else note
    elif code.multiuse:
        # A code for many shows whoever claimed it last, as in BadgeKit; what counts is that no use is counted.
        code.claimed, code.email = True, note
        code.save(update_fields=("claimed", "email"))
    return code


def award_with(code: ClaimCode, award: Award) -> BadgeInstance:
    """Give the badge and use the code up for it. Raises Spent, NotTheirs, or instances.Held, and then uses nothing."""
    claim = in_transaction(lambda: _claim(code, award, award.email, None), again_on=IntegrityError)
    if claim.instance is None:
        raise Spent  # Only what is no address gives nothing, and the API has refused that.
    return claim.instance


def _claim(code: ClaimCode, award: Award, note: str | None, learner: Learner | None) -> Claim:
    if code.is_spent:
        raise Spent
    if code.reservation:
        if award.email and learner is None and address(award.email) != address(code.email or ""):
            raise NotTheirs("The code is reserved for another address")
        if not is_address(code.email or ""):
            raise NotTheirs("The code is reserved for a learner without a valid address")
        learner = Learner.objects.filter(uuid=code.recipient_id).first()
        return _use(code, replace(award, email=code.email or ""), code.email, learner)
    if not is_address(award.email):
        return _use(code, award, note, None)
    learner = learner or _learner_at(award.email)
    if learner and (waiting := _waiting(code.badge, learner)):
        # It is theirs already, and was only to be accepted.
        return _use(waiting, replace(award, email=waiting.email or ""), waiting.email, learner)
    if instance := instances.held(code.badge, award.email):
        raise instances.Held(instance)
    return _use(code, award, note, learner)


def _use(code: ClaimCode, award: Award, note: str | None, learner: Learner | None) -> Claim:
    free = ClaimCode.objects.filter(ClaimCode.free(), pk=code.pk)
    if not free.update(claimed=True, uses=F("uses") + 1, email=note):
        raise Spent
    return Claim(code, _give(code, award, learner) if is_address(award.email) else None)


def _give(code: ClaimCode, award: Award, learner: Learner | None) -> BadgeInstance:
    """Tell the event, make the badge, and record it here."""
    # Not a slug that was sent: it may have been another's before, whose event would count as this one.
    slug = secrets.token_hex(20)
    username = learner.username if learner else address(award.email)
    event = _event(code, slug, username, "" if learner else address(award.email))
    events.accept([event])
    learner = learner or Learner.objects.get(username=username)
    award = instances.for_learner(replace(award, slug=award.slug or slug), learner.uuid, code)
    try:
        instance = instances.give(code.badge, award, code)
    except instances.Held as held:
        if not code.reservation:
            raise
        instance = held.instance  # What was promised had come another way.
    _record(code, instance, learner)
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
    """Write it down as a badge of ours, if the store's badge is one of our templates."""
    template = _template(code.badge)
    if template is None:
        return
    if code.reservation:
        claimed = copy(code)
        claimed.claimed = True
        changes.apply(template.account, [BadgeChanged(receipt=receipts.of_code(claimed))])
    else:
        granting.record_claim(template, learner, receipts.of_instance(instance), instance.issued_on)


def _template(badge: Badge) -> BadgeTemplate | None:
    ours = {"account__provider": "badgekit", "account__external_id": badge.system.slug, "external_id": badge.slug}
    return BadgeTemplate.objects.select_related("account").filter(**ours).first()


def _learner_at(email: str) -> Learner | None:
    """The one learner of ours who has this address; of several, nobody knows which one is meant."""
    known = list(Learner.objects.filter(address=address(email))[:2])
    return known[0] if len(known) == 1 else None


def _waiting(badge: Badge, learner: Learner) -> ClaimCode | None:
    """A code of the badge that is kept for the learner, and not claimed."""
    kept = ClaimCode.objects.filter(badge=badge, recipient_id=str(learner.uuid), reservation__isnull=False)
    return kept.filter(ClaimCode.free()).select_related("badge__system").order_by("pk").first()


def is_address(text: str) -> bool:
    """Whether a badge can be given to it."""
    try:
        _is_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def delete(code: ClaimCode) -> None:
    """Let nobody find the code any more. If it waited for a learner, that promise is taken back with it."""

    def work() -> None:
        row = ClaimCode.objects.select_for_update().get(pk=code.pk)
        if row.deleted_at:
            return
        row.deleted_at = timezone.now()
        if row.reservation and not row.claimed:
            row.cancelled_at = row.deleted_at
        row.save(update_fields=("deleted_at", "code_key", "cancelled_at"))
        template = _template(code.badge)
        if row.cancelled_at and template:
            row.badge = code.badge
            changes.hear(template.account, [receipts.of_code(row)])

    in_transaction(work)


def withdraw(held: list[BadgeInstance]) -> None:
    """Take these instances of one badge back, for the system's own site, and write down here that they are gone."""

    def work() -> None:
        instances.take(held)
        codes = [each.claim_code for each in held if each.claim_code and each.claim_code.reservation]
        now = timezone.now()
        ClaimCode.objects.filter(pk__in=[code.pk for code in codes], cancelled_at=None).update(
            cancelled_at=now, deleted_at=now, code_key=None
        )
        if template := _template(held[0].badge):
            ids = [*(code.code for code in codes), *(each.slug for each in held)]
            gone = [Receipt(external_id=id_, state=BadgeState.REVOKED, raw_state="deleted", as_of=now) for id_ in ids]
            changes.hear(template.account, gone)

    in_transaction(work)
