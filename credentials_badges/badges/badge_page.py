"""The public page of a badge: whoever has its address, which cannot be guessed, reads what was earned and by whom.

Of the learner it tells the name and nothing else, and of its visitors nothing is kept but how many there were.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from credentials_badges.badges import visiting
from credentials_badges.badges.models import Badge, BadgeVisits
from credentials_badges.badges.networks import NETWORKS, on_network
from credentials_badges.contract.states import BadgeState

Kind = BadgeVisits.Kind


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the badge of this uuid on; nobody keeps the page, finds it by searching, or is told its address by us."""

    @wraps(view)
    def guarded(request: HttpRequest, uuid: UUID, **named: str) -> HttpResponse:
        badge = Badge.objects.select_related("learner", "template", "account").filter(uuid=uuid).first()
        if badge and badge.learner.retired_at:
            response = render(request, "badges/badge.html", {"is_gone": True}, status=410)
        else:
            response = view(request, badge, **named) if badge else _nothing(request)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        return response

    return never_cache(guarded)


def _nothing(request: HttpRequest) -> HttpResponse:
    return render(request, "badges/badge.html", status=404)


@require_safe
@_public
def badge_page(request: HttpRequest, badge: Badge) -> HttpResponse:
    """What was earned, by whom, and whether it still holds.

    One that was taken back is answered with 200, too: with 410, some programs show their own words instead of the page,
    and whoever checks the badge has to read that it was taken back.
    """
    if request.method == "GET":
        visiting.count(BadgeVisits, Kind.VIEWED, visiting.came_from(request), badge=badge)
    shown = {
        "badge": badge,
        "state": _state(badge),
        "picture": _of_the_web(badge.template.image_url),
        "has_other_page": bool(_of_the_web(badge.external_url)),
        "networks": NETWORKS,
        "address": _address(badge),
    }
    return render(request, "badges/badge.html", shown)


@require_safe
@_public
def visit_badge(request: HttpRequest, badge: Badge) -> HttpResponse:
    """Go on to the badge's page at its provider, and nowhere else."""
    if not (url := _of_the_web(badge.external_url)):
        return _nothing(request)
    if request.method == "GET":
        visiting.count(BadgeVisits, Kind.CLICKED, visiting.came_from(request), badge=badge)
    return HttpResponseRedirect(url)


# Exempt: the token would need a cookie, and a forged request adds one to a number, as any visit does. It is a POST so
# that programs which follow links are not counted.
@csrf_exempt
@require_POST
@_public
def share_badge(request: HttpRequest, badge: Badge, network: str) -> HttpResponse:
    """Go on to a network's page on which the badge is shared."""
    if network not in NETWORKS:
        return _nothing(request)
    visiting.count(BadgeVisits, Kind.SHARED, network, badge=badge)
    response = HttpResponseRedirect(on_network(network, f"{_address(badge)}?from={network}", badge.template.name))
    response.status_code = 303
    return response


def _state(badge: Badge) -> str:
    """``revoked`` if either side has taken it back, ``expired``, or ``awarded``."""
    if badge.status == Badge.Status.REVOKED or badge.external_state == BadgeState.REVOKED:
        return "revoked"
    is_over = badge.expires_at is not None and badge.expires_at <= timezone.now()
    return "expired" if is_over or badge.external_state == BadgeState.EXPIRED else "awarded"


def _of_the_web(url: str) -> str:
    """The address, if it is a whole one of the web; else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""


def _address(badge: Badge) -> str:
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{reverse('badge_page', args=[badge.uuid])}"
