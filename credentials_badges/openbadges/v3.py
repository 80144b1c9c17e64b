"""Where Open Badges 3.0 is read: signed documents and tokens, the keys to check them with, and what holds no longer."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from credentials_badges.badges import showing
from credentials_badges.badges.vouching import Issuer
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import answers, attaching, credentials, holding, issuers, keys, status

TOKENS = ("application/vc+jwt", "application/jwt", "text/plain")
MOST_LISTS = 1_000_000


@answers.document(answers.FOUND_ANEW)
def credential(request: HttpRequest, uuid: UUID, form: str = "") -> HttpResponse:
    """The badge with a proof in it, or as a token: 410 once it was taken back, 404 until its learner has taken it."""
    held = holding.find(uuid)
    if held is None:
        return answers.missing("there is no such badge, or it was not given here")
    if not form and _wants_page(request):
        return HttpResponseRedirect(reverse("badge_page", args=[uuid]))
    if held.is_gone:
        return _gone(request, credentials.address_of(held.badge))
    if held.given is None:
        return answers.missing("whoever earned the badge has not accepted it yet")
    if form or _wants_token(request):
        return answers.token(request, attaching.token(held), "badge")
    return answers.told(request, attaching.document(held, timezone.now()), kind=answers.CREDENTIAL, name="badge")


@answers.document(answers.FOUND_ANEW)
def endorsement(request: HttpRequest, uuid: UUID, form: str = "") -> HttpResponse:
    """What a third party says, signed in its name; 410 once it has taken that back, 404 while it is not public."""
    said = holding.said(uuid)
    if said and said.state == Endorsement.State.REVOKED:
        return _gone(request, showing.whole(reverse("ob3_endorsement", args=[uuid])))
    if said is None:
        return answers.missing("there is no such endorsement, or it is not public")
    now = timezone.now()
    is_token = form or _wants_token(request)
    told = attaching.endorsement_token(said) if is_token else attaching.endorsement_document(said, now)
    if told is None:
        return answers.missing("whoever endorsed is not known any more")
    if isinstance(told, str):
        return answers.token(request, told, "endorsement")
    return answers.told(request, told, kind=answers.CREDENTIAL, name="endorsement")


@answers.document(answers.KEPT)
def achievement(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What badges of a template stand for; it is signed as a part of each badge."""
    found = holding.what_is_asked(uuid, request.GET.get("meant", ""))
    if found is None:
        return answers.missing("there is no such badge, or it is not given here")
    if answers.wants_page(request, answers.JSON_LD, "application/json"):
        return HttpResponseRedirect(reverse("template_page", args=[uuid]))
    template, meaning, meant = found
    told = {"@context": credentials.CONTEXT, **credentials.achievement(template, meaning, meant)}
    return answers.told(request, told)


def _of_issuer(view: Callable[..., HttpResponse]) -> answers.View:
    """Hand an issuer on that is known here."""

    @wraps(view)
    def guarded(request: HttpRequest, provider: str, key: str, **named: str) -> HttpResponse:
        found = issuers.find(provider, key)
        return view(request, (provider, key), found, **named) if found else answers.missing("there is no such issuer")

    return guarded


@answers.document(answers.KEPT)
@_of_issuer
def issuer(request: HttpRequest, who: tuple[str, str], found: Issuer) -> HttpResponse:
    """Who issues, or endorses; there is no page of that here."""
    return answers.told(request, {"@context": credentials.CONTEXT, **credentials.profile(*who, found)})


@answers.document(answers.FOUND_ANEW)
@_of_issuer
def did(request: HttpRequest, who: tuple[str, str], found: Issuer) -> HttpResponse:
    """The issuer's keys, as did:web has them."""
    return answers.told(request, keys.did_document(*who), kind="application/did+ld+json")


@answers.document(answers.FOUND_ANEW)
@_of_issuer
def jwks(request: HttpRequest, who: tuple[str, str], found: Issuer) -> HttpResponse:
    """The same keys for those who read tokens."""
    return answers.told(request, keys.jwks(*who), kind="application/jwk-set+json")


@answers.document(answers.FOUND_ANEW)
def status_list(request: HttpRequest, provider: str, key: str, kind: str, number: int, form: str = "") -> HttpResponse:
    """Which credentials hold no longer, signed anew each time, as a document or as a token.

    Some readers of documents take a list only as a token, and do not say so: whoever names no form at all gets one.
    """
    if kind not in {status.BADGES, status.ENDORSEMENTS} or number > MOST_LISTS or not issuers.find(provider, key):
        return answers.missing("there is no such list")
    now, who = timezone.now(), (provider, key)
    told = status.status_list(kind, number, who, now, form)
    if form or _wants_token(request) or "Accept" not in request.headers:
        return answers.token(request, keys.sign_token(*who, told))
    return answers.told(request, keys.sign_document(*who, told, now), kind=answers.CREDENTIAL)


def _gone(request: HttpRequest, address: str) -> HttpResponse:
    return answers.told(request, {"id": address, "revoked": True}, status=410, kind=answers.CREDENTIAL)


def _wants_token(request: HttpRequest) -> bool:
    return answers.preferred(request, answers.CREDENTIAL, answers.JSON_LD, "application/json", *TOKENS) in TOKENS


def _wants_page(request: HttpRequest) -> bool:
    return answers.wants_page(request, answers.CREDENTIAL, answers.JSON_LD, "application/json", *TOKENS)
