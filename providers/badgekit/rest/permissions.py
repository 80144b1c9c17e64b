"""Who may call: whoever has a role in the system that the address names."""

from typing import Any

from django.http import Http404
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from providers.badgekit import members
from providers.badgekit.members import Role


class WorksForSystem(IsAuthenticated):
    """Readers look; for all else, the view says which role it needs. The view is handed the system."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the role is enough. Raises Http404 for whoever has none there."""
        if not super().has_permission(request, view):
            return False
        found = members.systems(request.user).filter(pk=view.kwargs["system"]).first()
        if found is None:
            raise Http404
        view.system = found
        return members.may(request.user, found, Role.READER if request.method in SAFE_METHODS else view.needs)
