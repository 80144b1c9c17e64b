"""Whether the service lives, whether it is ready, and how it is doing: for machines, which know its address alone.

The middleware stands before all others, so that neither the host's name nor the scheme has to be right.
"""

import hmac
import logging
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from credentials_badges.operations import metrics, readiness

log = logging.getLogger(__name__)

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
"""By these, a proxy on this machine tells that it asks for somebody else."""
TEXT = "text/plain; charset=utf-8"


class Probes:
    """Middleware that answers at the addresses of `ANSWERS`; what it answers is kept by nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass on."""
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method in {"GET", "HEAD"}:
            response = answer(request)
        else:
            response = HttpResponse("Only GET.\n", status=405, headers={"Allow": "GET, HEAD"}, content_type=TEXT)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def alive(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type=TEXT)


def ready(request: HttpRequest) -> HttpResponse:
    """Whether all that the service rests on is there, but for the checks that the query says to ``exclude``."""
    excluded = ",".join(request.GET.getlist("exclude")).split(",")
    checks = {name: found for name, found in readiness.look(timezone.now()).items() if name not in excluded}
    failing = any(checks.values())
    told = {"status": "failing" if failing else "ok", "checks": {name: why or "ok" for name, why in checks.items()}}
    return JsonResponse(told, status=503 if failing else 200, json_dumps_params={"ensure_ascii": False})


def measured(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus."""
    if not _may_read(request):
        words = "Metrics are told on this machine, or with the header Authorization: Bearer and the METRICS_TOKEN.\n"
        return HttpResponse(words, status=403, content_type=TEXT)
    try:
        return HttpResponse(metrics.text(timezone.now()), content_type=metrics.CONTENT_TYPE)
    except Error as error:
        log.warning("metrics cannot be told, since the database does not answer (%s)", type(error).__name__)
        return HttpResponse("The database does not answer; /readyz says more.\n", status=503, content_type=TEXT)


def _may_read(request: HttpRequest) -> bool:
    told = request.headers.get("Authorization", "").encode()
    token = f"Bearer {settings.METRICS_TOKEN}".encode()
    if settings.METRICS_TOKEN and hmac.compare_digest(told, token):
        return True
    try:
        local = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return local and not any(name in request.headers for name in FORWARDED)


ANSWERS = {"/healthz": alive, "/readyz": ready, "/metrics": measured}
