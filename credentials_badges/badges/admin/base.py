"""The pages of templates and badges, which each provider registers for its own proxies of these tables."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from credentials_badges.badges import outbox, reconciling
from credentials_badges.badges.admin.granting import Granting
from credentials_badges.badges.admin.recomputations import preview
from credentials_badges.badges.admin.revoking import Revoking
from credentials_badges.badges.admin.rule_forms import TemplateForm
from credentials_badges.badges.admin.rules import GroupInline, PenaltyInline, RequirementInline, tell_what_follows
from credentials_badges.badges.event_types import event_types
from credentials_badges.badges.explaining import reasons
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, RulesVersion


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the service itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may run actions on these rows: those may who were given the permission to change them."""
        return super().has_change_permission(request)


def pretty_json(value: object) -> SafeString:
    """JSON to be read by a person, escaped."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


class NobodyCouldEarnIt(Exception):
    """An active template was saved with rules that cannot be met; the message says why."""


class TemplateAdmin(Granting):
    """Templates of one provider: what it says about them, and what has to happen to earn them."""

    form = TemplateForm
    inlines = (RequirementInline, GroupInline, PenaltyInline)
    change_form_template = "admin/badges/template_form.html"
    management_path = ""
    """Where people work at a template on the provider's site, with ``{account}`` and ``{template}`` for their ids."""
    readonly_fields = (
        *("name", "description", "picture", "page", "management", "criteria_lines", "skill_words"),
        *("level", "duration", "cost", "state", "external_id", "account"),
    )
    fieldsets = (
        (None, {"fields": ("name", "picture", "state", "external_id", "account", "management")}),
        ("Awarding", {"fields": ("is_active", "award", "expires_days", "renew_days", "limit")}),
        (
            "What the provider says about it",
            {
                "fields": ("description", "page", "criteria_lines", "skill_words", "level", "duration", "cost"),
                "classes": ("collapse",),
            },
        ),
    )
    list_display = ("name", "external_id", "account", "state", "is_active", "requirement_count")
    list_filter = ("is_active", "state", ("account", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("name", "external_id")
    actions: list[Any] = ["activate", "deactivate", preview]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: templates are pulled."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BadgeTemplate | None = None) -> bool:
        """Never: one that is gone at the provider is archived."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list counts."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(requirement_count=Count("requirements"))
        return rows

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With what was found when it was saved."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refused = getattr(request, "refused", "")
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the event types that are known."""
        return super().render_change_form(request, {**context, "event_types": event_types()}, *args, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Save; if nobody could earn it then, nothing is saved after all, and the form says why.

        Only what is saved can be asked, since the requirements and groups that count come with it.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except NobodyCouldEarnIt as error:
            request.refused = str(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save, then say so, since a penalty's requirements are written after it; and say what follows."""
        super().save_related(request, form, formsets, change)
        template = form.instance
        if template.is_active and (why := template.cannot_be_active()):
            raise NobodyCouldEarnIt(why)
        RulesVersion.bump()
        tell_what_follows(request, template, rules_changed=any(formset.has_changed() for formset in formsets))

    @admin.display(description="Requirements", ordering="requirement_count")
    def requirement_count(self, template: Any) -> int:
        """How many it has."""
        return int(template.requirement_count)

    @admin.display(description="Image")
    def picture(self, template: BadgeTemplate) -> str:
        """The image, if its address is one of the web."""
        url = template.image_url
        return format_html('<img src="{}" alt="" height="96">', url) if _is_of_the_web(url) else url

    @admin.display(description="At the provider")
    def management(self, template: BadgeTemplate) -> str:
        """The address at which the provider lets people change it."""
        site = settings.PROVIDER_SITE_URLS.get(template.account.provider, "")
        if not site or not self.management_path:
            return "-"
        account_id, template_id = (quote(each.external_id, safe="") for each in (template.account, template))
        path = self.management_path.format(account=account_id, template=template_id)
        address = f"{site.rstrip('/')}/{path}"
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, address)

    @admin.display(description="Page at the provider")
    def page(self, template: BadgeTemplate) -> str:
        """A link, if its address is one of the web."""
        url = template.url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, url) if _is_of_the_web(url) else url

    @admin.display(description="Criteria")
    def criteria_lines(self, template: BadgeTemplate) -> str:
        """What the provider says has to be done for it."""
        return "\n".join(map(str, template.criteria))

    @admin.display(description="Skills")
    def skill_words(self, template: BadgeTemplate) -> str:
        """What it stands for."""
        return ", ".join(map(str, template.skills))

    @admin.action(description="Activate", permissions=("change",))
    def activate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> list[BadgeTemplate]:
        """Activate those that can be earned and issued, and say why the others cannot."""
        chosen = queryset.prefetch_related("requirements", "groups")
        refused = {template: why for template in chosen if (why := template.cannot_be_active())}
        ready = {template.pk for template in chosen if template not in refused}
        activated = _switch(ready, is_active=True)
        messages.success(request, f"Activated: {len(activated)}.")
        if refused:
            told = "; ".join(f"“{template}”, because {why}" for template, why in refused.items())
            messages.error(request, f"Left alone: {told}.")
        return activated

    @admin.action(description="Deactivate", permissions=("change",))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> list[BadgeTemplate]:
        """Stop counting events towards them."""
        chosen = set(queryset.values_list("pk", flat=True))
        deactivated = _switch(chosen, is_active=False)
        messages.success(request, f"Deactivated: {len(deactivated)}.")
        return deactivated


def add_action(
    action: Callable[[Any, HttpRequest, QuerySet[BadgeTemplate]], HttpResponse | Iterable[BadgeTemplate]],
) -> None:
    """Offer another action on the lists of every provider's templates; apps that have one say so in their admin."""
    TemplateAdmin.actions.append(action)


def _is_of_the_web(url: str) -> bool:
    """Whether a browser may follow it; ``javascript:`` it may not."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def _switch(templates: Iterable[int], *, is_active: bool) -> list[BadgeTemplate]:
    """Those that were not so before."""
    with transaction.atomic():
        others = BadgeTemplate.objects.filter(pk__in=templates).exclude(is_active=is_active)
        changed = list(others.select_for_update().order_by("pk"))
        others.update(is_active=is_active)
        RulesVersion.bump()
    return changed


class IssuanceInline(admin.TabularInline):  # type: ignore[type-arg]
    """The promises about one badge; to read, since the badge's page is."""

    model = Issuance
    fields = ("action", "status", "attempts", "not_before", "last_error")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issuance]:
        """With what their names are made of."""
        return super().get_queryset(request).select_related("badge__learner", "badge__template")


class DisagreementFilter(admin.SimpleListFilter):
    """Whether the provider and we agree."""

    title = "agreement"
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One question."""
        return [("no", "One side has taken it back")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that one side has taken back, and the other has not."""
        return queryset.filter(pk__in=reconciling.disagreeing()) if self.value() == "no" else queryset


class BadgeAdmin(ReadOnlyAdmin, Revoking):
    """Badges of one provider: what was decided here and why, and what the provider says."""

    exclude = ("because",)
    readonly_fields = ("why",)

    inlines = (IssuanceInline,)
    list_display = ("learner", "template", "status", "external_id", "external_state", "awarded_at", "newest_promise")
    list_filter = (DisagreementFilter, "status", "external_state")
    list_select_related = ("learner", "template")
    search_fields = ("learner__username", "learner__email", "learner__full_name", "external_id")
    actions = ("correct", "repair", "revoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the status of the newest promise."""
        newest = Issuance.objects.filter(badge=OuterRef("pk")).order_by("-pk").values("status")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(newest_promise=Subquery(newest))
        return rows

    @admin.display(description="Why")
    def why(self, badge: Badge) -> SafeString:
        """What it rests on: the events, as they were then, and what each rule found in them."""
        rows = ((each.words, each.event, format_html_join("", "{}<br>", zip(each.found))) for each in reasons(badge))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}<br>{}<br>{}</li>", rows))

    @admin.display(description="Newest promise", ordering="newest_promise", empty_value="-")
    def newest_promise(self, badge: Any) -> str | None:
        """Whether what was decided has been delivered."""
        return badge.newest_promise and Issuance.Status(badge.newest_promise).label

    @admin.action(description="Send name and address again", permissions=("operate",))
    def correct(self, request: HttpRequest, queryset: QuerySet[Badge]) -> list[Badge]:
        """For learners whose name or address has changed since."""
        held = queryset.filter(status=Badge.Status.AWARDED).exclude(external_id=None)
        with transaction.atomic():
            badges = list(held)
            outbox.promise_updates(badges, timezone.now())
        messages.success(request, f"To be corrected at the provider: {len(badges)}.")
        return badges

    @admin.action(description="Make the provider agree with us", permissions=("operate",))
    def repair(self, request: HttpRequest, queryset: QuerySet[Badge]) -> list[Badge]:
        """Issue again what was taken back there only, and revoke again what was taken back here only."""
        torn = list(queryset.filter(pk__in=reconciling.disagreeing()))
        issued, revoked = reconciling.repair(torn, timezone.now())
        messages.success(request, f"To be issued again: {issued}. To be revoked again: {revoked}.")
        if left := queryset.count() - issued - revoked:
            messages.warning(request, f"Left alone, because both sides agree or a promise is open: {left}.")
        return torn
