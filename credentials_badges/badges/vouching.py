"""Which badges are given here, so that it is ours to prove them. For all others, their provider is asked.

A provider whose store is in this service says so with `vouch_for`; what it tells is all that our documents are made of,
besides the rows of `badges`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, ProviderAccount


@dataclass(frozen=True, kw_only=True, slots=True)
class Issuer:
    """Who stands behind a badge."""

    key: str
    """Its name in addresses, which stays whatever it is called later, and is never another's."""
    name: str
    url: str = ""
    email: str = ""
    description: str = ""
    image_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standard:
    """A standard that a badge goes by."""

    name: str
    url: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What templates tell of themselves, of one that is none any more."""

    url: str
    criteria: tuple[str, ...]
    image_url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What a template stands for, to those who look at a badge of it."""

    issuer: Issuer
    name: str = ""
    """As the store calls it, where that may be another than the template's."""
    description: str = ""
    standards: tuple[Standard, ...] = ()
    told: Told | None = None
    """The rest of what it stood for then, where the template stands for something else by now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """That somebody holds a badge."""

    email: str = field(repr=False)
    """To which it was given, whatever the learner's address is now."""
    at: datetime
    until: datetime | None = None
    meant: int | None = None
    """What the template stood for then, by the store's number of it, if it may stand for something else by now."""


class Voucher(Protocol):
    """What a store tells of the badges that are given in it."""

    def given(self, badge: Badge) -> Given | None:
        """Who holds it; None if nobody does: it waits for its learner, or was taken back."""

    def meaning(self, template: BadgeTemplate, meant: int | None = None) -> Meaning | None:
        """What the template stands for, or stood for when a badge was given; also if it was deleted in the store."""

    def issuer(self, key: str) -> Issuer | None:
        """Who has that key; also if they have been deleted there."""

    def of_issuer(self, key: str) -> QuerySet[Badge]:
        """All badges, whatever became of them, of the templates that the issuer stands behind."""

    def issuers_of(self, account: ProviderAccount) -> Iterator[Issuer]:
        """All who issue within the account, the nearest to it first, read as they are asked for."""

    def line_of(self, template: BadgeTemplate) -> list[Issuer]:
        """All who stand behind the template, the nearest first."""

    def accounts_of(self, user: Learner) -> QuerySet[ProviderAccount]:
        """The accounts in which the user decides, by what the store itself says of who works there."""

    def picture(self, template: BadgeTemplate, meant: int | None = None) -> tuple[str, bytes] | None:
        """Media type and bytes of the badge's picture, if the store itself holds it."""

    def is_claimable(self, template: BadgeTemplate) -> bool:
        """Whether the store has a code for everybody that gives the template's badge, whoever's template it is."""


_vouchers: dict[str, Voucher] = {}


def vouch_for(provider: str, voucher: Voucher) -> None:
    """Say that the badges of this provider are given here."""
    _vouchers[provider] = voucher


def voucher_of(provider: str) -> Voucher | None:
    """Who tells of this provider's badges; None if these are given elsewhere, where it can be asked."""
    return _vouchers.get(provider)


def is_claimable(template: BadgeTemplate) -> bool:
    """Whether it helps to enter a code."""
    return any(voucher.is_claimable(template) for voucher in _vouchers.values())
