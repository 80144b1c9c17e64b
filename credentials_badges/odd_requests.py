"""Requests that no database can even look up: an id that is no number, a NUL, a number of thirty digits; and any
request while the database is away.
"""

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views import defaults

from credentials_badges import logs

log = logging.getLogger(__name__)

DATABASE_IS_AWAY = (InterfaceError, OperationalError)
"""It cannot be reached, is full, or was busy for too long."""
RETRY_AFTER_SECONDS = 5
AWAY = f"The database cannot be used at the moment. Please send this again in {RETRY_AFTER_SECONDS} seconds."


class OddRequests:
    """Middleware that answers 400 where Django's own pages would answer 500, and tells programs in JSON what is not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; what does not exist is told as a page only to whoever reads pages."""
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code == 404 and is_page and not _reads_pages(request):
            told = {"code": "ResourceNotFound", "message": f"{request.get_full_path()} does not exist"}
            answer = JsonResponse(told, status=404)
            for name, value in response.items():
                answer.headers.setdefault(name, value)  # Such as who may keep it.
            return answer
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A plain sentence. The log has the traceback as an error, since it may be our own mistake after all."""
        if isinstance(error, DATABASE_IS_AWAY):
            return _away(request, error)
        if not isinstance(error, DataError | OverflowError | ValidationError | ValueError):
            return None
        log.error("%s %s cannot be looked up", request.method, logs.route(request), exc_info=error)
        return HttpResponseBadRequest("The request holds a value that cannot be looked up.", content_type="text/plain")


def broken(request: HttpRequest) -> HttpResponse:
    """Answers where an exception has passed all of the middleware, such as when a session could not be kept."""
    error = sys.exc_info()[1]
    return _away(request, error) if isinstance(error, DATABASE_IS_AWAY) else defaults.server_error(request)


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    """503: whoever asked has done nothing wrong, and is to come again."""
    log.error("%s %s: the database cannot be used", request.method, logs.route(request), exc_info=error)
    if _reads_pages(request):
        answer = HttpResponse(f"{AWAY}\n", content_type="text/plain; charset=utf-8", status=503)
    else:
        answer = JsonResponse({"code": "ServiceUnavailable", "message": AWAY, "detail": AWAY}, status=503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _reads_pages(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")
