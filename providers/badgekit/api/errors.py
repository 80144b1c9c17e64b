"""What the API answers when it does not do what it was asked, in BadgeKit's words."""

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """An answer with a status that is not a success; `body` is its JSON."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('code', '')}")
        self.status, self.body, self.headers = status, body, headers or {}


def refusal(status: int, code: str, message: str) -> ApiError:
    """An answer with a code and a sentence."""
    return ApiError(status, {"code": code, "message": message})


def not_found(what: str, field: str, value: str) -> ApiError:
    """404, as BadgeKit words it."""
    return missing(f"Could not find {what} field: `{field}`, value: `{value}`")


def missing(message: str) -> ApiError:
    """404 with a sentence of its own."""
    return refusal(404, "ResourceNotFound", message)


def not_authorized(message: str) -> ApiError:
    """403, which BadgeKit answers where others answer 401."""
    return refusal(403, "NotAuthorized", message)


def invalid(details: Sequence[Mapping[str, Any]]) -> ApiError:
    """400 that names each field and what is wrong with it."""
    message = "Could not validate required fields"
    return ApiError(400, {"code": "ValidationError", "message": message, "details": list(details)})


def detail(field: str, value: object, message: str = "") -> dict[str, Any]:
    """What is wrong with one field; a field that is missing has no message."""
    told = {"field": field, "value": "" if value is None else value}
    return {"message": message, **told} if message else told


def conflict(message: str, details: Mapping[str, Any]) -> ApiError:
    """409. Some clients read `error`, as BadgeKit's documents have it, others `message`, as its server had it."""
    return ApiError(409, {"code": "ResourceConflict", "error": message, "message": message, "details": details})


def taken(what: str, details: Mapping[str, Any], by: str = "slug") -> ApiError:
    """409 for something whose name another has."""
    return conflict(f"{what} with that `{by}` already exists", details)


def already_used(code: str) -> ApiError:
    """400 for a code that has no use left."""
    return refusal(400, "CodeAlreadyUsed", f"Claim code `{code}` has already been claimed")
