"""A page on which an event is tried out: what it would meet, and what each rule says about it. It changes nothing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from credentials_badges.badges import events, rules
from credentials_badges.badges.admin import choosing
from credentials_badges.badges.models import BadgePenalty, BadgeRequirement, BadgeTemplate, LearningEvent
from credentials_badges.badges.trying import Trial, try_out

SHOWN = 200
"""Requirements and penalties on one page."""


class BenchForm(forms.Form):
    """An event, and the template for which it is tried."""

    template = forms.TypedChoiceField(
        label=gettext_lazy("Template"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("One that is not active may be tried too."),
    )
    event = forms.CharField(
        label=gettext_lazy("Event"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=gettext_lazy("A CloudEvent as JSON, such as the service accepts."),
    )

    def __init__(self, templates: Mapping[int, BadgeTemplate], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = choosing.named(templates.values())
        self.fields["template"].choices = [("", _("All active templates")), *offered]  # type: ignore[attr-defined]

    def clean_event(self) -> events.Event:
        """Read it as if it had been sent."""
        try:
            return events.read(events.parse(self.cleaned_data["event"].encode()))
        except events.InvalidEvent as error:
            words = _("The service would refuse this: %(why)s. Mend it, and try again.") % {"why": error}
            raise ValidationError(words) from None


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """For whoever may look at events and at templates."""
    visible = choosing.visible(request)
    if visible is None or not admin.site.get_model_admin(LearningEvent).has_view_permission(request):
        raise PermissionDenied
    templates = {template.pk: template for template in visible}
    form = _form(request, templates)
    context: dict[str, Any] = {"form": form, "title": _("Test bench")}
    if form.is_bound and form.is_valid():
        context |= _outcome(form.cleaned_data["event"], form.cleaned_data["template"], templates)
    return TemplateResponse(request, "admin/badges/test_bench.html", {**admin.site.each_context(request), **context})


def _form(request: HttpRequest, templates: Mapping[int, BadgeTemplate]) -> BenchForm:
    """What was submitted, or what the address names."""
    if request.method == "POST":
        return BenchForm(templates, request.POST)
    named = {"template": request.GET.get("template", "")}
    if named["template"] and _number(named["template"]) not in templates:
        raise Http404(_("There is no such template."))
    if "event" not in request.GET:
        return BenchForm(templates, initial=named)
    if not (event := LearningEvent.objects.filter(pk=_number(request.GET["event"])).first()):
        raise Http404(_("There is no such event."))
    return BenchForm(templates, {**named, "event": json.dumps(_as_sent(event), indent=2, ensure_ascii=False)})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _as_sent(event: LearningEvent) -> dict[str, Any]:
    """A CloudEvent that is read as this one was; what stood around its payload is not stored."""
    payload = event.payload
    would_be_opened = len(payload) == 1 and isinstance(next(iter(payload.values())), dict)
    return {
        "specversion": "1.0",
        "id": event.event_id,
        "source": event.source,
        "type": event.type,
        "time": event.occurred_at.isoformat(),
        "data": {"payload": payload} if would_be_opened else payload,
    }


def _outcome(event: events.Event, template_id: int | None, templates: Mapping[int, BadgeTemplate]) -> dict[str, Any]:
    """What the page shows of an event that was tried."""
    asked = rules.of_templates([template_id]) if template_id else rules.current()
    trials = [
        trial for trial in try_out(event.type, event.payload, event.occurred_at, asked) if trial.goal_id in templates
    ]
    return {
        "event": event,
        "sleeping": template_id
        and not (templates[template_id].is_active and templates[template_id].state == BadgeTemplate.State.ACTIVE),
        "shown": _named(trials[:SHOWN], templates),
        "met": sum(not trial.failing for trial in trials),
        "all": len(trials),
        "left": max(len(trials) - SHOWN, 0),
        "no_learner": not event.person,
    }


def _named(trials: Sequence[Trial], templates: Mapping[int, BadgeTemplate]) -> list[dict[str, Any]]:
    """The trials with the rows that they are about; two statements."""
    requirements = BadgeRequirement.objects.in_bulk([trial.id for trial in trials if not trial.is_penalty])
    penalties = BadgePenalty.objects.in_bulk([trial.id for trial in trials if trial.is_penalty])
    return [
        {
            "trial": trial,
            "rule": (penalties if trial.is_penalty else requirements).get(trial.id),
            "template": templates[trial.goal_id],
            "page": choosing.page_of(templates[trial.goal_id]),
        }
        for trial in trials
    ]
