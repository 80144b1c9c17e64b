"""The one way out to a provider over HTTP, and the only place that knows status codes.

Each code becomes an error named by its cure (`contract.errors`). Nothing is retried here: retrying is the outbox
row's business. A key is sent only to https addresses, or to this machine, and redirects are never followed.
"""

import http.cookiejar
import ipaddress
import json as json_format
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import requests
import urllib3

from credentials_badges.contract.errors import (
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retriable,
)

CONNECT_SECONDS = 5
READ_SECONDS = 30
MOST_SECONDS = 40.0
"""What an answer may take as a whole: `READ_SECONDS` only limits the silence between two of its bytes."""
MOST_BYTES = 20_000_000
LONGEST_WAIT = 86_400.0
"""Seconds for which a provider may ask us to wait."""
DEEPEST = 30
"""Levels of nesting that are kept: MariaDB's JSON has 32."""
ADDRESS = re.compile(r"(?:\"[^\"]*\"|[^\s@<>\",;]+)(?:@|%40)[^\s@<>\"',;]+")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""A NUL and halves of surrogate pairs, which not every database can hold."""
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Pace:
    """What a provider allows to all our processes together: so many calls within so many seconds."""

    calls: int
    seconds: int


def _unlimited(host: str, pace: Pace) -> None:
    """What paces calls until `pace_by` names something better."""


_take_turn: Callable[[str, Pace], None] = _unlimited


def pace_by(take_turn: Callable[[str, Pace], None]) -> None:
    """From now on, `take_turn` is asked before each call to a host that has a pace; it raises `RateLimited`."""
    global _take_turn  # noqa: PLW0603 (One process has one limiter, as it has one pool of connections.)
    _take_turn = take_turn


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """One account's view of one provider's JSON API."""

    name: str
    """What error messages call the provider."""
    base_url: str
    authorization: str = field(repr=False)
    """The whole Authorization header; empty for a call that needs none."""
    secret: str = field(repr=False)
    """The key inside it, to be struck out of anything the provider says back."""
    pace: Pace | None = None
    patient: bool = False
    """Whether a call waits for its turn, as reading a whole list must, or is `RateLimited`."""

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask something that changes nothing there, so that a lost answer is merely `Retriable`."""
        return self._call(method, path, Retriable, params=params, json=json, data=form)

    def write(self, method: str, path: str, *, json: object = None) -> dict[str, Any]:
        """Change something there: an answer that got lost is `OutcomeUnknown`."""
        return self._call(method, path, OutcomeUnknown, json=json)

    def _call(self, method: str, path: str, lost: type[Retriable], **options: Any) -> dict[str, Any]:
        call = f"{method} {path}"
        url = urljoin(checked_base_url(self.base_url), path)
        if not (self.authorization.isascii() and self.authorization.isprintable()):
            raise Misconfigured("the key holds characters that cannot be sent; copy it again")
        self._await_turn(urlsplit(url).netloc)
        try:
            response = _session().request(
                method,
                url,
                auth=self._sign,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **options,
            )
            content = _read(response)
        except (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError) as error:
            raise Retriable(f"{self.name} could not be reached for {call} ({type(error).__name__})") from None
        except requests.RequestException as error:
            never_sent = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
            raise (Retriable if never_sent else lost)(
                f"{self.name} gave no answer to {call} ({type(error).__name__})"
            ) from None
        return self._judge(response, content, call, lost)

    def _await_turn(self, host: str) -> None:
        if self.pace is None:
            return
        while True:
            try:
                _take_turn(host, self.pace)
            except RateLimited as error:
                if not self.patient:
                    raise
                time.sleep(error.after or self.pace.seconds)
            else:
                return

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """An auth callable rather than a header, since requests lets a ~/.netrc override a header."""
        if self.authorization:
            request.headers["Authorization"] = self.authorization
        return request

    def _judge(self, response: requests.Response, content: bytes, call: str, lost: type[Retriable]) -> dict[str, Any]:
        status = response.status_code
        body: dict[str, Any] | None = {} if status == 204 else self._cleaned(_json(content))
        if 200 <= status < 300 and body is not None:
            return body
        said = f"{self.name} answered {status} to {call}{self._words(body)}"
        if status == 429:
            raise RateLimited(said, after=_retry_after(response))
        if status in {408, 425} or status >= 500:
            raise lost(said, after=_retry_after(response))
        if status in {401, 403, 407}:
            raise Misconfigured(said)
        if 300 <= status < 400:
            # What redirects a write may have carried it out; whether the address is wrong, the next read will tell.
            moved = Misconfigured if lost is Retriable else lost
            raise moved(f"{said}: a redirect, which is not followed with a key; check the base URL")
        if status == 404:
            raise NotFound(said, status=status, body=body)
        if status >= 400:
            raise Rejected(said, status=status, body=body)
        raise lost(f"{said}: not a JSON object, as if something stood between us")

    def _cleaned(self, value: Any, levels: int = DEEPEST) -> Any:
        """The same without our key, and as every database of ours can hold it.

        A short key may be part of an innocent word, and real keys are long; so only these are struck out of data.
        """
        if isinstance(value, str):
            return storable(self._struck(value, shortest=16))
        if (isinstance(value, float) and not math.isfinite(value)) or not levels:
            return None
        if isinstance(value, dict):
            return {self._cleaned(key): self._cleaned(inner, levels - 1) for key, inner in value.items()}
        return [self._cleaned(inner, levels - 1) for inner in value] if isinstance(value, list) else value

    def _struck(self, text: str, shortest: int = 1) -> str:
        """The text without our key, as it is and as it is sent."""
        raw = (self.secret, *self.authorization.split()[1:])
        for secret in (*raw, *map(quote, raw), *map(quote_plus, raw)):
            if len(secret) >= shortest:
                text = text.replace(secret, "[key]")
        return text

    def _words(self, body: object) -> str:
        """What the provider gave as its reason, short, without the key and without addresses."""
        words = ADDRESS.sub("[address]", self._struck(" ".join(_first_text(body).split())))
        return f": {words[:200]}" if words else ""


def storable(text: str) -> str:
    """The text as every database can hold it."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def checked_base_url(url: str) -> str:
    """The URL with a closing slash, if a key may be sent there. Raises `Misconfigured` saying why not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")
        _ = parts.port
    except ValueError:
        raise Misconfigured("the base URL is not an address: its host or its port is impossible") from None
    if not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise Misconfigured(f"the base URL of host {host!r} must be plain: scheme, host and path only")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise Misconfigured(f"the base URL {url!r} must begin with https://, so that the key cannot be read on the way")
    return url if url.endswith("/") else url + "/"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Session(requests.Session):
    """Follows nothing, and does not even look where a redirect leads.

    With ``allow_redirects=False``, requests would still read that answer whole, and trip over an odd address in it.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


def _session() -> requests.Session:
    """This thread's session: connections are reused, cookies are not kept."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = _Session()
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"Accept": "application/json", "User-Agent": "credentials-badges"})
    return session


def _read(response: requests.Response) -> bytes:
    """The body, within bounds: no answer may fill the memory, or hold a worker for longer than its lease."""
    stop, content = time.monotonic() + MOST_SECONDS, bytearray()
    try:
        while part := response.raw.read1(65_536, decode_content=True):
            content += part
            if len(content) > MOST_BYTES or time.monotonic() > stop:
                response.close()
                raise requests.exceptions.ContentDecodingError("the answer does not end")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(type(error).__name__) from None
    return bytes(content)


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        body = json_format.loads(content)
    except (ValueError, RecursionError):  # Also a number of too many digits, or lists too deep.
        return None
    return body if isinstance(body, dict) else None


def _first_text(body: object) -> str:
    """The first human text in an error body; Credly nests it as data.message, Accredible uses errors, error or data."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return next(filter(None, map(_first_text, body)), "")
    if isinstance(body, dict):
        for key in ("message", "error", "errors", "data", *body):
            if text := _first_text(body.get(key)):
                return f"{key} {text}" if key not in {"message", "error", "errors", "data"} else text
    return ""


def _retry_after(response: requests.Response) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:10]), LONGEST_WAIT)
    try:
        return min(max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)
    except (TypeError, ValueError, OverflowError):
        return None
