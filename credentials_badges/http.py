"""The one way out over HTTP, and the only place that knows what a provider's status codes mean.

Each code becomes an error named by its cure (`contract.errors`). Nothing is retried here: retrying is the outbox
row's business. A key is sent only to https addresses, or to this machine, and redirects are never followed.
"""

import ipaddress
import json as json_format
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, quote, quote_plus, urljoin, urlsplit

import requests
import urllib3

from credentials_badges.contract.errors import Misconfigured, NotFound, OutcomeUnknown, RateLimited, Rejected, Retriable
from credentials_badges.measuring import measured
from credentials_badges.sessions import Session

CONNECT_SECONDS = 5
READ_SECONDS = 30
POST_READ_SECONDS = 10
MOST_SECONDS = 40.0
"""What an answer's body may take as a whole: `READ_SECONDS` only limits the silence between two of its bytes."""
MOST_BYTES = 20_000_000
LONGEST_WAIT = 86_400.0
"""Seconds for which a provider may ask us to wait."""
DEEPEST = 30
"""Levels of nesting that are kept: MariaDB's JSON has 32."""
# Without the bounds, a long answer without spaces would take time in the square of its length.
ADDRESS = re.compile(r"(?:\"[^\"]{0,64}\"|[^\s@<>\",;]{1,64})(?:@|%40)[^\s@<>\"',;]+")
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
        host = urlsplit(url).netloc
        self._await_turn(host)
        with measured(host):
            try:
                response = _send(method, url, self._sign, READ_SECONDS, **options)
                content = _read(response)
            except (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError) as error:
                raise Retriable(f"{self.name} could not be reached for {call} ({type(error).__name__})") from None
            except requests.RequestException as error:
                never_sent = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
                kind = Retriable if never_sent else lost
                raise kind(f"{self.name} gave no answer to {call} ({type(error).__name__})") from None
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


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Tell somebody something; returns the status code, and reads nothing else of the answer.

    Raises `Retriable` if there is none, and `Misconfigured` if the address is not one that may be called.
    """
    host = _checked(url, "the address").hostname
    try:
        with _send("POST", url, lambda unsigned: unsigned, POST_READ_SECONDS, data=body, headers=headers) as response:
            return response.status_code
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader) as error:
        raise Misconfigured(f"nothing can be sent to {host!r} like that ({type(error).__name__})") from None
    except requests.RequestException as error:
        raise Retriable(f"{host!r} gave no answer ({type(error).__name__})") from None


def checked_base_url(url: str) -> str:
    """The URL with a closing slash, if a key may be sent there. Raises `Misconfigured` saying why not."""
    if _checked(url, "the base URL").query:
        raise Misconfigured("the base URL must be plain: scheme, host and path only")
    return url if url.endswith("/") else url + "/"


def _checked(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")
        _ = parts.port
    except ValueError:
        raise Misconfigured(f"{what} is not one: its host or its port is impossible") from None
    if not host or "@" in parts.netloc or parts.fragment:
        raise Misconfigured(f"{what} of host {host!r} must be plain: scheme, host and path only")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise Misconfigured(f"{what} of host {host!r} must begin with https://, so that nobody can read it on the way")
    return parts


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _session() -> requests.Session:
    """This thread's session."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = Session()
    return session


def _send(
    method: str, url: str, sign: Callable[[requests.PreparedRequest], Any], seconds: float, **options: Any
) -> requests.Response:
    """Send it; the answer's body is not read. `sign` keeps requests from looking for a password in a ~/.netrc."""
    timeout = (CONNECT_SECONDS, seconds)
    return _session().request(method, url, auth=sign, timeout=timeout, allow_redirects=False, stream=True, **options)


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
