"""What visitors may see of a badge or a template, and where."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges import vouching
from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.contract.errors import UnknownProvider
from credentials_badges.contract.states import BadgeState


class State(StrEnum):
    """What a badge is to whoever looks at it."""

    AWARDED = "awarded"
    UNDERWAY = "underway"
    """Its provider has said nothing of it yet."""
    PENDING = "pending"
    """Its provider has it, and the learner has not accepted it yet."""
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def words(self) -> str:
        """For people; the same as on the badge's page."""
        return {
            State.AWARDED: _("Awarded"),
            State.UNDERWAY: _("On its way"),
            State.PENDING: _("Not accepted yet"),
            State.DECLINED: _("Declined"),
            State.EXPIRED: _("Expired"),
            State.REVOKED: _("Revoked"),
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What holds of a badge at this moment, for its pages and its document: all of them say the same."""

    state: State
    until: datetime | None
    """When it ends or has ended: the earliest of what we, its store and its provider say, as far as they do."""
    is_unseen: bool
    """Nobody but its learner is told whose it is: they have not said yes to it."""
    given: vouching.Given | None
    """What its store, where that is here, holds of it."""


def look_at(badge: Badge) -> Shown:
    """All of it, read once; a constant number of statements."""
    voucher = vouching.voucher_of(badge.account.provider)
    given = voucher.given(badge) if voucher else None
    ends = (badge.expires_at, given.until if given else None)
    until = min((end for end in ends if end), default=None)
    state = state_of(badge, until)
    if state is State.EXPIRED and (until is None or until > timezone.now()):  # Its provider has ended it early.
        until = badge.external_as_of
    return Shown(state=state, until=until, is_unseen=_is_unseen(badge, given), given=given)


def state_of(badge: Badge, until: datetime | None = None) -> State:
    """``revoked`` if either side has taken it back; else what the time and the learner have made of it.

    `until` is its end, where that is known to be another than our own row says.
    """
    if badge.status == Badge.Status.REVOKED or badge.external_state == BadgeState.REVOKED:
        return State.REVOKED
    until = until or badge.expires_at
    if badge.external_state == BadgeState.EXPIRED or (until and until <= timezone.now()):
        return State.EXPIRED
    asked = {"": State.UNDERWAY, BadgeState.PENDING: State.PENDING, BadgeState.REJECTED: State.DECLINED}
    return asked.get(badge.external_state, State.AWARDED)


def _is_unseen(badge: Badge, given: vouching.Given | None) -> bool:
    """Whether its learner has not said yes to it, whatever has become of it since.

    They have if it is theirs in our own store, or accepted at its provider, or was before it was revoked or expired or
    came to be called by a word that we do not know. A provider that asks nobody calls each badge accepted.
    """
    if badge.external_state in {"", BadgeState.PENDING, BadgeState.REJECTED}:
        return True
    if given or (badge.external_state == BadgeState.ACCEPTED and not is_ours(badge)):
        return False
    return not badge.external_states.filter(state=BadgeState.ACCEPTED).exists()


def provider_name(badge: Badge) -> str:
    """What people call the provider; one that is not installed any more, as we do."""
    try:
        return badge.account.adapter.name
    except UnknownProvider:
        return str(badge.account.provider)


def is_ours(badge: Badge) -> bool:
    """Whether it is given here, and not at a provider elsewhere."""
    return vouching.voucher_of(badge.account.provider) is not None


def page_at_provider(badge: Badge) -> str:
    """The provider's public page of it, if there is one.

    While a badge waits for its learner, and with a store of ours always, that address is for the learner alone.
    """
    return "" if is_ours(badge) or _is_unseen(badge, None) else of_the_web(badge.external_url)


def issuer_of(template: BadgeTemplate, given: vouching.Given | None = None) -> vouching.Issuer:
    """Who stands behind it, or behind that badge of it: as their store says, else our account at the provider."""
    voucher = vouching.voucher_of(template.account.provider)
    meaning = voucher.meaning(template, given.meant if given else None) if voucher else None
    if meaning:
        return replace(meaning.issuer, url=of_the_web(meaning.issuer.url))
    return vouching.Issuer(key="", name=template.account.name or template.account.external_id)


def public_templates() -> QuerySet[BadgeTemplate]:
    """What can be earned, and what has been: of all others, nobody is told that they are there."""
    earned = Exists(Badge.objects.filter(template=OuterRef("pk")))
    active = BadgeTemplate.objects.filter(is_active=True)
    return (active | BadgeTemplate.objects.filter(earned)).select_related("account")


def whole(path: str) -> str:
    """The path as a whole address, for whoever is not here at this moment."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}"


def address_of(badge: Badge) -> str:
    """The badge's public page."""
    return whole(reverse("badge_page", args=[badge.uuid]))


def address_of_template(template: BadgeTemplate) -> str:
    """The template's public page."""
    return whole(reverse("template_page", args=[template.uuid]))
