"""Where Open Badges 2.0 is read by software of any site. Browsers are led to the pages that say the same."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from credentials_badges.badges import vouching
from credentials_badges.badges.models import Badge
from credentials_badges.contract.states import BadgeState
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import answers, attaching, documents, holding, issuers

MOST_REVOKED = 10_000
"""In one list, the newest: copies that would look into it are not signed here."""


@answers.document(answers.FOUND_ANEW)
def assertion(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The badge as its store has it now: 410 once it was taken back, 404 until its learner has taken it."""
    held = holding.find(uuid)
    if held is None:
        return answers.missing("there is no such badge, or it was not given here")
    if _wants_page(request):
        return HttpResponseRedirect(reverse("badge_page", args=[uuid]))
    if held.is_gone:
        return answers.told(request, documents.revoked(held.badge), status=410)
    if held.given is None:
        return answers.missing("whoever earned the badge has not accepted it yet")
    told = _endorsed(documents.assertion(held.badge, held.given), Q(badge=held.badge))
    return answers.told(request, told, name="badge")


@answers.document(answers.KEPT)
def badge_class(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What badges of a template stand for."""
    found = holding.what_is_asked(uuid, request.GET.get("meant", ""))
    if found is None:
        return answers.missing("there is no such badge, or it is not given here")
    if _wants_page(request):
        return HttpResponseRedirect(reverse("template_page", args=[uuid]))
    template, _meaning, meant = found
    told = documents.badge_class(*found)
    return answers.told(request, told if meant else _endorsed(told, Q(template=template)))


@answers.document(answers.KEPT)
def issuer(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """Who issues, or endorses; there is no page of that here."""
    found = issuers.find(provider, key)
    if found is None:
        return answers.missing("there is no such issuer")
    which = Q(account__provider=provider, issuer_key=key)
    return answers.told(request, _endorsed(documents.profile(provider, found), which))


@answers.document(answers.FOUND_ANEW)
def revocations(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """What the issuer has taken back."""
    voucher, found = vouching.voucher_of(provider), issuers.find(provider, key)
    if voucher is None or found is None:
        return answers.missing("there is no such issuer")
    gone = Q(status=Badge.Status.REVOKED) | Q(external_state=BadgeState.REVOKED)
    badges = voucher.of_issuer(key).filter(gone).order_by("-pk").values_list("uuid", flat=True)[:MOST_REVOKED]
    return answers.told(request, documents.revocation_list(provider, found, badges.iterator()))


@answers.document(answers.FOUND_ANEW)
def endorsement(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What a third party says; 410 once it has taken that back, 404 while it is not public."""
    said = holding.said(uuid)
    if said and said.state == Endorsement.State.REVOKED:
        return answers.told(request, documents.revoked_endorsement(said), status=410)
    speaker = issuers.find(*said.voice) if said else None
    if said is None or speaker is None:
        return answers.missing("there is no such endorsement, or it is not public")
    return answers.told(request, documents.endorsement(said, speaker), name="endorsement")


def _endorsed(told: documents.Document, which: Q) -> documents.Document:
    """The document with the addresses of what third parties say of it."""
    return {**told, "endorsement": said} if (said := attaching.addresses(which)) else told


def _wants_page(request: HttpRequest) -> bool:
    return answers.wants_page(request, answers.JSON_LD, "application/json")
