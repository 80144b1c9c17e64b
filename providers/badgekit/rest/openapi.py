"""How `/api/schema/` describes these calls: what is asked for, what is taken, and every answer."""

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from credentials_badges.badges import visiting
from credentials_badges.badges.openapi import Refusal
from providers.badgekit.models import Claim, ClaimCode

CSV, JSON, FORM = "text/csv", "application/json", "multipart/form-data"
MEANINGS = {
    401: "The credentials are missing or wrong.",
    403: "The caller may not do this.",
    404: "There is no such thing, or not for the caller.",
    406: "The answer cannot have the form that the client wants.",
    409: "This does not go together with how things stand.",
    415: "The body is of another media type.",
    429: "There were too many wrong codes, or wrong passwords; `Retry-After` says for how many seconds to wait.",
}
ALWAYS = (401, 403, 404, 406, 429)


def told(
    summary: str,
    answer: Any,
    *,
    status: int = 200,
    takes: Any = None,
    asks: Sequence[Any] = (),
    refuses: Sequence[int] = (),
) -> Callable[[Any], Any]:
    """Describe a method of a view. `answer` is a shape, or shapes by media types; `refuses` are statuses besides."""
    answers: dict[Any, Any] = {}
    for kind, shape in answer.items() if isinstance(answer, dict) else ((JSON, answer),):
        answers[status if shape is None else (status, kind)] = shape
    for each in (*ALWAYS, *refuses):
        answers[each] = OpenApiResponse(Refusal, MEANINGS[each])
    if takes or asks:
        answers[400] = OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by the names of what was sent.")
    if takes:
        answers[415] = OpenApiResponse(Refusal, MEANINGS[415])
        answers[413, JSON] = OpenApiResponse(Refusal, "The body is too large.")
        answers[413, "text/plain"] = OpenApiResponse(OpenApiTypes.STR, "The body is too large.")
    return extend_schema(summary=summary, request=takes, responses=answers, parameters=list(asks))


def _asked(name: str, kind: Any, words: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=words, **more)


BADGE = _asked("badge", int, "Only of the badge with this id.")
BATCH = _asked("batch", int, "Only of the batch with this id.")
DAYS = (
    _asked("from", OpenApiTypes.DATE, "Only from this day on, in UTC."),
    _asked("to", OpenApiTypes.DATE, "Only till the end of this day, in UTC."),
)
CODES = (
    _asked("search", str, "What is looked for in codes, labels, addresses and places."),
    BADGE,
    BATCH,
    _asked("state", str, "Only in this state; without it, all but deleted ones.", enum=ClaimCode.State.values),
)
CLAIMS = (
    _asked("search", str, "What is looked for in names, addresses, codes and labels."),
    _asked("state", str, "Only in this state.", enum=Claim.State.values),
    BADGE,
    BATCH,
    _asked("mine", bool, "Only those that the caller looks after or has decided."),
    *DAYS,
)
PART = (BADGE, BATCH, _asked("code", int, "Only of the code with this id."), *DAYS)
REPORT = (*PART, _asked("limit", int, "How many parts are told."), _asked("offset", int, "From which part on."))
EARNERS = (*PART, _asked("search", str, "What is looked for in names, addresses and labels."))
SOURCE = _asked("from", str, "Where the code was found.", enum=visiting.SOURCES)
