"""The REST API."""

from typing import Any

from rest_framework import status
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials_badges.badges import conf, events


class CloudEventParser(JSONParser):
    """One CloudEvent as JSON."""

    media_type = "application/cloudevents+json"


class CloudEventBatchParser(JSONParser):
    """A list of CloudEvents as JSON."""

    media_type = "application/cloudevents-batch+json"


class MaySendEvents(BasePermission):
    """Whoever may add learning events in the admin may send them here."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for Django's own permission."""
        return bool(request.user and request.user.has_perm("badges.add_learningevent"))


class Events(APIView):
    """``POST /api/v1/events/``: one CloudEvent or a list of them; 202 once all of them are stored.

    If any of them is not an event, the answer is 400, names each with its reason, and nothing is stored.
    """

    parser_classes = (JSONParser, CloudEventParser, CloudEventBatchParser)
    permission_classes = (MaySendEvents,)

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
            return Response({"detail": "Nothing was stored.", "invalid": wrong}, status=status.HTTP_400_BAD_REQUEST)
        counts = {"accepted": 0, "duplicate": 0}
        for start in range(0, len(read), conf.BATCH):
            done = events.accept(read[start : start + conf.BATCH])
            counts["accepted"] += done.accepted
            counts["duplicate"] += done.duplicate
        return Response(counts, status=status.HTTP_202_ACCEPTED)


def _read(raw: object) -> events.Event:
    """Read one event, as strictly as the CloudEvents specification asks of HTTP."""
    if isinstance(raw, dict) and "specversion" not in raw:
        raise events.InvalidEvent("specversion is missing")
    return events.read(raw)
