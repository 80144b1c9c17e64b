"""The sessions of `requests` by which we call: they go only where they are sent, and are not kept waiting for ever."""

import http.client
import http.cookiejar
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import requests
import requests.adapters
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Session(requests.Session):
    """Keeps connections and no cookies, follows nothing, and does not even look where a redirect leads.

    With ``allow_redirects=False``, requests would still read that answer whole, and trip over an odd address in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"Accept": "application/json", "User-Agent": "credentials-badges"})
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


class _Response(http.client.HTTPResponse):
    """Its status and headers have to arrive within the read time-out as a whole.

    That by itself only limits the silence between two bytes, and a byte now and then would hold a worker for days.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._watched, self._late = sock, False

    def begin(self) -> None:
        """Read status and headers; when the time is up, whoever reads finds the connection ended."""
        watchdog = threading.Timer(self._watched.gettimeout() or 0, self.hang_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            super().begin()
        except (OSError, http.client.HTTPException):
            if self._late:
                raise TimeoutError from None
            raise
        finally:
            watchdog.cancel()

    def hang_up(self) -> None:
        """Whoever reads finds the connection ended."""
        self._late = True
        with suppress(OSError):  # It has ended by itself.
            socket.socket.shutdown(self._watched, socket.SHUT_RDWR)  # Below TLS, whose own state the reader uses.


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(requests.adapters.HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


@contextmanager
def hung_up_after(seconds: float, response: BaseHTTPResponse) -> Iterator[None]:
    """Read a body for so long: a chunk's size, or what follows the last one, may drip for ever within a single read."""
    answer = cast("Any", response)._original_response  # noqa: SLF001 (Nothing else of it knows the connection.)
    watchdog = threading.Timer(max(0.0, seconds), answer.hang_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
