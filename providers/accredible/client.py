"""Accredible's paths and pages; what the rows mean is told in `mapping`.

Accredible describes this API at https://docs.api.accredible.com: version 1, beside it version 2 for the search of
credentials and for creating several at once. Some failures come as a 200: those say ``success: false``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import quote

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, NotFound, OutcomeUnknown, Rejected, Retriable
from credentials_badges.http import ADDRESS, Api, Pace
from providers.accredible.mapping import identifier

NAME = "Accredible"
BASE_URLS = {
    "us": "https://api.accredible.com/v1/",
    "eu": "https://eu.api.accredible.com/v1/",
    "sandbox": "https://sandbox.api.accredible.com/v1/",
}
PACE = Pace(calls=33, seconds=6)
"""2,000 calls in 5 minutes are allowed to one address, counted by 30 seconds (https://docs.api.accredible.com, "Rate
Limiting"). No 30 seconds touch more than six windows of this length, so they never hold more than 198 calls."""
PAGE_SIZE = 50
"""Accredible's own default; the largest size that it allows is not documented."""
MOST_PAGES = 20_000
"""A list that is longer than this does not end."""
REACH = 10_000
"""Credentials that version 2 pages through without a cursor."""
VERSION_1 = {
    "group.id": "group_id",
    "license_id": "license_id",
    "recipient_email": "recipient.email",
    "recipient_id": "recipient.id",
    "updated_at[gte]": "start_updated_date",
}
"""Our keys of a search of version 2, as version 1 calls them."""
ABSENT = re.compile(r"no credential with|(doesn't|does not) exist|not found", re.IGNORECASE)
"""How ``success: false`` says that something is not there, in Accredible's own examples."""
BAD_KEY = re.compile(r"\b(issuer_)?token\b", re.IGNORECASE)
"""How it says that the key is wrong: Accredible's own client is told ``issuer_token not valid``
(github.com/accredible/moodle-mod_accredible)."""

Row: TypeAlias = dict[str, Any]
Pages: TypeAlias = Iterator[tuple[int, list[Any]]]
"""Each page with its number, for messages. A row may come twice, if another one is written meanwhile."""


class Client:
    """One account's calls. Each method raises the errors of `Api`, and `Retriable` for an answer without its rows."""

    def __init__(self, account: Account, *, patient: bool = False) -> None:
        # Operators write the address with and without "v1/"; version 2 lives beside it, so both are cut to the root.
        root = re.sub(r"/v1/?$", "/", account.base_url or BASE_URLS["us"])
        self._api = Api(
            name=NAME,
            base_url=root,
            # Other forms are in use in the wild (Token KEY, Bearer KEY); only this one is documented.
            authorization=f"Token token={account.api_key}",
            secret=account.api_key,
            pace=PACE,
            patient=patient,
        )

    def issuer(self) -> Row:
        """The account itself, which is the cheapest proof that a key works."""
        issuer = self._read("GET", "v1/issuer/details").get("issuer")
        if not isinstance(issuer, dict) or not issuer.get("id"):
            raise Retriable(f"{NAME} answered without saying who the issuer is")
        return issuer

    def group_pages(self, updated_since: date | None = None) -> Pages:
        """Groups, by the search that replaces the deprecated ``all_groups``."""
        query = {"start_updated_date": updated_since.isoformat()} if updated_since else {}
        return self._numbered_pages("v1/issuer/groups/search", "groups", query)

    def designs(self) -> Iterator[Any]:
        """Rows of all designs. The answer has no page count, so a short page (or one that repeats) is the last."""
        previous: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            rows = self._read("POST", "v1/designs/search", {"page_size": PAGE_SIZE, "page": page}).get("designs")
            if not isinstance(rows, list) or rows == previous:
                return
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            previous = rows

    def credential_pages(self, query: Mapping[str, Any]) -> Pages:
        """Credentials that match every key of the query. Written ones appear among them only after a while.

        Version 1 is deprecated, and asked only where version 2 is not there. Its rows lack the group, the approval and
        our ids, so each credential is read by itself.
        """
        try:
            yield from self._searched(query)
        except NotFound:
            older = {VERSION_1[key]: str(value) for key, value in query.items()}
            for number, rows in self._numbered_pages("v1/credentials/search", "credentials", older):
                yield number, list(self._whole(rows))

    def create(self, credential: Mapping[str, Any]) -> Row:
        """Store a credential, and publish it while the account has credits."""
        row = _credential(self._write("POST", "v1/credentials", {"credential": credential}))
        if row is None:
            raise OutcomeUnknown(f"{NAME} answered without a credential that has an id")
        return row

    def create_many(self, credentials: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Store up to 30 credentials; what became of each. A refusal without such results stored none of them."""
        try:
            body: Mapping[str, Any] = self._write("POST", "v2/credentials/bulk_create", {"credentials": credentials})
        except Rejected as refusal:
            if not isinstance(refusal.body.get("results"), list):
                raise
            body = refusal.body
        results = body.get("results")
        if not isinstance(results, list):
            raise OutcomeUnknown(f"{NAME} answered without saying what became of each credential")
        return results

    def credential(self, credential_id: str) -> Row:
        """One credential, by Accredible's id or by the id that we gave it.

        A private one may be refused as a bad key is (https://docs.api.accredible.com), so the key is tried elsewhere.
        """
        try:
            row = _credential(self._read("GET", _path(credential_id)))
        except Misconfigured as error:
            self.issuer()
            raise Rejected(f"{NAME} keeps this one credential from the key: {error}", status=403) from None
        if row is None:
            raise Retriable(f"{NAME} answered without a credential that has an id")
        return row

    def update(self, credential_id: str, changes: Mapping[str, Any]) -> Row:
        """Change some fields: PUT takes a part of a credential, and PATCH is not documented.

        Nor is the body of the answer, so that a credential without it is read once more.
        """
        body = self._write("PUT", _path(credential_id), {"credential": changes})
        return _same(_credential(body) or self.credential(credential_id), credential_id)

    def delete(self, credential_id: str) -> None:
        """Remove a credential and its page for good."""
        if row := _credential(self._write("DELETE", _path(credential_id))):
            _same(row, credential_id)

    def _searched(self, query: Mapping[str, Any]) -> Pages:
        """Pages of version 2: by cursor where an answer gives one, otherwise by offset as far as that reaches.

        How the last page tells itself is not documented (https://docs.api.accredible.com), so each sign is taken.
        """
        page: Row = {"from": 0, "size": PAGE_SIZE}
        previous: list[Any] = []
        for number in range(1, MOST_PAGES + 1):
            sent = {"query": query, "sort": {"id": "asc"}, "page": page}
            body = self._read("POST", "v2/credentials/search", sent)
            rows = _rows(body, "credentials")
            if not rows or rows == previous:
                return
            yield number, rows
            cursor = _meta(body).get("cursor")
            if isinstance(cursor, str) and cursor not in {"", page.get("cursor")}:
                page = {"cursor": cursor, "size": PAGE_SIZE}
            elif "cursor" in page or len(rows) < PAGE_SIZE:
                return
            elif page["from"] + 2 * PAGE_SIZE > REACH:
                yield from self._by_group(query)
                return
            else:
                page = {"from": page["from"] + PAGE_SIZE, "size": PAGE_SIZE}
            previous = rows
        raise _endless("credentials")

    def _whole(self, rows: list[Any]) -> Iterator[Any]:
        """The credentials of these rows, without those that were deleted meanwhile; a private one stays as it is."""
        for row in rows:
            credential_id = identifier(row.get("id")) if isinstance(row, dict) else ""
            try:
                yield self.credential(credential_id) if credential_id else row
            except NotFound:
                continue
            except Rejected:
                yield row

    def _by_group(self, query: Mapping[str, Any]) -> Pages:
        """The same search, group by group, because all together are beyond its reach."""
        if "group.id" in query:
            raise Rejected(f"{NAME} shows no more than {REACH} credentials of a group")
        for _, groups in self.group_pages():
            for group in groups:
                if isinstance(group, dict) and group.get("id"):
                    yield from self._searched({**query, "group.id": group["id"]})

    def _numbered_pages(self, path: str, name: str, query: Mapping[str, str]) -> Pages:
        page = 1
        for _ in range(MOST_PAGES):
            body = self._read("POST", path, {**query, "page_size": PAGE_SIZE, "page": page})
            rows = _rows(body, name)
            if not rows:
                return
            yield page, rows
            # Accredible's own examples show total_pages disagreeing with next_page; next_page is the one to trust.
            meta = _meta(body)
            following = identifier(meta.get("next_page"))
            if not (following.isdecimal() and int(following) > page):
                if len(rows) < PAGE_SIZE or meta.get("next_page", "untold") is None:
                    return
                raise Retriable(f"{NAME} did not say whether more {name} follow page {page}")
            page = int(following)
        raise _endless(name)

    def _read(self, method: str, path: str, json: object = None) -> Row:
        return _accepted(self._api.read(method, path, json=json), f"{method} {path}")

    def _write(self, method: str, path: str, json: object = None) -> Row:
        return _accepted(self._api.write(method, path, json=json), f"{method} {path}")


def _path(credential_id: str) -> str:
    """The path of one credential. Raises `NotFound` for an id that would name another path."""
    if credential_id in {"", ".", ".."}:
        raise NotFound(f"{NAME} has no credential of the id {credential_id!r}")
    return f"v1/credentials/{quote(credential_id, safe='')}"


def _accepted(body: Row, call: str) -> Row:
    if body.get("success") is not False:
        return body
    said, why = f"{NAME} answered success: false to {call}", ADDRESS.sub("", str(body.get("data")))
    if ABSENT.search(why):
        raise NotFound(said, status=200, body=body)
    if BAD_KEY.search(why):
        raise Misconfigured(f"{said}: the key is not valid")
    raise Rejected(said, status=200, body=body)


def _rows(body: Row, name: str) -> list[Any]:
    """The rows under that name. None at all must not be taken for an empty list: it would archive every template."""
    rows = body.get(name)
    if not isinstance(rows, list):
        raise Retriable(f"{NAME} answered without a list of {name}")
    return rows


def _meta(body: Row) -> Row:
    meta = body.get("meta")
    return meta if isinstance(meta, dict) else {}


def _credential(body: Row) -> Row | None:
    row = body.get("credential")
    return row if isinstance(row, dict) and identifier(row.get("id")) else None


def _same(row: Row, credential_id: str) -> Row:
    """The row, which answers a write to that credential. Raises `OutcomeUnknown` if it is another one's."""
    if identifier(row["id"]) != credential_id:
        raise OutcomeUnknown(f"{NAME} answered a write to the credential {credential_id} with another one")
    return row


def _endless(name: str) -> Retriable:
    return Retriable(f"{NAME}'s list of {name} does not end after {MOST_PAGES} pages")
