"""Accredible played in memory, after https://docs.api.accredible.com: its paths, and its searches of credentials.

Where that leaves a question open (how far the search lags behind, how its last page tells itself), the answer is an
attribute that tests and demos set.
"""

import base64
import re
from typing import Any

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from providers.accredible.sandbox_accounts import PAGE_SIZE, answer, sent
from providers.accredible.sandbox_credentials import Credentials
from providers.accredible.sandbox_rows import Held, searched_row

CONDITION = re.compile(r"(?P<key>[a-z_.]+)(\[(?P<operation>eq|in|lt|lte|gt|gte)\])?")
EXACT = {"uuid", "group.id", "recipient_name", "recipient_email", "recipient_id", "license_id", "approve"}
DAYS = {"issued_on", "expired_on", "updated_at", "created_at"}
SORTABLE = {"id", "recipient_name", "group.name", "issued_on", "expired_on"}
OLDER = {
    "group_id": "group.id",
    "recipient.name": "recipient_name",
    "recipient.email": "recipient_email",
    "recipient.id": "recipient_id",
    "license_id": "license_id",
}
"""Keys of the search of version 1, as version 2 calls them."""


class AccredibleSandbox(Credentials):
    """Several issuers, each with its own key, groups, designs and credentials."""

    urls = Map(
        [
            Rule("/v1/issuer/details", endpoint="issuer_details", methods=["GET"]),
            Rule("/v1/issuer/groups/search", endpoint="search_groups", methods=["POST"]),
            Rule("/v1/issuer/groups/<int:group_id>", endpoint="one_group", methods=["GET", "DELETE"]),
            Rule("/v1/designs/search", endpoint="search_designs", methods=["POST"]),
            Rule("/v1/designs/<int:design_id>", endpoint="get_design", methods=["GET"]),
            Rule("/v1/credentials", endpoint="create", methods=["POST"]),
            Rule("/v1/credentials/search", endpoint="search_as_before", methods=["POST"]),
            Rule("/v1/credentials/<credential_id>", endpoint="one", methods=["GET", "PUT", "DELETE"]),
            Rule("/v2/credentials/bulk_create", endpoint="create_many", methods=["POST"]),
            Rule("/v2/credentials/search", endpoint="search_credentials", methods=["POST"]),
        ]
    )

    search_lag = 2.0
    """Seconds until the search shows a new credential; reading it by its id never lags."""
    search_missing = False
    """Whether there is no search of version 2."""
    empty_query_refused = False
    """Whether a query has to name something."""
    cursors = True
    """Whether the search knows cursors, which were added to it in 2026."""
    cursor_at_end = False
    """Whether the last page has a cursor, too."""
    reach = 10_000
    """Credentials that are shown without a cursor."""

    def credentials(self, issuer_id: int) -> list[dict[str, Any]]:
        """All that the issuer holds, as the search of version 2 would show it once it has caught up."""
        with self.lock:
            return [held.flat() for held in self.issuers[issuer_id].held]

    def search_credentials(self, request: Request) -> Response:
        """``POST v2/credentials/search``."""
        if self.search_missing:
            return answer({"error": "Not found"}, 404)
        body = sent(request)
        query, sort, page = body.get("query"), body.get("sort") or {}, body.get("page") or {}
        if not isinstance(query, dict) or (self.empty_query_refused and not query):
            return _bad_query("query is required")
        if any(key not in SORTABLE or order not in {"asc", "desc"} for key, order in sort.items()):
            return _bad_query("this sort is not supported")
        rows = [held.flat() for held in self._visible(request)]
        for condition, wanted in query.items():
            known = CONDITION.fullmatch(condition)
            key, operation = (known["key"], known["operation"] or "eq") if known else ("", "")
            if not (key in DAYS or (key in EXACT and operation in {"eq", "in"})):
                return _bad_query(f"Query key {condition} is not supported")
            rows = [row for row in rows if _meets(_value(row, key), operation, wanted)]
        for key, order in sort.items():
            rows.sort(key=lambda row: _value(row, key) or 0, reverse=order == "desc")
        return self._page(rows, page)

    def search_as_before(self, request: Request) -> Response:
        """``POST v1/credentials/search``, which is deprecated."""
        query = {key: value for key, value in sent(request).items() if key not in {"page", "page_size"}}
        since = query.pop("start_updated_date", "")
        if unknown := query.keys() - OLDER.keys():
            return answer({"errors": f"unknown: {', '.join(unknown)}"}, 422)
        rows = [
            searched_row(held)
            for held in self._visible(request)
            if held.flat()["updated_at"][:10] >= since
            and all(_meets(_value(held.flat(), OLDER[key]), "eq", wanted) for key, wanted in query.items())
        ]
        return self.numbered_page(request, "credentials", rows)

    def _visible(self, request: Request) -> list[Held]:
        now = self.clock()
        return [held for held in self.issuer(request).held if now - held.stored_at >= self.search_lag]

    def _page(self, rows: list[dict[str, Any]], page: dict[str, Any]) -> Response:
        start, size = page.get("from", 0), page.get("size", PAGE_SIZE)
        if "cursor" in page:
            if not self.cursors or "from" in page:
                return _bad_query("cursor is not supported here")
            start = int(base64.b64decode(page["cursor"]))
        elif start + size > self.reach:
            return _bad_query(f"from and size reach {self.reach} credentials")
        meta: dict[str, Any] = {"count": len(rows), "from": start, "size": size}
        if self.cursors:
            following = min(start + size, len(rows))
            more = following < len(rows) or self.cursor_at_end
            meta["cursor"] = base64.b64encode(str(following).encode()).decode() if more else None
        shown = [{**row, "id": self.shown_id(row["id"], int)} for row in rows[start : start + size]]
        return answer({"credentials": shown, "meta": meta})


def _value(row: dict[str, Any], key: str) -> Any:
    outer, _, inner = key.partition(".")
    return row[outer][inner] if inner else row[outer]


def _meets(value: Any, operation: str, wanted: Any) -> bool:
    """Whether the value is as wanted; ids are the same as numbers and as text, times are days here."""
    among = [str(each) for each in wanted] if operation == "in" else [str(wanted)]
    text = str(value)
    if operation in {"eq", "in"}:
        return text in among
    day, limit = text[:10], among[0]
    return (
        value is not None
        and {"lt": day < limit, "lte": day <= limit, "gt": day > limit, "gte": day >= limit}[operation]
    )


def _bad_query(message: str) -> Response:
    return answer({"code": 400, "message": message, "status": "invalid_search_query", "errors": {}}, 400)
