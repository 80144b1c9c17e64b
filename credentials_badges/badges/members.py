"""Who may look at an account's templates and badges, and who may work with them.

Whoever has Django's permission for all accounts, as administrators do, needs no membership. A membership counts for
those who may enter the administration.
"""

from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from credentials_badges.badges.models import AccountMember, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider

Role = AccountMember.Role
User = Learner | AnonymousUser

WORTH: dict[str, tuple[str, type[Model]]] = {
    Role.ISSUER: ("change", BadgeTemplate),
    Role.READER: ("view", ProviderAccount),
}
"""Django's permissions that are worth a role: in all accounts or, on the pages of one provider, in those."""
AT_LEAST: dict[str, tuple[str, ...]] = {
    Role.ISSUER: (Role.ISSUER,),
    Role.READER: (Role.ISSUER, Role.READER),
}
"""The roles that include each."""

_rights = (
    Q(is_staff=True)
    | Q(is_superuser=True)
    | Q(groups__isnull=False)
    | Q(user_permissions__isnull=False)
    | Q(account_memberships__isnull=False)
)
_others: list[Q] = []


def also_has_rights(which: Q) -> None:
    """From now on, these learners count as having rights, too; apps say so when they are ready."""
    _others.append(which)


def with_rights(**which: Any) -> QuerySet[Learner]:
    """Those of the learners who may do more here than learn, by whatever it is; rows may come several times."""
    return Learner.objects.filter(reduce(or_, _others, _rights), **which)


def held(user: User, role: str = Role.READER, provider: str = "") -> list[int]:
    """The accounts in which the user's own membership is worth that role; read once, for all that a request asks."""
    if isinstance(user, AnonymousUser) or not (user.is_active and user.is_staff):
        return []
    return [account for account, slug, theirs in user.works_for if theirs in AT_LEAST[role] and provider in {"", slug}]


def accounts_of(user: User, role: str = Role.READER) -> QuerySet[ProviderAccount]:
    """The accounts in which the user has the role, or one that includes it, be it by Django's permissions."""
    rows = ProviderAccount.objects.all()
    verb, of = WORTH[role]
    if user.has_perm(f"{of._meta.app_label}.{verb}_{of._meta.model_name}"):
        return rows
    slugs = {
        manager.slug
        for model in apps.get_models()
        if issubclass(model, of)
        and isinstance(manager := model._default_manager, OfProvider)
        and user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")
    }
    return rows.filter(Q(provider__in=slugs) | Q(pk__in=held(user, role)))


def may(user: User, account_id: int, role: str = Role.READER) -> bool:
    """Whether the user's own membership in the account is worth that role."""
    return account_id in held(user, role)
