"""The pages on which learners claim codes. Their addresses are secrets: they are neither kept nor told to anybody."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import cast
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Q, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from credentials_badges.badges.models import Learner
from providers.badgekit import claims, receipts
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode
from providers.badgekit.models.folding import LONGEST, address, folded, is_address
from providers.badgekit.models.organisations import shown

log = logging.getLogger(__name__)

HEADERS = {
    # Not “no-referrer”: browsers then hide from us, too, where a form comes from, and Django refuses such a form.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
OF_THE_WEB = ("https://", "http://", "/images/")
"""How the address of a picture begins that a browser may fetch: elsewhere, or one of ours."""


class CodeForm(forms.Form):
    """A code, as somebody types it."""

    code = forms.CharField(
        max_length=LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a code is to whoever looks at its page."""

    code: ClaimCode
    email: str
    """Who gets the badge by it; empty: somebody whose address is not known, or none."""
    instance: BadgeInstance | None
    """What they hold of the badge already."""

    @property
    def badge(self) -> Badge:
        """What the code gives."""
        return self.code.badge

    @property
    def was_used(self) -> bool:
        """Whether they hold it by this code."""
        return self.instance is not None and (
            bool(self.code.reservation) or self.instance.claim_code_id == self.code.pk
        )

    @property
    def issued_by(self) -> str:
        """Who stands behind the badge."""
        named = (shown(self.badge.program), shown(self.badge.issuer), self.badge.system)
        return ", ".join(row.name for row in named if row)

    @property
    def until(self) -> datetime | None:
        """When the badge ends, where that is known."""
        return self.instance.expires if self.instance else self.code.expires

    @property
    def picture(self) -> str:
        """The badge's picture, if a browser may fetch it."""
        url = self.badge.image.shown_at if self.badge.image else ""
        return url if url.startswith(OF_THE_WEB) else ""


def _secret(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let nobody keep or pass on the page's address."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return guarded


@_secret
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """A field for a code, which leads to the code's own page."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        return HttpResponseRedirect(receipts.claim_path(form.cleaned_data["code"]))
    return render(request, "badgekit/enter_code.html", {"form": form})


@_secret
@require_http_methods(["GET", "HEAD", "POST"])
def claim_code(request: HttpRequest, code: str) -> HttpResponse:
    """The badge that a code gives, and a button that claims it. What came of that is read from how things stand then.

    Whoever has the link to a code that is kept for a learner acts for that learner, to whom it was mailed.
    """
    found = _find(code)
    offer = _offer(found, request.user) if found else None
    if offer is None:
        return render(request, "badgekit/claim.html", status=404)
    if request.method != "POST":
        return render(request, "badgekit/claim.html", {"offer": offer})
    if not offer.code.reservation and not request.user.is_authenticated:
        return HttpResponseRedirect(f"{reverse('login')}?next={quote(request.get_full_path())}")
    if offer.email and offer.instance is None:
        _claim(offer, request.user)
    return HttpResponseRedirect(request.get_full_path())


def _find(text: str) -> ClaimCode | None:
    """The code of this text: one that is kept for somebody before all others, then the oldest.

    What was promised to somebody is kept, also where the badge has been deleted since.
    """
    if len(text) > LONGEST or "\0" in text:
        return None
    offered = Q(badge__deleted_at=None, badge__system__deleted_at=None) | Q(reservation__isnull=False)
    rows = ClaimCode.objects.filter(offered, code_key=folded(text))
    rows = rows.select_related("badge__system", "badge__issuer", "badge__program", "badge__image")
    return rows.order_by(Case(When(reservation=None, then=Value(1)), default=Value(0)), "pk").first()


def _offer(code: ClaimCode, user: Learner | AnonymousUser) -> Offer | None:
    """What the code is to the user; None if there is nothing more to it than to a code that nobody ever made."""
    if code.reservation:
        mine = Q(claim_code=code) | Q(recipient_id=code.recipient_id) | Q(address=address(code.email or ""))
        # A learner may be promised a second badge of the kind: what they hold counts only once this one is claimed.
        instance = _oldest(code, mine) if code.claimed else None
        email = code.email or ""
    elif isinstance(user, Learner):
        mine = Q(recipient_id=str(user.uuid)) | Q(address=address(user.email))
        instance, email = _oldest(code, mine), user.email
    else:
        instance, email = None, ""
    offer = Offer(code, email if is_address(email) else "", instance)
    return None if not code.is_free and not offer.was_used else offer


def _oldest(code: ClaimCode, mine: Q) -> BadgeInstance | None:
    """What somebody holds of the code's badge: what came by the code itself before all else, then the oldest."""
    held = code.badge.instances.filter(mine)
    return held.order_by(Case(When(claim_code=code, then=Value(0)), default=Value(1)), "pk").first()


def _claim(offer: Offer, user: Learner | AnonymousUser) -> None:
    """Claim the code; if somebody was faster, its page says so."""
    code, award = offer.code, Award(email="", base_url=settings.PUBLIC_BASE_URL)
    try:
        if code.reservation:
            claims.claim(code, award)
        else:
            learner = cast("Learner", user)
            award = Award(email=offer.email, base_url=settings.PUBLIC_BASE_URL)
            claims.claim(code, award, offer.email, learner=learner)
    except claims.Spent:
        pass
    except claims.NotTheirs as error:
        # It stays on offer: whoever mends the learners' names lets it be claimed.
        log.warning("claim code %d cannot be claimed: %s", code.pk, error)
