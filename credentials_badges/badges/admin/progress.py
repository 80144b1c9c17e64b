"""How far learners have come, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.models import BadgeProgress, BadgeRequirement, Fulfillment


class CompleteFilter(admin.SimpleListFilter):
    """Whether every group is done."""

    title = "complete"
    parameter_name = "complete"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes and no."""
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those rows."""
        if self.value() == "yes":
            return queryset.filter(groups_done__gte=F("groups_needed"))
        return queryset.filter(groups_done__lt=F("groups_needed")) if self.value() == "no" else queryset


@admin.register(BadgeProgress)
class BadgeProgressAdmin(ReadOnlyAdmin):
    """Progress of all learners, at all providers."""

    list_display = ("learner", "template", "provider", "groups_done", "groups_needed", "percent", "updated_at")
    list_filter = ("template__account__provider", CompleteFilter)
    list_select_related = ("learner", "template__account")
    search_fields = ("learner__username", "learner__email", "learner__full_name", "template__name")
    fields = ("learner", "template", "provider", "groups_done", "groups_needed", "percent", "requirements")

    @admin.display(description="Provider", ordering="template__account__provider")
    def provider(self, progress: BadgeProgress) -> str:
        """Where the badge will be issued."""
        return str(progress.template.account.provider)

    @admin.display(description="Percent")
    def percent(self, progress: BadgeProgress) -> str:
        """Of the groups; rounded down, so that 100 % means all of them."""
        return f"{100 * progress.groups_done // max(progress.groups_needed, 1)} %"

    @admin.display(description="Requirements")
    def requirements(self, progress: BadgeProgress) -> SafeString:
        """Each requirement, whether the learner fulfils it, since when, and by which event."""
        held = Fulfillment.objects.filter(learner=progress.learner_id, requirement__template=progress.template_id)
        by_requirement = {row.requirement_id: row for row in held.select_related("event")}
        requirements = BadgeRequirement.objects.filter(template=progress.template_id)
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((each.group, each, *_standing(by_requirement.get(each.pk))) for each in requirements),
        )
        head = "<tr><th>Group</th><th>Requirement</th><th>Fulfilled</th><th>As of</th><th>Event</th></tr>"
        return format_html("<table>" + head + "{}</table>", rows)


def _standing(held: Fulfillment | None) -> tuple[str, str, str]:
    """Whether, when and by which event; the event may have been purged since."""
    if held is None:
        return "no", "", ""
    link = ""
    if held.event:
        link = format_html(
            '<a href="{}">{}</a>', reverse("admin:badges_learningevent_change", args=(held.event.pk,)), held.event
        )
    return "yes" if held.fulfilled else "no", f"{held.as_of:%Y-%m-%d %H:%M:%S} UTC", link
