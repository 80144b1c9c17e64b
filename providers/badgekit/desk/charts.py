"""What the reports' chart shows."""

from collections.abc import Sequence

from credentials_badges.badges.charts import Chart, Span, draw
from providers.badgekit.meanings import TITLES
from providers.badgekit.reports import Row

SERIES = ("opened", "claimed", "approved")


def over_time(rows: Sequence[Row]) -> Chart:
    """The bars of these spans of time, of which there is at least one."""
    spans = [Span(row.title, row.day.isoformat() if row.day else "", row.numbers) for row in rows]
    return draw(spans, {name: str(TITLES[name]) for name in SERIES})
