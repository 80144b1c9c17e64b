"""Charts as pages draw them: where each bar of an SVG stands. Colours are the style sheet's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

LEFT, TOP, BELOW = 48, 10, 30
"""What is beside the bars, above the highest, and below the floor on which they stand."""
MOST_DAYS, ROOM = 7, 60
"""How many dates stand below the bars, and how wide one is."""


class Span(NamedTuple):
    """A span of time, and its numbers by series."""

    title: str
    day: str
    """Its first day, to stand below the bars; empty if it has none."""
    numbers: Mapping[str, int]


class Bar(NamedTuple):
    """One bar. Lengths are texts, which no language's way of writing numbers changes."""

    series: str
    title: str
    x: str
    y: str
    width: str
    height: str


class Mark(NamedTuple):
    """A text beside the bars, and how far from the left or the top."""

    text: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Bars over time."""

    width: str
    height: str
    foot: str
    """How far from the top the days stand."""
    bars: list[Bar]
    days: list[Mark]
    lines: list[Mark]
    series: dict[str, str]
    """The titles of what is drawn, in the order of the bars."""
    table: list[tuple[str, list[int]]]
    """The same in numbers: the title of each span, and its numbers in the order of the series."""


def draw(
    spans: Sequence[Span], series: Mapping[str, str], *, stacked: bool = False, width: int = 720, height: int = 220
) -> Chart:
    """The bars of these spans, of which there is at least one: side by side, or each upon the one before it."""
    floor = height - BELOW
    rows = [[span.numbers.get(name, 0) for name in series] for span in spans]
    top = _round(max(sum(row) if stacked else max(row, default=0) for row in rows))
    room = (width - LEFT) / len(spans)
    slot = room / 1.5 if stacked else room / (len(series) + 1)
    bars = []
    for place, (span, row) in enumerate(zip(spans, rows, strict=True)):
        x, below = LEFT + place * room + (room - slot) / 2 if stacked else LEFT + place * room + 0.5 * slot, 0
        for name, number in zip(series, row, strict=True):
            high, y = (floor - TOP) * number / top, floor - (floor - TOP) * (below + number) / top
            title = f"{span.title}, {series[name]}: {number}"
            if number or not stacked:
                bars.append(Bar(name, title, f"{x:.2f}", f"{y:.2f}", f"{slot:.2f}", f"{high:.2f}"))
            x, below = (x, below + number) if stacked else (x + slot, 0)
    return Chart(
        width=str(width),
        height=str(height),
        foot=str(floor + 18),
        bars=bars,
        days=_days(spans, room, width),
        lines=[Mark(str(number), f"{floor - (floor - TOP) * number / top:.1f}") for number in (0, top // 2, top)],
        series=dict(series),
        table=[(span.title, row) for span, row in zip(spans, rows, strict=True)],
    )


def _round(largest: int) -> int:
    """The number at the top line."""
    steps = (step * int(10**power) for power in range(12) for step in (2, 4, 10))
    return next(number for number in steps if number >= largest)


def _days(spans: Sequence[Span], room: float, width: int) -> list[Mark]:
    """Dates below the bars, so few that each has room."""
    every = max(ceil(len(spans) / MOST_DAYS), ceil(ROOM / room))
    at = [(span.day, LEFT + place * room) for place, span in enumerate(spans) if place % every == 0]
    return [Mark(day, f"{left:.1f}") for day, left in at if day and left < width - ROOM]
