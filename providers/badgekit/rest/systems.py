"""The systems that one works for, and their badges."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from providers.badgekit import members
from providers.badgekit.members import Role
from providers.badgekit.models import Badge, Claim, ClaimCode, System
from providers.badgekit.rest.base import Api, OfSystem
from providers.badgekit.rest.openapi import told
from providers.badgekit.rest.serializers import OrganisersBadge, OrganisersSystem


class Systems(Api):
    """Those in which the caller has a role."""

    @told("List the systems that one works for", OrganisersSystem(many=True))
    def get(self, request: Request) -> Response:
        """Each with the caller's role and some numbers."""
        pages = self.pagination_class()
        found = pages.paginate_queryset(members.systems(self.user).order_by("name", "pk"), request, self) or []
        return pages.get_paginated_response(OrganisersSystem(self._told(found), many=True).data)

    def _told(self, found: Sequence[System]) -> list[dict[str, Any]]:
        """Five statements, whatever their number."""
        pks = [each.pk for each in found]
        with_role = {
            role: set(members.systems(self.user, role).filter(pk__in=pks).values_list("pk", flat=True))
            for role in (Role.OWNER, Role.REVIEWER)
        }
        badges = _counted(Badge.objects.filter(deleted_at=None), "system", pks)
        living = ClaimCode.objects.exclude(ClaimCode.in_state(ClaimCode.State.DELETED)).filter(reservation=None)
        codes = _counted(living, "badge__system", pks)
        waiting = Claim.objects.filter(state=Claim.State.SUBMITTED, code__reservation=None)
        claims = _counted(waiting, "badge__system", pks)
        return [
            {
                "id": each.pk,
                "slug": each.slug,
                "name": each.name,
                "role": next((role for role, having in with_role.items() if each.pk in having), Role.READER),
                "badges": badges.get(each.pk, 0),
                "codes": codes.get(each.pk, 0),
                "waiting": claims.get(each.pk, 0),
            }
            for each in found
        ]


def _counted(rows: QuerySet[Any], column: str, pks: Sequence[int]) -> dict[int, int]:
    """How many rows each system has."""
    counted = rows.filter(**{f"{column}__in": pks}).order_by().values_list(column)
    return dict(counted.annotate(Count("pk")))


class Badges(OfSystem):
    """What can be earned in a system."""

    @told("List the badges of a system", OrganisersBadge(many=True))
    def get(self, request: Request, system: int) -> Response:
        """Those that are not deleted, by name."""
        return self.page(self.system.badges.filter(deleted_at=None).order_by("name", "pk"), OrganisersBadge)
