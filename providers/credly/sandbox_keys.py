"""The sandbox's paths to organizations, keys, access tokens and events.

Reference: https://www.credly.com/docs/organizations, https://www.credly.com/docs/authorization_tokens,
https://www.credly.com/docs/oauth and https://www.credly.com/docs/webhooks
"""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Request, Response

from providers.credly.sandbox_answers import answer, body_of
from providers.credly.sandbox_rows import Organization, Row, made_id, organization_row
from providers.credly.sandbox_world import CredlyWorld


class KeyPaths(CredlyWorld):
    """What an organization shows of itself, and who may see it."""

    def list_organizations(self, request: Request) -> Response:
        """Those that the key can see."""
        return self.listed(request, [organization_row(org) for org in self.opened_by(request)], {})

    def get_organization(self, request: Request, org: str) -> Response:
        """One organization."""
        return answer(200, organization_row(self.opened(request, org)), {})

    def put_organization(self, request: Request, org: str) -> Response:
        """The organization with another address for webhooks."""
        held = self.opened(request, org)
        held.webhook_url = body_of(request).get("webhook_url", held.webhook_url)
        return answer(200, organization_row(held), {})

    def list_tokens(self, request: Request, org: str) -> Response:
        """The organization's keys in the clear, as at Credly."""
        held = self.opened(request, org)
        if not self.tokens_readable:
            raise Forbidden
        return self.listed(request, held.tokens, {})

    def list_events(self, request: Request, org: str) -> Response:
        """Events in the one order or the other; Credly names none."""
        events = self._readable(self.opened(request, org))
        return self.listed(request, events[::-1] if self.events_newest_first else events, {})

    def get_event(self, request: Request, org: str, event: str) -> Response:
        """One event."""
        for row in self._readable(self.opened(request, org)):
            if row["id"] == event:
                return answer(200, row, {})
        raise NotFound

    def give_access_token(self, request: Request) -> Response:
        """An access token for a client and its secret, sent as a form; 401 for any other."""
        form: Mapping[str, Any] = request.form
        for org in self.organizations.values():
            if (form.get("client_id"), form.get("client_secret")) == (org.client_id, org.key):
                break
        else:
            return self._oauth_error(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            return self._oauth_error(400, "unsupported_grant_type")
        token = made_id(org.id, "access", str(len(self.access_tokens)))
        self.access_tokens[token] = (org.id, self.clock() + self.access_token_seconds)
        given = {"access_token": token, "token_type": "Bearer", "expires_in": self.access_token_seconds}
        return Response(json.dumps({**given, "scope": form.get("scope", "")}), mimetype="application/json")

    def _readable(self, held: Organization) -> list[Row]:
        if not self.events_readable:
            raise Forbidden
        if self.events_outlive_template:
            return held.events
        return [row for row in held.events if row.get("badge_template", {}).get("id", "") in {"", *held.templates}]

    def _oauth_error(self, status: int, word: str) -> Response:
        return Response(json.dumps({"error": word}), status, mimetype="application/json")
