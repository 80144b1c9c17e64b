"""What is behind every path of the Credly sandbox: organizations, keys, events, and a switch for each unknown."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Request, Response

from credentials_badges.sandbox import HTML_ERROR, Sandbox
from providers.credly import sandbox_answers as answers
from providers.credly.sandbox_rows import Organization, Row, made_id, stamp


class CredlyWorld(Sandbox):
    """Several organizations, each with its own keys.

    Where Credly's pages are silent, an attribute chooses between the readings, and its default is the likelier one.
    """

    slug = "credly"

    revoked_blocks_reissue = False
    """Whether a revoked badge counts as a duplicate."""
    accepts_at_once = False
    """Whether learners have accounts that accept every badge by themselves."""
    duplicate_attribute = "recipient_email"
    """Which field a refused duplicate is blamed on; the other is ``user_id``."""
    messages_as_text = False
    """Whether the messages of a refusal are one text rather than a list."""
    list_lag = 0.0
    """Seconds until the list shows a new badge."""
    link_drops_filter = True
    """Whether ``next_page_url`` forgets the filter and the order."""
    empty_pages = 0
    """How many pages an empty list says to have."""
    single_badge_get = True
    """Whether one badge can be read by its id."""
    batch_available = True
    batch_names_row = True
    """Whether a refused batch says which row was the reason."""
    high_volume_available = True
    tokens_readable = True
    """Whether a key may list the organization's keys."""
    events_readable = True
    """Whether a key may read events."""
    events_newest_first = True
    events_outlive_template = True
    """Whether the events of a template can be read after it was deleted."""
    replace_status = 201
    """What a replacement is answered with; the other is 200."""
    replaced_is_a_state = False
    """Whether a replaced badge is in a state of that name, rather than in the state that it had."""
    names_current_badge = True
    """Whether the refusal to replace a badge twice names the one that stands for it."""
    html_errors = False
    """Whether refusals by status alone (401, 403, 404, 429) are pages of HTML."""
    access_token_seconds = 7200

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.organizations: dict[str, Organization] = {}
        self.expired_keys: set[str] = set()
        """Keys that were good once and are refused now."""
        self.access_tokens: dict[str, tuple[str, float]] = {}
        """Of OAuth: the organization's id, and when it ends."""
        self.tell: Callable[[Organization, Row], None] | None = None
        """What is told about each new event, such as `WebhookSender.send`."""

    def refuse(self, request: Request) -> Response | None:
        """401 for a key that no organization has, that has ended, or that may only read."""
        if request.path == "/oauth/token" or self.opened_by(request):
            return None
        return self.error(401, "Unauthorized")

    def throttled(self, *, retry_after: int | None) -> Response:
        """429; whether Credly ever sends a Retry-After is not known."""
        response = self.error(429, "Too many requests")
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def unavailable(self, status: int) -> Response:
        """500 or 503 in the usual shape."""
        return answers.error(status, "Internal server error" if status == 500 else "Service unavailable")

    def no_route(self, error: HTTPException) -> Response:
        """Also the answer of endpoints that raise: 404 for an unknown id, 403 for the key of another organization."""
        return self.error(error.code or 500, error.name.capitalize())

    def error(self, status: int, message: str) -> Response:
        """A refusal by status alone."""
        if self.html_errors:
            return Response(HTML_ERROR, status, mimetype="text/html")
        return answers.error(status, message)

    def opened_by(self, request: Request) -> list[Organization]:
        """The organizations that are open to the key, or to the access token, of the request."""
        scheme, key = answers.credentials(request)
        if scheme == "Bearer":
            org, ends = self.access_tokens.get(key, ("", 0.0))
            return [self.organizations[org]] if self.clock() < ends else []
        if scheme != "Basic" or key in self.expired_keys:
            return []
        now, writes = self.now(), self.writes(request)
        return [
            org
            for org in self.organizations.values()
            for token in org.tokens
            if token["token"] == key and token["expires_at"] > now and (token["write_enabled"] or not writes)
        ]

    def opened(self, request: Request, org: str) -> Organization:
        """The organization of the path, if the key is its own."""
        held = answers.known(self.organizations, org)
        if held not in self.opened_by(request):
            raise Forbidden
        return held

    def listed(self, request: Request, rows: list[Row], filters: answers.Filters) -> Response:
        """One page of those rows."""
        return answers.page_of(
            request, rows, filters, drops_filter=self.link_drops_filter, empty_pages=self.empty_pages
        )

    def record(self, org: Organization, kind: str, about: str, row: Row) -> None:
        """Keep an event about that template or badge, as it is now, and tell it."""
        event = {
            "id": made_id(org.id, "event", str(len(org.events))),
            "event_type": kind,
            "organization_id": org.id,
            "occurred_at": self.now(),
            about: copy.deepcopy(row),
        }
        org.events.append(event)
        if self.tell:
            self.tell(org, event)

    def now(self, seconds: float = 0.0) -> str:
        """The time of the play, or that many seconds later, as Credly writes it."""
        return stamp(datetime.fromtimestamp(self.clock(), UTC) + timedelta(seconds=seconds))
