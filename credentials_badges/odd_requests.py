"""Requests that no database can even look up: an id that is no number, a NUL, a number of thirty digits."""

import logging
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse

log = logging.getLogger(__name__)


class OddRequests:
    """Middleware that answers 400 where Django's own pages would answer 500, and tells programs in JSON what is not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; what does not exist is told as a page only to whoever reads pages."""
        response = self.get_response(request)
        reads_pages = "text/html" in request.headers.get("Accept", "")
        if response.status_code == 404 and not reads_pages and response.headers["Content-Type"].startswith("text/html"):
            told = {"code": "ResourceNotFound", "message": f"{request.get_full_path()} does not exist"}
            answer = JsonResponse(told, status=404)
            for name, value in response.items():
                answer.headers.setdefault(name, value)  # Such as who may keep it.
            return answer
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A plain sentence. The log has the traceback as an error, since it may be our own mistake after all."""
        if not isinstance(error, DataError | OverflowError | ValidationError | ValueError):
            return None
        log.error("%s %s cannot be looked up", request.method, request.path, exc_info=error)
        return HttpResponseBadRequest("The request holds a value that cannot be looked up.", content_type="text/plain")
