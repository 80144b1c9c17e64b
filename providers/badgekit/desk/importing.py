"""The desk's page on which a list of codes is read in: what comes of each row is shown before anything is stored."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from credentials_badges.badges.models import Learner
from providers.badgekit import code_list
from providers.badgekit.desk.base import desk, show
from providers.badgekit.desk.code_forms import ImportForm
from providers.badgekit.members import Role
from providers.badgekit.models import System

SHOWN = 20
"""Good rows in a preview, and lines in a message: those with faults are all shown."""


@require_http_methods(["GET", "HEAD", "POST"])
@desk(Role.OWNER)
def import_codes(request: HttpRequest, system: System) -> HttpResponse:
    """Ask for a file, show what would come of it, do it. Between the two, the browser keeps the text."""
    if request.method != "POST":
        return _ask(request, system, ImportForm(None, None, system))
    form = ImportForm(request.POST, request.FILES, system)
    if not form.is_valid():
        return _ask(request, system, form)
    if "confirmed" in request.POST:
        return _store(request, system, form)
    try:
        rows = code_list.checked(form.rows, system, cast("Learner", request.user))
    except ValidationError as error:
        form.add_error("file", error.messages)
        return _ask(request, system, form)
    good = [row for row in rows if not row.error]
    shown = {
        "form": ImportForm(None, None, system, initial=form.cleaned_data),
        "badge": form.cleaned_data["badge"],
        "good": good[:SHOWN],
        "number": len(good),
        "wrong": [row for row in rows if row.error],
    }
    return show(request, "import_preview.html", system, shown)


def _ask(request: HttpRequest, system: System, form: ImportForm) -> HttpResponse:
    return show(request, "import_codes.html", system, {"form": form, "columns": code_list.COLUMNS})


def _store(request: HttpRequest, system: System, form: ImportForm) -> HttpResponse:
    badge, label = form.cleaned_data["badge"], form.cleaned_data["label"]
    try:
        batch, left = code_list.store(badge, label, form.rows, cast("Learner", request.user))
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _ask(request, system, form)
    if left:
        named = [_("line %(line)d: %(why)s") % {"line": row.line, "why": row.error} for row in left[:SHOWN]]
        if len(left) > SHOWN:
            named.append(_("And %(number)s more.") % {"number": f"{len(left) - SHOWN:,}"})
        messages.warning(request, _("Left out: %(lines)s") % {"lines": " ".join(named)})
    if batch is None:
        messages.error(request, _("No code was made."))
        return HttpResponseRedirect(reverse("desk:import_codes", args=(system.pk,)))
    messages.success(request, _("Made: %(number)s.") % {"number": f"{len(form.rows) - len(left):,}"})
    return HttpResponseRedirect(reverse("desk:batch", args=(system.pk, batch.pk)))
