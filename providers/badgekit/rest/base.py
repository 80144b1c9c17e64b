"""What all views of the API have in common: how bodies are read, how lists are answered, and how errors are told."""

import json
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as Fault
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, PermissionDenied, Throttled, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from credentials_badges.badges import auditing, events
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.models import Learner
from credentials_badges.contract.errors import RateLimited
from providers.badgekit import batches, claims, evidence, giving, instances, noting, reviewing
from providers.badgekit.members import Role
from providers.badgekit.models import Badge, System
from providers.badgekit.rest.permissions import WorksForSystem

NO_FIELD = "non_field_errors"
NAMES = {"q": "search", "since": "from", "until": "to"}
"""What queries call the fields of the desk's forms."""


class Conflict(APIException):
    """What is asked for does not go together with how things stand."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This cannot be done as things stand."


class TooLarge(APIException):
    """The body is larger than what is taken."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large: send less at once."


class JsonParser(BaseParser):
    """JSON, read as every other way in reads it."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read it whole; what could not be said again in an answer is refused, too."""
        try:
            told = events.parse(parser_context["request"].body)
            json.dumps(told, ensure_ascii=False).encode()
        except events.InvalidEvent as error:
            raise ParseError(str(error)) from None
        except (UnicodeEncodeError, RecursionError):
            raise ParseError("not JSON: it holds half a character, or is nested too deep") from None
        return told


class CsvRenderer(BaseRenderer):
    """Lets clients ask for CSV. Views answer such files themselves; only errors come here, and they stay JSON."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """The error."""
        renderer_context["response"]["Content-Type"] = "application/json"
        return json.dumps(data).encode()


class OneForm(BaseContentNegotiation):
    """A file has the form that it has, whatever the client would like best."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The only one."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The one for errors."""
        return renderers[0], renderers[0].media_type


class Pages(LimitOffsetPagination):
    """Lists are answered in pages of up to 200 rows."""

    default_limit = 50
    max_limit = 200


@method_decorator(never_cache, name="dispatch")
class Api(APIView):
    """A view for everybody who has signed in."""

    parser_classes: Any = (JsonParser,)
    permission_classes: Any = (IsAuthenticated,)
    pagination_class = Pages
    metadata_class = None
    http: HttpRequest
    """The request as Django's own functions want it."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Read queries as UTF-8, whatever the type of the body says."""
        request.encoding = "utf-8"
        self.http = request
        return super().initialize_request(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Tell what is refused by any part of the store."""
        return super().handle_exception(_as_told(exc))

    @property
    def user(self) -> Learner:
        """Who calls."""
        return cast("Learner", self.request.user)

    def read(self, shape: type[Serializer[Any]], data: Any = None) -> dict[str, Any]:
        """What the body says, or `data`. Raises ValidationError, by field."""
        reader = shape(data=self.request.data if data is None else data)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def page(self, rows: QuerySet[Any], shape: type[Any]) -> Response:
        """A page of the rows."""
        pages = self.pagination_class()
        return pages.get_paginated_response(shape(pages.paginate_queryset(rows, self.request, self), many=True).data)


class OfSystem(Api):
    """A view for those who work for the system that the address names."""

    permission_classes = (WorksForSystem,)
    needs = Role.OWNER
    """The role of whoever does more than look."""
    system: System
    watch: noting.Watch | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Once it is known that they may, look at what is there before."""
        super().initial(request, *args, **kwargs)
        self.watch = noting.Watch(self.http, self.system.pk, self.kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Write down what was done."""
        if self.watch and response.status_code < 300:
            made = response.data.get("id") if response.status_code == status.HTTP_201_CREATED else None
            new = {"id": [None, made]} if made else {}
            deed = f"{request.method} {type(self).__name__}"
            self.watch.note(auditing.Via.API, deed, self.user, **new)
        return super().finalize_response(request, response, *args, **kwargs)

    def badge(self, pk: int) -> Badge:
        """The system's badge, which can get new codes. Raises ValidationError."""
        found = batches.badges_of(self.system).filter(pk=pk).first()
        if found is None:
            raise ValidationError({"badge": ["There is no such badge here that can get codes."]})
        found.system = self.system
        return found


class FileOfSystem(OfSystem):
    """The same, where a file is answered."""

    content_negotiation_class = OneForm


def asked(query: QueryDict) -> dict[str, Any]:
    """The query, as the desk's forms call its parts."""
    return {**query.dict(), **{field: query.get(name, "") for field, name in NAMES.items()}}


def check(form: forms.Form) -> None:
    """Raises ValidationError if the form is not valid, by the names that the API has for its fields."""
    if not form.is_valid():
        names = {str(NON_FIELD_ERRORS): NO_FIELD, **NAMES}
        raise ValidationError({names.get(name, name): list(map(str, told)) for name, told in form.errors.items()})


def _as_told(error: Exception) -> Exception:
    """The error as clients are told it; the same one if it is none of the store's."""
    if isinstance(error, Fault):
        told: Any = get_error_detail(error)
        return ValidationError(told if isinstance(told, dict) else {NO_FIELD: told})
    if isinstance(error, RateLimited):
        return Throttled(wait=error.after)
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return ParseError("The body cannot be read.")
    if isinstance(error, evidence.Refused | Unreadable):
        return ValidationError({NO_FIELD: [str(error)]})
    if isinstance(error, reviewing.NotNow | giving.NotTheirs):
        return Conflict(str(error))
    return next((made(words) for kind, (made, words) in _TOLD.items() if isinstance(error, kind)), error)


_TOLD: dict[type[Exception], tuple[type[APIException], Any]] = {
    claims.Spent: (Conflict, "The code cannot be claimed any more: somebody was faster."),
    claims.StillOpen: (Conflict, "A claim of yours to this badge is open already."),
    instances.Held: (Conflict, "You hold this badge already. The code has not been used."),
    reviewing.OwnClaim: (PermissionDenied, "This is your own claim, which another reviewer has to decide."),
    reviewing.EvidenceNeeded: (ValidationError, {NO_FIELD: ["Show what you did: a text, a link or a file."]}),
}
