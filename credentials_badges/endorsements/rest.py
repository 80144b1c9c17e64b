"""``/api/v1/endorsements/``: what endorsers say, for everybody; whom to ask, for those who may."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from credentials_badges.badges import rest, showing
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.openapi import Refusal
from credentials_badges.badges.rest import NO_FIELD, Conflict
from credentials_badges.endorsements import asking, given, targets
from credentials_badges.endorsements.asking import Asked, Refused, SwitchedOff
from credentials_badges.endorsements.links import WHOLE
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.rest_shapes import (
    AskedEndorsement,
    EndorsementPage,
    NewRequest,
    PublicEndorsement,
    RequestsMade,
    WhyCancelled,
)
from credentials_badges.endorsements.targets import Kind, Target

MEANINGS = {
    401: "The credentials are missing or wrong.",
    403: "The caller may not do this.",
    404: "There is no such thing, or not for the caller.",
    406: "The answer cannot have the form that the client wants.",
    409: "This does not go together with how things stand.",
    415: "The body is of another media type.",
    429: "There were too many wrong passwords; `Retry-After` says for how many seconds to wait.",
}


def told(
    summary: str, answer: Any, *, answered: int = 200, takes: Any = None, asks: Sequence[Any] = ()
) -> Callable[[Any], Any]:
    """Describe a method of a view for `/api/schema/`."""
    answers: dict[Any, Any] = {answered: answer}
    for each, words in MEANINGS.items():
        answers[each] = OpenApiResponse(Refusal, words)
    answers[400] = OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by the names of what was sent.")
    if takes:
        answers[413] = OpenApiResponse(Refusal, "The body is too large.")
    return extend_schema(summary=summary, request=takes, responses=answers, parameters=list(asks))


def _asked(name: str, kind: Any, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=words)


ABOUT = (
    _asked("template", OpenApiTypes.UUID, "What is said of this template, and of those who issue it."),
    _asked("badge", OpenApiTypes.UUID, "The same of one badge that a learner holds, and of its template."),
    _asked("programme", str, "What is said of a programme, by the account's id and its key there."),
    _asked("issuer", str, "The same of an issuer."),
    _asked("all", bool, "Every request for exactly this, whatever became of it; for those who may ask for it."),
    _asked("limit", int, "Of every request: how many are told."),
    _asked("offset", int, "Of every request: from which on."),
)

PUBLIC_OR_ALL = PolymorphicProxySerializer(
    "PublicOrAll",
    serializers=[PublicEndorsement(many=True), EndorsementPage],
    resource_type_field_name=None,
    many=False,
)


class Api(rest.Api):
    """What all of these have in common."""

    def as_told(self, error: Exception) -> Exception:
        """The error as clients are told it."""
        if isinstance(error, SwitchedOff):
            return Conflict(str(error))
        if isinstance(error, Refused):
            return ValidationError({NO_FIELD: [str(error)]})
        return super().as_told(error)

    def sees(self, target: Target | None) -> Target:
        """The target, if the caller may ask for it. Raises Http404."""
        if target is None or not targets.may_ask(self.request.user, target):
            raise Http404
        return target


class Endorsements(Api):
    """What is said of something, and asking for more of it."""

    def get_permissions(self) -> Any:
        """Everybody may read what is public."""
        return [AllowAny()] if self.request.method in {"GET", "HEAD"} else super().get_permissions()

    @told("Read endorsements", PUBLIC_OR_ALL, asks=ABOUT)
    def get(self, request: Request) -> Response:
        """What is public of it, the newest first: at most fifty. With `all=1`, a page of all requests for it."""
        named = [(kind, request.query_params[kind]) for kind in Kind.values if kind in request.query_params]
        if len(named) != 1:
            raise ValidationError({NO_FIELD: ["Say of what: one template, badge, programme or issuer."]})
        target = targets.find(*named[0])
        if request.query_params.get("all", "") in {"1", "true"}:
            if not request.user.is_authenticated:
                raise NotAuthenticated
            seen = self.sees(targets.find_again(*named[0]))
            rows = Endorsement.objects.filter(**seen.columns()).select_related("asked_by").order_by("-pk")
            return self.page(rows, AskedEndorsement)
        if target is None:
            raise Http404
        is_unseen = target.badge is not None and showing.look_at(target.badge).is_unseen
        about = [*([] if is_unseen else [target]), *targets.above(target)]
        return Response(PublicEndorsement(given.public(*about), many=True).data)

    @told("Ask for endorsements", RequestsMade, answered=201, takes=NewRequest)
    def post(self, request: Request) -> Response:
        """Mail each of these people a link. Whoever was asked already, and has not said no, is left alone."""
        body = self.read(NewRequest)
        target = self.sees(targets.find(body["kind"], body["target"]))
        people = [Asked(**each) for each in body["people"]]
        now = timezone.now()
        outcome = asking.ask(target, self.user, people=people, message=body["message"], now=now, via=Via.API)
        return Response(RequestsMade(outcome).data, status=status.HTTP_201_CREATED)


class OfEndorsement(Api):
    """A view of one request."""

    def do(self, uuid: str, work: Callable[[Endorsement], bool]) -> Response:
        """Do it. Raises Http404 for whoever may not, and Conflict if it does not go with its state."""
        rows = Endorsement.objects.filter(account__in=targets.accounts_of(self.request.user))
        named = targets.uuid_of(uuid)
        found = rows.select_related(*WHOLE).filter(uuid=named).first() if named else None
        if found is None:
            raise Http404
        if not work(found):
            raise Conflict
        return Response(AskedEndorsement(found).data)


class Cancel(OfEndorsement):
    """Asks no longer."""

    @told("Cancel a request for an endorsement", AskedEndorsement, takes=WhyCancelled)
    def post(self, request: Request, uuid: str) -> Response:
        """Whoever was asked is told by mail."""
        reason, now = self.read(WhyCancelled)["reason"], timezone.now()
        return self.do(uuid, lambda row: asking.cancel(row, self.user, now, reason, via=Via.API))


class Remind(OfEndorsement):
    """Asks again."""

    @told("Remind an endorser", AskedEndorsement)
    def post(self, request: Request, uuid: str) -> Response:
        """By a mail, at most once a day."""
        return self.do(uuid, lambda row: asking.remind(row, timezone.now(), self.user, via=Via.API))


class Hide(OfEndorsement):
    """Shows it to nobody any more."""

    @told("Hide an endorsement", AskedEndorsement)
    def post(self, request: Request, uuid: str) -> Response:
        """Until it is shown again."""
        return self.do(uuid, lambda row: asking.hide(row, self.user, timezone.now(), via=Via.API))


class Show(OfEndorsement):
    """Shows it to everybody."""

    @told("Show a hidden endorsement", AskedEndorsement)
    def post(self, request: Request, uuid: str) -> Response:
        """Unless its endorser has revoked it."""
        return self.do(uuid, lambda row: asking.show(row, self.user, timezone.now(), via=Via.API))
