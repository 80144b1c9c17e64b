"""What visitors may see of a badge or a template, and where."""

from dataclasses import replace
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
            State.PENDING: _("Not accepted yet"),
            State.DECLINED: _("Declined"),
            State.EXPIRED: _("Expired"),
            State.REVOKED: _("Revoked"),
        }[self]


UNSEEN = {State.PENDING, State.DECLINED}
"""States in which nobody is told whose badge it is: the learner has not said yes to it."""


def state_of(badge: Badge) -> State:
    """``revoked`` if either side has taken it back; else what the time and the learner have made of it."""
    if badge.status == Badge.Status.REVOKED or badge.external_state == BadgeState.REVOKED:
        return State.REVOKED
    if has_expired(badge):
        return State.EXPIRED
    asked = {BadgeState.PENDING.value: State.PENDING, BadgeState.REJECTED.value: State.DECLINED}
    return asked.get(badge.external_state, State.AWARDED)


def has_expired(badge: Badge) -> bool:
    """Whether its time is over, by us or by the provider."""
    is_over = badge.expires_at is not None and badge.expires_at <= timezone.now()
    return is_over or badge.external_state == BadgeState.EXPIRED


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
    return "" if is_ours(badge) or state_of(badge) in UNSEEN else of_the_web(badge.external_url)


def issuer_of(template: BadgeTemplate) -> vouching.Issuer:
    """Who stands behind it: as their store says, else our account at the provider."""
    voucher = vouching.voucher_of(template.account.provider)
    meaning = voucher.meaning(template) if voucher else None
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
