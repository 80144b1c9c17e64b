"""Accredible's paths and pages; what the rows mean is told in `mapping`.

Accredible describes this API at https://docs.api.accredible.com: version 1, beside it version 2 for the search of
credentials. Every success is a 200, and some failures are too: those say ``success: false``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import OutcomeUnknown, Rejected, Retriable
from credentials_badges.http import Api

NAME = "Accredible"
DEFAULT_BASE_URL = "https://api.accredible.com/v1/"
PAGE_SIZE = 50
MOST_PAGES = 2_000
"""A list that is longer than this does not end."""
"""Accredible's own default; the largest size that it allows is not documented."""

Row = dict[str, Any]


class Client:
    """One account's calls. Each method raises the errors of `Api`, and `Rejected` for an answer without its rows."""

    def __init__(self, account: Account) -> None:
        # Operators write the address with and without "v1/"; version 2 lives beside it, so both are cut to the root.
        root = re.sub(r"/v1/?$", "/", account.base_url or DEFAULT_BASE_URL)
        self._api = Api(
            name=NAME,
            base_url=root,
            # Other forms are in use in the wild (Token KEY, Bearer KEY); only this one is documented.
            authorization=f"Token token={account.api_key}",
            secret=account.api_key,
        )

    def issuer(self) -> Row:
        """The account itself, which is the cheapest proof that a key works."""
        issuer = self._read("GET", "v1/issuer/details").get("issuer")
        if not isinstance(issuer, dict) or not issuer.get("id"):
            raise Rejected(f"{NAME} answered without saying who the issuer is")
        return issuer

    def group_pages(self) -> Iterator[tuple[int, list[Any]]]:
        """Pages of groups as (page number, rows), by the search that replaces the deprecated ``all_groups``."""
        page = 1
        for _ in range(MOST_PAGES):
            body = self._read("POST", "v1/issuer/groups/search", {"page_size": PAGE_SIZE, "page": page})
            rows = _rows(body, "groups")
            if not rows:
                return
            yield page, rows
            # Accredible's own examples show total_pages disagreeing with next_page; next_page is the one to trust.
            meta = body.get("meta")
            following = meta.get("next_page") if isinstance(meta, dict) else None
            if not isinstance(following, int) or following <= page:
                return
            page = following
        raise Retriable(f"{NAME}'s list of groups does not end after {MOST_PAGES} pages")

    def designs(self) -> Iterator[Any]:
        """Rows of all designs. The answer has no page count, so a short page (or one that repeats) is the last."""
        previous: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            rows = _rows(self._read("POST", "v1/designs/search", {"page_size": PAGE_SIZE, "page": page}), "designs")
            if rows == previous:
                return
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            previous = rows

    def create(self, credential: Mapping[str, Any]) -> Row:
        """Store a credential, and publish it while the account has credits."""
        return _credential(self._write("POST", "v1/credentials", {"credential": credential}), OutcomeUnknown)

    def credential(self, credential_id: str) -> Row:
        """One credential, by Accredible's id or by the id that we gave it."""
        return _credential(self._read("GET", _path(credential_id)), Retriable)

    def search(self, query: Mapping[str, Any]) -> list[Any]:
        """Rows of credentials that match every key of the query. Written ones appear in it only after a while."""
        body = self._read("POST", "v2/credentials/search", {"query": query, "page": {"from": 0, "size": PAGE_SIZE}})
        return _rows(body, "credentials")

    def update(self, credential_id: str, changes: Mapping[str, Any]) -> Row:
        """Change some fields: PUT takes a part of a credential, and PATCH is not documented."""
        return _credential(self._write("PUT", _path(credential_id), {"credential": changes}), OutcomeUnknown)

    def _read(self, method: str, path: str, json: object = None) -> Row:
        return _accepted(self._api.read(method, path, json=json), f"{method} {path}")

    def _write(self, method: str, path: str, json: object) -> Row:
        return _accepted(self._api.write(method, path, json=json), f"{method} {path}")


def _path(credential_id: str) -> str:
    return f"v1/credentials/{quote(credential_id, safe='')}"


def _accepted(body: Row, call: str) -> Row:
    if body.get("success") is False:
        raise Rejected(f"{NAME} answered success: false to {call}", status=200, body=body)
    return body


def _rows(body: Row, name: str) -> list[Any]:
    """The rows under that name. None at all must not be taken for an empty list: it would archive every template."""
    rows = body.get(name)
    if not isinstance(rows, list):
        raise Rejected(f"{NAME} answered without a list of {name}", status=200, body=body)
    return rows


def _credential(body: Row, otherwise: type[Retriable]) -> Row:
    row = body.get("credential")
    if not isinstance(row, dict) or not row.get("id"):
        raise otherwise(f"{NAME} answered without a credential that has an id")
    return row
