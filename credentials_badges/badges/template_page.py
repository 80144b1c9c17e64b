"""The public page of a template: what can be earned, what for, and how; for who has signed in, how far they are."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from credentials_badges.badges import explaining, showing, vouching
from credentials_badges.badges.models import Badge, BadgeRequirement, BadgeTemplate
from credentials_badges.badges.shelves import of_the_web

AT_FIRST = 5
"""Badges of one's own that are shown, the newest."""
COUNTED = 10_000
"""Badges of one template are counted as far as this: nobody waits for a million of them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements of which some are needed, in words."""

    needed: int
    words: list[str]


@require_safe
@never_cache
def template_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What everybody may know; a template that was never active nor awarded is not there."""
    template = showing.public_templates().filter(uuid=uuid).first()
    if template is None:
        return render(request, "badges/template.html", status=404)
    is_open = template.is_active and template.state == BadgeTemplate.State.ACTIVE
    mine = _own(request, template)
    count = Badge.objects.filter(template=template, status=Badge.Status.AWARDED).order_by()[: COUNTED + 1].count()
    shown = {
        "template": template,
        "is_open": is_open,
        "issuer": showing.issuer_of(template),
        "picture": of_the_web(template.image_url),
        "page": of_the_web(template.url),
        "address": showing.address_of_template(template),
        "groups": _groups(template) if is_open and not (mine and mine.groups) else [],
        "mine": mine,
        "own": [(badge, showing.state_of(badge)) for badge in _newest(mine)],
        "has_more": mine and len(mine.badges) > AT_FIRST,
        "awarded": min(count, COUNTED),
        "is_more": count > COUNTED,
        "is_claimable": is_open and vouching.is_claimable(template),
    }
    return render(request, "badges/template.html", shown)


def _own(request: HttpRequest, template: BadgeTemplate) -> explaining.Explanation | None:
    """How far whoever has signed in has come, or what they hold; nothing of somebody who has not begun."""
    learner: Any = request.user
    if not learner.is_authenticated:
        return None
    (mine,) = explaining.explain(learner.pk, [template.pk], timezone.now())
    return mine


def _newest(mine: explaining.Explanation | None) -> list[Badge]:
    badges = mine.badges if mine else ()
    return sorted(badges, key=lambda badge: (badge.earned_at, badge.pk), reverse=True)[:AT_FIRST]


def _groups(template: BadgeTemplate) -> list[Group]:
    members: dict[str, list[BadgeRequirement]] = defaultdict(list)
    for requirement in explaining.asked(template=template):
        members[requirement.group or f"#{requirement.pk}"].append(requirement)
    needed = dict(template.groups.values_list("name", "needed"))
    return [Group(needed.get(name, 1), [_words(each) for each in rows]) for name, rows in members.items()]


def _words(requirement: BadgeRequirement) -> str:
    """What the administrator says of it. What its columns say are keys and values of events: not for everybody."""
    if requirement.description or requirement.badge:
        return explaining.in_plain_words(requirement)
    return _("Something that is noted where you learn, and is not described here.")
