"""The forms of requirements, penalties and data rules: they refuse what could never be meant, and say what to do."""

from collections import defaultdict
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges.admin import choosing
from credentials_badges.badges.event_types import Kind, kind_of, paths
from credentials_badges.badges.models import BadgeRequirement, BadgeTemplate, DataRule, PenaltyDataRule
from credentials_badges.badges.models.requirements import SIGNS
from credentials_badges.badges.operators import PRESENCE, USABLE, problem

WIDGETS = {
    "event_type": AdminTextInputWidget(attrs={"class": "vLargeTextField", "list": "event-types"}),
    "distinct": AdminTextInputWidget(attrs={"class": "vLargeTextField", "list": "known-paths"}),
    "description": AdminTextareaWidget(attrs={"rows": 2}),
    "after": forms.CheckboxSelectMultiple,
}
"""Both lists of suggestions stand on the page once (templates/admin/badges/suggestions.html)."""
KINDS = {
    Kind.BOOL: gettext_lazy("bool"),
    Kind.NUMBER: gettext_lazy("number"),
    Kind.TIME: gettext_lazy("time"),
    Kind.TEXT: gettext_lazy("text"),
    Kind.KEY: gettext_lazy("key"),
    Kind.LIST: gettext_lazy("list"),
}
"""What people read of what events have at a path."""


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is decided here about a template."""

    refused = ""
    """Why it cannot be active, as was found when it was saved with all that came with it."""

    def clean(self) -> None:
        """Refuse what nobody could earn."""
        super().clean()
        if self.refused:
            self.add_error("is_active", _("It cannot be active: %(why)s.") % {"why": self.refused})


class RequirementForm(forms.ModelForm):  # type: ignore[type-arg]
    """A requirement among others of its template."""

    class Meta:
        widgets = WIDGETS

    def clean_key(self) -> str:
        """Make up a missing key now: formsets take two empty ones for duplicates before the model is asked."""
        return self.cleaned_data["key"] or uuid4().hex[:8]

    def add_error(self, field: str | None, error: Any) -> None:
        """Tell of the whole what is wrong with a field that stands on the requirement's own page only."""
        for name, reasons in getattr(error, "error_dict", {}).items():
            if name not in self.fields and name != NON_FIELD_ERRORS:
                error.error_dict = {key: value for key, value in error.error_dict.items() if key != name}
                texts = " ".join(text for reason in reasons for text in reason.messages)
                label = BadgeRequirement._meta.get_field(name).verbose_name  # type: ignore[union-attr]
                super().add_error(None, _("%(field)s (on its own page): %(texts)s") % {"field": label, "texts": texts})
        super().add_error(field, error)


class RequirementPageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A requirement on its own page."""

    instance: BadgeRequirement
    offered: QuerySet[BadgeTemplate]
    """The badges that its user may require."""

    class Meta:
        widgets = WIDGETS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "badge" in self.fields:  # It is not where somebody may only look.
            _offer(self, self.offered, badges_except(self.instance.template_id, self.offered))
            self.fields["after"].queryset = self._others()  # type: ignore[attr-defined]

    def _others(self) -> QuerySet[BadgeRequirement]:
        return BadgeRequirement.objects.filter(template=self.instance.template_id).exclude(pk=self.instance.pk)

    def clean_after(self) -> Any:
        """Refuse requirements that would wait for one another."""
        waits: dict[int, set[int]] = defaultdict(set)
        links = BadgeRequirement.after.through.objects.filter(from_badgerequirement__in=self._others())
        for id_, earlier in links.values_list("from_badgerequirement", "to_badgerequirement"):
            waits[id_].add(earlier)
        waits[self.instance.pk] = {earlier.pk for earlier in self.cleaned_data["after"]}
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            keys = BadgeRequirement.objects.in_bulk(error.args[1])
            circle = _(" after ").join(keys[id_].key for id_ in reversed(error.args[1]))
            words = _("These would wait for one another for ever: %(circle)s. Untick one of them.")
            raise ValidationError(words % {"circle": circle}) from None
        return self.cleaned_data["after"]


class PenaltyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A penalty."""

    class Meta:
        widgets = WIDGETS


def badges_except(template_id: int, offered: QuerySet[BadgeTemplate]) -> list[Any]:
    """These, to be chosen from, but for this one."""
    return [("", "---------"), *choosing.named(offered.exclude(pk=template_id))]


def _offer(form: Any, offered: QuerySet[BadgeTemplate], choices: list[Any]) -> None:
    """Let these badges be required, and take no others, whatever is sent."""
    form.fields["badge"].queryset = offered
    form.fields["badge"].choices = choices


class ParentFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Requirements or penalties on their template's page, which shows their data rules and does not edit them."""

    def clean(self) -> None:
        """Refuse a new event type, or a badge, that the data rules of the row would not suit."""
        super().clean()
        for form in self.forms:
            if form.instance.pk and form.has_changed() and not form.errors and not form.cleaned_data.get("DELETE"):
                _check_against_rules(form)


def _check_against_rules(form: Any) -> None:
    rules = list(form.instance.rules.all()) if {"badge", "event_type"} & set(form.changed_data) else []
    if rules and "badge" in form.changed_data and form.instance.badge_id:
        words = _(
            "A badge is required here, so there is no event that data rules could look at. Delete them on its own page "
            "first."
        )
        form.add_error("badge", words)
    elif "event_type" in form.changed_data:
        for rule in rules:
            if found := objection(rule, form.instance.event_type):
                words = _(
                    "Its data rule “%(rule)s” does not suit events of this type. %(why)s Change both together, on its "
                    "own page."
                )
                form.add_error("event_type", words % {"rule": rule, "why": found[1]})


class RequirementFormSet(ParentFormSet):
    """The requirements of one template, submitted together with it."""

    offered: QuerySet[BadgeTemplate]
    """The badges that its user may require."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer badges, which are read once for all rows."""
        super().add_fields(form, index)
        if "badge" in form.fields:  # It is not where somebody may only look.
            _offer(form, self.offered, self._badges)

    @cached_property
    def _badges(self) -> list[Any]:
        return badges_except(self.instance.pk, self.offered)


class PenaltyFormSet(ParentFormSet):
    """The penalties of one template."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer only the requirements of this template, which are read once for all rows."""
        super().add_fields(form, index)
        if "requirements" in form.fields:
            form.fields["requirements"].queryset = self.instance.requirements.all()
            form.fields["requirements"].choices = self._requirements

    @cached_property
    def _requirements(self) -> list[tuple[int, str]]:
        return [(requirement.pk, str(requirement)) for requirement in self.instance.requirements.all()]


class ValueField(forms.CharField):
    """A rule's value, with the line ends that files have: else a list would look changed whenever it is sent back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "strip": False})

    def to_python(self, value: Any) -> Any:
        """With plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class DataRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """One data rule."""

    class Meta:
        field_classes = {"value": ValueField}
        widgets = {
            "path": AdminTextInputWidget(attrs={"list": "known-paths"}),
            "value": AdminTextareaWidget(attrs={"rows": 2, "class": "vTextField"}),
        }

    def clean_value(self) -> str:
        """Without spaces around it, unless it came from a file that way and nobody touched it."""
        value: str = self.cleaned_data["value"]
        return value.strip() if "value" in self.changed_data else value


class DataRuleFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The data rules of one requirement or penalty, judged by the event type that is submitted with them."""

    only_shown = False
    """Whether the user may not change them: then what is said about a field is said above its row."""

    def clean(self) -> None:
        """Refuse rules that stand there twice, that their event type does not suit, or that no event can meet."""
        super().clean()
        kept = [
            form
            for form in self.forms
            if not form.errors and form.instance.path and not form.cleaned_data.get("DELETE")
        ]
        if kept and getattr(self.instance, "badge_id", None):
            words = _(
                "A badge is required here, so there is no event that data rules could look at. Delete them, or require "
                "no badge."
            )
            raise ValidationError(words)
        known = set()
        for form in kept:
            rule = form.instance
            if (same := (rule.path, rule.operator, rule.value)) in known:
                words = _("The same rule stands above already, and says nothing new here. Delete this one.")
                form.add_error(None, words)
            known.add(same)
            if found := objection(rule, self.instance.event_type):
                field, why = found
                form.add_error(None if self.only_shown else field, why)


def objection(rule: DataRule | PenaltyDataRule, event_type: str) -> tuple[str, str] | None:
    """The field of a rule that cannot be meant so, and why, with what to do about it; None if there is none."""
    kind = kind_of(event_type, rule.path)
    told = {"path": rule.path, "kind": KINDS[kind] if kind else "", "sign": SIGNS[rule.operator]}
    if kind and rule.operator not in USABLE[kind]:
        possible = ", ".join(str(sign) for operator, sign in SIGNS.items() if operator in USABLE[kind])
        words = _(
            "At %(path)s, these events have a %(kind)s, of which “%(sign)s” cannot be asked. Choose one of: "
            "%(possible)s."
        )
        return "operator", words % {**told, "possible": possible}
    if not (found := problem(rule.operator, rule.value, kind)):
        return None
    why = _(found.words) % {**found.told, "operator": f"“{SIGNS[rule.operator]}”"}
    told["why"] = f"{why[0].upper()}{why[1:]}"
    words = "%(why)s."
    if rule.operator in PRESENCE:
        words = _("%(why)s. Leave it empty.")
    elif field := paths(event_type).get(rule.path):
        told["example"] = field.example
        words = _("%(why)s. At %(path)s, these events have a %(kind)s, such as %(example)s.")
    return "value", words % told
