"""How documents are answered: to pages of any site, in the form that is asked for, and kept as long as may be."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page, require_safe

from credentials_badges.languages import for_programs

logger = logging.getLogger(__name__)
JSON_LD = "application/ld+json"
CREDENTIAL = "application/vc+ld+json"
TOKEN = "text/plain"  # noqa: S105 (A media type: so are badges told as VC-JWT.)
FOUND_ANEW = "no-cache"
"""A copy is asked about each time: what was revoked a minute ago is not to be shown as valid."""
KEPT = "public, max-age=3600"

View = Callable[..., HttpResponse]


class Unavailable(RuntimeError):
    """It cannot be told at present; the message says why, to whoever runs the service."""


def document(kept: str) -> Callable[[View], View]:
    """Let pages of any site read it, and say for how long it may be kept."""

    def decorate(view: View) -> View:
        @wraps(view)
        def readable(request: HttpRequest, **named: Any) -> HttpResponse:
            try:
                response = view(request, **named)
            except Unavailable:
                logger.exception("A document cannot be told")
                response = JsonResponse({"error": "it cannot be told at present"}, status=503)
            response["Access-Control-Allow-Origin"] = "*"
            response["Cache-Control"] = kept if response.status_code == 200 else FOUND_ANEW
            response["X-Robots-Tag"] = "noindex"
            response["Referrer-Policy"] = "same-origin"
            patch_vary_headers(response, ["Accept"])
            return response

        return for_programs(require_safe(conditional_page(readable)))

    return decorate


def preferred(request: HttpRequest, *kinds: str) -> str:
    """Which of the media types is asked for; the first if none of them is, or all are alike."""
    return request.get_preferred_type(kinds) or kinds[0]


def wants_page(request: HttpRequest, *kinds: str) -> bool:
    """Whether a browser asks, and not for a file."""
    return "download" not in request.GET and preferred(request, *kinds, "text/html") == "text/html"


def told(
    request: HttpRequest, told: dict[str, Any], *, status: int = 200, kind: str = JSON_LD, name: str = ""
) -> HttpResponse:
    """The document; as a file of this name, if one is asked for."""
    shown_as = preferred(request, kind, "application/json")
    response = JsonResponse(told, status=status, content_type=shown_as, json_dumps_params={"ensure_ascii": False})
    return as_file(request, response, f"{name}.json") if name else response


def token(request: HttpRequest, text: str, name: str = "") -> HttpResponse:
    """A document that is signed as a whole."""
    response = HttpResponse(text, content_type=TOKEN)
    return as_file(request, response, f"{name}.jwt") if name else response


def as_file(request: HttpRequest, response: HttpResponse, name: str) -> HttpResponse:
    """Under this name, if it is to be downloaded."""
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def missing(why: str) -> HttpResponse:
    """There is no such document, for this reason."""
    return JsonResponse({"error": why}, status=404)
