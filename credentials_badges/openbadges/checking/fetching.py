"""Fetches what a badge of somebody else refers to: from public addresses only, a little, and not for long.

Whoever made the badge has chosen these addresses. So each one is looked up first, and the connection is made to the
very address that was found to be public; what is ours is answered here, without a call to ourselves.
"""

import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import cast
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import urllib3
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, requote_uri

from credentials_badges.openbadges.checking import public_keys
from credentials_badges.sessions import Session, hung_up_after

MOST_BYTES = 256 * 1024
MOST_FETCHES = 12
MOST_REDIRECTS = 3
SECONDS_EACH = 5.0
SECONDS_ALL = 15.0
LONGEST_ADDRESS = 2048
ACCEPT = (
    "application/vc+ld+json, application/vc, application/ld+json, application/json, application/did+ld+json;q=0.9, "
    "text/plain;q=0.5, */*;q=0.1"
)
PORTS = {"https": 443, "http": 80}
REDIRECTS = {301, 302, 303, 307, 308}
PLAIN_HOST = re.compile(r"[a-z0-9.:_-]*[a-z0-9:_-]")
"""Without signs that look like the end of another host."""
OUR_DOCUMENTS = re.compile("ob[0-9]?_")
"""How the names of views begin that answer with a document."""
WITH_OLDER_INSIDE = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2001::/32"))
"""Networks of the newer protocol that lead on to addresses of the older one; 6to4 tells of itself."""


class Unreachable(Exception):
    """There was no answer: the address is not one that is called, or nothing came of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    address: str
    """Which address has answered in the end."""


class Fetcher:
    """All that is fetched for one badge: each address once, and within one limit of number and time."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + SECONDS_ALL
        self._left = MOST_FETCHES
        self._kept: dict[str, Answer | None] = {}

    def __call__(self, address: str) -> bytes:
        """The document of that address, as libraries ask for one, who load the keys in it. Raises Unreachable."""
        answer = self.get(address)
        if answer.status != 200:
            raise Unreachable(f"it was answered with {answer.status}")
        if not public_keys.tells_only_public(answer.body):
            raise Unreachable("it tells of keys that nobody loads")
        return answer.body

    def get(self, address: str, *, is_put_in: bool = False) -> Answer:
        """Whatever answers there. Raises Unreachable.

        Only an address that a person has put in may lead on to another site: what a site says of itself, it has to say
        itself. So that answer is kept as the other site's.
        """
        if is_put_in:
            found = self._follow(address, is_put_in=True)
            self._kept[found.address] = found
            return found
        if address not in self._kept:
            self._kept[address] = None
            self._kept[address] = self._follow(address)
        answer = self._kept[address]
        if answer is None:
            raise Unreachable("it did not answer before")
        return answer

    def _follow(self, address: str, *, is_put_in: bool = False) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            parts = _checked(address)
            if is_ours(parts):
                return _answer_here(parts, address)
            answer, leads_to = self._ask(parts)
            if answer.status not in REDIRECTS or not leads_to:
                return answer
            before = address
            try:
                address = urljoin(before, leads_to)
            except ValueError:
                raise Unreachable("it leads nowhere") from None
            if not (is_put_in or site(before) == site(address)):
                raise Unreachable("it leads to another site")
        raise Unreachable("it leads on and on")

    def _ask(self, parts: SplitResult) -> tuple[Answer, str]:
        """One call, and where it leads to."""
        seconds = min(SECONDS_EACH, self._ends - time.monotonic())
        if seconds <= 0 or not self._left:
            raise Unreachable("enough was fetched for one badge")
        self._left -= 1
        ends = time.monotonic() + seconds
        host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
        pool = _pool(parts.scheme, host, port, seconds)
        try:
            response = pool.urlopen(
                "GET",
                urlunsplit(("", "", parts.path or "/", parts.query, "")),
                headers={
                    "Host": parts.netloc,
                    "Accept": ACCEPT,
                    "Accept-Encoding": "identity",
                    "User-Agent": "credentials-badges",
                },
                timeout=urllib3.Timeout(total=max(0.01, ends - time.monotonic())),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            with response, hung_up_after(ends - time.monotonic(), response):
                body = b"" if response.status in REDIRECTS else _read(response, ends)
                return Answer(response.status, body, parts.geturl()), response.headers.get("Location", "")
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            raise Unreachable(type(error).__name__) from None
        finally:
            pool.close()


def site(address: str) -> str:
    """Whose word it is that is found at this address: host, and port if it is an odd one; nothing if it is none."""
    try:
        return _site(urlsplit(address))
    except ValueError:
        return ""


def _site(parts: SplitResult) -> str:
    return parts.netloc.lower().removesuffix(f":{PORTS.get(parts.scheme)}")


def is_ours(parts: SplitResult) -> bool:
    """Whether this service answers there."""
    return _site(parts) == site(settings.PUBLIC_BASE_URL)


def _on_bench() -> bool:
    """Whether this service itself is only reached on this machine, by those who try it out."""
    base = urlsplit(settings.PUBLIC_BASE_URL)
    return settings.DEBUG or (base.scheme == "http" and _is_loopback(base.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked(address: str) -> SplitResult:
    """The parts of an address that may be called, as they are sent. Raises Unreachable."""
    try:
        written = urlsplit(address).netloc
        parts = urlsplit(requote_uri(address) if len(address) <= LONGEST_ADDRESS else "")
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise Unreachable("it is no address") from None
    is_odd = not PLAIN_HOST.fullmatch(host) or set("@%\\") & set(written) or not address.isprintable()
    if is_odd or {".", ".."} & set(re.split(r"[/\\]", unquote(parts.path))):
        raise Unreachable("it is no plain address")
    if parts.scheme != "https" and not (parts.scheme == "http" and (_on_bench() or is_ours(parts))):
        raise Unreachable("only addresses that begin with https:// are called")
    netloc = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    return SplitResult(parts.scheme, netloc, parts.path, parts.query, "")


def _pool(scheme: str, host: str, port: int, seconds: float) -> urllib3.HTTPConnectionPool:
    """Connections to the very address that was found to be public, whose certificate has to be the host's."""
    adapter = cast("HTTPAdapter", Session().get_adapter("https://"))
    tls = {
        "assert_hostname": host,
        "server_hostname": host,
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": DEFAULT_CA_BUNDLE_PATH,
    }
    where = _public_address(host, port, seconds)
    pool = adapter.poolmanager.connection_from_host(where, port, scheme, tls if scheme == "https" else None)
    return cast("urllib3.HTTPConnectionPool", pool)


def look_up(host: str, port: int) -> list[str]:
    """All addresses that the host has."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _public_address(host: str, port: int, seconds: float) -> str:
    """One of them, if each is public: of one that mixes them, nothing good is to be expected. Raises Unreachable.

    Nothing else keeps the system from asking for half a minute, so it asks in a thread, which then is left to itself.
    """
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, ValueError):  # There is no such host.
            found.extend(look_up(host, port))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    try:
        is_good = not asking.is_alive() and found and all(_may_be_called(ip_address(each)) for each in found)
    except ValueError:
        is_good = False
    if not is_good:
        raise Unreachable("its address is not public")
    return found[0]


def _may_be_called(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return _may_be_called(address.ipv4_mapped)
        if address.sixtofour or any(address in each for each in WITH_OLDER_INSIDE):
            return False
    if address.is_loopback and _on_bench():
        return True
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _read(response: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    """The body, within its bounds. Raises ValueError beyond them."""
    content = bytearray()
    while part := response.read1(65_536):
        content += part
        if len(content) > MOST_BYTES or time.monotonic() > ends:
            raise ValueError("the answer does not end")
    if time.monotonic() > ends:  # It was hung up, which may look like an end.
        raise ValueError("the answer does not end")
    return bytes(content)


def _answer_here(parts: SplitResult, address: str) -> Answer:
    """What the service would answer; of all its pages, these are the documents."""
    below = urlsplit(settings.PUBLIC_BASE_URL).path.rstrip("/")
    path = unquote(parts.path).removeprefix(below)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META = {
        "REQUEST_METHOD": "GET",
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or PORTS[parts.scheme]),
        "HTTP_HOST": parts.netloc,
        "HTTP_ACCEPT": ACCEPT,
    }
    request.user = AnonymousUser()
    try:
        request.GET = QueryDict(parts.query)
        match = resolve(path)
        if OUR_DOCUMENTS.match(match.url_name or ""):
            response = match.func(request, *match.args, **match.kwargs)
            return Answer(response.status_code, response.content, address)
    except (Resolver404, Http404, SuspiciousOperation):
        pass
    except RuntimeError as error:  # Its issuer's keys cannot be read.
        raise Unreachable(type(error).__name__) from None
    return Answer(404, b"", address)
