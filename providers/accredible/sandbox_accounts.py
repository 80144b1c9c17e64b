"""The played Accredible's accounts: keys and their limits, groups and designs."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import Sandbox
from providers.accredible.sandbox_rows import Issuer, course_name, design_row, group_row

PAGE_SIZE = 50
WINDOW = 30
"""Seconds in which Accredible counts calls."""


class Accounts(Sandbox):
    """Several issuers, each with its own key, groups and designs."""

    slug = "accredible"

    plain_401 = False
    """Refuse a bad key with plain text rather than JSON; both are documented."""
    accept_bearer = False
    """Take ``Bearer KEY`` as well, as Open edX sends it."""
    wrong_total_pages = False
    """Let meta.total_pages disagree with next_page, as in Accredible's own examples."""
    window_limit: int | None = None
    """Calls that are taken in each window of 30 seconds; a 429 for more has no Retry-After."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.issuers: dict[int, Issuer] = {}
        self._by_key: dict[str, Issuer] = {}
        self._calls: Counter[int] = Counter()

    def add_issuer(
        self,
        name: str,
        key: str,
        groups: int | Sequence[str],
        id: int | None = None,  # noqa: A002 (Accredible's own name.)
        first_group_id: int | None = None,
    ) -> int:
        """Add an account with that many groups, or with groups of those names. Returns its id."""
        issuer_id = id or 5512 + len(self.issuers)
        first = first_group_id or 418201 + 1000 * len(self.issuers)
        names = [course_name(number) for number in range(groups)] if isinstance(groups, int) else groups
        rows = [group_row(first + number, number, name) for number, name in enumerate(names)]
        issuer = Issuer(
            id=issuer_id,
            name=name,
            key=key,
            groups={group["id"]: group for group in rows},
            designs={group["badge_design_id"]: design_row(group) for group in rows},
        )
        self.issuers[issuer_id] = self._by_key[key] = issuer
        return issuer_id

    def search_groups(self, request: Request) -> Response:
        """``POST v1/issuer/groups/search``, of its parameters only the paging and ``start_updated_date``."""
        since = sent(request).get("start_updated_date") or ""
        groups = [row for row in self.issuer(request).groups.values() if row["updated_at"][:10] >= since]
        return self.numbered_page(request, "groups", groups)

    def one_group(self, request: Request, group_id: int) -> Response:
        """``GET`` or ``DELETE v1/issuer/groups/:id``; what becomes of its credentials is unknown, so they stay."""
        groups = self.issuer(request).groups
        if group_id not in groups:
            return answer({"success": False, "data": "Group does not exist"}, 404)
        return answer({"group": groups.pop(group_id) if request.method == "DELETE" else groups[group_id]})

    def search_designs(self, request: Request) -> Response:
        """``POST v1/designs/search``, whose answer has no meta."""
        page, size = _paging(request)
        designs = list(self.issuer(request).designs.values())
        return answer({"designs": designs[(page - 1) * size : page * size]})

    def get_design(self, request: Request, design_id: int) -> Response:
        """``GET v1/designs/:id``."""
        design = self.issuer(request).designs.get(design_id)
        return answer({"design": design}) if design else answer({"error": "Not found"}, 404)

    def numbered_page(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
        """The page of those rows that version 1 was asked for."""
        page, size = _paging(request)
        pages = max(1, -(-len(rows) // size))
        meta = {
            "current_page": page,
            "next_page": page + 1 if page < pages else None,
            "prev_page": page - 1 if page > 1 else None,
            "total_pages": 1 if self.wrong_total_pages else pages,
            "total_count": len(rows),
        }
        return answer({name: rows[(page - 1) * size : page * size], "meta": meta})

    def issuer(self, request: Request) -> Issuer:
        """The account that is asking; `refuse` has let only keyholders through."""
        return self._by_key[self._key(request)]

    def writes(self, request: Request) -> bool:
        """Whether the call changes something: searches are sent by POST and change nothing."""
        return super().writes(request) and not request.path.endswith("/search")

    def refuse(self, request: Request) -> Response | None:
        """The answer to one call too many, or to a key that belongs to no issuer."""
        window = int(self.clock() // WINDOW)
        self._calls[window] += 1
        if self.window_limit is not None and self._calls[window] > self.window_limit:
            return self.throttled(retry_after=None)
        if self._key(request) in self._by_key:
            return None
        if self.plain_401:
            return Response("HTTP Token: Access denied.\n", status=401, mimetype="text/plain")
        return answer({"success": False, "data": "issuer_token not valid"}, 401)

    def throttled(self, *, retry_after: int | None) -> Response:
        """A 429, whose body Accredible does not describe."""
        response = answer({"errors": "Too many requests"}, 429)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def unavailable(self, status: int) -> Response:
        """A 500 or 503."""
        return answer({"errors": "Internal server error"}, status)

    def no_route(self, error: HTTPException) -> Response:
        """A path or a method that is not there (PATCH is none) is a 404 either way."""
        return answer({"error": "Not found"}, 404)

    def _key(self, request: Request) -> str:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Token" and key.startswith("token="):
            return key.removeprefix("token=")
        return key if scheme == "Bearer" and self.accept_bearer else ""


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(json.dumps(body), status=status, mimetype="application/json")


def sent(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, empty if it was none."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _paging(request: Request) -> tuple[int, int]:
    return sent(request).get("page", 1), min(sent(request).get("page_size", PAGE_SIZE), PAGE_SIZE)
