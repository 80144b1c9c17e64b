"""What the views of the store's API have in common, besides what all views have."""

import json
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from credentials_badges.badges import auditing, rest
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.rest import NO_FIELD, Conflict
from providers.badgekit import batches, claims, evidence, giving, instances, noting, reviewing
from providers.badgekit.members import Role
from providers.badgekit.models import Badge, System
from providers.badgekit.rest.permissions import WorksForSystem

NAMES = {"q": "search", "since": "from", "until": "to"}
"""What queries call the fields of the desk's forms."""


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


class Api(rest.Api):
    """The same for what any part of the store refuses."""

    def as_told(self, error: Exception) -> Exception:
        """The error as clients are told it; the same one if it is none of the store's."""
        if isinstance(error, evidence.Refused | Unreadable):
            return ValidationError({NO_FIELD: [str(error)]})
        if isinstance(error, reviewing.NotNow | giving.NotTheirs):
            return Conflict(str(error))
        told = next((made(words) for kind, (made, words) in _TOLD.items() if isinstance(error, kind)), None)
        return told or super().as_told(error)


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


_TOLD: dict[type[Exception], tuple[type[APIException], Any]] = {
    claims.Spent: (Conflict, "The code cannot be claimed any more: somebody was faster."),
    claims.StillOpen: (Conflict, "A claim of yours to this badge is open already."),
    instances.Held: (Conflict, "You hold this badge already. The code has not been used."),
    reviewing.OwnClaim: (PermissionDenied, "This is your own claim, which another reviewer has to decide."),
    reviewing.EvidenceNeeded: (ValidationError, {NO_FIELD: ["Show what you did: a text, a link or a file."]}),
}
