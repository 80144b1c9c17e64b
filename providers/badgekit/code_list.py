"""Lists of codes: read row by row from a CSV file before any of it is stored, and written as one."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges import csv_file
from credentials_badges.badges.csv_file import Line, Unreadable
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from providers.badgekit import batches, receipts
from providers.badgekit.batches import TERMS, Terms
from providers.badgekit.models import Badge, Batch, ClaimCode, System
from providers.badgekit.models.folding import folded

MOST_BYTES = 5_000_000
MOST_ROWS = batches.MOST_CODES
COLUMNS = ("code", *TERMS)
"""Of a list that is read."""
WRITTEN = (*COLUMNS, "badge", "batch", "state", "uses", "made_by", "made_at", "link")
YES = frozenset({"yes", "true", "1", "x"})
NO = frozenset({"no", "false", "0"})
TOO_LARGE = format_lazy(_("It is larger than {megabytes} MB: split it."), megabytes=MOST_BYTES // 1_000_000)
NO_TEXT = _("It is no text: save it as “CSV UTF-8”, as spreadsheets call it, and try again.")
NO_COLUMNS = _("The first line has to name the columns, such as “code,label,limit”; one of them is “code”.")


STANDARD = Terms()


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a list: a code that is to be made, or what is wrong with it."""

    line: int
    code: str = ""
    """Empty: one is made up."""
    terms: Terms = STANDARD
    error: str = ""


def read(data: bytes) -> list[Row]:
    """The rows of a CSV file, whose first line names its columns. Raises Unreadable if it cannot be read at all.

    Nothing is asked of the database: see `checked`.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(TOO_LARGE)
    text = decoded(data)
    # A browser sends it once more when it is confirmed, as UTF-8 and with two characters for each end of a line.
    if len(text.encode()) + text.count("\n") - text.count("\r\n") > MOST_BYTES:
        raise Unreadable(TOO_LARGE)
    lines = csv_file.lines(text, COLUMNS, ("code",), str(NO_COLUMNS))
    if len(lines) > MOST_ROWS:
        words = gettext("It has %(number)s rows, and at most %(most)s are taken at once: split it.")
        raise Unreadable(words % {"number": f"{len(lines):,}", "most": f"{MOST_ROWS:,}"})
    if not lines:
        raise Unreadable(gettext("It has no row below the names of its columns."))
    return _once_each([_row(line) for line in lines])


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252. Raises Unreadable if it is none of them."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.lstrip("\ufeff")
    raise Unreadable(NO_TEXT)


def _encodings(data: bytes) -> tuple[str, ...]:
    """Those that it may have, the likeliest first."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if b"\0" in data[:2]:  # The first line names the columns in ASCII, of which each character has a NUL in UTF-16.
        return ("utf-16-be",) if data.startswith(b"\0") else ("utf-16-le",)
    return "utf-8-sig", "windows-1252"


def _row(line: Line) -> Row:
    said = dict(line.said)
    code = said.pop("code", "")
    if line.error:
        return Row(line=line.number, code=code, error=line.error)
    try:
        if code:
            code = batches.word(code)
        terms = Terms(**{column: _value(column, value) for column, value in said.items() if value})
        terms.check()
    except ValidationError as error:
        return Row(line=line.number, code=code, error=_words(error))
    return Row(line=line.number, code=code, terms=terms)


def _value(column: str, value: str) -> Any:
    """What is said in a cell that is not empty. Raises ValidationError."""
    field = batches.FIELDS[column]
    if isinstance(field, forms.BooleanField):
        if value.lower() not in YES | NO:
            raise ValidationError({column: gettext("Write yes or no.")})
        return value.lower() in YES
    if isinstance(field, forms.DateTimeField):
        # Not in the order of days and months that some country has.
        field = forms.DateTimeField(input_formats=(), error_messages={"invalid": _("Write it like 2026-05-31 17:00.")})
    elif not isinstance(field, forms.IntegerField):
        return value.lower() if isinstance(field, forms.ChoiceField) else value
    try:
        return field.clean(value)
    except ValidationError as error:
        raise ValidationError({column: error.messages}) from None


def _words(error: ValidationError) -> str:
    """What is wrong, with the column where that is known."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{column}: {' '.join(messages)}" for column, messages in error.message_dict.items())


def _once_each(rows: Sequence[Row]) -> list[Row]:
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        earlier = seen.setdefault(folded(row.code), row.line) if row.code and not row.error else row.line
        found.append(
            row
            if earlier == row.line
            else replace(row, error=gettext("Line %(line)d has the same code.") % {"line": earlier})
        )
    return found


def checked(rows: Sequence[Row], system: System, by: Learner | None) -> list[Row]:
    """The rows; those whose codes are taken by now say so. Raises ValidationError as `batches.taken` does."""
    taken = batches.taken((row.code for row in rows if row.code and not row.error), system, by)
    return [row if row.error or not row.code else replace(row, error=taken.get(folded(row.code), "")) for row in rows]


def store(badge: Badge, label: str, rows: Sequence[Row], by: Learner | None) -> tuple[Batch | None, list[Row]]:
    """Make the codes of all rows in which nothing is wrong by now; returns their batch, and the rows left out.

    There is no batch if nothing was left to be made. Raises ValidationError if the badge or the label can be none.
    """

    def work() -> tuple[Batch | None, list[Row]]:
        batches.hold_words()
        now = checked(rows, badge.system, by)
        good = [(row.code, row.terms) for row in now if not row.error]
        batch = batches.make_these(badge, label, good, by) if good else None
        return batch, [row for row in now if row.error]

    return in_transaction(work, again_on=IntegrityError)


def written(codes: QuerySet[ClaimCode]) -> Iterator[str]:
    """The lines of a CSV file of these codes, which can be read again; a constant number of statements."""
    rows = codes.select_related("badge", "batch", "made_by")
    return csv_file.written(WRITTEN, (_told(code) for code in rows.iterator()))


def _told(code: ClaimCode) -> list[object]:
    found = (code.badge.name, code.batch and code.batch.label, code.state.value, code.uses)
    made = (code.made_by and code.made_by.username, code.made_at)
    link = receipts.public(receipts.claim_path(code.code))
    return [*(getattr(code, column) for column in COLUMNS), *found, *made, link]
