"""What is edited about a template: its requirements and penalties, and the data rules of each.

Django nests no inlines, so data rules are edited on the page of their requirement or penalty, to which the template's
page links.
"""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest

from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    DataRule,
    PenaltyDataRule,
    RulesVersion,
)


class RequirementForm(forms.ModelForm):  # type: ignore[type-arg]
    """A requirement among others of its template."""

    def clean_key(self) -> str:
        """Make up a missing key now: formsets take two empty ones for duplicates before the model is asked."""
        return self.cleaned_data["key"] or uuid4().hex[:8]


class RequirementFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The requirements of one template, submitted together with it."""

    def clean(self) -> None:
        """Refuse an active template that nothing leads to."""
        super().clean()
        if any(self.errors) or not self.instance.is_active:
            return
        if not any(form.cleaned_data and not form.cleaned_data.get("DELETE") for form in self.forms):
            raise ValidationError("An active template needs at least one requirement.")


class PenaltyFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The penalties of one template."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer only the requirements of this template."""
        super().add_fields(form, index)
        if "requirements" in form.fields:  # It is not where somebody may only look.
            form.fields["requirements"].queryset = self.instance.requirements.all()


class RuleInline(admin.StackedInline):  # type: ignore[type-arg]
    """What requirements and penalties have in common on their template's page."""

    extra = 0
    show_change_link = True
    readonly_fields = ("data_rules",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the data rules, to show them in one statement."""
        return super().get_queryset(request).prefetch_related("rules")

    @admin.display(description="Data rules")
    def data_rules(self, parent: BadgeRequirement | BadgePenalty) -> str:
        """All of them, to read."""
        if not parent.pk:
            return "To be added on its own page, once it is saved."
        return "\n".join(map(str, parent.rules.all())) or "None: every event of the type counts."


class RequirementInline(RuleInline):
    """Requirements on their template's page."""

    model = BadgeRequirement
    fk_name = "template"
    form = RequirementForm
    formset = RequirementFormSet
    fields = ("key", "group", "event_type", "description", "data_rules")


class PenaltyInline(RuleInline):
    """Penalties on their template's page."""

    model = BadgePenalty
    formset = PenaltyFormSet
    fields = ("event_type", "requirements", "description", "data_rules")
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}


class DataRuleInline(admin.TabularInline):  # type: ignore[type-arg]
    """The data rules of a requirement."""

    model = DataRule
    extra = 1


class PenaltyDataRuleInline(admin.TabularInline):  # type: ignore[type-arg]
    """The data rules of a penalty."""

    model = PenaltyDataRule
    extra = 1


class RuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The page of one requirement or penalty, for its data rules; it is added on its template's page."""

    list_select_related = ("template",)
    list_filter = ("template__is_active", "event_type")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: on its own it would have no template."""
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete, then say so: a queryset does not call `RuleModel.delete`."""
        super().delete_queryset(request, queryset)
        RulesVersion.bump()


@admin.register(BadgeRequirement)
class BadgeRequirementAdmin(RuleAdmin):
    """Requirements of all templates."""

    inlines = (DataRuleInline,)
    list_display = ("key", "template", "group", "event_type", "description")
    search_fields = ("key", "description", "event_type", "template__name")
    readonly_fields = ("template", "key")
    fields = ("template", "key", "group", "event_type", "description")


@admin.register(BadgePenalty)
class BadgePenaltyAdmin(RuleAdmin):
    """Penalties of all templates."""

    inlines = (PenaltyDataRuleInline,)
    list_display = ("__str__", "template", "event_type")
    search_fields = ("description", "event_type", "template__name")
    readonly_fields = ("template", "requirements")
    fields = ("template", "event_type", "requirements", "description")
