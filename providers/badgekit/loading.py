"""Fills the store from a JSON file of the form ``badgekit-fixture/1``: BadgeKit's tables, one list of rows for each.

Keys are BadgeKit's own column names. A row names what it belongs to by id (``"systemId": 1``) or, without one, by slug
(``"system": "chicago"``). Times are ISO 8601 or ``YYYY-MM-DD HH:MM:SS``, in UTC unless they say otherwise, or ``now``.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.color import no_style
from django.db import DataError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Issuer, Program, System

FORMAT = "badgekit-fixture/1"
Parent = System | Issuer | Program | Badge
ORGANISATION = ("slug", "name", "url", "description", "email")


@dataclass(frozen=True, slots=True)
class Section:
    """How one list of the file becomes rows of one table."""

    model: type[Model]
    columns: tuple[str, ...]
    times: tuple[str, ...] = ()
    parents: dict[str, type[Parent]] = field(default_factory=dict)


SECTIONS = {
    "systems": Section(System, ORGANISATION),
    "issuers": Section(Issuer, ORGANISATION, parents={"system": System}),
    "programs": Section(Program, ORGANISATION, parents={"issuer": Issuer}),
    "badges": Section(
        Badge,
        (
            "slug",
            "name",
            "strapline",
            "earnerDescription",
            "consumerDescription",
            "issuerUrl",
            "rubricUrl",
            "criteriaUrl",
            "timeValue",
            "timeUnits",
            "evidenceType",
            "limit",
            "unique",
            "archived",
            "type",
        ),
        times=("created",),
        parents={"system": System, "issuer": Issuer, "program": Program},
    ),
    "claimCodes": Section(ClaimCode, ("code", "claimed", "email", "multiuse"), parents={"badge": Badge}),
    "badgeInstances": Section(
        BadgeInstance, ("slug", "email"), times=("issuedOn", "expires"), parents={"badge": Badge}
    ),
}
"""What the store keeps, each section after those that it points at."""


class LoadError(Exception):
    """The file cannot be loaded, and nothing was changed. The message is a sentence that says where and why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows of each section were stored, and how many of others the store has no table for."""

    stored: dict[str, int]
    left_out: dict[str, int]


def load(text: str, *, append: bool = False) -> Loaded:
    """Store all of the file or nothing, in place of what is there or, with `append`, beside it. Raises `LoadError`."""
    sections = _sections(text)
    images = {str(row["id"]): row.get("url") or "" for row in sections.get("images", [])}
    with transaction.atomic():
        if not append:
            _empty()
        for name, section in SECTIONS.items():
            for number, row in enumerate(sections.get(name, []), start=1):
                try:
                    _store(section, row, images)
                except LoadError as error:
                    raise LoadError(f"{name}, row {number}: {error}") from None
                except (ValueError, OverflowError, DataError) as error:
                    why = f"it holds a value that cannot be stored ({type(error).__name__})"
                    raise LoadError(f"{name}, row {number}: {why}") from None
        _move_sequences()
    return Loaded(
        stored={name: len(sections.get(name, [])) for name in SECTIONS},
        left_out={n: len(rows) for n, rows in sections.items() if rows and n not in SECTIONS and n != "images"},
    )


def _sections(text: str) -> dict[str, list[dict[str, Any]]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise LoadError(f"the file is not JSON: {error}") from None
    except RecursionError:
        raise LoadError("the file is nested too deep") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise LoadError(f'the file does not say "format": "{FORMAT}"')
    sections = {name: rows for name, rows in document.items() if name not in {"format", "source"}}
    for name, rows in sections.items():
        if not isinstance(rows, list):
            raise LoadError(f"{name} is not a list of rows")
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict):
                raise LoadError(f"{name}, row {number}: it is not an object with keys")
            if (name in SECTIONS or name == "images") and (type(row.get("id")) is not int or row["id"] < 1):
                raise LoadError(f"{name}, row {number}: it has no id that is a whole number above 0")
    return sections


def _empty() -> None:
    """Clear the store, unless a learner's code would go with it.

    A code reserved since the count is left by the delete, and then the database refuses to delete its badge.
    """
    if reserved := ClaimCode.objects.filter(reservation__isnull=False).count():
        raise LoadError(
            f"the store holds {reserved} code(s) reserved for learners, who would lose them; "
            "add to the store instead, with --append"
        )
    BadgeInstance.objects.all().delete()
    ClaimCode.objects.filter(reservation=None).delete()
    for model in (Badge, Program, Issuer, System):
        model.objects.all().delete()


def _store(section: Section, row: dict[str, Any], images: dict[str, str]) -> None:
    """Insert one row. Raises `LoadError` saying what is wrong with it."""
    values = {"id": row["id"]}
    # A column that is null in the file keeps the table's own default.
    values |= {_snake(key): row[key] for key in section.columns if row.get(key) is not None}
    values |= {_snake(key): _time(key, row[key]) for key in section.times if row.get(key) is not None}
    values |= {f"{name}_id": _parent(name, model, row) for name, model in section.parents.items()}
    if (image := row.get("imageId")) is not None:
        if str(image) not in images:
            raise LoadError(f"there is no image {image!r}")
        values["image_url"] = images[str(image)]
    record = section.model(**values)
    try:
        record.full_clean()
    except ValidationError as error:
        raise LoadError(_reason(error)) from None
    if isinstance(record, BadgeInstance) and (code := row.get("claimCode")) is not None:
        record.claim_code = ClaimCode.objects.filter(badge=record.badge, code=code).first()
        if record.claim_code is None:
            raise LoadError(f"its badge has no claim code {code!r}")
    record.save(force_insert=True)


def _parent(name: str, model: type[Parent], row: dict[str, Any]) -> Any:
    """The id of what the row belongs to. Whether a row of that id exists is seen when the record is checked."""
    if row.get(f"{name}Id") is not None:
        return row[f"{name}Id"]
    if row.get(name) is None:
        return None
    found = list(model.objects.filter(slug=row[name]).values_list("pk", flat=True))
    if len(found) != 1:
        raise LoadError(f"{len(found)} rows are called {name} {row[name]!r}; give its id as {name}Id")
    return found[0]


def _time(key: str, text: object) -> datetime:
    if text == "now":
        return timezone.now()
    try:
        time = datetime.fromisoformat(str(text))
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise LoadError(f"{key} is not a time: {text!r}") from None


def _reason(error: ValidationError) -> str:
    """Django's own words, such as ``slug: Badge with this Slug already exists``."""
    return "; ".join(
        message.rstrip(".") if column == NON_FIELD_ERRORS else f"{column}: {message.rstrip('.')}"
        for column, messages in error.message_dict.items()
        for message in messages
    )


def _snake(key: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key)


def _move_sequences() -> None:
    """Let new ids follow the highest one of the file: PostgreSQL does not look at ids that were given to it."""
    models = [section.model for section in SECTIONS.values()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
