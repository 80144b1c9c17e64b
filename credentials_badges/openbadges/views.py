"""Where Open Badges documents are read by software of any site. Browsers are led to the pages that say the same."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page, require_safe

from credentials_badges.badges import showing, vouching
from credentials_badges.badges.models import Badge
from credentials_badges.badges.showing import State
from credentials_badges.contract.states import BadgeState
from credentials_badges.languages import for_programs
from credentials_badges.openbadges import documents

JSON_LD = "application/ld+json"
FOUND_ANEW = "no-cache"
"""A copy is asked about each time: what was revoked a minute ago is not to be shown as valid."""
KEPT = "public, max-age=3600"
LONGEST_NUMBER = 19
"""Digits that a database does not take."""


def _document(kept: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let pages of any site read it, and say for how long it may be kept."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def readable(request: HttpRequest, **named: Any) -> HttpResponse:
            response = view(request, **named)
            response["Access-Control-Allow-Origin"] = "*"
            response["Cache-Control"] = kept if response.status_code == 200 else FOUND_ANEW
            response["X-Robots-Tag"] = "noindex"
            response["Referrer-Policy"] = "same-origin"
            patch_vary_headers(response, ["Accept"])
            return response

        return for_programs(require_safe(conditional_page(readable)))

    return decorate


@_document(FOUND_ANEW)
def assertion(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The badge as its store has it now: 410 once it was taken back, 404 until its learner has taken it."""
    badge = Badge.objects.select_related("learner", "template", "account").filter(uuid=uuid).first()
    voucher = vouching.voucher_of(badge.account.provider) if badge else None
    if badge is None or voucher is None:
        return _missing("there is no such badge, or it was not given here")
    if _wants_page(request):
        return HttpResponseRedirect(reverse("badge_page", args=[uuid]))
    shown = showing.look_at(badge)
    if badge.learner.retired_at or shown.state is State.REVOKED:
        return _answer(request, documents.revoked(badge), status=410)
    if shown.given and not shown.is_unseen:
        # What has expired must not be told as if it had no end, also where nobody has said when that was.
        ended = shown.given.at if shown.state is State.EXPIRED else None
        given = replace(shown.given, until=shown.until or ended)
        return _answer(request, documents.assertion(badge, given), name="badge")
    return _missing("whoever earned the badge has not accepted it yet")


@_document(KEPT)
def badge_class(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What badges of a template stand for."""
    template = showing.public_templates().filter(uuid=uuid).first()
    voucher = vouching.voucher_of(template.account.provider) if template else None
    number = request.GET.get("meant", "")
    meant = int(number) if number.isascii() and number.isdecimal() and len(number) < LONGEST_NUMBER else None
    meaning = voucher.meaning(template, meant) if template and voucher else None
    if template is None or meaning is None:
        return _missing("there is no such badge, or it is not given here")
    if _wants_page(request):
        return HttpResponseRedirect(reverse("template_page", args=[uuid]))
    return _answer(request, documents.badge_class(template, meaning, meant))


@_document(KEPT)
def issuer(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """Who issues; there is no page of that here."""
    voucher = vouching.voucher_of(provider)
    found = voucher.issuer(key) if voucher else None
    return _answer(request, documents.profile(provider, found)) if found else _missing("there is no such issuer")


@_document(FOUND_ANEW)
def revocations(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """What the issuer has taken back."""
    voucher = vouching.voucher_of(provider)
    found = voucher.issuer(key) if voucher else None
    if voucher is None or found is None:
        return _missing("there is no such issuer")
    gone = Q(status=Badge.Status.REVOKED) | Q(external_state=BadgeState.REVOKED)
    badges = voucher.of_issuer(key).filter(gone).order_by("pk").values_list("uuid", flat=True)
    return _answer(request, documents.revocation_list(provider, found, badges.iterator()))


def _wants_page(request: HttpRequest) -> bool:
    """Whether a browser asks, and not for a file."""
    return "download" not in request.GET and _preferred(request) == "text/html"


def _preferred(request: HttpRequest) -> str:
    return request.get_preferred_type([JSON_LD, "application/json", "text/html"]) or JSON_LD


def _answer(request: HttpRequest, document: documents.Document, *, status: int = 200, name: str = "") -> HttpResponse:
    """The document; as a file of this name, if one is asked for."""
    shown_as = "application/json" if _preferred(request) == "application/json" else JSON_LD
    response = JsonResponse(document, status=status, content_type=shown_as, json_dumps_params={"ensure_ascii": False})
    if name and "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


def _missing(why: str) -> HttpResponse:
    return JsonResponse({"error": why}, status=404)
