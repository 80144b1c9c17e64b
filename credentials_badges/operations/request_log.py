"""One line in the log for each request, which tells neither its path, which may hold secrets, nor who it was."""

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from credentials_badges import logs

log = logging.getLogger(__name__)

PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADER = "X-Request-ID"
SECRETS = ("code", "token")
"""How the parts of our paths are called that are secret."""


class RequestLog:
    """Middleware that gives each request an id, unless a proxy has, by which all records about it are found."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, measure, and tell."""
        told = request.headers.get(HEADER, "")
        request_id = told if PLAIN.fullmatch(told) else uuid4().hex
        logs.begin(request_id=request_id)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers[HEADER] = request_id
            ms = round((time.perf_counter() - began) * 1000, 1)
            said = {"method": request.method, "route": logs.route(request), "status": response.status_code, "ms": ms}
            log.info("request", extra=said)
            return response
        finally:
            logs.begin()

    def process_view(self, request: HttpRequest, view: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Keep the secrets of the path out of whatever is logged from here on."""
        logs.hide(*(str(kwargs[name]) for name in SECRETS if isinstance(kwargs.get(name), str)))
