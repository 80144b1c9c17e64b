"""The web application, for any WSGI server.

It mends two things before Django sees a request, since Django does not: bodies that are sent in chunks, whose length
nobody tells beforehand, and content types that are nonsense.
"""

import json
import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from credentials_badges import chunked

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credentials_badges.settings")


class Request(WSGIRequest):
    """A request whose content type may be nonsense: Django would raise while it is made, before anybody can answer."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError, SuspiciousOperation):
            self.content_type, self.content_params = "", {}
            self.__dict__.pop("GET", None)
        # Our pages are in UTF-8, and so are the forms that they send. Python knows charsets that are none of texts.
        self._encoding = None


if settings.STATIC_ROOT and not Path(settings.STATIC_ROOT, "staticfiles.json").is_file():
    raise ImproperlyConfigured(
        "Nothing is collected in the folder that STATIC_ROOT names, so pages would lack their styles. "
        "Run manage.py collectstatic, or leave STATIC_ROOT empty."
    )
_django = get_wsgi_application()
_django.request_class = Request


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django's, given requests that it can read."""
    if chunked.is_chunked(environ):
        try:
            body = chunked.whole(environ, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        except (ValueError, OSError):
            headers = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
            start_response("400 Bad Request", headers)
            return [json.dumps({"code": "InvalidContent", "message": "The chunks cannot be read"}).encode()]
        environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(len(body)), BytesIO(body)
    return _django(environ, start_response)
