"""Badges, each in a system, an issuer or a program, with all that describes it.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/badges.md
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.db.models import Prefetch
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers
from providers.badgekit.api import finding, images
from providers.badgekit.api.calls import Call, answer, from_json, listed
from providers.badgekit.api.columns import UNEXPECTED, Boolean, Choice, Column, Integer, Text, Url, Wrong, check
from providers.badgekit.api.errors import ApiError, detail, invalid
from providers.badgekit.api.items import check_items, items_schema
from providers.badgekit.api.organisations import Slug, change, changed, locked, posted, unless_taken
from providers.badgekit.api.routes import Route
from providers.badgekit.models import (
    Alignment,
    Badge,
    Category,
    Criterion,
    Issuer,
    Milestone,
    MilestoneBadge,
    Program,
    System,
    Tag,
)

SLUG = Column(name="slug", kind=Slug(1, 255))
TYPE = Column(name="type", kind=Text(1, 255), required=True)
CREATED = (
    SLUG,
    Column(name="name", kind=Text(1, 255), required=True),
    Column(name="strapline", kind=Text(0, 140)),
    Column(name="earnerDescription", kind=Text(1), required=True),
    Column(name="consumerDescription", kind=Text(1), required=True),
    Column(name="issuerUrl", kind=Text(0, 2048)),
    Column(name="rubricUrl", kind=Text(0, 2048)),
    Column(name="criteriaUrl", kind=Url(), required=True),
    Column(name="timeValue", kind=Integer()),
    Column(name="timeUnits", kind=Choice(("minutes", "hours", "days", "weeks"))),
    Column(name="evidenceType", kind=Choice(("URL", "Text", "Photo", "Video", "Sound"))),
    Column(name="limit", kind=Integer()),
    Column(name="unique", kind=Boolean(strict=True), required=True),
)
CHANGED = (
    *(replace(SLUG, required=True), *CREATED[1:], TYPE),
    Column(name="archived", kind=Boolean(strict=True), required=True),
)
ARCHIVED = {"true": True, "1": True, "false": False, "0": False, "any": None, "": None}
"""What the parameter `archived` asks for; None for all badges."""
MOST = 1000
"""So many things may be in each list of a badge."""
PARTS: Mapping[str, tuple[type[Any], tuple[Column, ...]]] = {
    "criteria": (
        Criterion,
        (
            Column(name="id", kind=Integer()),
            Column(name="description", kind=Text(1), required=True),
            Column(name="required", kind=Boolean(strict=True), empty=False),
            Column(name="note", kind=Text(), empty=""),
        ),
    ),
    "alignments": (
        Alignment,
        (
            Column(name="id", kind=Integer()),
            Column(name="name", kind=Text(1), required=True),
            Column(name="url", kind=Url(), required=True),
            Column(name="description", kind=Text(), empty=""),
        ),
    ),
}
"""The lists of things that have fields of their own."""
WORDS: Mapping[str, type[Any]] = {"categories": Category, "tags": Tag}
"""The lists of texts."""
WORD = Text(0, 255)


def list_badges(call: Call) -> HttpResponse:
    """The badges of the context, with those of what is within it."""
    finding.context(call)
    asked = call.request.GET.get("archived", "false")
    if asked not in ARCHIVED:
        message = "Invalid `archived` parameter. Expecting one of 'true', 'false' or 'any'."
        raise ApiError(400, {"code": "InvalidParameter", "parameter": "archived", "message": message})
    rows = finding.badges(call).order_by("pk").defer("image__data")
    if (archived := ARCHIVED[asked]) is not None:
        rows = rows.filter(archived=archived)
    return listed(call, "badges", rows, answers.badge)


def get_badge(call: Call) -> HttpResponse:
    """One badge, with the milestones that give it."""
    badge = finding.badge(call)
    supports = Prefetch("support_badges", Badge.objects.order_by("pk"))
    milestones = badge.milestones.select_related("primary_badge").prefetch_related(supports)
    return answer({"badge": answers.badge(badge, milestones)})


def create_badge(call: Call) -> HttpResponse:
    """A badge of the context; without a slug, it gets one that nobody can guess."""
    ids = _ids(finding.context(call))
    values, lists = _read(call)
    slug = values["slug"] = values["slug"] or secrets.token_hex(16)

    def work() -> answers.Json:
        images.store(values["image"])
        return _written(Badge.objects.create(**values, **{f"{name}_id": pk for name, pk in ids.items()}), lists)

    told = unless_taken("badge", work, lambda: posted(call, CHANGED, values, ids))
    path = "".join(f"/{name}s/{quote(call.params[name], safe='')}" for name in ids)
    headers = {"Location": f"{path}/badges/{quote(slug, safe='')}"}
    return answer({"status": "created", "badge": told}, 201, headers)


def update_badge(call: Call) -> HttpResponse:
    """Only what is sent changes. A list that is sent takes the place of the old one."""
    badge = finding.badge(call)
    values, lists = _read(call, badge)
    ids = {"system": badge.system_id, "issuer": badge.issuer_id, "program": badge.program_id}

    def work() -> answers.Json:
        return _written(change(locked(badge, call, "badge"), values), lists)

    told = unless_taken("badge", work, lambda: posted(call, CHANGED, values, ids))
    return answer({"status": "updated", "badge": told})


def delete_badge(call: Call) -> HttpResponse:
    """It cannot be found or given any more. Its codes and applications stay, and so does whatever it was given for."""
    badge = finding.badge(call)

    def work() -> None:
        locked(badge, call, "badge").hide()
        Milestone.objects.filter(primary_badge=badge).delete()
        MilestoneBadge.objects.filter(badge=badge).delete()

    in_transaction(work)
    return answer({"status": "deleted", "badge": answers.badge(badge, bare=True)})


def _ids(context: System | Issuer | Program) -> dict[str, int]:
    """The ids of the organisations that a badge of the context belongs to, outermost first."""
    match context:
        case Program(issuer=Issuer() as issuer):
            return {"system": issuer.system_id, "issuer": issuer.pk, "program": context.pk}
        case Issuer():
            return {"system": context.system_id, "issuer": context.pk}
    return {"system": context.pk}


def _read(call: Call, badge: Badge | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was sent, by attribute, and the lists that were, by name; of a badge that there is: what of it changes.

    Raises ApiError (400).
    """
    sent = changed(call.fields, answers.badge(badge) if badge else {})
    values, details = check(CHANGED if badge else CREATED, sent, partly=bool(badge))
    lists, wrong = _lists(sent)
    image, unseen = images.sent(call, badge.image if badge else None, required=not badge)
    details += [*wrong, *unseen]
    if not badge and not details:
        # BadgeKit finds out last that there is no type, so clients expect no word of it where more is missing.
        typed, details = check((TYPE,), sent)
        values |= typed
    if details:
        raise invalid(details)
    return {**values, **image}, lists


def _lists(sent: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The lists that were sent, by name, and what is wrong with them."""
    lists: dict[str, Any] = {}
    details = []
    for name, (_, columns) in PARTS.items():
        if name in sent:
            lists[name], wrong = check_items(name, columns, sent, MOST, partly=True)
            details += wrong
    for name in WORDS:
        if name in sent:
            try:
                lists[name] = _words(sent[name])
            except Wrong as error:
                details.append(detail(name, sent[name], str(error)))
    return lists, details


def _words(value: object) -> list[str]:
    """The texts, each once. They come as a list, one alone, or as a form sends a list: as a JSON text. Raises Wrong."""
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError):
            value = from_json(value)
    words = [each.get("value") if isinstance(each, dict) else each for each in _many(value)]
    return list(dict.fromkeys(WORD.read(word) for word in words if word is not None and word != ""))


def _many(value: object) -> Sequence[object]:
    found = value if isinstance(value, list) else [value]
    if len(found) > MOST:
        raise Wrong(UNEXPECTED)
    return found


def _written(badge: Badge, lists: Mapping[str, Any]) -> answers.Json:
    """Write the lists that were sent, in the caller's transaction, in which the badge is locked; tells all of it."""
    for name, (model, columns) in PARTS.items():
        if name in lists:
            _replace(badge, name, model, columns, lists[name])
    for name, word in WORDS.items():
        if name in lists:
            word.objects.filter(badge=badge).delete()
            word.objects.bulk_create(word(badge=badge, value=value) for value in lists[name])
    return answers.badge(answers.whole(Badge.objects.filter(pk=badge.pk)).get())


def _replace(
    badge: Badge, name: str, model: type[Any], columns: Sequence[Column], items: Iterable[Mapping[str, Any]]
) -> None:
    """Make these the badge's; what has the id of one of them is changed in place, as reviews may point at it.

    Raises ApiError (400) if something new is not whole.
    """
    old = {row.pk: row for row in model.objects.filter(badge=badge)}
    attributes = [column.attribute for column in columns if column.name != "id"]
    kept, new = [], []
    for item in items:
        row = old.pop(item.get("id"), None)
        if row:
            kept.append(row)
        elif any(column.required and column.attribute not in item for column in columns):
            raise invalid([detail(name, None)])
        else:
            new.append(row := model(badge=badge))
        for attribute in attributes:
            setattr(row, attribute, item.get(attribute, getattr(row, attribute)))
    model.objects.filter(pk__in=old).delete()
    model.objects.bulk_update(kept, attributes)
    model.objects.bulk_create(new)


_WORD = WORD.schema
_TAG = {"type": "object", "properties": {"value": _WORD}, "required": ["value"]}
ALSO = (
    *images.ALSO,
    *((name, items_schema(columns, MOST)) for name, (_, columns) in PARTS.items()),
    ("categories", {"type": "array", "maxItems": MOST, "items": _WORD, "nullable": True}),
    ("tags", {"type": "array", "maxItems": MOST, "items": {"anyOf": [_WORD, _TAG]}, "nullable": True}),
)
PATH = "{context}/badges"
ONE = f"{PATH}/{{badge}}"
ROUTES = (
    Route(
        *("GET", PATH, list_badges, "List the badges"),
        answers="Badges",
        paged=True,
        query=(("archived", {"type": "string", "enum": ["true", "false", "any"]}),),
        refusals=(400,),
    ),
    Route(
        *("POST", PATH, create_badge, "Create a badge"),
        answers="BadgeCreated",
        takes=(*CREATED, TYPE),
        also_takes=ALSO,
        needs=images.NAMES,
        status=201,
        refusals=(400, 409),
    ),
    Route("GET", ONE, get_badge, "Get a badge", answers="Badge"),
    Route(
        *("PUT", ONE, update_badge, "Change a badge"),
        answers="BadgeChanged",
        takes=CHANGED,
        also_takes=ALSO,
        refusals=(400, 409),
    ),
    Route("DELETE", ONE, delete_badge, "Delete a badge", answers="BadgeChanged"),
)
