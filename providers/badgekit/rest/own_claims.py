"""Claims of one's own: learners claim codes, and change or withdraw what waits."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.datastructures import MultiValueDict
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges import visiting
from credentials_badges.badges.models import Learner
from credentials_badges.badges.rest import Conflict, JsonParser
from providers.badgekit import claims, guessing, instances, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import Claim, ClaimCode, ClaimEvidence
from providers.badgekit.pages import offers
from providers.badgekit.pages.evidence_form import EvidenceForm
from providers.badgekit.pages.offers import Offer
from providers.badgekit.rest.base import Api, check
from providers.badgekit.rest.claim_serializers import NewClaim, NewClaimForm, OwnClaim, Resubmission, ResubmissionForm
from providers.badgekit.rest.openapi import FORM, JSON, SOURCE, told

NOTHING = "This code gives no badge. It may be mistyped, used up, over or withdrawn."
Ask = ClaimCode.Ask


def of(user: Learner) -> QuerySet[Claim]:
    """The claims that the user has made, with all that is told of them."""
    mine = Claim.objects.filter(learner=user).prefetch_related("evidence", "steps")
    return mine.select_related("badge__system", "badge__issuer", "badge__program", "code")


class OwnClaims(Api):
    """The caller's own claims."""

    parser_classes = (JsonParser, MultiPartParser)

    @told("List claims of one’s own", OwnClaim(many=True))
    def get(self, request: Request) -> Response:
        """The newest first."""
        return self.page(of(self.user).order_by("-pk"), OwnClaim)

    @told(
        "Claim a code",
        OwnClaim,
        status=201,
        takes={JSON: NewClaim, FORM: NewClaimForm},
        asks=[SOURCE],
        refuses=[409, 429],
    )
    def post(self, request: Request) -> Response:
        """Claim a code for the address of the caller. Where its claims are reviewed, the badge follows later."""
        asked = self.read(NewClaimForm)
        made = _claim(_offer(self.http, self.user, asked["code"]), self.user, asked)
        return Response(OwnClaim(made).data, status=status.HTTP_201_CREATED)


def _offer(http: HttpRequest, user: Learner, text: str) -> Offer:
    """What the code is to the user. Raises RateLimited, or NotFound."""
    guessing.begin(http)
    found = offers.find(text)
    if found and found.reservation and found.recipient_id != str(user.uuid):
        found = None
    offer = offers.offer(found, offers.visitor(user, visiting.came_from(http))) if found else None
    if offer is None or not offer.is_there:
        raise NotFound((offer and offer.why_not) or NOTHING)
    guessing.was_right(http)
    return offer


def _claim(offer: Offer, user: Learner, asked: dict[str, Any]) -> Claim:
    """The new claim."""
    if offer.instance:
        raise instances.Held(offer.instance)
    if offer.open_claim:
        raise claims.StillOpen(offer.open_claim)
    if not offer.code.is_free:
        raise Conflict(offer.why_not or None)
    if not offer.email:
        raise Conflict("A badge is given to an e-mail address, and your account has none.")
    if not offer.is_theirs:
        raise PermissionDenied(f"This code is for other addresses than {offer.email}.")
    items = _evidence(asked, offer.code, needed=offer.asks == Ask.REQUIRED)
    used = offer.code
    if used.reservation:
        claims.claim(used, reviewing.award(""))
    else:
        source = offer.visitor.source
        who = Claimant(learner=user, name=user.full_name, source=source, evidence=items, is_reviewed=True)
        reviewing.submit(used, offer.email, who)
    # It may be to a code that was kept for them, and has been accepted instead.
    made = of(user).filter(badge=offer.badge).order_by("-pk").first()
    if made is None:
        raise claims.Spent
    return made


def _evidence(asked: dict[str, Any], code: ClaimCode, *, needed: bool = False) -> list[ClaimEvidence]:
    """What was sent, not stored yet; nothing where the code asks for none. Raises ValidationError."""
    form = EvidenceForm(asked, MultiValueDict({"file": asked.get("file", [])}), needed=needed)
    check(form)
    return form.items() if code.evidence != Ask.NONE else []


class OwnOne(Api):
    """One of the caller's own claims."""

    def find(self) -> Claim:
        """The claim. Raises Http404."""
        return get_object_or_404(of(self.user), pk=self.kwargs["claim"])

    def answer(self) -> Response:
        """The claim as it is now."""
        return Response(OwnClaim(self.find()).data)


class LookAtOwn(OwnOne):
    """Shows it."""

    @told("Look at a claim of one’s own", OwnClaim)
    def get(self, request: Request, claim: int) -> Response:
        """With all that happened to it."""
        return self.answer()


class Withdraw(OwnOne):
    """Ends it."""

    @told("Withdraw a claim", OwnClaim, refuses=[409])
    def post(self, request: Request, claim: int) -> Response:
        """The badge is not wanted any more, and the code can be claimed once more."""
        reviewing.withdraw(self.find())
        return self.answer()


class Resubmit(OwnOne):
    """Puts it before the reviewers again."""

    parser_classes = (JsonParser, MultiPartParser)

    @told("Submit a claim again", OwnClaim, takes={JSON: Resubmission, FORM: ResubmissionForm}, refuses=[409])
    def post(self, request: Request, claim: int) -> Response:
        """With evidence added, or taken away, after it was sent back."""
        asked, found = self.read(ResubmissionForm), self.find()
        reviewing.resubmit(found, _evidence(asked, found.code), asked.get("remove", ()))
        return self.answer()
