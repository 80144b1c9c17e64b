"""The public page of a badge: whoever has its address, which cannot be guessed, reads what was earned and by whom.

Of the learner it tells the name and nothing else, and of its visitors nothing is kept but how many there were.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from credentials_badges.badges import qr_code, showing, verifying, visiting
from credentials_badges.badges.models import Badge, BadgeVisits
from credentials_badges.badges.networks import NETWORKS, on_network
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.badges.showing import State

Kind = BadgeVisits.Kind
COPY = "copy"


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the badge of this uuid on; nobody keeps the page, finds it by searching, or is told its address by us."""

    @wraps(view)
    def guarded(request: HttpRequest, uuid: UUID, **named: str) -> HttpResponse:
        badge = Badge.objects.select_related("learner", "template__account", "account").filter(uuid=uuid).first()
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
        **_shown(request, badge),
        "networks": NETWORKS,
        "qr": qr_code.svg(f"{showing.address_of(badge)}?from=qr"),
    }
    return render(request, "badges/badge.html", shown)


@require_safe
@_public
def verify_badge(request: HttpRequest, badge: Badge) -> HttpResponse:
    """What holds of it, check by check, at this moment. It is not counted as a visit."""
    shown = {
        **_shown(request, badge),
        "now": timezone.now(),
        "provider": showing.provider_name(badge),
        "is_ours": showing.is_ours(badge),
        "address_of_document": showing.whole(reverse("ob3_credential", args=[badge.uuid])),
    }
    return render(request, "badges/verify.html", shown)


def _shown(request: HttpRequest, badge: Badge) -> dict[str, Any]:
    """What both pages tell. Whose a badge is that nobody has accepted, is told to that learner alone."""
    found = showing.look_at(badge)
    is_own, is_seen = request.user.pk == badge.learner_id, not found.is_unseen
    issuer = showing.issuer_of(badge.template, found.given)
    checks = verifying.checks(badge, found, issuer.name)
    earner = badge.learner.full_name if is_own or is_seen else ""
    headline = ", ".join(filter(None, (str(badge.template), earner)))
    return {
        "badge": badge,
        "state": found.state,
        "until": found.until,
        "is_own": is_own,
        "earner": earner,
        "headline": headline if found.state is State.AWARDED else f"{headline} ({found.state.words})",
        "is_unseen": not (is_own or is_seen),
        "may_accept": is_own and found.state is State.PENDING and bool(of_the_web(badge.external_url)),
        "has_other_page": is_seen and not showing.is_ours(badge) and bool(of_the_web(badge.external_url)),
        "has_document": is_seen and found.given is not None and found.state is not State.REVOKED,
        "issuer": issuer,
        "checks": checks,
        "holds": verifying.holds(checks),
        "picture": of_the_web(badge.template.image_url),
        "address": showing.address_of(badge),
    }


@require_safe
@_public
def visit_badge(request: HttpRequest, badge: Badge) -> HttpResponse:
    """Go on to the badge's page at its provider, and nowhere else; its learner also where it is accepted."""
    is_own = request.user.pk == badge.learner_id
    if not (url := of_the_web(badge.external_url) if is_own else showing.page_at_provider(badge)):
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
    """Go on to a network's page on which the badge is shared; that its address was copied is only counted."""
    if network not in {*NETWORKS, COPY}:
        return _nothing(request)
    visiting.count(BadgeVisits, Kind.SHARED, network, badge=badge)
    if network == COPY:
        return HttpResponse(status=204)
    shared = f"{showing.address_of(badge)}?from={network}"
    response = HttpResponseRedirect(on_network(network, shared, badge.template.name))
    response.status_code = 303
    return response
