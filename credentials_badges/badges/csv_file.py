"""Tables in CSV files, as spreadsheets save and open them: the first line names the columns."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from itertools import chain
from typing import NamedTuple

from django.utils.translation import gettext as _

FORMULA = r"(?='*[=+\-@\t\r])"
"""How a text goes on that a spreadsheet would compute, were there not an apostrophe before it."""
BEGINS = r"(^|[;\t])"
"""Where: some spreadsheets separate cells by semicolons, whatever the file does."""


class Unreadable(ValueError):
    """Nothing can be read from it; the message says why, and what to do."""


class Line(NamedTuple):
    """A line below the first that is not empty, and what is wrong with it as a line."""

    number: int
    said: dict[str, str]
    """What stands in each column that is known, without blanks around it, and without the apostrophe of `written`."""
    error: str


def lines(text: str, columns: Sequence[str], needed: Collection[str], otherwise: str) -> list[Line]:
    """The lines of a table; columns that are not known, which exports often have, are passed over.

    Commas, semicolons and tabs may separate the values. Raises Unreadable if it is no such table; with the message
    `otherwise` if its first line names none of the columns that are `needed`.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    found: list[Line] = []
    try:
        header = next((values for values in reader if any(value.strip() for value in values)), [])
        places = _places(header, columns)
        if not places.keys() & set(needed):
            raise Unreadable(otherwise)
        number = reader.line_num + 1
        for values in reader:
            if any(value.strip() for value in values):
                found.append(_line(number, values, places, len(header)))
            number = reader.line_num + 1
    except csv.Error as error:
        words = _("Line %(line)d is not CSV: %(why)s. Look at its quotation marks.")
        raise Unreadable(words % {"line": reader.line_num, "why": error}) from None
    return found


def _places(header: Sequence[str], columns: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    for column in columns:
        if names.count(column) > 1:
            words = _("The first line names the column %(column)s twice: delete one of them.")
            raise Unreadable(words % {"column": column})
    return {column: names.index(column) for column in columns if column in names}


def _line(number: int, values: Sequence[str], places: dict[str, int], width: int) -> Line:
    said = {column: _plain(values[place].strip()) for column, place in places.items() if place < len(values)}
    error = ""
    if any(value.strip() for value in values[width:]):
        error = _(
            "It has more values than the first line has names: a value with a comma has to be in quotation marks."
        )
    return Line(number, said, error)


def _plain(value: str) -> str:
    return re.sub(f"{BEGINS}'{FORMULA}", r"\1", value).strip()


class _Line:
    """Where a CSV writer writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a file, while its rows are read. No spreadsheet takes a text in it for a formula."""
    yield "\ufeff"  # By which spreadsheets know UTF-8.
    writer = csv.writer(_Line())
    for row in chain([columns], rows):
        yield str(writer.writerow([_cell(value) for value in row]))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    text = "" if value is None else str(value)
    return re.sub(f"{BEGINS}{FORMULA}", r"\1'", text) if isinstance(value, str) else text
