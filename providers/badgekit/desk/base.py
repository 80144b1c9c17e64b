"""What the pages of the desk have in common: who may see them, and of which system they are."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from credentials_badges.badges import auditing
from providers.badgekit import members, noting
from providers.badgekit.members import Role
from providers.badgekit.models import System

View = Callable[..., HttpResponseBase]
LONGEST_DEED = 60
DONE = {302, 303}
"""How a form is answered that was carried out; otherwise, it is shown again."""


def desk(role: Role) -> Callable[[View], View]:
    """Let only those in who have the role in the system that the address names; hand the system on.

    Whoever has no role there is told that there is no such page.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, system: int, **named: Any) -> HttpResponseBase:
            found = members.systems(request.user).filter(pk=system).first()
            if found is None:
                raise Http404
            if not members.may(request.user, found, role):
                raise PermissionDenied
            watch = noting.Watch(request, system, named)
            response = view(request, found, **named)
            if response.status_code in DONE:
                chosen = next((request.POST[name] for name in ("do", "action") if name in request.POST), "")
                deed = f"{view.__name__} {chosen}".replace("_", " ").strip()
                watch.note(auditing.Via.DESK, deed[:LONGEST_DEED], request.user)
            return response

        return never_cache(login_required(guarded))

    return decorate


def show(
    request: HttpRequest, template: str, system: System, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the desk, which knows its system and what the user may do there."""
    known = {
        "system": system,
        "may_edit": members.may(request.user, system, Role.OWNER),
        "may_review": members.may(request.user, system, Role.REVIEWER),
    }
    return render(request, f"badgekit/desk/{template}", {**known, **context}, status=status)
