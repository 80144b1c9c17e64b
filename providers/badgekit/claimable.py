"""Makes a template of any provider one that can be claimed with a code.

A code gives a badge of the store. For a template of another provider, one is made that stands for it: claiming that one
is a learning event, which a requirement of the template asks for.
"""

from collections.abc import Sequence

from django.db import IntegrityError
from django.utils.translation import gettext as _

from credentials_badges.badges import awarding
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import BadgeRequirement, BadgeTemplate, DataRule
from credentials_badges.badges.operators import Operator
from providers.badgekit.codes import random_code
from providers.badgekit.giving import CLAIMED
from providers.badgekit.models import Badge, ClaimCode, Criterion, Image, System

KEY = "claim"
"""The key of the requirement."""
GROUP = "earn or claim"
"""The group that a single requirement gets, so that the code can be an alternative to it."""
PATH = "badge.slug"
TYPE = "claimable"
"""The type of the store's badges that stand for templates."""


class NotClaimable(Exception):
    """It cannot be decided here what a code would stand for; the message says why, and what to do."""


def is_of_the_store(template: BadgeTemplate) -> bool:
    """Whether it is a badge of the store itself, to which a code can belong at once."""
    return str(template.account.provider) == "badgekit"


def slug_of(template: BadgeTemplate) -> str:
    """The slug of the store's badge that stands for the template of another provider."""
    return f"claim-{template.uuid}"


def make_claimable(template: BadgeTemplate, system: System | None) -> ClaimCode:
    """A new code, for many, that gives the template's badge; `system` is where a badge is made that stands for it.

    Asked again, it makes a further code and no further badge. A badge of the store itself needs no system. Nothing is
    activated. Raises NotClaimable, with nothing changed.
    """
    return in_transaction(lambda: _make(template.pk, system), again_on=IntegrityError)


def _make(template_id: int, system: System | None) -> ClaimCode:
    awarding.lock_templates([template_id])
    template = BadgeTemplate.objects.select_related("account").get(pk=template_id)
    if is_of_the_store(template):
        badge = _stored(template)
    else:
        _require(template)
        badge = _stand_in(template, system)
    return ClaimCode.objects.create(badge=badge, code=random_code(), multiuse=True)


def _stored(template: BadgeTemplate) -> Badge:
    found = Badge.objects.filter(system__slug=template.account.external_id, system__deleted_at=None)
    badge = found.filter(slug=template.external_id, deleted_at=None).first()
    if badge is None:
        words = _("The store has no badge %(badge)r any more: sync the badges of its account.")
        raise NotClaimable(words % {"badge": template.external_id})
    return badge


def _stand_in(template: BadgeTemplate, system: System | None) -> Badge:
    """The store's badge that stands for the template. Its slug is unique: of two who make it, one finds it."""
    slug = slug_of(template)
    if badge := Badge.objects.filter(slug=slug, deleted_at=None).first():
        return badge
    if system is None:
        raise NotClaimable(_("Choose a BadgeKit system, in which a badge is made that stands for it."))
    badge = Badge.objects.create(
        slug=slug,
        name=template.name,
        type=TYPE,
        system=system,
        earner_description=template.description,
        consumer_description=template.description,
        criteria_url=_address(template.url),
        image=_picture(slug, _address(template.image_url)),
    )
    criteria = [Criterion(badge=badge, description=str(line), required=True) for line in template.criteria]
    Criterion.objects.bulk_create(criteria)
    return badge


def _address(url: str) -> str:
    """The address, if it is one of the web that the store can hold."""
    return url if url.startswith(("https://", "http://")) and len(url) <= 2048 else ""


def _picture(slug: str, url: str) -> Image | None:
    return Image.objects.update_or_create(slug=slug, defaults={"url": url})[0] if url else None


def _require(template: BadgeTemplate) -> None:
    """Let the claim fulfil the template, besides what did so before. The rules' version moves with each row saved."""
    requirements = list(template.requirements.prefetch_related("rules"))
    slug = slug_of(template)
    if any(_asks_for(each, slug) for each in requirements):
        return
    if any(each.key == KEY for each in requirements):
        words = _("It has a requirement “%(key)s” already, about something else. Replace that one first.")
        raise NotClaimable(words % {"key": KEY})
    requirement = BadgeRequirement.objects.create(
        template=template,
        key=KEY,
        group=_group(template, requirements),
        event_type=CLAIMED,
        description="Claim it with a code.",
    )
    DataRule.objects.create(requirement=requirement, path=PATH, operator=Operator.EQ.value, value=slug)


def _asks_for(requirement: BadgeRequirement, slug: str) -> bool:
    found = {(rule.path, rule.operator, rule.value) for rule in requirement.rules.all()}
    return requirement.event_type == CLAIMED and (PATH, Operator.EQ.value, slug) in found


def _group(template: BadgeTemplate, requirements: Sequence[BadgeRequirement]) -> str:
    """The group that the claim joins; a single requirement that has none gets one."""
    if not requirements:
        return ""
    if len({each.group or f"#{each.pk}" for each in requirements}) > 1:
        words = _(
            "It needs requirements of several groups, and a code could stand for one of them or for all. "
            "Put them into one group first, or claim another badge by code and require that badge in the right group."
        )
        raise NotClaimable(words)
    first = requirements[0]
    needed = template.groups.filter(name=first.group).values_list("needed", flat=True).first() or 1
    if first.group and needed > 1:
        words = _(
            "It needs %(number)d of the group “%(group)s”, of which a code could be only one. "
            "Let one be enough first, or claim another badge by code and require that badge."
        )
        raise NotClaimable(words % {"number": needed, "group": first.group})
    if not first.group:
        first.group = GROUP
        first.save(update_fields=("group",))
    return first.group
