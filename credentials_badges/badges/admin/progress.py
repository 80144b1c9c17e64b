"""How far learners have come, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import explaining
from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.admin.finding import FindsLearners, named_templates
from credentials_badges.badges.admin.membership import OfAccounts
from credentials_badges.badges.models import BadgeProgress


class CompleteFilter(admin.SimpleListFilter):
    """Whether every group is done."""

    title = gettext_lazy("complete")
    parameter_name = "complete"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes and no."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those rows."""
        if self.value() == "yes":
            return queryset.filter(groups_done__gte=F("groups_needed"))
        return queryset.filter(groups_done__lt=F("groups_needed")) if self.value() == "no" else queryset


@admin.register(BadgeProgress)
class BadgeProgressAdmin(ReadOnlyAdmin, FindsLearners, OfAccounts):
    """Progress of all learners, at all providers."""

    account_path = "template__account_id"
    learner_path = "learner__"
    list_display = ("learner", "template", "provider", "groups_done", "groups_needed", "percent", "updated_at")
    list_filter = ("template__account__provider", CompleteFilter)
    ordering = ("-id",)  # By when it was changed there is no index, since that changes with every event.
    list_select_related = ("learner", "template__account")
    search_fields = ("learner__username", "learner__email", "learner__full_name", "template__name")
    fields = ("learner", "template", "provider", "groups_done", "groups_needed", "percent", "why")

    def otherwise(self, request: HttpRequest, text: str) -> list[Q]:
        """By the template's name."""
        return [Q(template__in=named_templates(text, self.seen(request)))]

    @admin.display(description=gettext_lazy("Provider"), ordering="template__account__provider")
    def provider(self, progress: BadgeProgress) -> str:
        """Where the badge will be issued."""
        return str(progress.template.account.provider)

    @admin.display(description=gettext_lazy("Percent"))
    def percent(self, progress: BadgeProgress) -> str:
        """Of the groups; rounded down, so that 100 % means all of them."""
        return f"{100 * progress.groups_done // max(progress.groups_needed, 1)} %"

    @admin.display(description=gettext_lazy("Why"))
    def why(self, progress: BadgeProgress) -> SafeString:
        """Each requirement, how far the learner has come with it, and the events that say so."""
        explanations = explaining.explain(progress.learner_id, [progress.template_id], timezone.now())
        # The template escapes all that it shows.
        return mark_safe(  # noqa: S308
            "".join(render_to_string("badges/explanation.html", {"each": each, "staff": True}) for each in explanations)
        )
