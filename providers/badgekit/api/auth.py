"""Who may make a call: the holder of a consumer's secret about its system, and the holder of the master's about all.

The token names the call's method, path and body, so that it is good for nothing else. What is missing is told in the
order and in the words of BadgeKit, except that nobody is told which hash would have been right.
Source: https://github.com/mozilla/badgekit-api/blob/master/docs/authorization.md
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from django.conf import settings

from providers.badgekit import signing
from providers.badgekit.api.calls import BODILESS, Call, sent_to, tidy
from providers.badgekit.api.columns import UNSTORABLE
from providers.badgekit.api.errors import not_authorized
from providers.badgekit.models import Consumer
from providers.badgekit.models.folding import folded

HEADER = re.compile(r'JWT token="([^"\r\n]+)"')
MASTER = "master"
EXTENSIONS = frozenset({"crit", "b64"})
"""Header parameters that ask for more than BadgeKit's tokens have."""


def authorize(call: Call) -> str:
    """The key of the caller, who may make the call. Raises ApiError (403), saying what is missing."""
    found = HEADER.fullmatch(call.request.headers.get("Authorization", ""))
    if not found:
        raise not_authorized("Missing valid Authorization header")
    token = found[1]
    claims = _claims(token)
    _check_method(call, claims)
    _check_path(call, claims)
    _check_time(claims)
    if call.request.method not in BODILESS:
        _check_body(call, claims)
    if not signing.verify(token, _secret(call, claims)):
        raise not_authorized("Invalid token signature")
    return str(claims["key"])


def _claims(token: str) -> Mapping[str, Any]:
    """What the token says, of which nothing is believed yet. One that does not say it is a JWT says nothing at all."""
    head, _, rest = token.partition(".")
    payload = _part(rest.partition(".")[0])
    if not payload:
        raise not_authorized("Missing JWT payload")
    typed = _part(head)
    is_jwt = isinstance(typed, dict) and typed.get("typ") == "JWT" and not typed.keys() & EXTENSIONS
    return payload if is_jwt and isinstance(payload, dict) else {}


def _part(text: str) -> object:
    try:
        return json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None


def _check_method(call: Call, claims: Mapping[str, Any]) -> None:
    method = claims.get("method")
    if not method or not isinstance(method, str):
        raise not_authorized("Missing JWT claim: method")
    if method.upper() != call.request.method:
        raise not_authorized(f'`method` does not match: using "{method}" token for "{call.request.method}" request')


def _check_path(call: Call, claims: Mapping[str, Any]) -> None:
    path = claims.get("path")
    if not path:
        raise not_authorized("Missing JWT claim: path")
    called = sent_to(call.request)
    if not isinstance(path, str) or _plain(path) != _plain(called):
        raise not_authorized(f'`path` does not match: trying to use token for "{path}" on "{called}"')


def _plain(path: str) -> tuple[str, str]:
    """Path and query. Servers differ in how they hand on escapes and spare slashes, so neither is compared."""
    path, _, query = path.partition("?")
    return tidy(unquote(path)), query


def _check_time(claims: Mapping[str, Any]) -> None:
    expires, now = claims.get("exp"), int(time.time())
    try:
        over = bool(expires) and float(expires) <= now  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        over = False  # As in BadgeKit, what is no number sets no end.
    if over:
        raise not_authorized(f"Token is expired (token expiry: {expires}, server time: {now}")


def _check_body(call: Call, claims: Mapping[str, Any]) -> None:
    body = claims.get("body")
    if not body and not call.body:
        return  # Some clients sign an empty body, others none.
    if not body:
        raise not_authorized("Missing JWT claim: body")
    algorithm, given = (body.get(name) if isinstance(body, dict) else None for name in ("alg", "hash"))
    if not algorithm:
        raise not_authorized("Missing JWT claim: body.alg")
    if not given:
        raise not_authorized("Missing JWT claim: body.hash")
    try:
        computed = signing.digest(call.body, str(algorithm))
    except ValueError:
        raise not_authorized(f"Could not calculate hash, unsupported algorithm: {algorithm}") from None
    if not hmac.compare_digest(computed.encode(), str(given).encode(errors="replace")):
        raise not_authorized("Computed hash does not match given hash")


def _secret(call: Call, claims: Mapping[str, Any]) -> str:
    key = claims.get("key")
    if not key:
        raise not_authorized("Missing JWT claim: key")
    unknown = not_authorized("Could not find consumer for API key")
    if key == MASTER:
        if not settings.BADGEKIT_MASTER_SECRET:
            raise unknown
        return str(settings.BADGEKIT_MASTER_SECRET)
    if not isinstance(key, str) or UNSTORABLE.search(key):
        raise unknown
    consumer = Consumer.objects.select_related("system").filter(compared_key=folded(key)).first()
    if consumer is None:
        raise unknown
    system = consumer.system
    if system.deleted_at or call.params.get("system") != system.slug:
        raise not_authorized("Invalid token for system")
    return str(consumer.api_secret)
