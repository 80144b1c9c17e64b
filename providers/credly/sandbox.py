"""Credly, played: its paths and its refusals, as far as they are known.

Where Credly's pages are silent, the sandbox is the stricter side, so that a slip of the adapter shows at once.
"""

import base64
import binascii
import copy
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from werkzeug.exceptions import Forbidden, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import Sandbox
from providers.credly.sandbox_rows import (
    Organization,
    Row,
    badge_row,
    made_id,
    organization_row,
    stamp,
    template_name,
    template_row,
    written_time,
)

PER_PAGE = 50
REQUIRED = ("recipient_email", "issued_to_first_name", "issued_to_last_name", "badge_template_id", "issued_at")
FIRST_TEMPLATE = datetime(2025, 2, 3, 8, 15, tzinfo=UTC)

Held = TypeVar("Held")
Filters = Mapping[str, Callable[[Row, str], bool]]

TEMPLATE_FILTERS: Filters = {
    "state": lambda row, value: row["state"] in value.split(","),
    "query": lambda row, value: value.lower() in f"{row['name']} {row['description']}".lower(),
    "name": lambda row, value: row["name"] == value[1:-1] if value.startswith('"') else value in row["name"],
}
BADGE_FILTERS: Filters = {
    "state": lambda row, value: row["state"] in value.split(","),
    "issuer_earner_id": lambda row, value: row["issuer_earner_id"] == value,
    "recipient_email": lambda row, value: row["recipient_email"].lower() == value.lower(),
    # A learner has one address here, so that "all of them" is that one.
    "recipient_email_all": lambda row, value: row["recipient_email"].lower() == value.lower(),
    "badge_template_id": lambda row, value: row["badge_template"]["id"] == value,
}


class CredlySandbox(Sandbox):
    """Several organizations, each with its own key, behind ``/v1/``."""

    slug = "credly"
    urls = Map(
        [
            Rule("/v1/organizations", endpoint="list_organizations", methods=["GET"]),
            Rule("/v1/organizations/<org>", endpoint="get_organization", methods=["GET"]),
            Rule("/v1/organizations/<org>/badge_templates", endpoint="list_templates", methods=["GET"]),
            Rule("/v1/organizations/<org>/badge_templates/<template>", endpoint="get_template", methods=["GET"]),
            Rule("/v1/organizations/<org>/badges", endpoint="list_badges", methods=["GET"]),
            Rule("/v1/organizations/<org>/badges", endpoint="issue_badge", methods=["POST"]),
            Rule("/v1/organizations/<org>/badges/<badge>", endpoint="get_badge", methods=["GET"]),
            Rule("/v1/organizations/<org>/badges/<badge>/revoke", endpoint="revoke_badge", methods=["PUT"]),
        ]
    )

    def __init__(self, *, revoked_blocks_reissue: bool = False, list_lag: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.revoked_blocks_reissue = revoked_blocks_reissue
        """Whether a revoked badge counts as a duplicate, which Credly's pages leave open."""
        self.list_lag = list_lag
        """Seconds until the list shows a new badge."""
        self.organizations: dict[str, Organization] = {}
        self.expired_keys: set[str] = set()
        """Keys that were good once and are refused now."""

    def add_organization(
        self,
        name: str,
        key: str,
        templates: int | Iterable[str],
        *,
        id: str | None = None,  # noqa: A002 (Credly's own name for it.)
        unlisted: int = 0,
    ) -> str:
        """Add an organization with so many active templates, or with templates of these names; returns its id.

        `unlisted` is the number of further templates that are archived or drafts. Ids follow from the names alone.
        """
        org = Organization(id=id or made_id(name), name=name, key=key)
        active = map(template_name, range(templates)) if isinstance(templates, int) else templates
        wanted = [(title, "active") for title in active]
        wanted += [(f"Former {template_name(n)}", "draft" if n % 2 else "archived") for n in range(unlisted)]
        for number, (title, state) in enumerate(wanted):
            row = template_row(org, title, state, FIRST_TEMPLATE + timedelta(hours=number))
            org.templates[row["id"]] = row
        with self.lock:
            self.organizations[org.id] = org
        return org.id

    def badges(self, org: str) -> list[Row]:
        """Copies of all badge rows that the organization holds, in any state, in the order of issue."""
        with self.lock:
            return copy.deepcopy(list(self.organizations[org].badges.values()))

    def refuse(self, request: Request) -> Response | None:
        """401 unless the header is ``Basic base64(key + ":")`` with a key of ours that has not expired."""
        key = _key(request)
        if key in self.expired_keys or all(org.key != key for org in self.organizations.values()):
            return _error(401, "Unauthorized")
        return None

    def throttled(self, *, retry_after: int | None) -> Response:
        """429; whether Credly ever sends a Retry-After is not known."""
        response = _error(429, "Too many requests")
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def unavailable(self, status: int) -> Response:
        """500 or 503 in the usual shape."""
        return _error(status, "Internal server error" if status == 500 else "Service unavailable")

    def no_route(self, error: HTTPException) -> Response:
        """Also the answer of endpoints that raise: 404 for an unknown id, 403 for the key of another organization."""
        return _error(error.code or 500, error.name.capitalize())

    def list_organizations(self, request: Request) -> Response:
        """Those that the key can see."""
        seen = [organization_row(org) for org in self.organizations.values() if org.key == _key(request)]
        return _page(request, seen, {})

    def get_organization(self, request: Request, org: str) -> Response:
        """One organization."""
        return _answer(200, organization_row(self._opened(request, org)), {})

    def list_templates(self, request: Request, org: str) -> Response:
        """Templates in any state, unless the filter says otherwise."""
        return _page(request, list(self._opened(request, org).templates.values()), TEMPLATE_FILTERS)

    def get_template(self, request: Request, org: str, template: str) -> Response:
        """One template."""
        return _answer(200, _known(self._opened(request, org).templates, template), {})

    def list_badges(self, request: Request, org: str) -> Response:
        """Issued badges, each from `list_lag` seconds after its issue."""
        before = stamp(datetime.fromtimestamp(self.clock() - self.list_lag, UTC))
        shown = [row for row in self._opened(request, org).badges.values() if row["created_at"] <= before]
        return _page(request, shown, BADGE_FILTERS)

    def get_badge(self, request: Request, org: str, badge: str) -> Response:
        """One issued badge."""
        return _answer(200, _known(self._opened(request, org).badges, badge), {})

    def issue_badge(self, request: Request, org: str) -> Response:
        """201 with the badge, or 422 for a field, a template that cannot be issued, or a duplicate."""
        held, body = self._opened(request, org), _body(request)
        if refusal := _refused_field(body):
            return refusal
        template = held.templates.get(body["badge_template_id"])
        if template is None or template["state"] != "active":
            return _answer(422, {"message": f"Invalid or missing Badge Template ID: {body['badge_template_id']}"}, None)
        if not template["allow_duplicate_badges"] and any(self._blocks(row, body) for row in held.badges.values()):
            return _invalid("recipient_email", "Recipient already has this badge")
        row = badge_row(held, template, body, self._now())
        held.badges[row["id"]] = row
        held.issued += 1
        return _answer(201, row, {})

    def revoke_badge(self, request: Request, org: str, badge: str) -> Response:
        """200 with the badge; 422 without a reason, or if the badge was revoked or replaced before."""
        row, reason = _known(self._opened(request, org).badges, badge), _body(request).get("reason")
        if not reason:
            return _invalid("reason", "Reason can't be blank")
        if row["state"] == "revoked" or row["replacement_badge_id"]:
            return _error(422, "Validation failed: badge has already been revoked or replaced")
        now = self._now()
        row.update(state="revoked", revocation_reason=reason, state_updated_at=now, updated_at=now)
        row.pop("accept_badge_url", None)
        return _answer(200, row, {})

    def _opened(self, request: Request, org: str) -> Organization:
        """The organization of the path, if the key is its own."""
        held = _known(self.organizations, org)
        if held.key != _key(request):
            raise Forbidden
        return held

    def _blocks(self, row: Row, body: Row) -> bool:
        """The documented rule: same template, and same address or same id of the learner at the issuer."""
        same_template = row["badge_template"]["id"] == body["badge_template_id"]
        same_address = row["recipient_email"].lower() == body["recipient_email"].lower()
        same_earner = bool(row["issuer_earner_id"]) and row["issuer_earner_id"] == body.get("issuer_earner_id")
        counts = row["state"] != "revoked" or self.revoked_blocks_reissue
        return counts and same_template and (same_address or same_earner)

    def _now(self) -> str:
        return stamp(datetime.fromtimestamp(self.clock(), UTC))


def _page(request: Request, rows: list[Row], filters: Filters) -> Response:
    """One page of rows. As at Credly, its ``next_page_url`` has another path and forgets the filter and the order.

    What Credly does with a filter key that it does not know has not been seen; here it is refused.
    """
    for condition in filter(None, request.args.get("filter", "").split("|")):
        key, _, value = condition.partition("::")
        if key not in filters:
            return _error(422, f"Unknown filter: {key}")
        rows = [row for row in rows if filters[key](row, value)]
    sort = request.args.get("sort", "created_at")
    rows = sorted(rows, key=lambda row: str(row.get(sort.removeprefix("-"))), reverse=sort.startswith("-"))
    page, pages = request.args.get("page", 1, type=int), math.ceil(len(rows) / PER_PAGE)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    link = f"{request.host_url}api{request.path}?page="
    metadata = {
        "count": len(shown),
        "current_page": page,
        "total_count": len(rows),
        "total_pages": pages,
        "per": PER_PAGE,
        "previous_page_url": f"{link}{page - 1}" if page > 1 else None,
        "next_page_url": f"{link}{page + 1}" if page < pages else None,
    }
    return _answer(200, shown, metadata)


def _refused_field(body: Row) -> Response | None:
    """The refusal of the first required field that is blank, or of a time in another form than the documented one."""
    for key in REQUIRED:
        if not isinstance(body.get(key), str) or not body[key].strip():
            return _invalid(key, f"{_label(key)} can't be blank")
    for key in filter(body.get, ("issued_at", "expires_at")):
        try:
            written_time(body[key])
        except (TypeError, ValueError):
            return _invalid(key, f"{_label(key)} is not a time")
    return None


def _key(request: Request) -> str:
    """The key of a Basic header that has an empty password; empty for any other header."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        key, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return key if scheme == "Basic" and colon and not password else ""


def _body(request: Request) -> Row:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _known(by_id: Mapping[str, Held], wanted: str) -> Held:
    if wanted not in by_id:
        raise NotFound
    return by_id[wanted]


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _invalid(key: str, words: str) -> Response:
    """422 in the shape that names an attribute."""
    error = {"attribute": key, "attribute_label": _label(key), "messages": [words]}
    return _answer(422, {"message": f"Validation failed: {words}", "errors": [error]}, {})


def _error(status: int, message: str) -> Response:
    return _answer(status, {"message": message}, {})


def _answer(status: int, data: object, metadata: Row | None) -> Response:
    """Any answer; `metadata` is paging in a list, empty for one object, and null in one kind of refusal."""
    payload = json.dumps({"data": data, "metadata": metadata})
    return Response(payload, status, mimetype="application/json")
