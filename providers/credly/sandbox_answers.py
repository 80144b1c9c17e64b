"""How Credly's answers look: rows, pages of rows, and refusals, as far as they are known.

Reference: https://www.credly.com/docs/web_service_api
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from providers.credly.sandbox_rows import Row, written_time

PER_PAGE = 50
REQUIRED = ("recipient_email", "issued_to_first_name", "issued_to_last_name", "badge_template_id", "issued_at")

Held = TypeVar("Held")
Filters = Mapping[str, Callable[[Row, str], bool]]


def answer(status: int, data: object, metadata: Row | None) -> Response:
    """Any answer; `metadata` is paging in a list, empty for one object, and null in one kind of refusal."""
    return Response(json.dumps({"data": data, "metadata": metadata}), status, mimetype="application/json")


def error(status: int, message: str) -> Response:
    """A refusal in the usual shape."""
    return answer(status, {"message": message}, {})


def invalid(key: str, words: str, *, as_text: bool = False) -> Response:
    """422 in the shape that names an attribute."""
    said = {"attribute": key, "attribute_label": _label(key), "messages": words if as_text else [words]}
    return answer(422, {"message": f"Validation failed: {words}", "errors": [said]}, {})


def refused_field(fields: Row, required: tuple[str, ...] = REQUIRED) -> Response | None:
    """The refusal of the first required field that is blank, or of a time in another form than the documented one."""
    for key in required:
        if not isinstance(fields.get(key), str) or not fields[key].strip():
            return invalid(key, f"{_label(key)} can't be blank")
    for key in filter(fields.get, ("issued_at", "expires_at")):
        try:
            written_time(fields[key])
        except (TypeError, ValueError):
            return invalid(key, f"{_label(key)} is not a time")
    return None


def page_of(
    request: Request, rows: list[Row], filters: Filters, *, drops_filter: bool = True, empty_pages: int = 0
) -> Response:
    """One page of rows. Its ``next_page_url`` has another path, as at Credly, and may forget the filter and the order.

    What Credly does with a filter key that it does not know has not been seen; here it is refused.
    """
    for condition in filter(None, request.args.get("filter", "").split("|")):
        key, _, value = condition.partition("::")
        if key not in filters:
            return error(422, f"Unknown filter: {key}")
        rows = [row for row in rows if filters[key](row, value)]
    if sort := request.args.get("sort", ""):
        rows = sorted(rows, key=lambda row: str(row.get(sort.removeprefix("-"))), reverse=sort.startswith("-"))
    page, pages = request.args.get("page", 1, type=int), math.ceil(len(rows) / PER_PAGE) or empty_pages
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    kept = {} if drops_filter else {key: value for key, value in request.args.items() if key in {"filter", "sort"}}
    link = f"{request.host_url}api{request.path}?{urlencode({**kept, 'page': ''})}"
    metadata = {
        "count": len(shown),
        "current_page": page,
        "total_count": len(rows),
        "total_pages": pages,
        "per": PER_PAGE,
        "previous_page_url": f"{link}{page - 1}" if page > 1 else None,
        "next_page_url": f"{link}{page + 1}" if page < pages else None,
    }
    return answer(200, shown, metadata)


def credentials(request: Request) -> tuple[str, str]:
    """The scheme and the key of the Authorization header; of Basic only if the password is empty."""
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return scheme, sent
    try:
        key, colon, password = base64.b64decode(sent, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return scheme, ""
    return scheme, key if colon and not password else ""


def body_of(request: Request) -> Row:
    """The JSON object that was sent; empty for anything else."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def known(by_id: Mapping[str, Held], wanted: str) -> Held:
    """What has that id; 404 if nothing has."""
    if wanted not in by_id:
        raise NotFound
    return by_id[wanted]


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()
