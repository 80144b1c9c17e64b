"""Credly's web service, call by call: paths, paging and the filter language, but no meaning.

Reference: https://www.credly.com/docs/web_service_api
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, NotFound, Retriable
from credentials_badges.http import Api

BASE_URL = "https://api.credly.com/v1/"
MOST_PAGES = 2_000
"""A list that is longer than this does not end."""
ORGANIZATION_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class CredlyClient:
    """One organization at Credly, through its authorization token."""

    api: Api
    organization_id: str

    @classmethod
    def of(cls, account: Account) -> "CredlyClient":
        """The client of that account. Raises `Misconfigured` if its id, which a person typed, would bend the path.

        An account without an id, which is not known yet, can only ask for `organizations`.
        """
        if account.external_id and not ORGANIZATION_ID.fullmatch(account.external_id):
            raise Misconfigured(f"{account.external_id!r} is not the id of a Credly organization")
        # The token is the user name and the password is empty: https://www.credly.com/docs/web_service_api
        token = base64.b64encode(f"{account.api_key}:".encode()).decode()
        api = Api(
            name="Credly",
            base_url=account.base_url or BASE_URL,
            authorization=f"Basic {token}",
            secret=account.api_key,
        )
        return cls(api, account.external_id)

    def organization(self) -> object:
        """The organization's own row: https://www.credly.com/docs/organizations"""
        return self._read(self._path()).get("data")

    def organizations(self) -> list[object]:
        """The organizations that the key can see, at least the first fifty: https://www.credly.com/docs/organizations"""
        rows = self.api.read("GET", "organizations").get("data")
        return rows if isinstance(rows, list) else []

    def template_pages(self) -> Iterator[tuple[int, list[object]]]:
        """Page numbers with their rows of active templates: https://www.credly.com/docs/badge_templates

        Oldest first, because new templates then join at the end and move none from page to page.
        """
        return self._pages("badge_templates", {"filter": "state::active", "sort": "created_at"})

    def badges(self, **conditions: str) -> Iterator[object]:
        """Rows of all issued badges that meet every condition: https://www.credly.com/docs/issued_badges

        Nothing if a value is empty or holds ``|`` or ``::``, since Credly's filters have no way to quote these.
        """
        if any(not value or "|" in value or "::" in value for value in conditions.values()):
            return
        wanted = "|".join(f"{key}::{value}" for key, value in conditions.items())
        for _, rows in self._pages("badges", {"filter": wanted}):
            yield from rows

    def issue(self, body: Mapping[str, Any]) -> object:
        """Issue a badge; returns its row: https://www.credly.com/docs/issued_badges"""
        try:
            return self.api.write("POST", self._path("badges"), json=body).get("data")
        except NotFound:
            raise self._no_such_organization() from None

    def badge(self, badge_id: str) -> object:
        """One issued badge. Raises `NotFound`, perhaps for every badge: Credly's pages do not promise this call."""
        return self.api.read("GET", self._path("badges", badge_id)).get("data")

    def revoke(self, badge_id: str, reason: str) -> object:
        """Revoke a badge; returns its row: https://www.credly.com/docs/issued_badges"""
        return self.api.write("PUT", self._path("badges", badge_id, "revoke"), json={"reason": reason}).get("data")

    def _pages(self, collection: str, params: Mapping[str, str]) -> Iterator[tuple[int, list[object]]]:
        """Count the pages ourselves: ``next_page_url`` may drop the filter, and names another path (``/api/v1``).

        Raises `Retriable` if a list grows shorter while it is read: a row may then have slipped to a page that is
        behind us, and a template that was not seen would be taken for one that is gone.
        """
        path = self._path(collection)
        before = 0
        for page in range(1, MOST_PAGES + 1):
            body = self._read(path, {**params, "page": str(page)})
            rows = body.get("data")
            if not isinstance(rows, list):
                raise Retriable(f"Credly's answer to GET {path}, page {page}, is not a list")
            total = _paging(body, "total_count")
            if total < before:
                raise Retriable(f"Credly's list at {path} changed while it was being read")
            before = total
            yield page, rows
            if not rows or page >= _paging(body, "total_pages"):
                return
        raise Retriable(f"Credly's list at {path} does not end after {MOST_PAGES} pages")

    def _read(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            return self.api.read("GET", path, params=params)
        except NotFound:
            raise self._no_such_organization() from None

    def _path(self, *parts: str) -> str:
        if not self.organization_id:
            raise Misconfigured("the account does not say which organization at Credly it is")
        return "/".join(["organizations", *(quote(part, safe="") for part in (self.organization_id, *parts))])

    def _no_such_organization(self) -> Misconfigured:
        """What a 404 means wherever the organization is the only thing that the path names."""
        return Misconfigured(f"Credly knows no organization {self.organization_id!r}; check the account's id")


def _paging(body: Mapping[str, Any], key: str) -> int:
    """A number from the paging data, 0 where there is none: an answer without paging is the only page."""
    metadata = body.get("metadata")
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, int) else 0
