"""Laurel's API, call by call: paths and paging, but no meaning.

A house (account) has laurels (templates), and gives wreaths (badges). A key opens one house.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, NotFound, Rejected, Retriable
from credentials_badges.http import Api

BASE_URL = "https://api.laurel.example/v1/"
MOST_PAGES = 2_000
"""A list that is longer than this does not end."""
SLUG = re.compile(r"[a-z0-9-]{1,100}")
"""What Laurel's ids are made of: nothing that could bend a path."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LaurelClient:
    """One house at Laurel."""

    account: Account

    def house(self) -> Answer:
        """The house of the key."""
        with _always_there():
            return self._api.read("GET", "house")

    def pages(self, collection: str, **conditions: str) -> Iterator[list[object]]:
        """The pages of ``laurels`` or ``wreaths``; each names the cursor of the next."""
        params = conditions
        for _ in range(MOST_PAGES):
            with _always_there():
                body = self._api.read("GET", collection, params=params)
            rows, cursor = body.get(collection), body.get("next")
            if not isinstance(rows, list) or not isinstance(cursor, str | None):
                raise Retriable(f"Laurel's answer to GET {collection} is no page of a list")
            yield rows
            if cursor is None:
                return
            params = {**conditions, "after": cursor}
        raise Retriable(f"Laurel's list of {collection} does not end after {MOST_PAGES} pages")

    def one(self, collection: str, slug: str) -> Answer:
        """One of the ``laurels``, ``wreaths`` or ``notices``. Raises `NotFound`."""
        return self._api.read("GET", _path(collection, slug))

    def give(self, body: Mapping[str, Any]) -> Answer:
        """Give a wreath; returns its row."""
        with _always_there():
            return self._api.write("POST", "wreaths", json=body)

    def amend(self, slug: str, body: Mapping[str, Any]) -> Answer:
        """Change a wreath; returns its row. Raises `NotFound`."""
        return self._api.write("PATCH", _path("wreaths", slug), json=body)

    def withdraw(self, slug: str) -> None:
        """Delete a wreath. Raises `NotFound`."""
        self._api.write("DELETE", _path("wreaths", slug))

    @property
    def _api(self) -> Api:
        base_url, key = self.account.base_url or BASE_URL, self.account.api_key
        return Api(name="Laurel", base_url=base_url, authorization=f"Bearer {key}", secret=key)


@contextmanager
def _always_there() -> Iterator[None]:
    """For a path that every house has: a 404 there says that the address is wrong."""
    try:
        yield
    except NotFound:
        raise Misconfigured("Laurel is not at this address; check the account's base URL") from None


def _path(collection: str, slug: str) -> str:
    if not SLUG.fullmatch(slug):
        raise Rejected("this is not an id that Laurel could have given")
    return f"{collection}/{slug}"
