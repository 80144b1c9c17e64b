"""Who works for a system."""

from django.db import IntegrityError
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.badges.rest import Conflict
from providers.badgekit.members import Role
from providers.badgekit.models import Member, System
from providers.badgekit.rest.base import OfSystem
from providers.badgekit.rest.openapi import told
from providers.badgekit.rest.serializers import MembersRole, SystemMember


class Members(OfSystem):
    """All members of a system."""

    @told("List the members of a system", SystemMember(many=True))
    def get(self, request: Request, system: int) -> Response:
        """By their usernames."""
        rows = Member.objects.filter(system=self.system).select_related("user")
        return self.page(rows.order_by("user__username"), SystemMember)


class OneMember(OfSystem):
    """One of them."""

    @told("Give somebody a role", SystemMember, takes=MembersRole, refuses=[409])
    def put(self, request: Request, system: int, username: str) -> Response:
        """Make a user a member, or change what they may do. The last owner stays owner."""
        role, user = self.read(MembersRole)["role"], _user(username)

        def work() -> Member:
            if role != Role.OWNER:
                _check_is_not_last(self.system, user)
            return Member.objects.update_or_create(system=self.system, user=user, defaults={"role": role})[0]

        return Response(SystemMember(in_transaction(work, again_on=IntegrityError)).data)

    @told("Remove a member", None, status=204, refuses=[409])
    def delete(self, request: Request, system: int, username: str) -> Response:
        """Let somebody no longer work for the system. The last owner stays."""
        found = get_object_or_404(Member, system=self.system, user=_user(username))

        def work() -> None:
            _check_is_not_last(self.system, found.user)
            found.delete()

        in_transaction(work)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _user(username: str) -> Learner:
    if "\0" in username:  # Which PostgreSQL cannot even look for.
        raise NotFound
    return get_object_or_404(Learner, username=username)


def _check_is_not_last(system: System, user: Learner) -> None:
    """Raises Conflict if nobody else owns the system; owners are locked, so that no two go at once."""
    owners = Member.objects.filter(system=system, role=Role.OWNER).select_for_update().order_by("pk")
    if [each.user_id for each in owners] == [user.pk]:
        raise Conflict("This is the system's last owner: make somebody else an owner first.")
