"""The desk's pages on which codes are made, and their terms changed."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from credentials_badges.badges.models import Learner
from providers.badgekit import batches
from providers.badgekit.batches import TERMS
from providers.badgekit.desk.base import desk, show
from providers.badgekit.desk.code_forms import MakeForm, TermsForm
from providers.badgekit.members import Role
from providers.badgekit.models import System


@require_http_methods(["GET", "HEAD", "POST"])
@desk(Role.OWNER)
def make(request: HttpRequest, system: System) -> HttpResponse:
    """New codes of a badge."""
    chosen = {"badge": request.GET.get("badge")}
    form = MakeForm(request.POST if request.method == "POST" else None, system, initial=chosen)
    if form.is_valid():
        try:
            return HttpResponseRedirect(_made(form, system, cast("Learner", request.user)))
        except ValidationError as error:
            form.add_error(None, error)
    return show(request, "make_codes.html", system, {"form": form})


def _made(form: MakeForm, system: System, by: Learner) -> str:
    """Make what the form asks for; returns the address of its page. Raises ValidationError, by field."""
    badge, number, terms = form.cleaned_data["badge"], form.cleaned_data["number"], form.terms
    if number == 1:
        code = batches.make_code(badge, form.cleaned_data["code"], terms, by)
        return reverse("desk:code", args=(system.pk, code.pk))
    batch = batches.make_batch(badge, terms.label, number, terms, by)
    return reverse("desk:batch", args=(system.pk, batch.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@desk(Role.OWNER)
def edit(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """The terms of a code that is not deleted. Its words stay: people have been told them."""
    chosen = batches.codes_of(system).filter(pk=code)
    found = get_object_or_404(chosen.select_related("badge"), deleted_at=None)
    form = TermsForm(request.POST if request.method == "POST" else None, initial=model_to_dict(found, TERMS))
    form.remember()
    if form.is_valid():
        if batches.change(chosen, form.terms, form.changed_data):
            messages.success(request, _("Changed."))
        else:
            messages.error(request, _("Nothing was changed: somebody has deleted the code at this moment."))
        return HttpResponseRedirect(reverse("desk:code", args=(system.pk, code)))
    return show(request, "edit_code.html", system, {"form": form, "code": found})
