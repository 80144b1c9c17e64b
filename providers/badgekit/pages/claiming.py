"""The pages on which learners claim codes. Their addresses are secrets: they are neither kept nor told to anybody."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from credentials_badges.badges import visiting
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.badges.models.visits import Visits
from credentials_badges.contract.errors import RateLimited
from credentials_badges.languages import OF_PROGRAMS
from providers.badgekit import claims, evidence, giving, guessing, instances, letters, receipts, reviewing, tokens
from providers.badgekit.claims import Claimant
from providers.badgekit.models import ClaimCode, CodeVisits
from providers.badgekit.models.folding import LONGEST
from providers.badgekit.pages import offers
from providers.badgekit.pages.evidence_form import EvidenceForm
from providers.badgekit.pages.offers import Offer, Visitor

log = logging.getLogger(__name__)

METHODS = ["GET", "HEAD", "POST"]
HEADERS = {
    # Not “no-referrer”: browsers then hide from us, too, where a form comes from, and Django refuses such a form.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
PAGE = "badgekit/claim.html"


class CodeForm(forms.Form):
    """A code, as somebody types it."""

    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


class PersonForm(forms.Form):
    """Who claims, if they have not signed in."""

    name = forms.CharField(label=_("Name"), max_length=255, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        max_length=254,
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("A link is sent there, with which you claim the badge: nobody can claim it in your name."),
    )

    def clean_email(self) -> str:
        """One that a badge can be given to."""
        email: str = self.cleaned_data["email"]
        if not is_address(email):
            raise forms.ValidationError(gettext("Enter an address without letters beyond ASCII before the @."))
        return email


def _secret(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let nobody keep or pass on the page's address."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except RateLimited as limited:
            minutes = int((limited.after or 0) // 60) + 1
            response = render(request, "badgekit/too_often.html", {"minutes": minutes}, status=429)
            response["Retry-After"] = str(int(limited.after or 0) + 1)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return guarded


@_secret
@require_http_methods(METHODS)
def enter_code(request: HttpRequest) -> HttpResponse:
    """A field for a code, which leads to the code's own page."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        return HttpResponseRedirect(receipts.claim_path(form.cleaned_data["code"]))
    return render(request, "badgekit/enter_code.html", {"form": form})


@_secret
@require_http_methods(METHODS)
def claim_code(request: HttpRequest, code: str) -> HttpResponse:
    """The badge that a code gives, and a button that claims it. What came of that is read from how things stand then.

    Whoever has the link to a code that is kept for a learner acts for that learner, to whom it was mailed. Strangers
    are told the same of all codes that cannot be claimed, be they unknown, used up or over.
    """
    guessing.begin(request)
    found = offers.find(code)
    offer = offers.offer(found, offers.visitor(request.user, visiting.came_from(request))) if found else None
    if offer is None or not offer.is_there:
        return render(request, PAGE, {"why_not": offer.why_not if offer else ""}, status=404)
    guessing.was_right(request)
    if not offer.visitor.is_known and not offer.code.reservation:
        return _ask_who(request, offer)
    return _answer(request, offer)


@_secret
@require_http_methods(METHODS)
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever has opened the link that was mailed to them; later, what became of their claim."""
    told = tokens.read(token)
    code = offers.whole(ClaimCode.objects.filter(pk=told.code_id)).first() if told else None
    if told is None or code is None:
        return render(request, PAGE, status=404)
    offer = offers.offer(code, Visitor(email=told.email, name=told.name, source=told.source))
    if not offer.is_there:
        return render(request, PAGE, {"why_not": offer.why_not}, status=404)
    return _answer(request, offer)


def _ask_who(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The badge, and a form that has a link sent. Whether the code is for that address is told only in the mail."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    sent_to = ""
    if form.is_valid():
        sent_to = form.cleaned_data["email"]
        guessing.ask_for_link(request, sent_to)
        if offer.code.is_for(sent_to):
            with transaction.atomic():
                letters.send_link(offer.code, sent_to, form.cleaned_data["name"], offer.visitor.source)
    return _show(request, offer, {"person": form, "sent_to": sent_to})


def _answer(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The page of somebody who is known; or what they do there."""
    is_posted = request.method == "POST"
    asked = EvidenceForm(
        request.POST if is_posted else None,
        request.FILES if is_posted else None,
        needed=offer.asks == ClaimCode.Ask.REQUIRED and not offer.open_claim,
    )
    if is_posted and _act(request, offer, asked):
        return HttpResponseRedirect(request.get_full_path())
    return _show(request, offer, {"evidence": asked})


def _show(request: HttpRequest, offer: Offer, context: dict[str, Any]) -> HttpResponse:
    if request.method == "GET":
        visiting.count(CodeVisits, Visits.Kind.VIEWED, offer.visitor.source, code=offer.code)
    return render(request, PAGE, {"offer": offer, **context})


def _act(request: HttpRequest, offer: Offer, asked: EvidenceForm) -> bool:
    """Claim the code, or change the claim; False if the form has to be filled in again.

    If somebody was faster, the page that follows says so.
    """
    open_claim = offer.open_claim
    if "withdraw" in request.POST:  # Also where there is nothing to withdraw any more: never to claim anew.
        return not open_claim or _done(lambda: reviewing.withdraw(open_claim), offer, asked)
    if not open_claim and not (offer.can_claim and offer.is_theirs):
        return True
    if not asked.is_valid():
        return False
    items = asked.items() if offer.asks != ClaimCode.Ask.NONE else []
    if open_claim:
        removed = [int(text) for text in request.POST.getlist("remove") if re.fullmatch("[0-9]{1,18}", text)]
        return _done(lambda: reviewing.resubmit(open_claim, items, removed), offer, asked)
    if offer.code.reservation:
        return _done(lambda: claims.claim(offer.code, reviewing.award("")), offer, asked)
    who = offer.visitor
    claimant = Claimant(learner=who.learner, name=who.name, source=who.source, evidence=items, is_reviewed=True)
    return _done(lambda: reviewing.submit(offer.code, offer.email, claimant), offer, asked)


def _done(work: Callable[[], object], offer: Offer, asked: EvidenceForm) -> bool:
    """Do it; False if the form has to be filled in again."""
    try:
        work()
    except (claims.Spent, instances.Held, reviewing.NotNow):
        pass
    except claims.StillOpen:
        if not offers.offer(offer.code, offer.visitor).open_claim:
            asked.add_error(None, gettext("Somebody who had your address before has an open claim to this badge."))
            return False
    except giving.NotTheirs as error:
        # It stays on offer: whoever mends the learners' names lets it be claimed.
        with translation.override(OF_PROGRAMS):
            log.warning("a claim code cannot be claimed: %s", error)
    except reviewing.EvidenceNeeded:
        asked.add_error(None, gettext("Show something of what you did: a text, a link or a file."))
        return False
    except evidence.Refused as refused:
        asked.add_error(None, str(refused))
        return False
    return True
