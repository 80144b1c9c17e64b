"""Claims, as organisers look at them and reviewers decide them."""

from collections.abc import Callable

from django import forms
from django.db.models import Q
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges.models import Learner
from providers.badgekit import members, reviewing
from providers.badgekit.desk.claim_forms import ClaimFilter
from providers.badgekit.desk.claims import claims_of
from providers.badgekit.desk.evidence import serve
from providers.badgekit.members import Role
from providers.badgekit.models import Claim
from providers.badgekit.rest.base import FileOfSystem, OfSystem, asked, check
from providers.badgekit.rest.claim_serializers import ListedClaim, Reason, ReviewedClaim, Words
from providers.badgekit.rest.openapi import CLAIMS, told

WHOLE = ("badge", "code__batch", "assigned_to", "decided_by")
FOR_DECIDING = ("badge__system", "badge__issuer", "badge__program", "learner", *WHOLE)


class Asked(ClaimFilter):
    """Which claims are listed."""

    state = forms.ChoiceField(required=False, choices=Claim.State.choices)

    def chosen(self) -> Q:
        """In one state, or in any."""
        state = self.cleaned_data["state"]
        return super().chosen() & (Q(state=state) if state else Q())


class Claims(OfSystem):
    """The claims to a system's codes."""

    @told("List claims", ListedClaim(many=True), asks=CLAIMS)
    def get(self, request: Request, system: int) -> Response:
        """The oldest first. Whoever looks may be mailed again when others come."""
        members.has_looked(self.user, self.system)
        form = Asked(asked(request.query_params), self.system, self.user)
        check(form)
        return self.page(
            claims_of(self.system).filter(form.chosen()).select_related(*WHOLE).order_by("pk"), ListedClaim
        )


class OfClaim(OfSystem):
    """A view of one claim."""

    needs = Role.REVIEWER

    def find(self) -> Claim:
        """The claim, if it is to one of the system's codes. Raises Http404."""
        whole = claims_of(self.system).select_related(*FOR_DECIDING).prefetch_related("evidence", "steps__by")
        return get_object_or_404(whole, pk=self.kwargs["claim"])

    def answer(self) -> Response:
        """The claim as it is now."""
        return Response(ReviewedClaim(self.find()).data)

    def decide(self, work: Callable[[Claim, Learner, str], object], words: str) -> Response:
        """Do it."""
        work(self.find(), self.user, words)
        return self.answer()


class OneClaim(OfClaim):
    """One claim."""

    @told("Look at a claim", ReviewedClaim)
    def get(self, request: Request, system: int, claim: int) -> Response:
        """With its evidence, and all that happened to it."""
        return self.answer()


class EvidenceFile(FileOfSystem):
    """A file that a learner sent."""

    @told("Look at a file of evidence", {"*/*": OpenApiTypes.BINARY})
    def get(self, request: Request, system: int, claim: int, evidence: int) -> HttpResponseBase:
        """The file, of the type that it was found to be."""
        return serve(self.http, system=system, claim=claim, evidence=evidence)


class Approve(OfClaim):
    """Gives the badge."""

    @told("Approve a claim", ReviewedClaim, takes=Words, refuses=[409])
    def post(self, request: Request, system: int, claim: int) -> Response:
        """Give the badge. If it is held by now, the claim is cancelled instead, as its state says."""
        return self.decide(reviewing.approve, self.read(Words)["words"])


class SendBack(OfClaim):
    """Asks for a revision."""

    @told("Send a claim back", ReviewedClaim, takes=Reason, refuses=[409])
    def post(self, request: Request, system: int, claim: int) -> Response:
        """Ask for a revision; the words are mailed."""
        return self.decide(reviewing.send_back, self.read(Reason)["words"])


class Reject(OfClaim):
    """Refuses the badge."""

    @told("Reject a claim", ReviewedClaim, takes=Reason, refuses=[409])
    def post(self, request: Request, system: int, claim: int) -> Response:
        """Refuse the badge; the words are mailed, and the code can be claimed once more."""
        return self.decide(reviewing.reject, self.read(Reason)["words"])


class Take(OfClaim):
    """Looks after a claim."""

    @told("Take a claim", ReviewedClaim, refuses=[409])
    def post(self, request: Request, system: int, claim: int) -> Response:
        """Say that one looks after it, so that no other reviewer does."""
        reviewing.take(self.find(), self.user)
        return self.answer()


class LetGo(OfClaim):
    """Leaves a claim to others."""

    @told("Let go of a claim", ReviewedClaim)
    def post(self, request: Request, system: int, claim: int) -> Response:
        """Where another looks after it, nothing changes."""
        reviewing.let_go(self.find(), self.user)
        return self.answer()
