"""Shows on any page what is said of a badge, and leads those there who may ask for it."""

from typing import Any

from django import template
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.endorsements import given, marking_down, targets
from credentials_badges.endorsements.answering_pages import document_of
from credentials_badges.endorsements.asking_pages import page_of
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.targets import Kind, Target

State = Endorsement.State
register = template.Library()


@register.filter
def as_markdown(text: str) -> SafeString:
    """What an endorser has written, as HTML."""
    return marking_down.html(text)


@register.inclusion_tag("endorsements/shown.html")
def endorsements(*, badge: Badge | None = None, template: BadgeTemplate | None = None, is_unseen: bool = False) -> Any:
    """What is said of the badge or template, and of those behind it; if there is nothing, not even a heading.

    Of a badge itself nothing is shown as long as nobody is told whose it is.
    """
    target = _target(badge, template)
    # Mostly there is nothing, and then one statement has to be enough: these pages are looked at most.
    if target is None or not Endorsement.objects.filter(account=target.account, state=State.ACCEPTED).exists():
        return {"shown": []}
    about = [*([] if badge and is_unseen else [target]), *targets.above(target)]
    named = {(each.kind, each.issuer_key): each for each in about}
    said = given.public(*about)
    return {"shown": [(each, _about(named[each.kind, each.issuer_key]), document_of(each)) for each in said]}


@register.simple_tag(takes_context=True)
def endorsements_tab(
    context: Any,
    *,
    badge: Badge | None = None,
    template: BadgeTemplate | None = None,
    account: ProviderAccount | None = None,
    provider: str = "",
    slug: str = "",
) -> str:
    """The address of the page on which endorsements of it are asked for; empty: whoever looks may not do that.

    An account is named by itself, or by its provider and what that calls it.
    """
    user = context["request"].user
    if not user.is_authenticated:
        return ""
    of, found = badge or template, _target(badge, template)
    which = Q(provider=provider, external_id=slug) if slug else Q(pk=of.account_id if of else account and account.pk)
    if (mine := targets.accounts_of(user).filter(which).first()) is None:
        return ""
    target = targets.find(found.kind, targets.ident_of(found)) if found else next(iter(targets.all_of(mine)), None)
    return page_of(target) if target else ""


def _target(badge: Badge | None, template: BadgeTemplate | None) -> Target | None:
    """What a page is about, of which it has read all that is needed here."""
    if badge:
        name = badge.template.name
        return Target(kind=Kind.BADGE, account=badge.account, badge=badge, name=name, image_url="")
    if template:
        return Target(kind=Kind.TEMPLATE, account=template.account, template=template, name=template.name, image_url="")
    return None


def _about(target: Target) -> str:
    """What is endorsed, as a visitor reads it below the words."""
    words = {
        Kind.BADGE: _("About this very badge"),
        Kind.TEMPLATE: _("About the badge “%(name)s”"),
        Kind.PROGRAMME: _("About the programme “%(name)s”"),
        Kind.ISSUER: _("About the issuer, %(name)s"),
    }[Kind(target.kind)]
    return words % {"name": target.name}
