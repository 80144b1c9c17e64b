"""Finds what a path names, and says what is not there: from the outside in, as BadgeKit does.

The usual call costs one statement; only where something is missing is it asked what.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from providers.badgekit import answers
from providers.badgekit.api.calls import Call
from providers.badgekit.api.errors import ApiError, missing, not_found
from providers.badgekit.models import (
    Application,
    Badge,
    BadgeInstance,
    ClaimCode,
    Issuer,
    Milestone,
    Program,
    Review,
    System,
)
from providers.badgekit.models.folding import LONGEST, address, folded

M = TypeVar("M", bound=Model)


def context(call: Call) -> System | Issuer | Program:
    """The narrowest organisation that the path names. Raises ApiError (404)."""
    system = _named(System.objects.select_related("image").defer("image__data"), "system", call)
    if "issuer" not in call.params:
        return system
    issuer = _named(Issuer.objects.filter(system=system).select_related("image").defer("image__data"), "issuer", call)
    if "program" not in call.params:
        return issuer
    programs = Program.objects.filter(issuer=issuer).select_related("image", "issuer").defer("image__data")
    return _named(programs, "program", call)


def badges(call: Call) -> QuerySet[Badge]:
    """The badges within the context that the path names, which is not looked for; with all that an answer needs."""
    return answers.whole(Badge.objects.filter(deleted_at=None, **_within(call)))


def badge(call: Call) -> Badge:
    """The badge that the path names. Raises ApiError (404)."""
    slug = call.params["badge"]
    found = badges(call).filter(slug_key=key(slug)).first()
    if found is None:
        context(call)
        raise not_found("badge", "slug", slug)
    return found


def code(call: Call, of: Badge, *, error: ApiError) -> ClaimCode:
    """The code of the badge that the path names. Raises `error`, whose words differ from call to call."""
    found = of.claim_codes.filter(code_key=key(call.params["code"])).first()
    if found is None:
        raise error
    return found


def no_such_code(text: str) -> ApiError:
    """404, as the document of claim codes has it where a code is claimed or deleted."""
    return missing(f"Could not find claimCode field: `code`, value: {text}")


def no_such_request(text: str) -> ApiError:
    """404, as the document of claim codes has it where a code is looked up."""
    return missing(f"Could not find the request claim code: {text}")


def instances(call: Call, of: Badge) -> list[BadgeInstance]:
    """What the address that the path names holds of the badge, oldest first. Raises ApiError (404) if that is none."""
    email = call.params["email"]
    found = list(of.instances.filter(address=address(plain(email))).select_related("claim_code").order_by("pk"))
    if not found:
        raise not_found("badgeInstance", "email", email)
    return found


def application(call: Call, of: Badge) -> Application:
    """The application for the badge that the path names. Raises ApiError (404)."""
    return _by_slug(of.applications.all(), "application", call)


def review(call: Call, of: Application) -> Review:
    """The review of the application that the path names. Raises ApiError (404)."""
    return _by_slug(of.reviews.all(), "review", call)


def milestone(call: Call, system: System) -> Milestone:
    """The milestone of the system that the path names. Raises ApiError (404)."""
    number = call.params["milestone"]
    is_id = number.isascii() and number.isdigit() and len(number) < 19
    found = system.milestones.filter(pk=int(number)).first() if is_id else None
    if found is None:
        raise not_found("milestone", "id", number)
    return found


def _within(call: Call) -> dict[str, Any]:
    return {
        f"{name}__slug_key": key(call.params[name]) for name in ("system", "issuer", "program") if name in call.params
    }


def _named(rows: QuerySet[M], name: str, call: Call) -> M:
    return _first(rows.filter(slug_key=key(call.params[name])), name, call)


def _by_slug(rows: QuerySet[M], name: str, call: Call) -> M:
    return _first(rows.filter(slug=plain(call.params[name])), name, call)


def _first(rows: QuerySet[M], name: str, call: Call) -> M:
    found = rows.first()
    if found is None:
        raise not_found(name, "slug", call.params[name])
    return found


def key(text: str) -> str:
    """What a name in a path is compared by."""
    return folded(plain(text)) if len(text) <= LONGEST else "\N{REPLACEMENT CHARACTER}" * (LONGEST + 1)


def plain(text: str) -> str:
    """The text as every database can look it up. No row has a NUL in its name."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
