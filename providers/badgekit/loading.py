"""Fills the store from a JSON file of the form ``badgekit-fixture/1``: BadgeKit's tables, one list of rows for each.

Keys are BadgeKit's own column names. A row names what it belongs to by id (``"systemId": 1``) or, without one, by slug
(``"system": "chicago"``). Times are ISO 8601 or ``YYYY-MM-DD HH:MM:SS``, in UTC unless they say otherwise, or ``now``.
"""

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.color import no_style
from django.db import DataError, connection, transaction
from django.db.models import F, Manager, Model, Q
from django.utils import timezone

from credentials_badges.badges.models import Badge as AwardedBadge
from credentials_badges.badges.models import Learner
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode, Image
from providers.badgekit.models.folding import folded, snake
from providers.badgekit.sections import SECTIONS, Section

FORMAT = "badgekit-fixture/1"


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
    with transaction.atomic():
        if not append:
            _empty()
        for name, section in SECTIONS.items():
            for number, row in enumerate(sections.get(name, []), start=1):
                try:
                    _store(section, row)
                except LoadError as error:
                    raise LoadError(f"{name}, row {number}: {error}") from None
                except (AttributeError, TypeError, ValueError, OverflowError, DataError) as error:
                    why = f"it holds a value that cannot be stored ({type(error).__name__})"
                    raise LoadError(f"{name}, row {number}: {why}") from None
        _move_sequences()
    return Loaded(
        stored={name: len(sections.get(name, [])) for name in SECTIONS},
        left_out={n: len(rows) for n, rows in sections.items() if rows and n not in SECTIONS},
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
            if name in SECTIONS and (type(row.get("id")) is not int or row["id"] < 1):
                raise LoadError(f"{name}, row {number}: it has no id that is a whole number above 0")
    return sections


def _empty() -> None:
    """Clear the store, unless what learners earned would go with it.

    A code reserved since the count is left by the delete, and then the database refuses to delete its badge.
    """
    promised = ClaimCode.objects.filter(reservation__isnull=False).count()
    promised += Claim.objects.filter(state__in=Claim.OPEN).count()
    earned = AwardedBadge.objects.filter(account__provider="badgekit", external_id__isnull=False)
    known = Learner.objects.exclude(username=F("address")).values_list("uuid", flat=True)
    holders = set(BadgeInstance.objects.exclude(recipient_id="").values_list("recipient_id", flat=True))
    # Whoever is known by nothing but an address came with the store's own codes, and goes with them.
    theirs = holders & {str(uuid) for uuid in known.iterator()}
    ours = Q(reservation__isnull=False) | Q(slug__in=earned.values("external_id")) | Q(recipient_id__in=theirs)
    if kept := promised + BadgeInstance.objects.filter(ours).count():
        raise LoadError(
            f"the store holds {kept} code(s), claims or badges of learners, who would lose them; "
            "add to the store instead, with --append"
        )
    for section in reversed(SECTIONS.values()):
        rows = _rows(section.model).all()
        (rows.filter(reservation=None) if section.model is ClaimCode else rows).delete()


def _store(section: Section, row: dict[str, Any]) -> None:
    """Insert one row. Raises `LoadError` saying what is wrong with it."""
    values = {"id": row["id"]}
    # A column that is null in the file keeps the table's own default.
    values |= {snake(key): row[key] for key in section.columns if row.get(key) is not None}
    values |= {snake(key): _time(key, row[key]) for key in section.times if row.get(key) is not None}
    values |= {f"{snake(name)}_id": _parent(name, model, row) for name, model in section.parents.items()}
    if section.model is Image:
        values.setdefault("slug", f"image-{row['id']}")
    if "data" in values:
        values["data"] = b64decode(str(values["data"]), validate=True)
    record = section.model(**values)
    try:
        record.full_clean()
    except ValidationError as error:
        raise LoadError(_reason(error)) from None
    if isinstance(record, ClaimCode):
        record.uses = int(record.claimed)
    if isinstance(record, BadgeInstance) and (code := row.get("claimCode")) is not None:
        record.claim_code = ClaimCode.objects.filter(badge=record.badge, code_key=folded(str(code))).first()
        if record.claim_code is None:
            raise LoadError(f"its badge has no claim code {code!r}")
    record.save(force_insert=True)


def _parent(name: str, model: type[Model], row: dict[str, Any]) -> Any:
    """The id of what the row belongs to. Whether a row of that id exists is seen when the record is checked."""
    if row.get(f"{name}Id") is not None:
        return row[f"{name}Id"]
    if row.get(name) is None:
        return None
    found = list(_rows(model).filter(slug=row[name]).values_list("pk", flat=True))
    if len(found) != 1:
        raise LoadError(f"{len(found)} rows are called {name} {row[name]!r}; give its id as {name}Id")
    return found[0]


def _rows(model: type[Model]) -> Manager[Any]:
    return model._default_manager


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


def _move_sequences() -> None:
    """Let new ids follow the highest one of the file: PostgreSQL does not look at ids that were given to it."""
    models = [section.model for section in SECTIONS.values()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
