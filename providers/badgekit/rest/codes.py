"""Claim codes: to list, to make and to change them."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.rest import Conflict
from providers.badgekit import batches
from providers.badgekit.batches import TERMS, Terms
from providers.badgekit.desk.code_forms import CodeFilter
from providers.badgekit.models import ClaimCode, System
from providers.badgekit.rest.base import OfSystem, asked, check
from providers.badgekit.rest.openapi import CODES, told
from providers.badgekit.rest.serializers import Code, CodeTerms, HandOut, NewCode

GONE = "The code has been deleted."
HANDED_OUT = "It has been handed out before, or deleted. What was written down can be changed with its terms."
WHOLE = ("badge", "batch", "made_by")


def asked_for(request: Request, system: System) -> QuerySet[ClaimCode]:
    """The codes that a query asks for, the newest first. Raises ValidationError."""
    form = CodeFilter(asked(request.query_params), system)
    check(form)
    return form.codes().select_related(*WHOLE).order_by("-pk")


class Codes(OfSystem):
    """The codes of a system, without those that are kept for one learner."""

    @told("List claim codes", Code(many=True), asks=CODES)
    def get(self, request: Request, system: int) -> Response:
        """The newest first."""
        return self.page(asked_for(request, self.system), Code)

    @told("Make a claim code", Code, status=201, takes=NewCode)
    def post(self, request: Request, system: int) -> Response:
        """One code, in words of one's own or made up."""
        wish = self.read(NewCode)
        badge, text = self.badge(wish.pop("badge")), wish.pop("code", "")
        made = batches.make_code(badge, text, Terms(**wish), self.user)
        return Response(Code(made).data, status=status.HTTP_201_CREATED)


class OfCode(OfSystem):
    """A view of one code."""

    def codes(self) -> QuerySet[ClaimCode]:
        """The code, if it is the system's, and nothing else."""
        return batches.codes_of(self.system).filter(pk=self.kwargs["code"])

    def answer(self) -> Response:
        """The code as it is now. Raises Http404."""
        return Response(Code(get_object_or_404(self.codes().select_related(*WHOLE))).data)

    def do(self, work: Callable[[QuerySet[ClaimCode]], int], otherwise: str = GONE) -> None:
        """Do it. Raises Http404, or Conflict with these words if nothing was done."""
        get_object_or_404(self.codes())
        if not work(self.codes()):
            raise Conflict(otherwise)


class OneCode(OfCode):
    """One code."""

    @told("Look at a claim code", Code)
    def get(self, request: Request, system: int, code: int) -> Response:
        """Deleted ones are shown, too."""
        return self.answer()

    @told("Change a claim code", Code, takes=CodeTerms(partial=True), refuses=[409])
    def patch(self, request: Request, system: int, code: int) -> Response:
        """Only what is sent changes; the words stay, since people have been told them."""
        reader = CodeTerms(data=request.data, partial=True)
        reader.is_valid(raise_exception=True)

        def work(codes: QuerySet[ClaimCode]) -> int:
            found = codes.select_for_update().get()
            told = {name: getattr(found, name) for name in TERMS}
            return batches.change(codes, Terms(**{**told, **reader.validated_data}))

        in_transaction(lambda: self.do(work))
        return self.answer()

    @told("Delete a claim code", None, status=204, refuses=[409])
    def delete(self, request: Request, system: int, code: int) -> Response:
        """Nobody finds it any more. What it gave stays."""
        self.do(batches.delete)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Pause(OfCode):
    """Stops a code for a while."""

    @told("Pause a claim code", Code, refuses=[409])
    def post(self, request: Request, system: int, code: int) -> Response:
        """Nobody can claim it until it is resumed. One that is not active stays as it is."""
        self.do(lambda codes: batches.pause(codes) or codes.filter(deleted_at=None).count())
        return self.answer()


class Resume(OfCode):
    """Lets a code be claimed."""

    @told("Resume a claim code", Code, refuses=[409])
    def post(self, request: Request, system: int, code: int) -> Response:
        """Also one that was a draft."""
        self.do(lambda codes: batches.resume(codes) or codes.filter(deleted_at=None).count())
        return self.answer()


class MarkHandedOut(OfCode):
    """Keeps where a code went."""

    @told("Mark a claim code as handed out", Code, takes=HandOut, refuses=[409])
    def post(self, request: Request, system: int, code: int) -> Response:
        """Write down where, or to whom, it was handed out."""
        to = self.read(HandOut)
        self.do(lambda codes: batches.hand_out(codes, to["handed_out_to"], to.get("handed_out_at")), HANDED_OUT)
        return self.answer()
