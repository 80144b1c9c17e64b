"""The page on which an organiser shares a code: its link, its QR code, and buttons to networks, which are counted."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from credentials_badges.badges import visiting
from credentials_badges.badges.networks import NETWORKS, on_network
from providers.badgekit import batches, sharing
from providers.badgekit.desk.base import desk, show
from providers.badgekit.members import Role
from providers.badgekit.models import ClaimCode, CodeVisits, System

COPY = "copy"


class HandOutForm(forms.Form):
    """Where, or to whom, codes were handed out."""

    handed_out_to = forms.CharField(max_length=255, label=_("To whom, or where"))


def find(system: System, code: int) -> ClaimCode:
    """The system's code, which can be shared. Raises Http404."""
    whole = ClaimCode.objects.select_related("badge__image")
    live = {"deleted_at": None, "cancelled_at": None, "badge__deleted_at": None}
    found = get_object_or_404(whole, pk=code, badge__system=system, reservation=None, **live)
    found.badge.system = system
    return found


def hand_out(form: HandOutForm, codes: QuerySet[ClaimCode]) -> int | None:
    """Write down what the form says of those codes of which nothing is said yet; None if the form has an error."""
    try:
        if form.is_valid():
            return batches.hand_out(codes, form.cleaned_data["handed_out_to"])
    except ValidationError as error:
        form.add_error(None, error)
    return None


@require_safe
@desk(Role.READER)
def share_code(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """The code, and all ways in which it can be passed on."""
    return _page(request, system, find(system, code), HandOutForm())


def _page(
    request: HttpRequest, system: System, code: ClaimCode, form: HandOutForm, *, status: int = 200
) -> HttpResponse:
    known = {
        "code": code,
        "link": sharing.link(code, COPY),
        "embed": sharing.embed(code),
        "networks": NETWORKS,
        "form": form,
    }
    return show(request, "share.html", system, known, status=status)


@require_POST
@desk(Role.OWNER)
def hand_out_code(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """Write down where, or to whom, the code was handed out; what was written down before stays."""
    found, form = find(system, code), HandOutForm(request.POST)
    if hand_out(form, ClaimCode.objects.filter(pk=found.pk)) is None:
        return _page(request, system, found, form, status=400)
    return HttpResponseRedirect(reverse("desk:share_code", args=(system.pk, found.pk)))


@require_POST
@desk(Role.OWNER)
def share_on(request: HttpRequest, system: System, code: int, network: str) -> HttpResponse:
    """Count that the code is shared, and lead to the network's own page; that it was copied is only counted."""
    if network not in {*NETWORKS, COPY}:
        raise Http404
    found = find(system, code)
    visiting.count(CodeVisits, CodeVisits.Kind.SHARED, network, code=found)
    if network == COPY:
        return HttpResponse(status=204)
    ClaimCode.objects.filter(pk=found.pk, handed_out_at=None).update(handed_out_at=timezone.now())
    words = gettext("Claim the badge “%(badge)s”") % {"badge": found.badge.name}
    page = on_network(network, sharing.link(found, network), words)
    # Not Django's redirect, which refuses addresses as long as those of long codes.
    return HttpResponse(status=303, headers={"Location": page, "Referrer-Policy": "no-referrer"})


@require_safe
@desk(Role.READER)
def qr_svg(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """The code's link as a QR code that can be printed at any size."""
    return HttpResponse(sharing.qr_svg(find(system, code)), content_type="image/svg+xml")


@require_safe
@desk(Role.READER)
def qr_png(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """The same, in pixels."""
    return HttpResponse(sharing.qr_png(find(system, code)), content_type="image/png")
