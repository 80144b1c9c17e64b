"""Access tokens for accounts that are OAuth clients: fetched when needed, kept in this process until they end.

Reference: https://www.credly.com/docs/oauth
"""

import hashlib
import json
import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar
from urllib.parse import quote

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, Rejected, Retriable
from credentials_badges.http import Api, checked_base_url
from providers.credly.options import CLIENT_ID, TOKEN_URL, chosen

SCOPE = "badge_templates issued_badges events"
MARGIN = 60.0
"""Seconds before its end from which a token is not used: the call itself takes time."""
UNTOLD = 600.0
"""Seconds for which a token is kept if the answer does not tell."""
LONGEST = 86_400.0

T = TypeVar("T")


class _Grant:
    """The token of one client; its lock lets many threads wait for one request instead of making many."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token = ""
        self.ends = 0.0


_grants: dict[bytes, _Grant] = {}
"""By a hash of everything that a token depends on, so that no secret is a key here."""


def with_token(account: Account, call: Callable[[str], T]) -> T:
    """What `call` makes of an access token; if it refuses one that was kept, once more with a fresh one.

    A call that was refused did nothing, so this is as safe for calls that write.
    """
    grant = _grant(account)
    with grant.lock:
        kept = monotonic() < grant.ends
        token = grant.token if kept else _fetch(account, grant)
    try:
        return call(token)
    except Misconfigured:
        if not kept:
            raise
    with grant.lock:
        # Another thread may have met the same refusal, and fetched one already.
        token = grant.token if grant.token != token and monotonic() < grant.ends else _fetch(account, grant)
    return call(token)


def _grant(account: Account) -> _Grant:
    facts = json.dumps([chosen(account, TOKEN_URL), chosen(account, CLIENT_ID), account.api_key])
    return _grants.setdefault(hashlib.sha256(facts.encode()).digest(), _Grant())


def _fetch(account: Account, grant: _Grant) -> str:
    """A fresh token, which the grant keeps. Raises `Misconfigured` if the client is not known there."""
    grant.token, grant.ends = "", 0.0
    base_url, _, name = checked_base_url(chosen(account, TOKEN_URL)).rstrip("/").rpartition("/")
    api = Api(name="Credly", base_url=base_url, authorization="", secret=account.api_key)
    form = {
        "client_id": chosen(account, CLIENT_ID),
        "client_secret": account.api_key,
        "grant_type": "client_credentials",
        "scope": SCOPE,
    }
    try:
        answer = api.read("POST", quote(name), form=form)
    except Rejected as error:
        raise Misconfigured(f"{error}; check the client's id, its secret and the token address") from None
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token:
        raise Retriable("Credly's answer to the request for an access token holds none")
    grant.token = token
    grant.ends = monotonic() + (min(seconds, LONGEST) if isinstance(seconds, int | float) else UNTOLD) - MARGIN
    return token
