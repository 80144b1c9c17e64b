"""Credly, played: its paths and its refusals, as far as they are known, and what learners and issuers do by hand.

Where Credly's pages are silent, the sandbox is the stricter side, so that a slip of the adapter shows at once; the
switches of `CredlyWorld` play the other readings.
"""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from werkzeug.routing import Map, Rule

from providers.credly.sandbox_badges import BadgePaths
from providers.credly.sandbox_keys import KeyPaths
from providers.credly.sandbox_rows import (
    Organization,
    Row,
    accept_row,
    made_id,
    template_name,
    template_row,
    token_row,
)
from providers.credly.sandbox_templates import TemplatePaths

FIRST_TEMPLATE = datetime(2025, 2, 3, 8, 15, tzinfo=UTC)
KEY_SECONDS = 180 * 24 * 3600
ORG = "/v1/organizations/<org>"


def _paths(endpoint_by_call: dict[str, str]) -> Map:
    rules = []
    for call, endpoint in endpoint_by_call.items():
        method, path = call.split(" ")
        rules.append(Rule(path, endpoint=endpoint, methods=[method]))
    return Map(rules)


class CredlySandbox(BadgePaths, TemplatePaths, KeyPaths):
    """Credly behind ``/v1/``, and its tokens for OAuth behind ``/oauth/token``."""

    urls = _paths(
        {
            "POST /oauth/token": "give_access_token",
            "GET /v1/organizations": "list_organizations",
            f"GET {ORG}": "get_organization",
            f"PUT {ORG}": "put_organization",
            f"GET {ORG}/authorization_tokens": "list_tokens",
            f"GET {ORG}/events": "list_events",
            f"GET {ORG}/events/<event>": "get_event",
            f"GET {ORG}/badge_templates": "list_templates",
            f"GET {ORG}/badge_templates/<template>": "get_template",
            f"PUT {ORG}/badge_templates/<template>/archive": "archive_template",
            f"PUT {ORG}/badge_templates/<template>/unarchive": "unarchive_template",
            f"DELETE {ORG}/badge_templates/<template>": "erase_template",
            f"GET {ORG}/high_volume_issued_badge_search": "search_badges",
            f"GET {ORG}/badges": "list_badges",
            f"POST {ORG}/badges": "issue_badge",
            f"POST {ORG}/badges/batch": "issue_batch",
            f"GET {ORG}/badges/<badge>": "get_badge",
            f"DELETE {ORG}/badges/<badge>": "erase_badge",
            f"POST {ORG}/badges/<badge>/replace": "replace_badge",
            f"PUT {ORG}/badges/<badge>/revoke": "revoke_badge",
        }
    )

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
        org.tokens.append(token_row(org, key, self.now(), self.now(KEY_SECONDS)))
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

    def expire_key(self, key: str) -> None:
        """End that key now."""
        with self.lock:
            for token in (token for org in self.organizations.values() for token in org.tokens):
                if token["token"] == key:
                    token["expires_at"] = self.now()

    def accept(self, org: str, badge: str) -> None:
        """The learner accepts the badge."""
        with self.lock:
            held = self.organizations[org]
            accept_row(held.badges[badge], self.now())
            self.record(held, "badge.state.changed", "badge", held.badges[badge])

    def reject(self, org: str, badge: str) -> None:
        """The learner declines the badge."""
        with self.lock:
            held = self.organizations[org]
            held.badges[badge].update(state="rejected", state_updated_at=self.now(), updated_at=self.now())
            self.record(held, "badge.state.changed", "badge", held.badges[badge])

    def delete_badge(self, org: str, badge: str) -> None:
        """The issuer erases the badge."""
        with self.lock:
            held = self.organizations[org]
            self.record(held, "badge.deleted", "badge", held.badges.pop(badge))

    def change_template(self, org: str, template: str, **changes: object) -> None:
        """The issuer edits the template."""
        with self.lock:
            held = self.organizations[org]
            self.changed(held, held.templates[template], **changes)

    def delete_template(self, org: str, template: str) -> None:
        """The issuer deletes the template."""
        with self.lock:
            held = self.organizations[org]
            self.gone(held, held.templates[template])
