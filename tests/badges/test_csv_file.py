"""Tables in CSV files: what is written can be read again, and no spreadsheet computes it."""

import csv
import re
from datetime import UTC, datetime
from io import StringIO

import pytest

from credentials_badges.badges import csv_file

pytestmark = pytest.mark.once
TEXTS = (
    "x;=cmd|' /C calc'!A0;",
    "a;'+1\t@b",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "'=1",
    "''@",
    "'tis",
    "'",
    "plain",
    "a,b;c\td",
    'say "hi"',
    "two\nlines",
    "مرحبا",
    "",
)


def cells(rows: list[list[object]]) -> list[list[str]]:
    text = "".join(csv_file.written(["a", "b"], rows))
    assert text.startswith("\ufeffa,b\r\n")
    return list(csv.reader(StringIO(text, newline="")))[1:]


def test_no_text_is_a_formula_and_each_comes_back() -> None:
    rows: list[list[object]] = [[number, text] for number, text in enumerate(TEXTS)]
    parts = [part for row in cells(rows) for cell in row for part in re.split("[;\t]", cell)]
    assert not [part for part in parts if part.startswith(("=", "+", "-", "@", "\r"))]
    text = "".join(csv_file.written(["a", "b"], rows)).removeprefix("\ufeff")
    assert tuple(line.said["b"] for line in csv_file.lines(text, ("a", "b"), ("a",), "no")) == TEXTS


def test_other_values_are_written_as_people_write_them() -> None:
    moment = datetime(2026, 5, 31, 17, tzinfo=UTC)
    assert cells([[True, False], [None, moment], [-1, 0]]) == [
        ["yes", "no"],
        ["", "2026-05-31T17:00:00+00:00"],
        ["-1", "0"],
    ]


def test_rows_are_read_while_they_are_written() -> None:
    taken: list[int] = []

    def rows() -> object:
        for number in range(3):
            taken.append(number)
            yield [number]

    lines = csv_file.written(["a"], rows())  # type: ignore[arg-type]
    assert [next(lines), next(lines), next(lines)] == ["\ufeff", "a\r\n", "0\r\n"]
    assert taken == [0]
