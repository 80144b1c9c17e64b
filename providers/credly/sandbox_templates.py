"""The sandbox's paths to badge templates: https://www.credly.com/docs/badge_templates"""

from werkzeug.wrappers import Request, Response

from providers.credly.sandbox_answers import Filters, answer, known
from providers.credly.sandbox_rows import Organization, Row
from providers.credly.sandbox_world import CredlyWorld

TEMPLATE_FILTERS: Filters = {
    "state": lambda row, value: row["state"] in value.split(","),
    "query": lambda row, value: value.lower() in f"{row['name']} {row['description']}".lower(),
    "name": lambda row, value: row["name"] == value[1:-1] if value.startswith('"') else value in row["name"],
}


class TemplatePaths(CredlyWorld):
    """Listing, archiving and deleting templates."""

    def list_templates(self, request: Request, org: str) -> Response:
        """Templates in any state, unless the filter says otherwise."""
        return self.listed(request, list(self.opened(request, org).templates.values()), TEMPLATE_FILTERS)

    def get_template(self, request: Request, org: str, template: str) -> Response:
        """One template."""
        return answer(200, known(self.opened(request, org).templates, template), {})

    def archive_template(self, request: Request, org: str, template: str) -> Response:
        """The template, which cannot be issued any more."""
        held = self.opened(request, org)
        return answer(200, self.changed(held, known(held.templates, template), state="archived"), {})

    def unarchive_template(self, request: Request, org: str, template: str) -> Response:
        """The template, which can be issued again."""
        held = self.opened(request, org)
        return answer(200, self.changed(held, known(held.templates, template), state="active"), {})

    def erase_template(self, request: Request, org: str, template: str) -> Response:
        """204, and the template is gone."""
        held = self.opened(request, org)
        self.gone(held, known(held.templates, template))
        return Response(status=204)

    def changed(self, held: Organization, row: Row, **changes: object) -> Row:
        """The template's row after those changes, of which an event tells."""
        if "state" in changes:
            row["state_updated_at"] = self.now()
        row.update(changes, updated_at=self.now())
        self.record(held, "badge_template.changed", "badge_template", row)
        return row

    def gone(self, held: Organization, row: Row) -> None:
        """Delete the template, of which an event tells."""
        self.record(held, "badge_template.deleted", "badge_template", row)
        del held.templates[row["id"]]
