"""What everybody can read: badges, who issues them, and the assertions of who holds them, as Open Badges has them.

What has been deleted can still be read here, at its old address: people hold badges that point at it.
Source: https://github.com/mozilla/badgekit-api/blob/master/docs/issuing.md
"""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from providers.badgekit import answers
from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer
from providers.badgekit.api.errors import ApiError, missing
from providers.badgekit.api.routes import Handler, Route
from providers.badgekit.models import Badge, BadgeInstance, Image, Issuer, Program, System

READABLE = {"Access-Control-Allow-Origin": "*"}
"""So that a page of any site, such as a validator of badges, may read it."""


def readable(handle: Callable[[Call], dict[str, Any]]) -> Handler:
    """The handler that answers with this, be it a refusal, to pages of any site."""

    @wraps(handle)
    def handler(call: Call) -> HttpResponse:
        try:
            return answer(handle(call), headers=READABLE)
        except ApiError as error:
            raise ApiError(error.status, error.body, {**error.headers, **READABLE}) from None

    return handler


@readable
def list_badges(call: Call) -> dict[str, Any]:
    """The addresses of all badges that can be earned, on the whole server."""
    rows = Badge.objects.filter(deleted_at=None, archived=False, system__deleted_at=None).order_by("pk")
    names = rows.values_list("slug", "system__slug", "issuer__slug", "program__slug")
    return {"badgelist": [{"location": call.absolute(_badge_path(*each))} for each in names.iterator()]}


@readable
def get_organisation(call: Call) -> dict[str, Any]:
    """Who issues: what a program does not say of itself, its issuer says, and then its system."""
    try:
        row = finding.context(call)
    except ApiError as error:
        row = _hidden_organisation(call, error)
    rows: list[System | Issuer | Program] = [row]
    if isinstance(row, Program) and row.issuer:
        row = row.issuer
        rows.append(row)
    if isinstance(row, Issuer):
        rows.append(row.system)
    told = {name: [getattr(each, name) for each in rows] for name in ("name", "url", "description", "email")}
    return {name: next(filter(None, values)) for name, values in told.items() if any(values)}


def _hidden_organisation(call: Call, error: ApiError) -> System | Issuer | Program:
    """The newest one that had this address, or raise the error."""
    names = _names(call)
    row: System | Issuer | Program | None
    if "program" in names:
        within = {"issuer__slug": names["issuer"], "issuer__system__slug": names["system"]}
        row = Program.objects.filter(slug=names["program"], **within).order_by("-pk").first()
    elif "issuer" in names:
        row = Issuer.objects.filter(slug=names["issuer"], system__slug=names["system"]).order_by("-pk").first()
    else:
        row = System.objects.filter(slug=names["system"]).order_by("-pk").first()
    if row is None:
        raise error
    return row


@readable
def get_badge_class(call: Call) -> dict[str, Any]:
    """What a badge stands for."""
    try:
        badge = finding.badge(call)
    except ApiError as error:
        badge = _hidden_badge(call, error)
    told = {
        "name": badge.name,
        "description": badge.consumer_description,
        "criteria": badge.criteria_url,
        "alignment": [
            {"name": each.name, "url": each.url, "description": each.description} for each in badge.alignments.all()
        ],
        "issuer": call.absolute(_organisation_path(*_place(badge))),
    }
    return {**told, "image": _image_address(call, badge.image)} if badge.image else told


def _hidden_badge(call: Call, error: ApiError) -> Badge:
    """The newest badge that had this address, or raise the error."""
    names = _names(call)
    within = {f"{name}__slug": names[name] for name in ("system", "issuer", "program") if name in names}
    badge = answers.whole(Badge.objects.filter(slug=names["badge"], **within)).order_by("-pk").first()
    if badge is None:
        raise error
    return badge


def _names(call: Call) -> dict[str, str]:
    """What the path names, as a database can look it up."""
    return {name: finding.plain(text) for name, text in call.params.items()}


def _image_address(call: Call, image: Image) -> str:
    if not image.url:
        return call.absolute(f"/public/images/{quote(image.slug, safe='')}")
    return image.url if "://" in image.url else f"http://{image.url}"


@readable
def get_assertion(call: Call) -> dict[str, Any]:
    """Who holds which badge; the address is hashed in the very spelling in which it was given."""
    rows = BadgeInstance.objects.select_related("badge__system", "badge__issuer", "badge__program")
    row = rows.filter(slug=_names(call)["slug"]).first()
    if row is None:
        raise missing("Could not find badge instance")
    told: dict[str, Any] = {
        "uid": row.slug,
        "recipient": {
            "identity": f"sha256${sha256(row.email.encode()).hexdigest()}",
            "type": "email",
            "hashed": True,
        },
        "badge": call.absolute(_badge_path(row.badge.slug, *_place(row.badge))),
        "verify": {"url": call.absolute(row.assertion_path), "type": "hosted"},
        "issuedOn": int(row.issued_on.timestamp()),
    }
    return {**told, "expires": int(row.expires.timestamp())} if row.expires else told


def _place(badge: Badge) -> tuple[str, str | None, str | None]:
    """The slugs of the badge's system, issuer and program."""
    return (
        badge.system.slug,
        badge.issuer.slug if badge.issuer else None,
        badge.program.slug if badge.program else None,
    )


def _badge_path(badge: str, system: str, issuer: str | None, program: str | None) -> str:
    return f"{_organisation_path(system, issuer, program)}/badges/{quote(badge, safe='')}"


def _organisation_path(system: str, issuer: str | None, program: str | None) -> str:
    """The narrowest one's path; a program without an issuer has none."""
    path = f"/public/systems/{quote(system, safe='')}"
    if issuer is not None:
        path += f"/issuers/{quote(issuer, safe='')}"
        if program is not None:
            path += f"/programs/{quote(program, safe='')}"
    return path


ROUTES = (
    Route("GET", "/public/badges", list_badges, "List the addresses of all badges", answers="BadgeList"),
    Route("GET", "/public/assertions/{slug}", get_assertion, "Get an assertion", answers="Assertion"),
    Route("GET", "/public{context}/badges/{badge}", get_badge_class, "Get a badge class", answers="BadgeClass"),
    Route("GET", "/public{context}", get_organisation, "Get an issuer organisation", answers="Organisation"),
)
