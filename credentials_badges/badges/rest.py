"""What all views of the REST API have in common: how bodies are read, lists are answered, and errors are told."""

import json
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as Fault
from django.db.models import QuerySet
from django.http import HttpRequest, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, Throttled, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from credentials_badges.badges import events
from credentials_badges.badges.models import Learner
from credentials_badges.contract.errors import RateLimited

NO_FIELD = "non_field_errors"


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
        """Tell what is refused, whoever refuses it."""
        return super().handle_exception(self.as_told(exc))

    def as_told(self, error: Exception) -> Exception:
        """The error as clients are told it; the same one if that is nothing of theirs."""
        if isinstance(error, Fault):
            told: Any = get_error_detail(error)
            return ValidationError(told if isinstance(told, dict) else {NO_FIELD: told})
        if isinstance(error, RateLimited):
            return Throttled(wait=error.after)
        if isinstance(error, RequestDataTooBig):
            return TooLarge()
        if isinstance(error, SuspiciousOperation | UnreadablePostError):
            return ParseError("The body cannot be read.")
        return error

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
