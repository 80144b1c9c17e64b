"""Charts as pages draw them: where each bar of an SVG stands. Colours are the style sheet's."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from providers.badgekit.reports import TITLES, Row

WIDTH, HEIGHT = 720, 220
LEFT, TOP, FLOOR = 48, 10, 190
"""Where the bars begin, and between what heights they stand."""
SERIES = ("opened", "claimed", "approved")
MOST_DAYS, ROOM = 7, 60
"""How many dates stand below the bars, and how wide one is."""


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

    bars: list[Bar]
    days: list[Mark]
    lines: list[Mark]
    series: dict[str, str]
    """The titles of what is drawn, in the order of the bars."""


def over_time(rows: Sequence[Row]) -> Chart:
    """The bars of these spans of time, of which there is at least one."""
    largest = max(row.numbers[name] for row in rows for name in SERIES)
    top = next(step * 10**power for power in range(12) for step in (2, 4, 10) if step * 10**power >= largest)
    room = (WIDTH - LEFT) / len(rows)
    width = room / (len(SERIES) + 1)
    bars, days = [], []
    for place, row in enumerate(rows):
        left = LEFT + place * room
        if place % ceil(len(rows) / MOST_DAYS) == 0 and left < WIDTH - ROOM and row.day:
            days.append(Mark(row.day.isoformat(), f"{left:.1f}"))
        for number, name in enumerate(SERIES):
            count = row.numbers[name]
            height = (FLOOR - TOP) * count / top
            x, y = left + (number + 0.5) * width, FLOOR - height
            title = f"{row.title}, {TITLES[name]}: {count}"
            bars.append(Bar(name, title, f"{x:.2f}", f"{y:.2f}", f"{width:.2f}", f"{height:.2f}"))
    lines = [Mark(str(number), f"{FLOOR - (FLOOR - TOP) * number / top:.1f}") for number in (0, top // 2, top)]
    return Chart(bars=bars, days=days, lines=lines, series={name: TITLES[name] for name in SERIES})
