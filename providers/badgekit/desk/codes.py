"""The desk's pages of codes: a list, in which many are changed at once, each code by itself, and their batches."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from providers.badgekit import batches, code_list, receipts
from providers.badgekit.desk.base import desk, show
from providers.badgekit.desk.code_forms import ChangeForm, CodeFilter
from providers.badgekit.members import Role
from providers.badgekit.models import Batch, ClaimCode, System

State = ClaimCode.State
ON_A_PAGE = 50
MOST_CLAIMS = 50
"""Of a code that are shown on its page."""
IN_WORDS = {
    State.DRAFT: _("Nobody can claim it until it is activated."),
    State.SCHEDULED: _("It can be claimed once it has started."),
    State.ACTIVE: _("It can be claimed."),
    State.PAUSED: _("Nobody can claim it until it is resumed."),
    State.EXHAUSTED: _("It has been claimed as often as it can be."),
    State.EXPIRED: _("It could be claimed until it ended."),
    State.DELETED: _("Nobody finds it any more. What it gave stays, and so do the claims to it."),
}
"""What each state means."""


@require_safe
@desk(Role.READER)
def list_codes(request: HttpRequest, system: System) -> HttpResponse:
    """The codes that are asked for, the newest first, and how many there are in each state."""
    form = CodeFilter(request.GET, system)
    numbers = form.of_any_state().aggregate(**{state: Count("pk", ClaimCode.in_state(state)) for state in State.values})
    shown = {
        "form": form,
        "page": _page(request, form.codes()),
        "change": ChangeForm(None, ClaimCode.objects.none()),
        "states": [(value, label, numbers[value]) for value, label in State.choices if numbers[value]],
    }
    return show(request, "codes.html", system, shown)


def _page(request: HttpRequest, codes: QuerySet[ClaimCode]) -> Any:
    rows = codes.select_related("badge", "batch").order_by("-pk")
    return Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))


@require_safe
@desk(Role.READER)
def export(request: HttpRequest, system: System) -> HttpResponseBase:
    """The codes that are asked for, as a file that can be read in again."""
    codes = CodeFilter(request.GET, system).codes().order_by("-pk")
    headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
    return StreamingHttpResponse(code_list.written(codes), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@desk(Role.OWNER)
def change_codes(request: HttpRequest, system: System) -> HttpResponse:
    """Do something with the codes that were chosen, or with every one that is listed."""
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    back = reverse("desk:codes", args=(system.pk,)) + asked
    return _change(request, system, CodeFilter(request.GET, system).codes(), back)


@require_POST
@desk(Role.OWNER)
def change_code(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """Do something with one code."""
    found = batches.codes_of(system).filter(pk=code)
    get_object_or_404(found)
    return _change(request, system, found, reverse("desk:code", args=(system.pk, code)))


def _change(request: HttpRequest, system: System, listed: QuerySet[ClaimCode], back: str) -> HttpResponse:
    """Codes are deleted only once that has been confirmed, of as many as there still are."""
    form = ChangeForm(request.POST, listed)
    if not form.is_valid():
        for faults in form.errors.values():
            messages.error(request, " ".join(map(str, faults)))
        return HttpResponseRedirect(back)
    number = form.chosen.count()
    if form.cleaned_data["action"] == form.DELETE and form.cleaned_data["confirmed"] != number:
        return show(request, "delete_codes.html", system, {"form": form, "number": number, "back": back})
    try:
        words, done = form.do()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(back)
    said = [f"{words}: {done:,}."]
    if done < number:
        said.append(gettext("Left as they were: %(number)s.") % {"number": f"{number - done:,}"})
    messages.success(request, " ".join(said))
    return HttpResponseRedirect(back)


@require_safe
@desk(Role.READER)
def look(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """One code: what it is for, how it stands, and who has claimed it lately."""
    found = get_object_or_404(batches.codes_of(system).select_related("badge", "batch", "made_by"), pk=code)
    shown = {
        "code": found,
        "in_words": IN_WORDS[found.state],
        "link": receipts.public(receipts.claim_path(found.code)),
        "claims": found.claims.all()[:MOST_CLAIMS],
        "change": ChangeForm(None, ClaimCode.objects.none()),
    }
    return show(request, "code.html", system, shown)


@require_safe
@desk(Role.READER)
def list_batches(request: HttpRequest, system: System) -> HttpResponse:
    """All batches, the newest first, in numbers."""
    rows = Batch.objects.filter(badge__system=system).select_related("badge", "made_by")
    page = Paginator(rows.order_by("-pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    numbers = batches.numbers(list(page.object_list))
    return show(request, "batches.html", system, {"page": page, "batches": [(row, numbers[row.pk]) for row in page]})


@require_safe
@desk(Role.READER)
def look_at_batch(request: HttpRequest, system: System, batch: int) -> HttpResponse:
    """One batch: its numbers, its codes, and what can be made of them."""
    rows = Batch.objects.filter(badge__system=system).select_related("badge", "made_by")
    found = get_object_or_404(rows, pk=batch)
    page = _page(request, batches.codes_of(system).filter(batch=found))
    return show(
        request, "batch.html", system, {"batch": found, "numbers": batches.numbers([found])[found.pk], "page": page}
    )
