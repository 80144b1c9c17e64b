"""A code is claimed: one conditional UPDATE decides who wins, and all that follows commits with it or not at all.

What follows: the badge in the store, our own record of it, and a learning event, by which a code can earn other
badges too. Whoever holds the badge already uses nothing up.
"""

import secrets
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

from credentials_badges.badges import changes, events, granting
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.badges.models import BadgeTemplate, Issuance, Learner
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState
from providers.badgekit import instances, receipts
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode
from providers.badgekit.models.folding import address, is_address

CLAIMED = "badgekit.code.claimed"
"""The type of the learning event."""


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
        ClaimCode.objects.filter(pk=code.pk).update(claimed=True, email=note)
    return code


def award_with(code: ClaimCode, award: Award) -> BadgeInstance:
    """Give the badge and use the code up for it. Raises Spent, NotTheirs, or instances.Held, and then uses nothing."""
    claim = in_transaction(lambda: _claim(code, award, award.email, None), again_on=IntegrityError)
    if claim.instance is None:
        raise Spent  # Only what is no address gives nothing, and the API has refused that.
    return claim.instance


def _claim(code: ClaimCode, award: Award, note: str | None, learner: Learner | None) -> Claim:
    if not code.is_free:
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
    if instance := _held(code.badge, award.email, learner):
        if instance.claim_code_id == code.pk and not code.multiuse:
            raise Spent  # By themselves, since the code was read.
        raise instances.Held(instance)
    return _use(code, award, note, learner)


def _held(badge: Badge, email: str, learner: Learner | None) -> BadgeInstance | None:
    """What the address holds of the badge, or the learner under another address."""
    theirs = Q(address=address(email))
    if learner:
        theirs |= Q(recipient_id=str(learner.uuid))
    return badge.instances.filter(theirs).order_by("ordinal", "pk").first()


def _use(code: ClaimCode, award: Award, note: str | None, learner: Learner | None) -> Claim:
    free = ClaimCode.objects.filter(ClaimCode.free(), pk=code.pk)
    if not free.update(claimed=True, uses=F("uses") + 1, email=note, changed_at=code.now()):
        raise Spent
    return Claim(code, _give(code, award, learner) if is_address(award.email) else None)


def _give(code: ClaimCode, award: Award, learner: Learner | None) -> BadgeInstance:
    """Tell the event, make the badge, and record it here."""
    # Not a slug that was sent: it may have been another's before, whose event would count as this one.
    slug = secrets.token_hex(20)
    username = learner.username if learner else _name(award.email)
    events.accept([_event(code, slug, username, "" if learner else address(award.email))])
    learner = learner or Learner.objects.get(username=username)
    award = instances.for_learner(replace(award, slug=award.slug or slug), learner.uuid, code)
    try:
        instance = instances.give(code.badge, award, code)
    except instances.Held as held:
        if not code.reservation:
            raise
        instance = _adopt(held.instance, code, learner)
    _record(code, instance, learner)
    return instance


def _name(email: str) -> str:
    """The username of whoever is known by this address only. It may be the name of somebody else: never of theirs."""
    for username in (address(email), f"claim:{address(email)}"):
        other = Learner.objects.filter(username=username).first()
        if other is None or address(other.email) == address(email):
            return username
    raise NotTheirs("The address is the name of somebody else")


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
        _hear(claimed)
    elif template := _template(code.badge):
        granting.record_claim(template, learner, receipts.of_instance(instance), instance.issued_on)


def _hear(code: ClaimCode) -> None:
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


def _template(badge: Badge) -> BadgeTemplate | None:
    ours = {"account__provider": "badgekit", "account__external_id": badge.system.slug, "external_id": badge.slug}
    return BadgeTemplate.objects.select_related("account").filter(**ours).first()


def _learner_at(email: str) -> Learner | None:
    """The one learner of ours who has this address; of several, nobody knows which one is meant.

    Who was made by a claim is named by the address: whoever the LMS knows by it comes before.
    """
    known = Learner.objects.filter(address=Lower(Value(email.strip()))).exclude(username=address(email))
    found = list(known[:2])
    return found[0] if len(found) == 1 else None


def _waiting(badge: Badge, learner: Learner) -> ClaimCode | None:
    """A code of the badge that is kept for the learner, and not claimed."""
    kept = ClaimCode.objects.filter(badge=badge, recipient_id=str(learner.uuid), reservation__isnull=False)
    return kept.filter(ClaimCode.free()).select_related("badge__system").order_by("pk").first()


def delete(code: ClaimCode) -> bool:
    """Let nobody find the code any more; False if that is so. A promise to a learner is taken back with it."""

    def work() -> bool:
        row = ClaimCode.objects.select_for_update().get(pk=code.pk)
        if row.deleted_at:
            return False
        row.end(is_cancelled=bool(row.reservation) and not row.claimed)
        row.badge = code.badge
        if row.cancelled_at:
            _hear(row)
        return True

    return in_transaction(work)


def withdraw(held: list[BadgeInstance]) -> None:
    """Take these instances of one badge back, for the system's own site, and write down here that they are gone."""

    def work() -> None:
        badge, now = held[0].badge, timezone.now()
        kept = [each.claim_code.pk for each in held if each.claim_code and each.claim_code.reservation]
        # Codes come before instances, as where they are claimed: the other order makes deadlocks.
        rows = list(ClaimCode.objects.select_for_update().filter(pk__in=kept).order_by("pk"))
        instances.take(held)
        for row in rows:
            row.badge = badge
            row.end(is_cancelled=True)
            _hear(row)
        if template := _template(badge):
            gone = Receipt(external_id="", state=BadgeState.REVOKED, raw_state="deleted", as_of=now)
            changes.hear(template.account, [replace(gone, external_id=each.slug) for each in held])

    in_transaction(work)
