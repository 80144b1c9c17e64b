"""What can be endorsed, by what it is called in addresses, and who may ask for it.

Names are those of the live rows: what an endorser has said of a badge stays with it, whatever it is called later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from credentials_badges.badges import members, showing, vouching
from credentials_badges.badges.members import Role, User
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.badges.row_ids import row_id
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.contract import registry
from credentials_badges.endorsements.models import Endorsement

Kind = Endorsement.Kind
ELSEWHERE = "account"
"""The key of the one issuer that an account has whose provider is not here."""
PROGRAMME = "program-"
"""What the keys of programmes begin with, and of no other issuers."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing that is endorsed."""

    kind: str
    account: ProviderAccount
    template: BadgeTemplate | None = None
    badge: Badge | None = None
    issuer_key: str = ""
    name: str
    image_url: str

    def columns(self) -> dict[str, Any]:
        """What a row about it says, and no other."""
        return {
            "account": self.account,
            "kind": self.kind,
            "template": self.template,
            "badge": self.badge,
            "issuer_key": self.issuer_key,
        }

    @property
    def key(self) -> str:
        """Its name among all targets, in at most 94 characters."""
        return f"{self.kind}:{ident_of(self)}"

    @property
    def address(self) -> str:
        """Its public page; empty: it has none."""
        if self.badge:
            return showing.address_of(self.badge)
        return showing.address_of_template(self.template) if self.template else ""


def find(kind: str, ident: str) -> Target | None:
    """What is called so in addresses; None if it is not there, or nobody is to know of it."""
    if kind == Kind.TEMPLATE:
        template = showing.public_templates().filter(uuid=uuid).first() if (uuid := uuid_of(ident)) else None
        return _of_template(template) if template else None
    if kind == Kind.BADGE:
        rows = Badge.objects.select_related("learner", "template__account", "account").filter(learner__retired_at=None)
        badge = rows.filter(uuid=uuid).first() if (uuid := uuid_of(ident)) else None
        return _of_badge(badge) if badge else None
    if kind not in {Kind.ISSUER, Kind.PROGRAMME}:
        return None
    number, _, key = ident.partition("-")
    pk = row_id(number)
    account = ProviderAccount.objects.filter(pk=pk).first() if pk is not None else None
    found = next((each for each in issuers_of(account) if each.key == key), None) if account else None
    target = _of_issuer(account, found) if account and found else None
    return target if target and target.kind == kind else None


def find_again(kind: str, ident: str) -> Target | None:
    """The same, and what is not there any more, if endorsements of it were asked for: these are still seen to."""
    if found := find(kind, ident):
        return found
    which = Q(kind=kind)
    if kind == Kind.TEMPLATE and (uuid := uuid_of(ident)):
        which &= Q(template__uuid=uuid)
    elif kind in {Kind.ISSUER, Kind.PROGRAMME}:
        number, _, key = ident.partition("-")
        if "\0" in key:
            return None
        which &= Q(account_id=row_id(number), issuer_key=key)
    else:
        return None
    asked = Endorsement.objects.select_related("account", "template__account", "badge").filter(which).first()
    return of(asked) if asked else None


def ident_of(target: Target) -> str:
    """What it is called in addresses, beside its kind."""
    thing = target.badge or target.template
    return str(thing.uuid) if thing else f"{target.account.pk}-{target.issuer_key}"


def of(endorsement: Endorsement) -> Target | None:
    """What the endorsement is about, as it is now; None if whoever issues is not known any more."""
    if endorsement.badge:
        return None if endorsement.badge.learner.retired_at else _of_badge(endorsement.badge)
    if endorsement.template:
        return _of_template(endorsement.template)
    account, key = endorsement.account, endorsement.issuer_key
    voucher = vouching.voucher_of(account.provider)
    issuer = voucher.issuer(key) if voucher else _account_as_issuer(account)
    return _of_issuer(account, issuer) if issuer and issuer.key == key else None


def issuers_of(account: ProviderAccount) -> Iterator[vouching.Issuer]:
    """All who issue within the account; where its provider is not here, that is the account itself."""
    voucher = vouching.voucher_of(account.provider)
    return voucher.issuers_of(account) if voucher else iter((_account_as_issuer(account),))


def all_of(account: ProviderAccount) -> Iterator[Target]:
    """All who issue within the account, as what can be endorsed."""
    return (_of_issuer(account, issuer) for issuer in issuers_of(account))


def accounts_of(user: User) -> QuerySet[ProviderAccount]:
    """The accounts for which the user may ask, switched on or not: by what we say of them, or their store says."""
    mine = Q(pk__in=members.accounts_of(user, Role.ISSUER).values("pk"))
    for slug in registry.slugs():
        voucher = vouching.voucher_of(slug)
        if voucher and isinstance(user, Learner):
            mine |= Q(pk__in=voucher.accounts_of(user).values("pk"))
    return ProviderAccount.objects.filter(mine).order_by("pk")


def may_ask(user: User, target: Target) -> bool:
    """Whether the user may ask for endorsements of it, once that is switched on."""
    return accounts_of(user).filter(pk=target.account.pk).exists()


def above(target: Target) -> list[Target]:
    """What else speaks for it: of a badge its template, and of both whoever issues them, the nearest first."""
    template = target.badge.template if target.badge else target.template
    if template is None:
        return []
    nearer = [_of_template(template)] if target.badge else []
    return [*nearer, *(_of_issuer(template.account, issuer) for issuer in _behind(template))]


def _behind(template: BadgeTemplate) -> list[vouching.Issuer]:
    """Those who stand behind it."""
    voucher = vouching.voucher_of(template.account.provider)
    return voucher.line_of(template) if voucher else [_account_as_issuer(template.account)]


def _of_template(template: BadgeTemplate) -> Target:
    return Target(
        kind=Kind.TEMPLATE,
        account=template.account,
        template=template,
        name=template.name,
        image_url=of_the_web(template.image_url),
    )


def _of_badge(badge: Badge) -> Target:
    """With its learner's name, unless they have not said yes to it yet: then only they are told whose it is."""
    earner = "" if showing.look_at(badge).is_unseen else badge.learner.full_name
    return Target(
        kind=Kind.BADGE,
        account=badge.account,
        badge=badge,
        name=", ".join(filter(None, (badge.template.name, earner))),
        image_url=of_the_web(badge.template.image_url),
    )


def _of_issuer(account: ProviderAccount, issuer: vouching.Issuer) -> Target:
    return Target(
        kind=Kind.PROGRAMME if issuer.key.startswith(PROGRAMME) else Kind.ISSUER,
        account=account,
        issuer_key=issuer.key,
        name=issuer.name,
        image_url=of_the_web(issuer.image_url),
    )


def _account_as_issuer(account: ProviderAccount) -> vouching.Issuer:
    return vouching.Issuer(key=ELSEWHERE, name=account.name or account.external_id)


def uuid_of(ident: str) -> UUID | None:
    """As it may stand in an address; None if it is none."""
    try:
        return UUID(ident)
    except ValueError:
        return None
