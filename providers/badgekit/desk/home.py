"""Where an organiser begins: the systems that they work for."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from providers.badgekit import members
from providers.badgekit.models import Claim


@require_safe
@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The systems, each with the number of claims that wait in it."""
    waiting = Count("badges__claims", filter=Q(badges__claims__state=Claim.State.SUBMITTED))
    systems = members.systems(request.user).annotate(waiting=waiting).order_by("name", "pk")
    return render(request, "badgekit/desk/home.html", {"systems": systems})
