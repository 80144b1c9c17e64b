"""Sheets of cards with the codes of a batch, to be printed, cut and handed out."""

from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from providers.badgekit import receipts, sharing
from providers.badgekit.desk.base import desk, show
from providers.badgekit.desk.sharing import HandOutForm, hand_out
from providers.badgekit.members import Role
from providers.badgekit.models import Batch, ClaimCode, System

ON_A_SHEET = 200
"""Cards, whose QR codes take about a second to be drawn."""
State = ClaimCode.State


class SheetForm(HandOutForm):
    """The same of the cards of one sheet, the first and the last of which it names: they may be fewer by now."""

    first = forms.IntegerField(widget=forms.HiddenInput)
    last = forms.IntegerField(widget=forms.HiddenInput)


def find(system: System, batch: int) -> Batch:
    """The system's batch, whose codes can be handed out. Raises Http404."""
    whole = Batch.objects.select_related("badge__image")
    found = get_object_or_404(whole, pk=batch, badge__system=system, badge__deleted_at=None)
    found.badge.system = system
    return found


@require_safe
@desk(Role.READER)
def print_batch(request: HttpRequest, system: System, batch: int) -> HttpResponse:
    """The cards of the codes that can still be claimed. Looking at them hands out nothing."""
    return _sheet(request, system, find(system, batch))


def _sheet(
    request: HttpRequest, system: System, batch: Batch, refused: SheetForm | None = None, *, status: int = 200
) -> HttpResponse:
    is_fresh = "fresh" in request.GET
    page = _page(request, batch)
    codes = list(page.object_list)
    ends = {"first": codes[0].pk, "last": codes[-1].pk} if codes else {}
    known = {
        "batch": batch,
        "page": page,
        "cards": [(code, sharing.qr_svg(code), sharing.link(code, "print")) for code in codes],
        "short": _short(receipts.public(reverse("enter_code"))),
        "picture": sharing.picture(batch.badge.image),
        "most": ON_A_SHEET,
        "is_fresh": is_fresh,
        "query": "fresh=&" if is_fresh else "",
        "form": refused or SheetForm(initial=ends),
    }
    return show(request, "print.html", system, known, status=status)


def _page(request: HttpRequest, batch: Batch) -> Page[ClaimCode]:
    codes = _claimable(batch)
    if "fresh" in request.GET:
        codes = codes.filter(handed_out_at=None, handed_out_to="")
    return Paginator(codes, ON_A_SHEET).get_page(request.GET.get("page"))


def _claimable(batch: Batch) -> QuerySet[ClaimCode]:
    """Now, or from some time on."""
    ahead = ClaimCode.free() | ClaimCode.in_state(State.SCHEDULED)
    return batch.codes.filter(ahead, Q(reservation=None)).order_by("pk")


def _short(address: str) -> str:
    """As people type it."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}"


@require_POST
@desk(Role.OWNER)
def hand_out_batch(request: HttpRequest, system: System, batch: int) -> HttpResponse:
    """Write down where, or to whom, the cards of a sheet were handed out.

    That is not counted as sharing: nobody knows how often a sheet is printed, and each code says itself where it went.
    """
    found, form = find(system, batch), SheetForm(request.POST)
    if not form.is_valid():
        return _sheet(request, system, found, form, status=400)
    on_sheet = _claimable(found).filter(pk__gte=form.cleaned_data["first"], pk__lte=form.cleaned_data["last"])
    number = hand_out(form, on_sheet)
    if number is None:
        return _sheet(request, system, found, form, status=400)
    messages.success(request, _("Marked as handed out: %(number)s.") % {"number": f"{number:,}"})
    return HttpResponseRedirect(reverse("desk:print_batch", args=(system.pk, found.pk)))
