"""Pages of the store's badges, and of the milestones that lead to some of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import TextField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.badgekit.admin.stored import NamedAdmin, StoredAdmin, WithAddresses
from providers.badgekit.models import Alignment, Badge, Category, Criterion, Milestone, MilestoneBadge, Tag

UNITS = ("minutes", "hours", "days", "weeks")
ACTIONS = ("issue", "queue-application")


class BadgeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A badge in the place where it belongs: its program is its issuer's, and its issuer its system's."""

    time_units = forms.TypedChoiceField(
        label=_("Time units"),
        choices=[("", "---------"), *((unit, unit) for unit in UNITS)],
        required=False,
        empty_value=None,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an issuer or a program from elsewhere: no address would lead to the badge."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        system, issuer, program = (told.get(name) for name in ("system", "issuer", "program"))
        if issuer and system and issuer.system_id != system.pk:
            words = gettext("“%(issuer)s” is no issuer of “%(system)s”.")
            self.add_error("issuer", words % {"issuer": issuer, "system": system})
        if program and (issuer is None or program.issuer_id != issuer.pk):
            words = gettext("“%(program)s” is no program of the issuer above.")
            self.add_error("program", words % {"program": program})
        return told


class Part(WithAddresses, InlineModelAdmin):  # type: ignore[type-arg]
    """Something that describes a badge."""

    extra = 0
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})}}


class CriterionInline(Part, admin.TabularInline):  # type: ignore[type-arg]
    """What has to be done for the badge."""

    model = Criterion
    verbose_name_plural = _("criteria")


class AlignmentInline(Part, admin.StackedInline):  # type: ignore[type-arg]
    """The standards that it goes by."""

    model = Alignment


class CategoryInline(Part, admin.TabularInline):  # type: ignore[type-arg]
    """Its categories."""

    model = Category


class TagInline(Part, admin.TabularInline):  # type: ignore[type-arg]
    """Its tags."""

    model = Tag


@admin.register(Badge)
class StoredBadgeAdmin(NamedAdmin):
    """Badges that can be earned."""

    form = BadgeForm
    inlines = (CriterionInline, AlignmentInline, CategoryInline, TagInline)
    autocomplete_fields = ("system", "issuer", "program", "image")
    readonly_fields = ("created",)
    fieldsets = (
        (None, {"fields": ("name", "slug", "strapline", "type", "image", "archived", "created")}),
        (_("Issued by"), {"fields": ("system", "issuer", "program", "issuer_url")}),
        (
            _("What it says"),
            {"fields": ("earner_description", "consumer_description", "criteria_url", "rubric_url", "evidence_type")},
        ),
        (
            _("How much"),
            {
                "fields": (("time_value", "time_units"), "limit", "unique"),
                "description": _(
                    "The limit and “unique” are told to whoever asks, and not looked at, as in BadgeKit. "
                    "What is looked at is the limit of a claim code."
                ),
            },
        ),
    )
    list_display = ("name", "slug", "system", "issuer", "program", "archived")
    list_filter = ("archived", ("system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("system", "issuer", "program")


class MilestoneForm(forms.ModelForm):  # type: ignore[type-arg]
    """A milestone of one system."""

    number_required = forms.IntegerField(
        label=_("Number required"), min_value=1, max_value=1_000, help_text=_("So many of the badges below.")
    )
    action = forms.ChoiceField(
        label=_("Action"),
        choices=[(word, word) for word in ACTIONS],
        help_text=_("BadgeKit gives the badge either way."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse to give a badge of another system."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        system, primary = told.get("system"), told.get("primary_badge")
        if system and primary and primary.system_id != system.pk:
            words = gettext("“%(badge)s” is no badge of “%(system)s”.")
            self.add_error("primary_badge", words % {"badge": primary, "system": system})
        return told


class CountingFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The badges of one milestone. Its rows have no name to be reached by, from which Django would name the form."""

    @classmethod
    def get_default_prefix(cls) -> str:
        """Named here."""
        return "counting"


class MilestoneBadgeInline(admin.TabularInline):  # type: ignore[type-arg]
    """What counts towards it."""

    model = MilestoneBadge
    formset = CountingFormSet
    extra = 0
    autocomplete_fields = ("badge",)
    verbose_name = _("badge that counts")
    verbose_name_plural = _("badges that count")


@admin.register(Milestone)
class MilestoneAdmin(StoredAdmin):
    """Badges that are given to whoever holds so many of some others."""

    form = MilestoneForm
    inlines = (MilestoneBadgeInline,)
    autocomplete_fields = ("system", "primary_badge")
    fields = ("system", "primary_badge", "number_required", "action")
    list_display = ("primary_badge", "number_required", "action", "system")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("primary_badge", "system")
    search_fields = ("primary_badge__name", "primary_badge__slug")
