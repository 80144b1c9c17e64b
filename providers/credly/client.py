"""Credly's web service, call by call: paths, paging and the filter language, but no meaning.

Reference: https://www.credly.com/docs/web_service_api
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, NotFound, Rejected, Retriable
from credentials_badges.http import Api
from providers.credly import oauth
from providers.credly.options import CLIENT_ID, chosen

BASE_URL = "https://api.credly.com/v1/"
PER_PAGE = 50
MOST_PAGES = 2_000
"""A list that is longer than this does not end."""
ID = re.compile(r"[A-Za-z0-9_-]+")
"""Credly's ids are UUIDs. Anything that cannot bend a path passes."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CredlyClient:
    """One organization at Credly, through its authorization token or as an OAuth client."""

    account: Account

    @classmethod
    def of(cls, account: Account) -> "CredlyClient":
        """The client of that account. Raises `Misconfigured` if its id, which a person typed, would bend the path.

        An account without an id, which is not known yet, can only ask for `organizations`.
        """
        if account.external_id and not ID.fullmatch(account.external_id):
            raise Misconfigured(f"{account.external_id!r} is not the id of a Credly organization")
        return cls(account)

    def organization(self) -> object:
        """The organization's own row: https://www.credly.com/docs/organizations"""
        return self._read(self._path()).get("data")

    def organizations(self) -> list[object]:
        """The organizations that the key can see, at least the first fifty: https://www.credly.com/docs/organizations"""
        rows = self._signed(lambda api: api.read("GET", "organizations")).get("data")
        return rows if isinstance(rows, list) else []

    def authorization_tokens(self) -> Iterator[object]:
        """The organization's keys, which Credly shows in full: https://www.credly.com/docs/authorization_tokens

        Nothing is struck from this answer, or our own key could not be told from the others.
        """
        for _, rows in self._pages("authorization_tokens", {}, unstruck=True):
            yield from rows

    def template_pages(self) -> Iterator[tuple[int, list[object]]]:
        """Page numbers with their rows of active templates: https://www.credly.com/docs/badge_templates

        Oldest first, because new templates then join at the end and move none from page to page.
        """
        return self._pages("badge_templates", {"filter": "state::active", "sort": "created_at"})

    def template(self, template_id: str) -> object:
        """One template, in whatever state it is. Raises `NotFound`."""
        return self._signed(lambda api: api.read("GET", self._path("badge_templates", template_id))).get("data")

    def badges(self, **conditions: str) -> Iterator[object]:
        """Rows of all issued badges that meet every condition: https://www.credly.com/docs/issued_badges

        Nothing if a value is empty or holds ``|`` or ``::``, since Credly's filters have no way to quote these.
        """
        if any(not value or "|" in value or "::" in value for value in conditions.values()):
            return
        wanted = "|".join(f"{key}::{value}" for key, value in conditions.items())
        for _, rows in self._pages("badges", {"filter": wanted} if wanted else {}):
            yield from rows

    def badge_pages(self) -> Iterator[tuple[int, list[object]]]:
        """Page numbers with their rows of all issued badges, in bulk if Credly lets us."""
        bulk = self._bulk()
        try:
            first = next(bulk)
        except (Rejected, Misconfigured):
            yield from self._pages("badges", {})
        else:
            yield first
            yield from bulk

    def event_pages(self) -> Iterator[tuple[int, list[object]]]:
        """Page numbers with their rows of events, in an order that is not documented: https://www.credly.com/docs/webhooks"""
        return self._pages("events", {})

    def event(self, event_id: str) -> object:
        """One event. Raises `NotFound`."""
        return self._signed(lambda api: api.read("GET", self._path("events", event_id))).get("data")

    def issue(self, body: Mapping[str, Any]) -> object:
        """Issue a badge; returns its row: https://www.credly.com/docs/issued_badges"""
        try:
            return self._write("POST", self._path("badges"), body).get("data")
        except NotFound:
            raise self._no_such_organization() from None

    def issue_batch(self, bodies: Sequence[Mapping[str, Any]]) -> object:
        """Issue all of those badges or, with 422, none; returns their rows in the same order."""
        return self._write("POST", self._path("badges", "batch"), {"badges": bodies}).get("data")

    def badge(self, badge_id: str) -> object:
        """One issued badge. Raises `NotFound`, perhaps for every badge: Credly's pages do not promise this call."""
        return self._signed(lambda api: api.read("GET", self._path("badges", badge_id))).get("data")

    def replace(self, badge_id: str, body: Mapping[str, Any]) -> object:
        """Put a new badge in the place of that one; returns the new row: https://www.credly.com/docs/issued_badges"""
        return self._write("POST", self._path("badges", badge_id, "replace"), body).get("data")

    def revoke(self, badge_id: str, body: Mapping[str, Any]) -> object:
        """Revoke a badge; returns its row: https://www.credly.com/docs/issued_badges"""
        return self._write("PUT", self._path("badges", badge_id, "revoke"), body).get("data")

    def erase(self, badge_id: str) -> None:
        """Delete a badge, which Credly means for the protection of data: https://www.credly.com/docs/issued_badges"""
        self._write("DELETE", self._path("badges", badge_id), None)

    def _pages(
        self, collection: str, params: Mapping[str, str], *, unstruck: bool = False
    ) -> Iterator[tuple[int, list[object]]]:
        """Count the pages ourselves: ``next_page_url`` may drop the filter, and names another path (``/api/v1``).

        Raises `Retriable` if a list grows shorter while it is read: a row may then have slipped to a page that is
        behind us, and a template that was not seen would be taken for one that is gone.
        """
        path = self._path(collection)
        before, last = 0, list[object]()
        for page in range(1, MOST_PAGES + 1):
            body = self._read(path, {**params, "page": str(page)}, unstruck=unstruck)
            total = _paging(body, "total_count")
            if total < before:
                raise Retriable(f"Credly's list at {path} changed while it was being read")
            before, rows = total, _rows(body, path, page)
            yield page, rows
            # Where no paging is told, a full page has another behind it, unless Credly gives the same one again.
            untold = not _paging(body, "total_pages") and len(rows) >= PER_PAGE and rows != last
            if not rows or not (untold or page < _paging(body, "total_pages") or _next_link(body)):
                return
            last = rows
        raise Retriable(f"Credly's list at {path} does not end after {MOST_PAGES} pages")

    def _bulk(self) -> Iterator[tuple[int, list[object]]]:
        """All badges through the search for high volumes, whose only paging is the address of the next page.

        Of that address only the query is taken: the key goes to no host and no path that an answer names. The short
        form of the rows would not do, since it does not tell which badges were replaced.
        """
        path, params = self._path("high_volume_issued_badge_search"), {"badge_format": "default"}
        asked: list[dict[str, str]] = []
        for page in range(1, MOST_PAGES + 1):
            body = self._read(path, params)
            yield page, _rows(body, path, page)
            asked.append(params)
            params = {**_next_query(body), "badge_format": "default"}
            if params in asked:
                return
        raise Retriable(f"Credly's list at {path} does not end after {MOST_PAGES} pages")

    def _read(self, path: str, params: Mapping[str, str] | None = None, *, unstruck: bool = False) -> Answer:
        """Read what must be there if the organization is."""

        def call(api: Api) -> Answer:
            return (replace(api, secret="") if unstruck else api).read("GET", path, params=params)

        try:
            return self._signed(call)
        except NotFound:
            raise self._no_such_organization() from None

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        return self._signed(lambda api: api.write(method, path, json=body))

    def _signed(self, call: Callable[[Api], Answer]) -> Answer:
        """What Credly answers to a call with a token or, if the account is an OAuth client, with an access token."""
        if chosen(self.account, CLIENT_ID):
            return oauth.with_token(self.account, lambda token: call(self._api(f"Bearer {token}")))
        # The token is the user name and the password is empty: https://www.credly.com/docs/web_service_api
        token = base64.b64encode(f"{self.account.api_key}:".encode()).decode()
        return call(self._api(f"Basic {token}"))

    def _api(self, authorization: str) -> Api:
        base_url = self.account.base_url or BASE_URL
        return Api(name="Credly", base_url=base_url, authorization=authorization, secret=self.account.api_key)

    def _path(self, *parts: str) -> str:
        """A path below the organization's. Raises `Rejected` for an id that would bend it."""
        if not self.account.external_id:
            raise Misconfigured("the account does not say which organization at Credly it is")
        if not all(map(ID.fullmatch, parts)):
            raise Rejected("this is not an id that Credly could have given")
        return "/".join(["organizations", self.account.external_id, *parts])

    def _no_such_organization(self) -> Misconfigured:
        """What a 404 means wherever the organization is the only thing that the path names."""
        return Misconfigured(f"Credly knows no organization {self.account.external_id!r}; check the account's id")


def _rows(body: Answer, path: str, page: int) -> list[object]:
    rows = body.get("data")
    if not isinstance(rows, list):
        raise Retriable(f"Credly's answer to GET {path}, page {page}, is not a list")
    return rows


def _next_link(body: Answer) -> str:
    """The address of the next page; empty if there is none."""
    metadata = body.get("metadata")
    link = metadata.get("next_page_url") if isinstance(metadata, dict) else None
    return link if isinstance(link, str) else ""


def _next_query(body: Answer) -> dict[str, str]:
    """The query of that address."""
    try:
        return dict(parse_qsl(urlsplit(_next_link(body)).query))
    except ValueError:
        return {}


def _paging(body: Answer, key: str) -> int:
    """A number from the paging data, 0 where there is none."""
    metadata = body.get("metadata")
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, int) else 0
