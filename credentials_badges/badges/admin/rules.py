"""What is edited about a template: its requirements, groups and penalties, and the data rules of each.

Django nests no inlines, so data rules are edited on the page of their requirement or penalty, to which the template's
page links.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import configuring, explaining
from credentials_badges.badges.admin import choosing
from credentials_badges.badges.admin.membership import OfAccounts, OfParents
from credentials_badges.badges.admin.rule_forms import (
    DataRuleForm,
    DataRuleFormSet,
    PenaltyForm,
    PenaltyFormSet,
    RequirementForm,
    RequirementFormSet,
    RequirementPageForm,
)
from credentials_badges.badges.event_types import event_types, paths
from credentials_badges.badges.members import Role
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    PenaltyDataRule,
    RequirementGroup,
    RulesVersion,
)


def tell_what_follows(request: HttpRequest, template: BadgeTemplate, *, rules_changed: bool) -> None:
    """After a template or its rules were saved: warn of what somebody may not have meant, if it is active."""
    if not template.is_active:
        return
    for requirement in template.requirements.filter(rules=None, badge=None):
        said = _("“%(requirement)s” has no data rules: every event of type %(type)s counts.")
        messages.warning(request, said % {"requirement": requirement, "type": requirement.event_type})
    if why := template.cannot_be_active():
        said = _("“%(template)s” is active, but nobody can earn it: %(why)s.")
        messages.warning(request, said % {"template": template, "why": why})
    if rules_changed and (learners := configuring.on_the_way(template)):
        said = _(
            "The rules of “%(template)s” have changed while learners are on the way: %(count)d. That alone gives and "
            "takes no badge. Run a recomputation's dry run (manage.py recompute --dry-run) to see what it means."
        )
        messages.warning(request, said % {"template": template, "count": learners})


class RuleInline(OfParents, admin.StackedInline):  # type: ignore[type-arg]
    """What requirements and penalties have in common on their template's page."""

    extra = 0
    show_change_link = True

    @admin.display(description=gettext_lazy("Data rules"))
    def data_rules(self, parent: BadgeRequirement | BadgePenalty) -> str:
        """All of them, to read."""
        if not parent.pk:
            return _("To be added on its own page, once it is saved.")
        if isinstance(parent, BadgeRequirement) and parent.badge_id:
            return _("None: a badge is required.")
        return "\n".join(map(str, parent.rules.all())) or _("None: every event of the type counts.")


class RequirementInline(RuleInline):
    """Requirements on their template's page."""

    model = BadgeRequirement
    fk_name = "template"
    form = RequirementForm
    formset = RequirementFormSet
    readonly_fields = ("data_rules", "further")
    fields = ("key", "group", "event_type", "description", "badge", "count", "data_rules", "further")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what is shown to read, in one statement each."""
        return super().get_queryset(request).prefetch_related("rules", "after")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """With the badges that this user may look at."""
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.offered = choosing.offered(request, obj.pk if obj else 0)
        return formset

    @admin.display(description=gettext_lazy("Also"))
    def further(self, requirement: BadgeRequirement) -> str:
        """What is edited on its own page, in words."""
        if not requirement.pk:
            return _("To be said on its own page, once it is saved.")
        return explaining.terms(requirement) or _("Nothing.")


class PenaltyInline(RuleInline):
    """Penalties on their template's page."""

    model = BadgePenalty
    form = PenaltyForm
    formset = PenaltyFormSet
    readonly_fields = ("data_rules",)
    fields = ("event_type", "requirements", "description", "data_rules")
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what is shown of each, in one statement."""
        return super().get_queryset(request).prefetch_related("rules", "requirements")


class GroupInline(OfParents, admin.TabularInline):  # type: ignore[type-arg]
    """How many requirements of a group are needed, on their template's page."""

    model = RequirementGroup
    extra = 0
    verbose_name_plural = gettext_lazy("groups of which more than one requirement is needed")


class Comparisons(OfParents, admin.TabularInline):  # type: ignore[type-arg]
    """What the data rules of requirements and of penalties have in common."""

    account_path = "template__account_id"
    form = DataRuleForm
    formset = DataRuleFormSet
    extra = 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """For this user."""
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.only_shown = not self.has_change_permission(request, obj)
        return formset


class DataRuleInline(Comparisons):
    """The data rules of a requirement."""

    model = DataRule


class PenaltyDataRuleInline(Comparisons):
    """The data rules of a penalty."""

    model = PenaltyDataRule


class RuleAdmin(OfAccounts):
    """The page of one requirement or penalty, for its data rules; it is added on its template's page."""

    account_path = "template__account_id"
    change_form_template = "admin/badges/rule_form.html"
    list_select_related = ("template",)
    list_filter = ("template__is_active", "event_type")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: on its own it would have no template."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as an issuer: on the template's page they may as well."""
        return super().has_delete_permission(request, obj) or self.is_member(request, obj, Role.ISSUER)

    @admin.display(description=gettext_lazy("Template"))
    def of_template(self, rule: BadgeRequirement | BadgePenalty) -> str:
        """A link to its template's page."""
        page = choosing.page_of(rule.template)
        return format_html('<a href="{}">{}</a>', page, rule.template) if page else str(rule.template)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what is known of events of the type."""
        rule = kwargs.get("obj")
        context |= {"event_types": event_types(), "known_paths": paths(rule.event_type) if rule else {}}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save, then say what follows."""
        super().save_related(request, form, formsets, change)
        changed = form.has_changed() or any(formset.has_changed() for formset in formsets)
        tell_what_follows(request, form.instance.template, rules_changed=changed)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, then say what follows."""
        super().delete_model(request, obj)
        tell_what_follows(request, obj.template, rules_changed=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete, then say so: a queryset does not call `RuleModel.delete`."""
        templates = {row.template for row in queryset.select_related("template")}
        super().delete_queryset(request, queryset)
        RulesVersion.bump()
        for template in templates:
            tell_what_follows(request, template, rules_changed=True)


@admin.register(BadgeRequirement)
class BadgeRequirementAdmin(RuleAdmin):
    """Requirements of all templates."""

    form = RequirementPageForm
    inlines = (DataRuleInline,)
    list_display = ("key", "template", "group", "event_type", "description")
    search_fields = ("key", "description", "event_type", "template__name")
    readonly_fields = ("of_template", "key")
    fieldsets = (
        (None, {"fields": ("of_template", "key", "group", "description")}),
        (
            gettext_lazy("What has to happen"),
            {
                "fields": ("event_type", "badge"),
                "description": gettext_lazy(
                    "An event of this type that meets all data rules below; or, instead of events, that the learner "
                    "holds a badge of another template."
                ),
            },
        ),
        (
            gettext_lazy("How often"),
            {
                "fields": ("count", "distinct", "within_days", "streak"),
                "description": gettext_lazy(
                    "One event is enough if nothing is said. A penalty lets the count begin anew. A streak goes with "
                    "neither of the two above it: it asks for as many periods in a row as count says."
                ),
            },
        ),
        (
            gettext_lazy("When"),
            {
                "fields": ("since", "until", "after"),
                "description": gettext_lazy("Times are UTC, and those of the events themselves, not of their arrival."),
            },
        ),
        (
            gettext_lazy("How long"),
            {
                "fields": ("expires_days",),
                "description": gettext_lazy(
                    "Without it, for ever. Afterwards it no longer counts towards a badge that is not earned yet; a "
                    "badge that is held stays."
                ),
            },
        ),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the badges that this user may look at."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.offered = choosing.offered(request, obj.template_id if obj else 0)
        return form


@admin.register(BadgePenalty)
class BadgePenaltyAdmin(RuleAdmin):
    """Penalties of all templates."""

    form = PenaltyForm
    inlines = (PenaltyDataRuleInline,)
    list_display = ("__str__", "template", "event_type")
    search_fields = ("description", "event_type", "template__name")
    readonly_fields = ("of_template", "requirements")
    fields = ("of_template", "event_type", "requirements", "description")
