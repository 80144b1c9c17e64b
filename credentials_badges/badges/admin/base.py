"""The pages of templates, which each provider registers for its own proxy of that table."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges.admin import choosing, earning
from credentials_badges.badges.admin.confirming import AT_A_TIME, Plan, asks_first
from credentials_badges.badges.admin.granting import Granting
from credentials_badges.badges.admin.membership import OfAccounts
from credentials_badges.badges.admin.recomputations import preview
from credentials_badges.badges.admin.rule_forms import TemplateForm
from credentials_badges.badges.admin.rules import GroupInline, PenaltyInline, RequirementInline, tell_what_follows
from credentials_badges.badges.event_types import event_types
from credentials_badges.badges.models import BadgeTemplate, RulesVersion

NAMED = 20
"""Templates, or reasons, that are told one by one."""


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

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may run actions on these rows: those may who were given the permission to change them."""
        return super().has_change_permission(request, obj)


def pretty_json(value: object) -> SafeString:
    """JSON to be read by a person, escaped."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


class NobodyCouldEarnIt(Exception):
    """An active template was saved with rules that cannot be met; the message says why."""


def _to_activate(_pages: Any, _request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> Plan:
    chosen, inactive = queryset.count(), queryset.filter(is_active=False)
    rows = inactive.prefetch_related("requirements", "groups").iterator(chunk_size=AT_A_TIME)
    refused = Counter(why for template in rows if (why := template.cannot_be_active()))
    number, told = inactive.count(), refused.most_common(NAMED)
    others = refused.total() - sum(count for _why, count in told)
    left = [(chosen - number, _("active already")), *((count, why) for why, count in told), (others, _("for others"))]
    return Plan(chosen=chosen, touched=number - refused.total(), will=_("will be activated"), left=left)


def _to_deactivate(_pages: Any, _request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> Plan:
    chosen, active = queryset.count(), queryset.filter(is_active=True).count()
    left = [(chosen - active, _("not active"))]
    return Plan(chosen=chosen, touched=active, will=_("will be deactivated; badges that were issued stay"), left=left)


class TemplateAdmin(Granting, OfAccounts):
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
        (gettext_lazy("Awarding"), {"fields": ("is_active", "award", "expires_days", "renew_days", "limit")}),
        (
            gettext_lazy("What the provider says about it"),
            {
                "fields": ("description", "page", "criteria_lines", "skill_words", "level", "duration", "cost"),
                "classes": ("collapse",),
            },
        ),
    )
    list_display = ("name", "thumbnail", "external_id", "account", "state", "is_active", "requirement_count")
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
        """With the event types that are known, and with who is on the way."""
        template: BadgeTemplate | None = context.get("original")
        told = earning.panels(request, template, choosing.badge_pages_of(template)) if template else {}
        return super().render_change_form(request, {**context, **told, "event_types": event_types()}, *args, **kwargs)

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

    @admin.display(description=gettext_lazy("Requirements"), ordering="requirement_count")
    def requirement_count(self, template: Any) -> int:
        """How many it has."""
        return int(template.requirement_count)

    @admin.display(description=gettext_lazy("Image"))
    def thumbnail(self, template: BadgeTemplate) -> str:
        """A small image, for the list; it is only asked for once it is scrolled to."""
        url = template.image_url
        return format_html('<img src="{}" alt="" height="40" loading="lazy">', url) if is_of_the_web(url) else ""

    @admin.display(description=gettext_lazy("Image"))
    def picture(self, template: BadgeTemplate) -> str:
        """The image, if its address is one of the web."""
        url = template.image_url
        return format_html('<img src="{}" alt="" height="96">', url) if is_of_the_web(url) else url

    @admin.display(description=gettext_lazy("At the provider"))
    def management(self, template: BadgeTemplate) -> str:
        """The address at which the provider lets people change it."""
        site = settings.PROVIDER_SITE_URLS.get(template.account.provider, "")
        if not site or not self.management_path:
            return "-"
        account_id, template_id = (quote(each.external_id, safe="") for each in (template.account, template))
        path = self.management_path.format(account=account_id, template=template_id)
        address = f"{site.rstrip('/')}/{path}"
        return format_html('<a href="{}" rel="noreferrer">{}</a>', address, address)

    @admin.display(description=gettext_lazy("Page at the provider"))
    def page(self, template: BadgeTemplate) -> str:
        """A link, if its address is one of the web."""
        url = template.url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, url) if is_of_the_web(url) else url

    @admin.display(description=gettext_lazy("Criteria"))
    def criteria_lines(self, template: BadgeTemplate) -> str:
        """What the provider says has to be done for it."""
        return "\n".join(map(str, template.criteria))

    @admin.display(description=gettext_lazy("Skills"))
    def skill_words(self, template: BadgeTemplate) -> str:
        """What it stands for."""
        return ", ".join(map(str, template.skills))

    @admin.action(description=gettext_lazy("Activate"), permissions=("change",))
    @asks_first(_to_activate)
    def activate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> list[BadgeTemplate]:
        """Activate those that can be earned and issued, and say why the others cannot."""
        chosen = queryset.prefetch_related("requirements", "groups")
        refused = {template: why for template in chosen if (why := template.cannot_be_active())}
        ready = {template.pk for template in chosen if template not in refused}
        activated = _switch(ready, is_active=True)
        messages.success(request, _("Activated: %(count)d.") % {"count": len(activated)})
        if refused:
            told = _("“%(template)s”, because %(why)s")
            named = [told % {"template": template, "why": why} for template, why in refused.items()][:NAMED]
            if more := len(refused) - len(named):
                named.append(_("and %(count)d more") % {"count": more})
            messages.error(request, _("Left alone: %(reasons)s.") % {"reasons": "; ".join(named)})
        return activated

    @admin.action(description=gettext_lazy("Deactivate"), permissions=("change",))
    @asks_first(_to_deactivate)
    def deactivate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> list[BadgeTemplate]:
        """Stop counting events towards them."""
        chosen = set(queryset.values_list("pk", flat=True))
        deactivated = _switch(chosen, is_active=False)
        messages.success(request, _("Deactivated: %(count)d.") % {"count": len(deactivated)})
        return deactivated


def add_action(
    action: Callable[[Any, HttpRequest, QuerySet[BadgeTemplate]], HttpResponse | Iterable[BadgeTemplate]],
) -> None:
    """Offer another action on the lists of every provider's templates; apps that have one say so in their admin."""
    TemplateAdmin.actions.append(action)


def is_of_the_web(url: str) -> bool:
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
