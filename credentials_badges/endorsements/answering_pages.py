"""The page of whoever was asked for an endorsement, who needs no account: the link is a secret that was mailed to them.

After each deed comes the page as it stands then; so whoever presses twice does nothing more.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials_badges.badges import vouching
from credentials_badges.endorsements import answering, targets
from credentials_badges.endorsements.forms import AcceptForm, ReasonForm, RevokeForm
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.moving import OPEN
from credentials_badges.endorsements.targets import Kind, Target

State = Endorsement.State
PAGE = "endorsements/answering.html"
HEADERS = {
    # Not “no-referrer”: browsers then hide from us, too, where a form comes from, and Django refuses such a form.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
PROGRAMS = ("bot", "crawl", "preview", "scan", "spider", "facebookexternalhit", "slack", "whatsapp", "curl", "python")
"""Parts of the names of programs that follow links which nobody has pressed."""


def _secret(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let nobody keep the page, pass its address on, or find it by searching."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return never_cache(guarded)


@_secret
@require_http_methods(["GET", "HEAD", "POST"])
def endorse(request: HttpRequest, token: str) -> HttpResponse:
    """What is to be endorsed, and the two answers; later, how it stands, and how it can be revoked."""
    endorsement = answering.read(token)
    if endorsement is None:
        return render(request, PAGE, status=404)
    if request.method == "POST":
        return _answer(request, endorsement)
    if _is_read_by_somebody(request):
        answering.note_view(endorsement, timezone.now())
    return _show(request, endorsement)


def _is_read_by_somebody(request: HttpRequest) -> bool:
    """Not by a program that looks for what a link leads to, or a browser that fetches what may be wanted later."""
    told = request.headers
    purpose = f"{told.get('Sec-Purpose', '')} {told.get('Purpose', '')}".lower()
    if request.method != "GET" or "prefetch" in purpose or "preview" in purpose:
        return False
    name = told.get("User-Agent", "").lower()
    return told.get("Sec-Fetch-Mode", "navigate") == "navigate" and not any(each in name for each in PROGRAMS)


def _answer(request: HttpRequest, endorsement: Endorsement) -> HttpResponse:
    """Do what was pressed; the form is shown again if something is missing, or they want to see it first."""
    deed = DEEDS.get(request.POST.get("do", ""))
    if deed and (again := deed(request, endorsement)):
        return again
    response = HttpResponseRedirect(request.path)
    response.status_code = 303
    return response


def _accept(request: HttpRequest, endorsement: Endorsement) -> HttpResponse | None:
    if not _is_open(endorsement):
        return None
    form = _accept_form(request, endorsement)
    if not form.is_valid():
        return _show(request, endorsement, accept=form, status=400)
    said, voice = _as_said(form), form.spoken_for
    pair, now = voice.pair if voice else None, timezone.now()
    try:
        answering.accept(endorsement, text=said.text, in_name_of=said.in_name_of, url=said.url, voice=pair, now=now)
    except answering.Refused as refused:
        form.add_error(None, str(refused))
        return _show(request, endorsement, accept=form, status=400)
    return None


def _preview(request: HttpRequest, endorsement: Endorsement) -> HttpResponse | None:
    """Nothing is kept of it."""
    if not _is_open(endorsement):
        return None
    form = _accept_form(request, endorsement)
    if not form.is_valid():
        return _show(request, endorsement, accept=form, status=400)
    return _show(request, endorsement, accept=form, preview=_as_said(form))


def _decline(request: HttpRequest, endorsement: Endorsement) -> HttpResponse | None:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, endorsement, decline=form, status=400)
    answering.decline(endorsement, form.cleaned_data["reason"], timezone.now())
    return None


def _revoke(request: HttpRequest, endorsement: Endorsement) -> HttpResponse | None:
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _show(request, endorsement, revoke=form, status=400)
    answering.revoke(endorsement, form.cleaned_data["reason"], timezone.now())
    return None


DEEDS = {"accept": _accept, "preview": _preview, "decline": _decline, "revoke": _revoke}


def _accept_form(request: HttpRequest, endorsement: Endorsement) -> AcceptForm:
    """Filled in by the name to which the mail was written; with the organisations for which whoever looks may speak."""
    voices = answering.voices(request.user)
    initial = {"in_name_of": endorsement.endorser_name}
    return AcceptForm(voices, request.POST if request.method == "POST" else None, initial=initial)


def _as_said(form: AcceptForm) -> Endorsement:
    """What it would look like."""
    told = form.cleaned_data
    return Endorsement(in_name_of=form.name, url=told["url"], text=told["text"], answered_at=timezone.now())


def _is_open(endorsement: Endorsement) -> bool:
    return endorsement.state in OPEN and endorsement.expires_at > timezone.now()


def _show(request: HttpRequest, endorsement: Endorsement, *, status: int = 200, **forms: Any) -> HttpResponse:
    target = targets.of(endorsement)
    is_open = _is_open(endorsement)
    shown = {
        "endorsement": endorsement,
        "target": target,
        "is_open": is_open,
        "document": document_of(endorsement) if endorsement.state == State.ACCEPTED else "",
        **(_about(target) if target else {}),
        "accept": _accept_form(request, endorsement) if is_open and "accept" not in forms else None,
        "decline": ReasonForm(),
        "revoke": RevokeForm(),
        **forms,
    }
    return render(request, PAGE, shown, status=status)


def document_of(endorsement: Endorsement) -> str:
    """The address of what was said, as a signed document."""
    return reverse("ob3_endorsement", args=[endorsement.uuid])


def _about(target: Target) -> dict[str, Any]:
    """What the public page of it tells, too; of whoever issues, what they say of themselves."""
    template = target.badge.template if target.badge else target.template
    kind = _("Badge") if target.kind == Kind.TEMPLATE else Kind(target.kind).label
    told: dict[str, Any] = {"kind": kind, "picture": target.image_url}
    if template:
        return {**told, "description": template.description, "criteria": template.criteria}
    voucher = vouching.voucher_of(target.account.provider)
    issuer = voucher.issuer(target.issuer_key) if voucher else None
    return {**told, "description": issuer.description if issuer else ""}
