"""Whether somebody holds a badge that is given here, which is what all documents about it rest on."""

from dataclasses import dataclass, replace
from uuid import UUID

from credentials_badges.badges import showing, vouching
from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.badges.row_ids import row_id
from credentials_badges.badges.showing import State
from credentials_badges.badges.vouching import Given, Meaning
from credentials_badges.endorsements.models import Endorsement


@dataclass(frozen=True, slots=True)
class Held:
    """A badge that is given here, and how it stands."""

    badge: Badge
    given: Given | None
    """None if nobody holds it: it waits for its learner, or was taken back."""
    is_gone: bool
    """Taken back by either side, or its learner was retired."""


def find(uuid: UUID) -> Held | None:
    """The badge of that uuid; None if there is none, or it is given elsewhere."""
    badge = Badge.objects.select_related("learner", "template__account", "account").filter(uuid=uuid).first()
    if badge is None or vouching.voucher_of(badge.account.provider) is None:
        return None
    shown = showing.look_at(badge)
    if badge.learner.retired_at or shown.state is State.REVOKED:
        return Held(badge, None, is_gone=True)
    if not shown.given or shown.is_unseen:
        return Held(badge, None, is_gone=False)
    # What has expired must not be told as if it had no end, also where nobody has said when that was.
    ended = shown.given.at if shown.state is State.EXPIRED else None
    return Held(badge, replace(shown.given, until=shown.until or ended), is_gone=False)


def said(uuid: UUID) -> Endorsement | None:
    """What a third party says, if it is public or was taken back; nothing of a badge of which nobody is told."""
    whole = ("account", "template__account", "badge__learner", "badge__template__account", "badge__account")
    public = Endorsement.objects.filter(state__in=(Endorsement.State.ACCEPTED, Endorsement.State.REVOKED))
    found = public.select_related(*whole).filter(uuid=uuid).first()
    if found and found.badge and found.state != Endorsement.State.REVOKED and showing.look_at(found.badge).is_unseen:
        return None
    return found


def meaning_of(template: BadgeTemplate, meant: int | None = None) -> Meaning | None:
    """What the template stands for, or stood for; None if it is given elsewhere."""
    voucher = vouching.voucher_of(template.account.provider)
    return voucher.meaning(template, meant) if voucher else None


def what_is_asked(uuid: UUID, number: str) -> tuple[BadgeTemplate, Meaning, int | None] | None:
    """The template of that uuid with what it stands for, or stood for by that number, as an address says them."""
    template = showing.public_templates().filter(uuid=uuid).first()
    meant = row_id(number)
    meaning = meaning_of(template, meant) if template else None
    return (template, meaning, meant) if template and meaning else None
