"""What is asked for at the desk about codes: which to list, what to do with them, and how new ones are to be."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.forms.models import fields_for_model
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.csv_file import Unreadable
from providers.badgekit import batches, code_list
from providers.badgekit.batches import TERMS, Terms
from providers.badgekit.models import Badge, Batch, ClaimCode, System
from providers.badgekit.models.codes import LONGEST_LABEL
from providers.badgekit.models.folding import folded

State = ClaimCode.State
SEARCHED = ("code", "label", "handed_out_to", "bound_to")
UTC = _("Times are in UTC.")


def moment() -> forms.DateTimeInput:
    """A field for a time, which browsers ask for with a calendar."""
    return forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def choose_from(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    """Let the form's field offer these rows."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


class CodeFilter(forms.Form):
    """Which codes of a system are listed."""

    q = forms.CharField(label=_("Code, label, address or place"), required=False, max_length=255)
    badge = forms.ModelChoiceField(Badge.objects.none(), label=_("Badge"), required=False, empty_label=_("Every badge"))
    batch = forms.ModelChoiceField(Batch.objects.none(), label=_("Batch"), required=False, empty_label=_("Every batch"))
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All but deleted ones")), *State.choices]
    )

    def __init__(self, data: Any, system: System) -> None:
        super().__init__(data)
        self.system = system
        choose_from(self, "badge", system.badges.filter(deleted_at=None).order_by("name", "pk"))
        choose_from(self, "batch", Batch.objects.filter(badge__system=system).order_by("-pk"))

    def of_any_state(self) -> QuerySet[ClaimCode]:
        """The codes, deleted or not; none if it cannot be understood which are meant."""
        codes = batches.codes_of(self.system)
        if not self.is_valid():
            return codes.none()
        told = self.cleaned_data
        if words := told["q"]:
            found = Q(*[(f"{name}__icontains", words) for name in SEARCHED], _connector=Q.OR)
            if key := folded(words):
                found |= Q(code_key__contains=key)
            codes = codes.filter(found)
        return codes.filter(**{name: told[name] for name in ("badge", "batch") if told[name]})

    def codes(self) -> QuerySet[ClaimCode]:
        """The codes, of the state that is asked for."""
        codes = self.of_any_state()
        state = self.cleaned_data.get("state")
        return codes.filter(ClaimCode.in_state(state) if state else ~ClaimCode.in_state(State.DELETED))


class ChangeForm(forms.Form):
    """What is to be done with some codes, or with every one that is listed."""

    DELETE = "delete"
    HAND_OUT = "hand_out"
    DONE: dict[str, tuple[Promise, Callable[[QuerySet[ClaimCode]], int]]] = {
        "pause": (pgettext_lazy("codes", "Paused"), batches.pause),
        "resume": (pgettext_lazy("codes", "Active from now on"), batches.resume),
        DELETE: (pgettext_lazy("codes", "Deleted"), batches.delete),
    }
    action = forms.ChoiceField(
        label=_("Do"),
        choices=[
            ("pause", _("Pause")),
            ("resume", _("Activate, or resume")),
            (HAND_OUT, _("Mark as handed out")),
            (DELETE, _("Delete")),
        ],
    )
    handed_out_to = forms.CharField(label=_("Handed out to, or where"), required=False, max_length=255)
    handed_out_at = forms.DateTimeField(label=_("When (UTC; empty: now)"), required=False, widget=moment())
    codes = forms.ModelMultipleChoiceField(ClaimCode.objects.none(), required=False)
    every = forms.BooleanField(required=False)
    confirmed = forms.IntegerField(required=False)
    """How many were to be deleted when that was asked for the second time."""

    def __init__(self, data: Any, listed: QuerySet[ClaimCode]) -> None:
        super().__init__(data)
        self.listed = listed
        choose_from(self, "codes", listed)

    def clean(self) -> dict[str, Any]:
        """Refuse to do nothing."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if "codes" in told and not told["codes"] and not told.get("every"):
            self.add_error("codes", gettext("Choose codes first."))
        return told

    @property
    def chosen(self) -> QuerySet[ClaimCode]:
        """The codes that are meant."""
        return self.listed if self.cleaned_data["every"] else self.cleaned_data["codes"]

    def do(self) -> tuple[str, int]:
        """Do it; returns what has been done, in words, and with how many. Raises ValidationError."""
        told = self.cleaned_data
        if told["action"] == self.HAND_OUT:
            done = batches.hand_out(self.chosen, told["handed_out_to"], told["handed_out_at"])
            return gettext("Marked as handed out"), done
        words, work = self.DONE[told["action"]]
        return str(words), work(self.chosen)


class TermsForm(forms.Form):
    """The terms of a code, as its row asks for them."""

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(data, **options)
        asked = fields_for_model(
            ClaimCode,
            fields=TERMS,
            labels={
                "multiuse": gettext("For many people"),
                "starts_at": gettext("Starts"),
                "ends_at": gettext("Ends"),
                "bound_to": gettext("Only for"),
            },
            widgets={
                **{name: moment() for name in ("starts_at", "ends_at", "handed_out_at")},
                "asks_for": forms.Textarea({"rows": 3, "cols": 60}),
            },
        )
        for name in ("starts_at", "ends_at", "handed_out_at"):
            asked[name].help_text = f"{asked[name].help_text} {UTC}".strip()
        self.fields |= asked

    def remember(self) -> None:
        """Let the browser tell, too, what was shown: only what is changed there is changed here."""
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Let the terms say what is wrong with them together."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.terms.check()
            except forms.ValidationError as error:
                self.add_error(None, error)
        return told

    @property
    def terms(self) -> Terms:
        """What was entered."""
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})


class MakeForm(TermsForm):
    """New codes of a badge: one in words of the organiser's own, or some that nobody can guess."""

    badge = forms.ModelChoiceField(Badge.objects.none(), label=_("Badge"), empty_label=None)
    number = forms.IntegerField(
        label=_("How many"),
        initial=1,
        validators=[MinValueValidator(1), MaxValueValidator(batches.MOST_CODES)],
        help_text=format_lazy(
            _("Up to {most}. More than one make a batch, which has the label below."), most=f"{batches.MOST_CODES:,}"
        ),
    )
    code = forms.CharField(
        label=_("Code in your own words"),
        required=False,
        strip=True,
        help_text=_("Only for a single one. Left empty, codes are made up that nobody can guess."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, data: Any, system: System, **options: Any) -> None:
        super().__init__(data, **options)
        choose_from(self, "badge", batches.badges_of(system).order_by("name", "pk"))

    def clean(self) -> dict[str, Any]:
        """Many codes need a label, and cannot all have the same words."""
        told = super().clean()
        if (told.get("number") or 0) > 1:
            if told.get("code"):
                self.add_error(
                    "code", gettext("Only a single code can have words of your own: leave them out, or make one.")
                )
            if not told.get("label"):
                self.add_error("label", gettext("Say what the codes of the batch are for."))
        return told


class ImportForm(forms.Form):
    """A list of codes: a file, or what was read from it when it was shown."""

    badge = forms.ModelChoiceField(Badge.objects.none(), label=_("Badge"), empty_label=None)
    label = forms.CharField(
        label=_("Label of the batch"), max_length=LONGEST_LABEL, help_text=_("What the codes of the list are for.")
    )
    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        help_text=format_lazy(
            _("At most {rows} rows and {megabytes} MB."),
            rows=f"{code_list.MOST_ROWS:,}",
            megabytes=code_list.MOST_BYTES // 1_000_000,
        ),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, files: Any, system: System, **options: Any) -> None:
        super().__init__(data, files, **options)
        choose_from(self, "badge", batches.badges_of(system).order_by("name", "pk"))
        self.rows: list[code_list.Row] = []

    def clean(self) -> dict[str, Any]:
        """Read it, be it the file or the text: what a browser sends again is believed no more than a file."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if file := told.get("file"):
            data = file.read(code_list.MOST_BYTES + 1)
        else:
            data = told.get("text", "").encode()
        if not data:
            self.add_error("file", gettext("Choose a file that is not empty."))
            return told
        try:
            self.rows = code_list.read(data)
        except Unreadable as error:
            self.add_error("file", str(error))
        return {**told, "text": code_list.decoded(data) if self.rows else ""}
