"""What came of codes over time, and by the places of links."""

from datetime import date, timedelta

from providers.badgekit import reports
from providers.badgekit.models import System
from providers.badgekit.scopes import Scope
from tests.providers.badgekit.counted import (
    DAY,
    NOON,
    claim,
    code,
    look,
)


class TestOverTime:
    def spans(self, city: System, since: date | None, until: date | None) -> list[tuple[str, int]]:
        return [
            (row.title, row.numbers["claimed"])
            for row in reports.over_time(Scope(system=city, since=since, until=until))
        ]

    def test_a_month_is_told_by_day_and_no_day_is_left_out(self, city: System) -> None:
        claim(code())
        spans = self.spans(city, date(2024, 3, 1), date(2024, 3, 31))
        assert len(spans) == 31
        assert spans[12] == ("Wed 13 Mar 2024", 1)
        assert sum(number for _, number in spans) == 1

    def test_half_a_year_is_told_by_week(self, city: System) -> None:
        claim(code())
        spans = self.spans(city, date(2024, 2, 29), date(2024, 4, 2))
        assert [title for title, _ in spans][:2] == ["Week of 26 Feb 2024", "Week of 4 Mar 2024"]
        assert ("Week of 11 Mar 2024", 1) in spans

    def test_more_is_told_by_month(self, city: System) -> None:
        claim(code())
        claim(code("two"), "bob", made_at=NOON + timedelta(300))
        spans = self.spans(city, date(2023, 12, 31), date(2025, 1, 31))
        assert len(spans) == 14
        assert (spans[0], spans[3], spans[13]) == (("December 2023", 0), ("March 2024", 1), ("January 2025", 1))

    def test_what_was_opened_and_approved_stands_beside_it(self, city: System) -> None:
        made = code()
        look(made, 7)
        look(made, 2, kind="shared", source="x")
        claim(made, decided_at=NOON + timedelta(1))
        rows = reports.over_time(Scope(system=city, since=DAY, until=DAY + timedelta(1)))
        assert [dict(row.numbers) for row in rows] == [{"opened": 7, "claimed": 1}, {"approved": 1}]

    def test_nothing_is_told_of_a_time_in_which_nothing_happened(self, city: System) -> None:
        claim(code())
        assert self.spans(city, DAY + timedelta(1), None) == []
        assert self.spans(city, None, DAY - timedelta(1)) == []


class TestSources:
    def test_where_links_were_is_told_in_words(self, city: System) -> None:
        made = code()
        look(made, 5, source="qr")
        look(made, 1)
        look(made, 2, kind="shared", source="linkedin")
        claim(made, source="qr")
        assert [(row.title, dict(+row.numbers)) for row in reports.sources(Scope(system=city))] == [
            ("QR code", {"opened": 5, "claimed": 1}),
            ("LinkedIn", {"shared": 2}),
            ("Not known", {"opened": 1}),
        ]
