"""The door of the API: one view that finds the route, reads the call, asks who is calling, and lets it be answered."""

from collections.abc import Iterable
from urllib.parse import quote

from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.vary import vary_on_headers

from credentials_badges import logs
from credentials_badges.badges.pages import front_page
from credentials_badges.languages import for_programs
from providers.badgekit import members, noting
from providers.badgekit.api import (
    applications,
    auth,
    badges,
    calls,
    codes,
    images,
    instances,
    milestones,
    organisations,
    public,
    reviews,
)
from providers.badgekit.api.errors import ApiError, missing, refusal
from providers.badgekit.api.routes import WITH_SLASHES, Route, match

VERSION = "0.2.22"
"""The release of BadgeKit's own server whose behaviour this is."""
ROUTES: tuple[Route, ...] = (
    *organisations.ROUTES,
    *badges.ROUTES,
    *images.ROUTES,
    *codes.ROUTES,
    *applications.ROUTES,
    *reviews.ROUTES,
    *instances.ROUTES,
    *milestones.ROUTES,
    *public.ROUTES,
)


@for_programs
@csrf_exempt
def api(request: HttpRequest) -> HttpResponse:
    """Answer a call. Nothing is sent along by a browser of itself, so no other site can make one in a user's name."""
    try:
        return _answer(request)
    except ApiError as error:
        return calls.refused(error)
    except SuspiciousOperation as error:  # Such as thousands of parameters.
        return calls.refused(refusal(400, "InvalidContent", f"The request cannot be read: {type(error).__name__}"))
    except (IntegrityError, OperationalError):  # Also if others were faster again and again.
        return calls.refused(refusal(503, "ServiceUnavailableError", "The database is busy; try again."))


def _answer(request: HttpRequest) -> HttpResponse:
    called = calls.sent_to(request)
    prefix = quote(request.META.get("SCRIPT_NAME", ""))
    found = match(ROUTES, calls.tidy(called.partition("?")[0].removeprefix(prefix)))
    if not found:
        raise missing(f"{called} does not exist")
    if request.method not in found:
        raise _not_allowed(request, found)
    route, params = found[request.method]
    logs.refine(request, route.path, *(params[name] for name in WITH_SLASHES if name in params))
    call = calls.take(request, params, picture=route.shows_picture)
    caller = "" if route.is_open else auth.authorize(call)
    response = route.handle(call)
    if caller and request.method not in noting.SAFE:
        noting.note_call(caller, route.summary, route.path, params)
    return response


def _not_allowed(request: HttpRequest, methods: Iterable[str]) -> ApiError:
    body = {"code": "MethodNotAllowedError", "message": f"{request.method} is not allowed"}
    return ApiError(405, body, {"Allow": ", ".join(sorted(methods))})


@csrf_exempt
@vary_on_headers("Accept")
def health(request: HttpRequest) -> HttpResponse:
    """Who answers here, for anybody; at the root of the site, people see its front page."""
    if request.method not in {"GET", "HEAD"}:
        return calls.refused(_not_allowed(request, ("GET", "HEAD")))
    if request.path == "/" and "text/html" in request.headers.get("Accept", ""):
        return front_page(request, organises=members.systems(request.user).exists())
    try:
        call = calls.take(request, {})
        if request.META.get("QUERY_STRING"):  # As in BadgeKit, only the bare address is open.
            auth.authorize(call)
    except ApiError as error:
        return calls.refused(error)
    return calls.answer({"app": "BadgeKit API", "version": VERSION})
