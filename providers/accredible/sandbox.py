"""Accredible played in memory, after https://docs.api.accredible.com.

Where that leaves a question open (the body of a refused duplicate, how far the search lags behind, what an expired
credential blocks), the answer is an attribute that tests and demos set.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import Sandbox
from providers.accredible.sandbox_rows import Held, Issuer, course_name, credential_row, design_row, group_row

PAGE_SIZE = 50
WRITABLE = ("name", "description", "approve", "complete", "private", "issued_on", "expired_on", "custom_attributes")
SEARCHABLE = {"group.id", "recipient_email", "recipient_id", "license_id", "approve"}
DATES = ("issued_on", "expired_on")


class AccredibleSandbox(Sandbox):
    """Several issuers, each with its own key, groups, designs and credentials."""

    slug = "accredible"
    urls = Map(
        [
            Rule("/v1/issuer/details", endpoint="issuer_details", methods=["GET"]),
            Rule("/v1/issuer/groups/search", endpoint="search_groups", methods=["POST"]),
            Rule("/v1/issuer/groups/<int:group_id>", endpoint="get_group", methods=["GET"]),
            Rule("/v1/designs/search", endpoint="search_designs", methods=["POST"]),
            Rule("/v1/designs/<int:design_id>", endpoint="get_design", methods=["GET"]),
            Rule("/v1/credentials", endpoint="create", methods=["POST"]),
            Rule("/v1/credentials/<credential_id>", endpoint="one", methods=["GET", "PUT", "DELETE"]),
            Rule("/v2/credentials/search", endpoint="search_credentials", methods=["POST"]),
        ]
    )

    plain_401 = False
    """Refuse a bad key with plain text rather than JSON; both are documented."""
    wrong_total_pages = False
    """Let meta.total_pages disagree with next_page, as in Accredible's own examples."""
    duplicate_as_string = False
    """Refuse a duplicate with one string rather than with a map of fields."""
    repeated_id_refused = True
    """Whether a second credential under one of our own ids is a duplicate, too."""
    expired_blocks = False
    """Whether an expired credential counts as a duplicate."""
    search_lag = 0.0
    """Seconds until the search shows a new credential; reading it by its id never lags."""
    credits: int | None = None
    """Credentials that can still be published, over all issuers; None is without limit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.issuers: dict[int, Issuer] = {}
        self._by_authorization: dict[str, Issuer] = {}
        self._last_id = 24810376

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
        self.issuers[issuer_id] = self._by_authorization[f"Token token={key}"] = issuer
        return issuer_id

    def credentials(self, issuer_id: int) -> list[dict[str, Any]]:
        """All that the issuer holds, as the search of version 2 would show it once it has caught up."""
        with self.lock:
            issuer = self.issuers[issuer_id]
            return [held.flat(issuer.groups[held.row["group_id"]]) for held in issuer.held]

    def issuer_details(self, request: Request) -> Response:
        """``GET v1/issuer/details``."""
        issuer = self._issuer(request)
        left = 420 if self.credits is None else self.credits
        return _json({"issuer": {"id": issuer.id, "name": issuer.name, "certificate_left": left, "language": "en"}})

    def search_groups(self, request: Request) -> Response:
        """``POST v1/issuer/groups/search``, of its parameters only the paging."""
        groups = list(self._issuer(request).groups.values())
        page, size = _paging(request)
        pages = max(1, -(-len(groups) // size))
        meta = {
            "current_page": page,
            "next_page": page + 1 if page < pages else None,
            "prev_page": page - 1 if page > 1 else None,
            "total_pages": 1 if self.wrong_total_pages else pages,
            "total_count": len(groups),
        }
        return _json({"groups": groups[(page - 1) * size : page * size], "meta": meta})

    def get_group(self, request: Request, group_id: int) -> Response:
        """``GET v1/issuer/groups/:id``."""
        group = self._issuer(request).groups.get(group_id)
        return _json({"group": group}) if group else _json({"success": False, "data": "Group does not exist"}, 404)

    def search_designs(self, request: Request) -> Response:
        """``POST v1/designs/search``, whose answer has no meta."""
        designs = list(self._issuer(request).designs.values())
        page, size = _paging(request)
        return _json({"designs": designs[(page - 1) * size : page * size]})

    def get_design(self, request: Request, design_id: int) -> Response:
        """``GET v1/designs/:id``."""
        design = self._issuer(request).designs.get(design_id)
        return _json({"design": design}) if design else _json({"error": "Not found"}, 404)

    def create(self, request: Request) -> Response:
        """``POST v1/credentials``."""
        issuer, sent = self._issuer(request), _sent(request)
        recipient = sent.get("recipient") or {}
        blank = {f"recipient.{key}": ["can't be blank"] for key in ("name", "email") if not recipient.get(key)}
        if errors := blank | _date_errors(sent):
            return _json({"errors": errors}, 422)
        group = issuer.groups.get(sent.get("group_id", 0))
        if group is None:
            return _json({"errors": "Invalid Group"}, 422)
        if taken := self._taken(issuer, sent):
            words = "has already been taken"
            return _json({"errors": f"{taken} {words}" if self.duplicate_as_string else {taken: [words]}}, 422)
        self._last_id += 1
        row = credential_row(issuer, group, {"issued_on": self._today(), **sent}, self._last_id)
        if self.credits is not None and row["approve"]:
            row["approve"] = self.credits > 0
            self.credits -= row["approve"]
        now = self.clock()
        issuer.held.append(Held(row=row, license_id=sent.get("id"), stored_at=now, updated_at=now))
        return _json({"credential": row})

    def one(self, request: Request, credential_id: str) -> Response:
        """``GET``, ``PUT`` or ``DELETE v1/credentials/:id``, by Accredible's id or by the issuer's own."""
        issuer = self._issuer(request)
        held = next((held for held in issuer.held if credential_id in {held.row["id"], held.license_id}), None)
        if held is None:
            return _json({"success": False, "data": "No credential with the id given in your account"}, 404)
        if request.method == "PUT":
            sent = _sent(request)
            if errors := _date_errors(sent):
                return _json({"errors": errors}, 422)
            held.row.update({key: sent[key] for key in WRITABLE if key in sent})
            held.updated_at = self.clock()
        elif request.method == "DELETE":
            issuer.held.remove(held)
        return _json({"credential": held.row})

    def search_credentials(self, request: Request) -> Response:
        """``POST v2/credentials/search`` by ids, address and approval; paged by ``from`` and ``size``, unsorted."""
        issuer, body = self._issuer(request), request.get_json(silent=True) or {}
        query, page = body.get("query"), body.get("page") or {}
        if not isinstance(query, dict):
            return _bad_query("query is required")
        start, size = page.get("from", 0), page.get("size", PAGE_SIZE)
        if start + size > 10_000:
            return _bad_query("from and size reach 10000 credentials; use a cursor")
        seen = [held for held in issuer.held if self.clock() - held.stored_at >= self.search_lag]
        rows = [held.flat(issuer.groups[held.row["group_id"]]) for held in seen]
        for condition, wanted in query.items():
            key = condition.removesuffix("[in]")
            if key not in SEARCHABLE:
                return _bad_query(f"Query key {condition} is not supported")
            among = [wanted] if key == condition else wanted
            rows = [row for row in rows if (row["group"]["id"] if key == "group.id" else row[key]) in among]
        meta = {"count": len(rows), "from": start, "size": size, "cursor": None}
        return _json({"credentials": rows[start : start + size], "meta": meta})

    def writes(self, request: Request) -> bool:
        """Whether the call changes something: searches are sent by POST and change nothing."""
        return super().writes(request) and not request.path.endswith("/search")

    def refuse(self, request: Request) -> Response | None:
        """The answer to a key that belongs to no issuer."""
        if request.headers.get("Authorization") in self._by_authorization:
            return None
        if self.plain_401:
            return Response("HTTP Token: Access denied.\n", status=401, mimetype="text/plain")
        return _json({"success": False, "data": "issuer_token not valid"}, 401)

    def throttled(self, *, retry_after: int | None) -> Response:
        """A 429, whose body Accredible does not describe."""
        response = _json({"errors": "Too many requests"}, 429)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def unavailable(self, status: int) -> Response:
        """A 500 or 503."""
        return _json({"errors": "Internal server error"}, status)

    def no_route(self, error: HTTPException) -> Response:
        """A path or a method that is not there (PATCH is none) is a 404 either way."""
        return _json({"error": "Not found"}, 404)

    def _issuer(self, request: Request) -> Issuer:
        """The account that is asking; `refuse` has let only keyholders through."""
        return self._by_authorization[request.headers["Authorization"]]

    def _today(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()

    def _taken(self, issuer: Issuer, sent: dict[str, Any]) -> str:
        """The field that stands in the way of a new credential, or nothing."""
        own = sent.get("id")
        if own and self.repeated_id_refused and any(held.license_id == own for held in issuer.held):
            return "id"
        if sent["group_id"] in issuer.allow_duplicate_credentials:
            return ""
        for held in issuer.held:
            same = held.row["group_id"] == sent["group_id"] and (
                held.row["recipient"]["email"].casefold() == sent["recipient"]["email"].casefold()
            )
            if same and (self.expired_blocks or not held.row["expired_on"] or held.row["expired_on"] >= self._today()):
                return "recipient.email"
        return ""


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


def _bad_query(message: str) -> Response:
    return _json({"code": 400, "message": message, "status": "invalid_search_query", "errors": {}}, 400)


def _paging(request: Request) -> tuple[int, int]:
    body = request.get_json(silent=True) or {}
    return body.get("page", 1), min(body.get("page_size", PAGE_SIZE), PAGE_SIZE)


def _sent(request: Request) -> dict[str, Any]:
    credential: dict[str, Any] = (request.get_json(silent=True) or {}).get("credential") or {}
    return credential


def _date_errors(sent: dict[str, Any]) -> dict[str, list[str]]:
    """Accredible documents dates only; what it makes of a time is unknown, so the sandbox takes none."""
    errors = {}
    for key in DATES:
        try:
            date.fromisoformat(sent.get(key) or "2000-01-01")
        except ValueError:
            errors[key] = ["is not a date"]
    return errors
