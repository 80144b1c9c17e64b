"""A call as it came: its body read in any of the three forms, and whatever a handler asks of it."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import RawPostDataException
from django.utils.datastructures import MultiValueDict

from providers.badgekit.api.errors import ApiError, refusal

BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""Methods whose body is not read, nor signed."""
NO_TYPE = "application/octet-stream"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
ACCEPTABLE = ("application/json", "text/plain", "application/octet-stream", "application/javascript")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list was asked for."""

    page: int
    count: int


@dataclass
class Call:
    """One request, of which the route is known."""

    request: HttpRequest
    params: Mapping[str, str]
    """What the path names, such as ``system`` and ``badge``."""
    body: bytes = b""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The body's fields: JSON values as they are; from forms, texts, or lists where a field came several times."""
    files: "Mapping[str, UploadedFile[Any]]" = field(default_factory=dict)

    @cached_property
    def page(self) -> Page | None:
        """The page that was asked for; None for everything, as whenever page and count are not both above zero."""
        page, count = (leading_number(self.request.GET.get(name, "")) for name in ("page", "count"))
        return Page(page, count) if page > 0 and count > 0 else None

    def absolute(self, path: str) -> str:
        """The path as a whole address, of the host that was called."""
        return self.request.build_absolute_uri(path)


def sent_to(request: HttpRequest) -> str:
    """The path and the query as they were sent, where the server tells; else as Django puts them together again."""
    raw = str(request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or "")
    return raw if raw.startswith("/") else request.get_full_path()


def tidy(path: str) -> str:
    """The path without double slashes and slashes at its end."""
    return re.sub("/{2,}", "/", path).rstrip("/") or "/"


def leading_number(text: str) -> int:
    """The number that a text begins with, as JavaScript's parseInt finds it; 0 if there is none."""
    found = re.match(r"\s*(\d{1,18})", text)
    return int(found[1]) if found else 0


def take(request: HttpRequest, params: Mapping[str, str], *, picture: bool = False) -> Call:
    """Read the request, for an answer that is JSON or a picture. Raises ApiError for what cannot be read."""
    if not picture and not _takes_json(request):
        raise refusal(406, "NotAcceptableError", f"Server accepts: {','.join(ACCEPTABLE)}")
    call = Call(request, params)
    if request.method not in BODILESS:
        _read_body(call)
    return call


def _takes_json(request: HttpRequest) -> bool:
    try:
        return "Accept" not in request.headers or any(map(request.accepts, ACCEPTABLE))
    except (LookupError, ValueError):  # It cannot be told what the client takes.
        return False


def _read_body(call: Call) -> None:
    request = call.request
    try:
        call.body = request.body
    except RequestDataTooBig:
        raise refusal(413, "RequestEntityTooLargeError", "The body is too large") from None
    except (RawPostDataException, OSError, ValueError):  # Also for a length that is no number.
        raise refusal(400, "InvalidContent", "The body broke off") from None
    if not call.body:
        return
    kind = (request.content_type or NO_TYPE).lower()
    if kind == "application/json":
        call.fields = _json(call.body)
    elif kind in FORMS:
        try:
            _read_form(call, kind)
        except (MultiPartParserError, SuspiciousOperation, ValueError, LookupError) as error:
            raise refusal(400, "InvalidContent", f"Invalid form: {type(error).__name__}") from None
    else:
        raise refusal(415, "UnsupportedMediaTypeError", kind)


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        value = from_json(body)
    except ValueError as error:
        raise refusal(400, "InvalidContent", f"Invalid JSON: {error}") from None
    return value if isinstance(value, dict) else {}


def from_json(text: bytes | str) -> Any:
    """What the JSON says. Raises ValueError, saying why it is none: also for numbers that JSON does not know."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ValueError(error.msg) from None
    except (ValueError, RecursionError):  # No text, too many digits, or too many levels.
        raise ValueError("it cannot be read") from None


def _no_number(name: str) -> None:
    """Python reads NaN and infinities, which are no JSON."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """Python reads a number that is too large as infinity."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _read_form(call: Call, kind: str) -> None:
    """Django reads forms by itself only of POST requests, and its own reading would take the bytes that were signed."""
    request = call.request
    encoding = request.encoding or "utf-8"
    sent: MultiValueDict[str, Any] = QueryDict(call.body, encoding=encoding) if kind == FORMS[0] else MultiValueDict()
    if kind != FORMS[0]:
        parser = MultiPartParser(request.META, BytesIO(call.body), request.upload_handlers, encoding)
        sent, files = parser.parse()
        call.files = {name: file for name in files if isinstance(file := files[name], UploadedFile)}
    call.fields = {name: values if len(values) > 1 else values[0] for name, values in sent.lists() if values}


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """An answer in JSON, as JavaScript writes it: some clients compare the text."""
    told, compact = dict(headers or {}), {"separators": (",", ":")}
    try:
        return JsonResponse(body, status=status, headers=told, json_dumps_params={**compact, "ensure_ascii": False})
    except UnicodeEncodeError:  # Half a surrogate pair: it was sent, and what is wrong with it is told.
        return JsonResponse(body, status=status, headers=told, json_dumps_params=compact)


def listed(
    call: Call, name: str, rows: QuerySet[Any], tell: Callable[[Any], dict[str, Any]], **besides: Any
) -> JsonResponse:
    """All the rows, or the page of them that was asked for, with the number of all."""
    if call.page is None:
        return answer({name: [tell(row) for row in rows], **besides})
    total, start = rows.count(), (call.page.page - 1) * call.page.count
    some = rows[start : start + min(call.page.count, total)] if start < total else ()
    numbers = {"page": call.page.page, "count": call.page.count, "total": total}
    return answer({name: [tell(row) for row in some], **besides, "pageData": numbers})


def refused(error: ApiError) -> JsonResponse:
    """The answer that an error is."""
    try:
        return answer(error.body, error.status, error.headers)
    except RecursionError:  # What was sent is nested as deep as can just be read; writing it again takes more.
        return answer({**error.body, "details": []}, error.status, error.headers)
