"""Puts a sandbox behind `requests` without a socket, so that an adapter's tests run in milliseconds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
import responses
from werkzeug.test import EnvironBuilder

from credentials_badges.sandbox import LostAnswerError, Sandbox


@contextmanager
def in_memory(sandbox: Sandbox, base_url: str) -> Iterator[responses.RequestsMock]:
    """Answer every request below `base_url` from `sandbox`; any other request fails.

    The path of `base_url` is the WSGI mount point, less the API version with which the sandbox's own paths begin.
    """
    origin = urlsplit(base_url)

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(request.url or "")
        builder = EnvironBuilder(
            path=parts.path,
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}/",
            method=request.method or "GET",
            headers=dict(request.headers),
            data=request.body,
        )
        try:
            response = sandbox.answer(builder.get_request())
        except LostAnswerError:
            raise requests.ConnectionError("Connection aborted.") from None
        return response.status_code, dict(response.headers), response.get_data()

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        pattern = re.compile(re.escape(f"{origin.scheme}://{origin.netloc}/"))
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            mock.add_callback(method, pattern, callback=answer)
        yield mock
