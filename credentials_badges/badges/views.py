"""What programs send us: events by the REST API, and webhooks."""

from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials_badges.badges import conf, events, openapi, retiring, webhooks
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import Learner
from credentials_badges.contract import registry
from credentials_badges.contract.errors import UnknownProvider

MOST_REASONS = 100
"""Wrong events that are told one by one; all are counted."""


class TooLarge(APIException):
    """The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large; send fewer events at a time."


class EventParser(BaseParser):
    """JSON, read as every other way in reads it."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read it whole, if it is not too large for that."""
        try:
            return events.parse(parser_context["request"].body)
        except RequestDataTooBig:
            raise TooLarge from None
        except events.InvalidEvent as error:
            raise ParseError(str(error)) from None


class CloudEventParser(EventParser):
    """One CloudEvent as JSON."""

    media_type = "application/cloudevents+json"


class CloudEventBatchParser(EventParser):
    """A list of CloudEvents as JSON."""

    media_type = "application/cloudevents-batch+json"


class MaySendEvents(BasePermission):
    """Whoever may add learning events in the admin may send them here."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for Django's own permission."""
        return bool(request.user and request.user.has_perm("badges.add_learningevent"))


class Events(APIView):
    """``POST /api/v1/events/``: one CloudEvent or a list of them; 202 once all of them are stored.

    If any of them is not an event, the answer is 400 with the reasons of the first hundred, and nothing is stored.
    """

    parser_classes = (EventParser, CloudEventParser, CloudEventBatchParser)
    permission_classes = (MaySendEvents,)
    schema = openapi.EventsSchema()

    def post(self, request: Request) -> Response:
        """Store the events, and answer with how many were new."""
        raws = request.data if isinstance(request.data, list) else [request.data]
        read: list[events.Event] = []
        wrong = []
        for index, raw in enumerate(raws):
            try:
                read.append(_read(raw))
            except events.InvalidEvent as error:
                wrong.append({"index": index, "error": str(error)})
        if wrong:
            told = {"detail": f"Nothing was stored: {len(wrong)} invalid.", "invalid": wrong[:MOST_REASONS]}
            return Response(told, status=status.HTTP_400_BAD_REQUEST)
        counts = {"accepted": 0, "duplicate": 0}
        for start in range(0, len(read), conf.BATCH):
            done = events.accept(read[start : start + conf.BATCH])
            counts["accepted"] += done.accepted
            counts["duplicate"] += done.duplicate
        return Response(counts, status=status.HTTP_202_ACCEPTED)


class MayRetire(BasePermission):
    """Whoever has the permission for it, by which the LMS's retirement pipeline comes in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for it."""
        return bool(request.user and request.user.has_perm(retiring.PERMISSION))


class Conflict(APIException):
    """What is asked for does not go together with how things stand."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "Whoever works here is not retired: take the rights of staff away first."


class RetireUser(APIView):
    """``POST /api/v1/retire_user/``: 204 once nothing is known of the user here any more.

    That is so, too, if nothing ever was, or if it was asked for before: pipelines repeat what they are not sure of.
    """

    parser_classes = (EventParser,)
    permission_classes = (MayRetire,)
    schema = openapi.RetireSchema()

    def post(self, request: Request) -> Response:
        """Retire whoever is called so, or has this id in the LMS."""
        asked = openapi.Retirement(data=request.data)
        asked.is_valid(raise_exception=True)
        here = Learner.objects.filter(retired_at=None, **asked.validated_data)
        # Looked for again, so that 204 is true: an event may have brought somebody back meanwhile.
        while learners := list(here.order_by("pk")):
            if any(map(retiring.works_here, learners)):
                raise Conflict
            for learner in learners:
                try:
                    retiring.retire(learner, timezone.now(), via=Via.API, by=cast("Learner", request.user))
                except retiring.StillWorksHere:
                    raise Conflict from None
                except retiring.Unknown:  # Somebody else has just done so, or it was one of those before.
                    continue
        return Response(status=status.HTTP_204_NO_CONTENT)


def _read(raw: object) -> events.Event:
    """Read one event, as strictly as the CloudEvents specification asks of HTTP."""
    if isinstance(raw, dict) and "specversion" not in raw:
        raise events.InvalidEvent("specversion is missing")
    return events.read(raw)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str, token: str = "") -> HttpResponse:
    """A provider's webhook: 200 once it is stored, also if it leads nowhere, for anything else would be repeated.

    400 if it is none, 404 for an address that no account has, 413 for a body that no hint needs.
    """
    try:
        adapter = registry.get(provider)
    except UnknownProvider:
        return _plain("There is no such address.", 404)
    account = webhooks.account_of(provider, token) if token else None
    if not adapter.webhooks or (token and not account):
        return _plain("There is no such address.", 404)
    body = request.read(webhooks.MOST_BYTES + 1)
    if len(body) > webhooks.MOST_BYTES:
        return _plain(f"A webhook has at most {webhooks.MOST_BYTES} bytes.", 413)
    try:
        webhooks.receive(adapter, body, account)
    except webhooks.Unwanted as error:
        return _plain(f"This is no webhook of {adapter.name}: {error}.", 400)
    return _plain("Stored.", 200)


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
