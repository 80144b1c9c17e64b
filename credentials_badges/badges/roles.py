"""The groups of people with which an installation begins. They are made once; from then on they are the operator's.

A group is good for everything here; who works for some accounts only is their member (`members`).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connections, models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import (
    Badge,
    BadgePenalty,
    BadgeProgress,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    Issuance,
    Learner,
    LearningEvent,
    PenaltyDataRule,
    ProviderAccount,
    Recomputation,
    RequirementGroup,
    SyncRun,
)

OURS = {"badges", "badgekit", "endorsements", "openbadges", "eventbus", "django_celery_beat"}
"""The apps that people work with here. Groups and tokens are in others: rights are given by superusers."""
RULES = (BadgeRequirement, RequirementGroup, BadgePenalty, DataRule, PenaltyDataRule)
WITH_CODES = {"claimcode", "codevisits", "claim", "claimevidence", "claimstep", "badgeinstance"}
"""Whose pages spell out claim codes, which are good for whoever has one."""


class Role(NamedTuple):
    """What a group is for, and which of Django's permissions it has, by app and codename."""

    description: Promise
    has: Callable[[], Callable[[str, str], bool]]


def _all() -> Callable[[str, str], bool]:
    return lambda app, codename: app in OURS


def _of_issuers() -> Callable[[str, str], bool]:
    looked_at = (ProviderAccount, BadgeProgress, Learner, LearningEvent, SyncRun, Recomputation)
    worked_with = (BadgeTemplate, Badge, Issuance, *RULES)
    named = _named("view", *looked_at, *worked_with) | _named("change", *worked_with)
    named |= _named("add", *RULES) | _named("delete", *RULES)
    return lambda app, codename: (app, codename) in named


def _of_reviewers() -> Callable[[str, str], bool]:
    named = {"change_claim", "view_claim", "view_claimevidence", "view_claimstep"}
    return lambda app, codename: app == "badgekit" and codename in named


def _of_readers() -> Callable[[str, str], bool]:
    return lambda app, codename: app in OURS and _is_read(*codename.split("_", 1))


def _is_read(verb: str, model: str) -> bool:
    return verb == "view" and model not in WITH_CODES


def _named(verb: str, *kinds: type[models.Model]) -> set[tuple[str, str]]:
    """Of these tables, and of every provider's own pages of them."""
    found = (model._meta for model in apps.get_models() if issubclass(model, kinds))
    return {(meta.app_label, f"{verb}_{meta.model_name}") for meta in found}


ROLES: Mapping[str, Role] = {
    "Administrators": Role(_("everything, but for rights, groups and tokens, which superusers give"), _all),
    "Issuers": Role(
        _("look at accounts without their keys; change rules, activate, award, revoke and try again"), _of_issuers
    ),
    "Reviewers": Role(_("look at claims of all systems and decide them"), _of_reviewers),
    "Readers": Role(_("look at everything but keys, mails' texts and claim codes, and change nothing"), _of_readers),
}


def lay_down(sender: Any, using: str = "default", **_: Any) -> None:
    """After all permissions were made: add the groups that are missing, and leave those that are there as they are."""
    last = [each for each in apps.get_app_configs() if each.models_module][-1]
    if sender.name != last.name or "auth_group" not in connections[using].introspection.table_names():
        return
    groups = Group.objects.using(using)
    if not (missing := ROLES.keys() - set(groups.filter(name__in=ROLES).values_list("name", flat=True))):
        return
    known = Permission.objects.using(using).values_list("pk", "content_type__app_label", "codename")
    permissions = list(known.order_by("pk"))
    for name in sorted(missing):
        has = ROLES[name].has()
        group, made = groups.get_or_create(name=name)
        if made:
            group.permissions.set([pk for pk, app, codename in permissions if has(app, codename)])


def in_words(learner: Learner) -> list[str]:
    """What the learner may do here by groups and memberships, each with what it is good for."""
    told = [
        f"{name}: {ROLES[name].description}" if name in ROLES else name
        for name in learner.groups.order_by("name").values_list("name", flat=True)
    ]
    memberships = learner.account_memberships.select_related("account").order_by("account", "pk")
    return told + [f"{each.account}: {each.get_role_display()}" for each in memberships]
