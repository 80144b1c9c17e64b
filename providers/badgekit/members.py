"""Who may do what with a system's codes, claims and reports.

Whoever has Django's permission for all codes or claims, as administrators do, needs no membership.
"""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from credentials_badges.badges.models import Learner
from providers.badgekit.models import Member, System

Role = Member.Role
User = Learner | AnonymousUser

PERMISSIONS = {
    Role.OWNER: "badgekit.change_claimcode",
    Role.REVIEWER: "badgekit.change_claim",
    Role.READER: "badgekit.view_claimcode",
}
"""Django's permissions that are worth a role in every system."""
AT_LEAST = {
    Role.OWNER: (Role.OWNER,),
    Role.REVIEWER: (Role.OWNER, Role.REVIEWER),
    Role.READER: (Role.OWNER, Role.REVIEWER, Role.READER),
}
"""The roles that include each."""


def systems(user: User, role: Role = Role.READER) -> QuerySet[System]:
    """The systems in which the user has the role, or one that includes it."""
    live = System.objects.filter(deleted_at=None)
    if any(user.has_perm(PERMISSIONS[each]) for each in AT_LEAST[role]):
        return live
    if not user.is_authenticated or not user.is_active:
        return live.none()
    mine = Member.objects.filter(user=user.pk, role__in=AT_LEAST[role])
    return live.filter(pk__in=mine.values("system"))


def may(user: User, system: System | int, role: Role) -> bool:
    """Whether the user has the role in the system, or one that includes it."""
    return systems(user, role).filter(pk=system if isinstance(system, int) else system.pk).exists()


def has_looked(user: Learner, system: System) -> None:
    """Note that the user has seen which claims wait: when others come, they are told by mail again."""
    Member.objects.filter(system=system, user=user, told_at__isnull=False).update(told_at=None)
