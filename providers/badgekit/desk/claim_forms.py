"""What is asked for at the desk about claims: which ones to list, and what to do with one."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Learner
from providers.badgekit import reviewing
from providers.badgekit.models import Badge, Batch, Claim, Member, System

SEARCHED = ("name", "email", "code__code", "code__label")
DAY = forms.DateInput({"type": "date"})


class ClaimFilter(forms.Form):
    """Which claims of a system are listed; what is left open does not matter, except the state."""

    q = forms.CharField(label=_("Name, address, code or label"), required=False, max_length=255)
    badge = forms.ModelChoiceField(Badge.objects.none(), label=_("Badge"), required=False, empty_label=_("Every badge"))
    batch = forms.ModelChoiceField(Batch.objects.none(), label=_("Batch"), required=False, empty_label=_("Every batch"))
    reviewer = forms.ModelChoiceField(
        Learner.objects.none(), label=_("Reviewer"), required=False, empty_label=_("Every reviewer")
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    since = forms.DateField(label=_("Claimed from"), required=False, widget=DAY)
    until = forms.DateField(label=_("to"), required=False, widget=DAY)

    def __init__(self, data: Any, system: System, user: Learner) -> None:
        super().__init__(data)
        self.user = user
        choices = {
            "badge": Badge.objects.filter(system=system, deleted_at=None).order_by("name", "pk"),
            "batch": Batch.objects.filter(badge__system=system).order_by("label", "pk"),
            "reviewer": Learner.objects.filter(
                pk__in=Member.objects.filter(system=system).exclude(role=Member.Role.READER).values("user")
            ),
        }
        for name, rows in choices.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def chosen(self) -> Q:
        """The claims of any state; what cannot be understood is left out, and said beside its field."""
        self.is_valid()
        told, found = self.cleaned_data, Q()
        if words := told.get("q"):
            found &= Q(*[(f"{name}__icontains", words) for name in SEARCHED], _connector=Q.OR)
        if badge := told.get("badge"):
            found &= Q(badge=badge)
        if batch := told.get("batch"):
            found &= Q(code__batch=batch)
        for reviewer in filter(None, (told.get("reviewer"), self.user if told.get("mine") else None)):
            found &= Q(assigned_to=reviewer) | Q(decided_by=reviewer)
        if since := told.get("since"):
            found &= Q(made_at__gte=datetime.combine(since, time.min, UTC))
        if until := told.get("until"):
            found &= Q(made_at__lte=datetime.combine(until, time.max, UTC))
        return found


class DecisionForm(forms.Form):
    """What a reviewer does with a claim, and says about it."""

    APPROVE, SEND_BACK, REJECT, TAKE, LET_GO = "approve", "send_back", "reject", "take", "let_go"
    NEED_WORDS = (SEND_BACK, REJECT)

    do = forms.ChoiceField(choices=[(each, each) for each in (APPROVE, SEND_BACK, REJECT, TAKE, LET_GO)])
    words = forms.CharField(
        label=_("Your words to whoever claims"),
        required=False,
        max_length=reviewing.MOST_WORDS,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("They are mailed. Needed to send the claim back or to reject it."),
    )

    def clean(self) -> None:
        """Whoever does not get the badge is told why."""
        told = self.cleaned_data
        if told.get("do") in self.NEED_WORDS and not told.get("words") and "words" not in self.errors:
            self.add_error("words", gettext("Say what is missing, or why: whoever claims is told so."))


WAITING = Claim.State.SUBMITTED
EVERY = "every"


def state_of(text: str | None) -> str:
    """The state of which claims are listed: those that wait, unless another is asked for, or `EVERY`."""
    return text if text in {*Claim.State.values, EVERY} else WAITING
