"""Puts a sandbox behind `requests` without a socket, so that an adapter's tests run in milliseconds."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from types import MappingProxyType
from urllib.parse import urlsplit

import requests
import responses
from werkzeug.test import EnvironBuilder

from credentials_badges.sandbox import LostAnswerError, Sandbox


@contextmanager
def in_memory(
    sandbox: Sandbox, base_url: str, others: Mapping[str, Sandbox] = MappingProxyType({})
) -> Iterator[responses.RequestsMock]:
    """Answer every request to the host of `base_url` from `sandbox`; any request to a host without one fails.

    `others` are further sandboxes by their base URLs.
    """
    by_origin = {_origin(url): held for url, held in {**others, base_url: sandbox}.items()}

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
            response = by_origin[_origin(request.url or "")].answer(builder.get_request())
        except LostAnswerError:
            raise requests.ConnectionError("Connection aborted.") from None
        return response.status_code, dict(response.headers), response.get_data()

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for origin, method in product(by_origin, ("GET", "POST", "PUT", "PATCH", "DELETE")):
            mock.add_callback(method, re.compile(re.escape(origin)), callback=answer)
        yield mock


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
