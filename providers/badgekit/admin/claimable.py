"""Makes templates claimable by code, from the lists of every provider's templates."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.base import add_action
from credentials_badges.badges.models import BadgeTemplate
from providers.badgekit import claimable, receipts
from providers.badgekit.models import System

MOST = 50
"""Templates that are made claimable at once: each makes rows of its own."""


class PlaceForm(forms.Form):
    """The system in which badges are made that stand for templates; the only one there is needs no question."""

    system = forms.ModelChoiceField(
        System.objects.filter(deleted_at=None).order_by("name", "pk"),
        label=_("BadgeKit system"),
        help_text=_("In which a badge is made that stands for the template, unless there is one already."),
    )


@admin.action(description=_("Make claimable by code"), permissions=("change",))
def make_claimable_by_code(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[BadgeTemplate]
) -> HttpResponse | tuple[()]:
    """Say what it means and ask where, then do it, and show the codes."""
    templates = list(queryset.select_related("account")[: MOST + 1])
    if len(templates) > MOST:
        words = gettext("At most %(number)d templates are made claimable at once.")
        messages.error(request, words % {"number": MOST})
        return ()
    systems = list(PlaceForm.base_fields["system"].queryset[:2])  # type: ignore[attr-defined]
    asks = len(systems) > 1 and not all(map(claimable.is_of_the_store, templates))
    form = PlaceForm(request.POST if "confirmed" in request.POST else None) if asks else None
    if "confirmed" not in request.POST or (form and not form.is_valid()):
        return _ask(model_admin, request, templates, form, is_there=bool(systems))
    system = form.cleaned_data["system"] if form else next(iter(systems), None)
    for template in templates:
        _make(model_admin, request, template, system)
    return ()  # Each is noted as it is made.


def _make(model_admin: Any, request: HttpRequest, template: BadgeTemplate, system: System | None) -> None:
    try:
        code = claimable.make_claimable(template, system)
    except claimable.NotClaimable as why:
        words = gettext("“%(template)s” was left alone. %(why)s")
        messages.error(request, words % {"template": template, "why": why})
        return
    model_admin.log_change(request, template, "Made claimable by a code")
    url = receipts.public(receipts.claim_path(code.code))
    words = gettext("“{template}” is given to whoever claims the code {code} at {page}")
    page = format_html('<a href="{}">{}</a>', url, url)
    messages.success(request, format_html(words, template=template, code=code.code, page=page))
    counts = template.is_active and template.state == BadgeTemplate.State.ACTIVE
    if not counts and not claimable.is_of_the_store(template):
        words = gettext("“%(template)s” is inactive: what is claimed counts towards it only once it is active.")
        messages.warning(request, words % {"template": template})


def _ask(
    model_admin: Any, request: HttpRequest, templates: list[BadgeTemplate], form: PlaceForm | None, *, is_there: bool
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Make claimable by code"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "form": form,
        "templates": templates,
        "is_there": is_there or all(map(claimable.is_of_the_store, templates)),
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": make_claimable_by_code.__name__,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "badgekit/make_claimable.html", context)


add_action(make_claimable_by_code)
