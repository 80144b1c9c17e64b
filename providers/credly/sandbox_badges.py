"""The sandbox's paths to issued badges: https://www.credly.com/docs/issued_badges"""

import json
from datetime import UTC, datetime

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from providers.credly.sandbox_answers import (
    PER_PAGE,
    Filters,
    answer,
    body_of,
    error,
    invalid,
    known,
    refused_field,
)
from providers.credly.sandbox_rows import Organization, Row, accept_row, badge_row, minimal_row, replacement_row, stamp
from providers.credly.sandbox_world import CredlyWorld

BADGE_FILTERS: Filters = {
    "state": lambda row, value: row["state"] in value.split(","),
    "issuer_earner_id": lambda row, value: row["issuer_earner_id"] == value,
    "recipient_email": lambda row, value: row["recipient_email"].lower() == value.lower(),
    # A learner has one address here, so that "all of them" is that one.
    "recipient_email_all": lambda row, value: row["recipient_email"].lower() == value.lower(),
    "badge_template_id": lambda row, value: row["badge_template"]["id"] == value,
}


class BadgePaths(CredlyWorld):
    """Listing, issuing, replacing, revoking and deleting badges."""

    def list_badges(self, request: Request, org: str) -> Response:
        """Issued badges, each from `list_lag` seconds after its issue."""
        return self.listed(request, self._shown(self.opened(request, org)), BADGE_FILTERS)

    def search_badges(self, request: Request, org: str) -> Response:
        """The search for high volumes: short rows, and no paging but the next page's address."""
        if not self.high_volume_available:
            raise NotFound
        rows = self._shown(self.opened(request, org))
        first = request.args.get("after", 0, type=int)
        rest = len(rows) > first + PER_PAGE
        query = f"badge_format={request.args.get('badge_format', 'default')}&after={first + PER_PAGE}"
        link = f"{request.host_url}api{request.path}?{query}" if rest else None
        shown = rows[first : first + PER_PAGE]
        if request.args.get("badge_format") == "minimal":
            shown = [minimal_row(row) for row in shown]
        return answer(200, shown, {"next_page_url": link})

    def get_badge(self, request: Request, org: str, badge: str) -> Response:
        """One issued badge, if that can be asked for."""
        if not self.single_badge_get:
            raise NotFound
        return answer(200, known(self.opened(request, org).badges, badge), {})

    def issue_badge(self, request: Request, org: str) -> Response:
        """201 with the badge, or 422 for a field, a template that cannot be issued, or a duplicate."""
        held, body = self.opened(request, org), body_of(request)
        if refusal := self._refusal(held, body):
            return refusal
        row = self._issued(held, body)
        self.record(held, "badge.created", "badge", row)
        return answer(201, row, {})

    def issue_batch(self, request: Request, org: str) -> Response:
        """201 with all badges, or the refusal of the first that cannot be issued, and then none is."""
        if not self.batch_available:
            raise NotFound
        held = self.opened(request, org)
        rows: list[Row] = []
        for index, body in enumerate(body_of(request).get("badges") or []):
            if refusal := self._refusal(held, body):
                for row in rows:
                    del held.badges[row["id"]]
                return self._with_index(refusal, index)
            rows.append(self._issued(held, body))
        for row in rows:
            self.record(held, "badge.created", "badge", row)
        return answer(201, rows, {})

    def replace_badge(self, request: Request, org: str, badge: str) -> Response:
        """The badge that stands for that one from now on; 422 if another one does already, or if it was revoked."""
        held, body = self.opened(request, org), body_of(request)
        old = known(held.badges, badge)
        if refusal := refused_field(body, ("badge_template_id", "issued_at")):
            return refusal
        template = held.templates.get(body["badge_template_id"])
        if template is None or template["state"] != "active":
            return self._no_template(body)
        if old["state"] == "revoked":
            return error(422, "Validation failed: badge has already been revoked")
        if old["replacement_badge_id"]:
            current = old
            while current["replacement_badge_id"]:
                current = held.badges[current["replacement_badge_id"]]
            metadata = {"current_badge_id": current["id"]} if self.names_current_badge else {}
            return answer(422, {"message": "Validation failed: badge has already been replaced"}, metadata)
        new = replacement_row(held, template, old, body, self.now())
        held.badges[new["id"]] = new
        old.update(replacement_badge_id=new["id"], updated_at=self.now())
        if self.replaced_is_a_state:
            old.update(state="replaced", state_updated_at=self.now())
        self.record(held, "badge.created", "badge", new)
        self.record(held, "badge.state.changed", "badge", old)
        return answer(self.replace_status, new, {})

    def revoke_badge(self, request: Request, org: str, badge: str) -> Response:
        """200 with the badge; 422 without a reason, or if the badge was revoked or replaced before."""
        held, reason = self.opened(request, org), body_of(request).get("reason")
        row = known(held.badges, badge)
        if not reason:
            return invalid("reason", "Reason can't be blank")
        if row["state"] == "revoked" or row["replacement_badge_id"]:
            return error(422, "Validation failed: badge has already been revoked or replaced")
        now = self.now()
        row.update(state="revoked", revocation_reason=reason, state_updated_at=now, updated_at=now)
        row.pop("accept_badge_url", None)
        self.record(held, "badge.state.changed", "badge", row)
        return answer(200, row, {})

    def erase_badge(self, request: Request, org: str, badge: str) -> Response:
        """204, and the badge is gone: meant for the protection of data, not for revoking."""
        held = self.opened(request, org)
        self.record(held, "badge.deleted", "badge", known(held.badges, badge))
        del held.badges[badge]
        return Response(status=204)

    def _shown(self, held: Organization) -> list[Row]:
        before = stamp(datetime.fromtimestamp(self.clock() - self.list_lag, UTC))
        return [row for row in held.badges.values() if row["created_at"] <= before]

    def _refusal(self, held: Organization, body: Row) -> Response | None:
        """Why that badge cannot be issued, if so."""
        if refusal := refused_field(body):
            return refusal
        template = held.templates.get(body["badge_template_id"])
        if template is None or template["state"] != "active":
            return self._no_template(body)
        if template["allow_duplicate_badges"] or body.get("duplicate_behavior") == "allow":
            return None
        if any(self._blocks(row, body) for row in held.badges.values()):
            words = "Recipient already has this badge"
            return invalid(self.duplicate_attribute, words, as_text=self.messages_as_text)
        return None

    def _issued(self, held: Organization, body: Row) -> Row:
        row = badge_row(held, held.templates[body["badge_template_id"]], body, self.now())
        if self.accepts_at_once:
            accept_row(row, self.now())
        held.badges[row["id"]] = row
        return row

    def _blocks(self, row: Row, body: Row) -> bool:
        """The documented rule: same template, and same address or same id of the learner at the issuer."""
        same_template = row["badge_template"]["id"] == body["badge_template_id"]
        same_address = row["recipient_email"].lower() == body["recipient_email"].lower()
        same_earner = bool(row["issuer_earner_id"]) and row["issuer_earner_id"] == body.get("issuer_earner_id")
        counts = row["state"] != "revoked" or self.revoked_blocks_reissue
        return counts and same_template and (same_address or same_earner)

    def _with_index(self, refusal: Response, index: int) -> Response:
        told = json.loads(refusal.get_data())
        if self.batch_names_row:
            told["data"]["error_index"] = index
        return answer(refusal.status_code, told["data"], told["metadata"])

    def _no_template(self, body: Row) -> Response:
        return answer(422, {"message": f"Invalid or missing Badge Template ID: {body['badge_template_id']}"}, None)
