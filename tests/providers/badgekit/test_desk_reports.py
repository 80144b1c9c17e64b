"""Reports at the desk: everybody who works for a system reads them, as pages and as files, and nobody else does."""

import csv
import json
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.charts import LEFT, MOST_DAYS, TOP
from credentials_badges.badges.models import BadgeTemplate, Learner
from providers.badgekit.desk import charts
from providers.badgekit.models import Batch, System
from providers.badgekit.reports import WHAT_IS_COUNTED, Row
from tests.providers.badgekit.api import ADA, badge
from tests.providers.badgekit.claim_page import kept, words
from tests.providers.badgekit.counted import DAY, batch, claim, code, look, many
from tests.providers.badgekit.desk import LOOKING, at_desk, path, statuses

pytestmark = pytest.mark.once
FLOOR = 190
"""Where the bars of a chart stand."""

PARTS = ("", "badges/{badge}/", "batches/{batch}/")
"""The reports of a system, of a badge and of a batch."""


@pytest.fixture
def fair(city: System) -> Batch:
    """A batch of which one code has been claimed."""
    made = batch("fair", 2)
    first = made.codes.order_by("pk")[0]
    Learner.objects.create(username="ada", email=ADA, full_name="Ada Lovelace")
    look(first, 4, source="qr")
    claim(first, source="qr")
    return made


def report(part: str, of: Batch) -> str:
    return path("reports/" + part.format(badge=of.badge_id, batch=of.pk))


def rows(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"))))


class TestWhoReadsThem:
    @pytest.mark.parametrize("part", PARTS)
    @pytest.mark.parametrize("query", ["", "?format=csv", "?format=json&list=earners"])
    def test_every_member_does_and_nobody_else(self, fair: Batch, part: str, query: str) -> None:
        assert statuses(report(part, fair) + query) == LOOKING

    @pytest.mark.parametrize("part", PARTS[1:])
    def test_another_system_s_are_not_found(self, fair: Batch, part: str) -> None:
        below = "reports/" + part.format(badge=fair.badge_id, batch=fair.pk)
        assert at_desk(of="village").get(path(below, "village")).status_code == 404
        unknown = "reports/" + part.format(badge=10**30, batch=10**30)
        assert at_desk().get(path(unknown)).status_code == 404

    @pytest.mark.parametrize("part", PARTS)
    def test_they_are_only_read(self, fair: Batch, part: str) -> None:
        assert at_desk().post(report(part, fair)).status_code == 405
        assert at_desk().head(report(part, fair)).status_code == 200

    def test_each_page_of_the_desk_leads_to_them(self, fair: Batch) -> None:
        page = at_desk("reader").get(report("", fair))
        assert f'<a href="{path("reports/")}">Reports</a>' in page.text
        assert "no-store" in page["Cache-Control"]


class TestThePage:
    @pytest.mark.parametrize("part", PARTS)
    def test_it_tells_the_numbers_what_they_mean_and_who_earned_it(self, fair: Batch, part: str) -> None:
        page = words(at_desk("reader").get(report(part, fair)))
        for each in WHAT_IS_COUNTED:
            assert f"{each.title} {each.what}" in page
        assert "Code pages opened How often the page of a code was looked at; twice by one person is two. 4" in page
        assert "Ada Lovelace ada@example.com Coder" in page

    def test_it_leads_from_the_system_to_a_badge_and_a_batch(self, fair: Batch) -> None:
        client = at_desk()
        of_badge, of_batch = report(PARTS[1], fair), report(PARTS[2], fair)
        assert f'href="{of_badge}?since=2024-03-01"' in client.get(path("reports/?since=2024-03-01&page=1")).text
        assert f'href="{of_batch}' in client.get(of_badge).text
        assert f'href="{of_badge}"' in client.get(of_batch).text

    def test_charts_are_pictures_with_a_title_and_no_style_of_their_own(self, fair: Batch) -> None:
        page = at_desk().get(report("", fair)).text
        main = page[page.index("<main") :]
        assert main.count('role="img"') > len(WHAT_IS_COUNTED)
        assert main.count('role="img"') <= main.count("<title>")
        assert "<title>Claims: 1</title>" in main
        assert "style=" not in page
        assert "<script" not in page

    def test_with_nothing_to_count_it_says_so(self, city: System) -> None:
        page = words(at_desk().get(path("reports/")))
        assert "Nothing was opened, claimed or approved in this time." in page
        assert "0 approved claims." in page

    def test_the_days_that_are_asked_for_are_counted(self, fair: Batch) -> None:
        client = at_desk()
        within = words(client.get(path(f"reports/?since={DAY}&until={DAY}")))
        assert "1 approved claim." in within
        assert "Wed 13 Mar 2024" in within
        assert "0 approved claims." in words(client.get(path("reports/?since=2024-03-14")))

    def test_earners_are_searched_for(self, fair: Batch) -> None:
        claim(code("two"), "bob")
        page = words(at_desk().get(path("reports/?search=lovelace")))
        assert "1 approved claim with “lovelace”." in page
        assert "bob@example.com" not in page

    def test_a_code_has_a_report(self, fair: Batch) -> None:
        claim(two := code("two", label="Desk 2"), "bob")
        page = words(at_desk().get(path(f"reports/?code={two.pk}")))
        assert "Only the code “Desk 2”." in page
        assert "bob@example.com" in page
        assert "ada@example.com" not in page

    def test_long_lists_have_pages(self, fair: Batch) -> None:
        one = code("two", multiuse=True)
        for number in range(60):
            claim(one, f"learner-{number}")
        client = at_desk()
        assert "Page 1 of 2 Next" in words(client.get(path("reports/")))
        assert "Before Page 2 of 2" in words(client.get(path("reports/?page=2")))
        for odd in ("0", "-1", "9" * 30, "x", "%00"):
            assert client.get(path(f"reports/?page={odd}&part={odd}")).status_code == 200

    def test_names_and_labels_are_escaped(self, city: System) -> None:
        evil = "<script>alert(1)</script>"
        Learner.objects.create(username="ada", email=ADA, full_name=evil)
        claim(batch(evil, 1).codes.get())
        badge().__class__.objects.update(name=evil)
        client = at_desk()
        for below in ("", PARTS[1].format(badge=badge().pk), f"?search={quote(evil)}"):
            page = client.get(path(f"reports/{below}")).text
            assert evil not in page
            assert "&lt;script&gt;" in page


class TestWhatCannotBeAskedFor:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("since=yesterday", "Enter a date of the calendar, such as 2026-05-21."),
            ("until=2026-02-30", "Enter a date of the calendar, such as 2026-05-21."),
            ("since=%00", "Enter a date of the calendar"),
            (f"since={'9' * 5000}", "Enter a date of the calendar"),
            ("since=0001-01-01", "Enter a date from 2000 to 2099."),
            ("until=9999-12-31", "Enter a date from 2000 to 2099."),
            ("since=2026-02-02&until=2026-02-01", "This is before the day from which on you want to count."),
            ("search=%00", "Null characters are not allowed."),
            (f"search={'x' * 10_000}", "Ensure this value has at most 255 characters"),
            ("code=0", "There is no such code here"),
            ("code=x", "There is no such code here"),
            (f"code={'9' * 30}", "There is no such code here"),
            (f"code={'9' * 5000}", "There is no such code here"),
            ("format=pdf", "pdf is not one of the available choices."),
            ("format=csv&list=all", "all is not one of the available choices."),
        ],
    )
    def test_it_is_said_what_is_wrong(self, fair: Batch, query: str, says: str) -> None:
        answer = at_desk().get(path(f"reports/?{query}"))
        assert answer.status_code == 400
        assert says in words(answer)

    def test_codes_of_others_are_not_known(self, fair: Batch) -> None:
        promised, foreign, book = kept("bob"), code("barn", "farmer"), code("book", "reader")
        client = at_desk()
        for each in (promised, foreign):
            assert client.get(path(f"reports/?code={each.pk}")).status_code == 400
        assert client.get(f"{report(PARTS[1], fair)}?code={book.pk}").status_code == 400

    @pytest.mark.parametrize("search", ["🦆", "\u202eedoc", "%_\\'\""])
    def test_any_search_is_answered(self, fair: Batch, search: str) -> None:
        assert "0 approved claims" in words(at_desk().get(path(f"reports/?search={quote(search)}")))


class TestFiles:
    def test_the_numbers_are_those_of_the_page(self, fair: Batch) -> None:
        client = at_desk("reader")
        answer = client.get(path("reports/?format=csv"))
        assert answer["Content-Disposition"] == 'attachment; filename="numbers.csv"'
        table = rows(answer)
        assert table[0] == ["part", "name", "day", "number", "count"]
        assert ["all", "", "", "opened", "4"] in table
        assert ["source", "QR code", "", "claimed", "1"] in table
        assert ["badge", "Coder", "", "used of made, percent", "50.0"] in table
        assert ["time", "March 2024", "2024-03-01", "approved", "1"] in table
        told = json.loads(client.get(path("reports/?format=json")).getvalue())
        assert [[str("" if value is None else value) for value in row.values()] for row in told] == table[1:]

    def test_of_a_badge_they_are_told_by_batch(self, fair: Batch) -> None:
        table = rows(at_desk().get(f"{report(PARTS[1], fair)}?format=csv"))
        assert ["batch", "fair", "", "made", "2"] in table

    def test_who_earned_it_is_a_list(self, fair: Batch) -> None:
        client = at_desk("reader")
        answer = client.get(path("reports/?format=csv&list=earners"))
        assert answer.streaming
        assert rows(answer) == [
            ["name", "address", "badge", "earned_at", "code", "source", "state"],
            ["Ada Lovelace", ADA, "Coder", "2024-03-13T12:00:00+00:00", "fair", "QR code", "Accepted"],
        ]
        (ada,) = json.loads(client.get(path("reports/?format=json&list=earners&search=ada")).getvalue())
        assert (ada["name"], ada["earned_at"]) == ("Ada Lovelace", "2024-03-13T12:00:00Z")
        assert json.loads(client.get(path("reports/?format=json&list=earners&search=bob")).getvalue()) == []

    @pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
    def test_spreadsheets_compute_nothing(self, fair: Batch, begins: str) -> None:
        evil = f'{begins}HYPERLINK("https://evil.example","x")'
        Learner.objects.filter(username="ada").update(full_name=evil)
        Batch.objects.update(label=evil)
        badge().__class__.objects.filter(slug="coder").update(name=evil)
        client = at_desk()
        (_, ada) = rows(client.get(path("reports/?format=csv&list=earners")))
        assert (ada[0], ada[2], ada[4]) == (f"'{evil}",) * 3
        assert ["badge", f"'{evil}", "", "made", "2"] in rows(client.get(path("reports/?format=csv")))
        (told,) = json.loads(client.get(path("reports/?format=json&list=earners")).getvalue())
        assert told["name"] == evil

    def test_the_text_of_a_code_is_in_no_file(self, fair: Batch) -> None:
        client = at_desk()
        for query in ("format=csv", "format=csv&list=earners", "format=json", "format=json&list=earners", ""):
            answer = client.get(path(f"reports/?{query}"))
            assert "coder-fair" not in answer.getvalue().decode()


class TestCharts:
    def test_bars_stand_on_the_floor_and_reach_as_high_as_their_number(self) -> None:
        rows = [Row(title="one", day=DAY), Row(title="two", day=DAY)]
        rows[0].numbers.update(opened=15, claimed=3)
        chart = charts.over_time(rows)
        assert [line.text for line in chart.lines] == ["0", "10", "20"]
        assert [bar.title for bar in chart.bars][:2] == ["one, Code pages opened: 15", "one, Claims: 3"]
        for bar in chart.bars:
            assert float(bar.y) + float(bar.height) == pytest.approx(FLOOR, abs=0.02)
            assert LEFT <= float(bar.x) < float(bar.x) + float(bar.width) <= 720
        assert float(chart.bars[0].height) == pytest.approx((FLOOR - TOP) * 15 / 20)

    @pytest.mark.parametrize("count", [0, 1, 7, 99, 100, 101, 10**9])
    def test_any_number_has_room(self, count: int) -> None:
        row = Row(title="one", day=DAY)
        row.numbers.update(opened=count)
        chart = charts.over_time([row] * 400)
        assert min(float(bar.y) for bar in chart.bars) >= TOP
        assert len(chart.days) <= MOST_DAYS


@pytest.mark.parametrize("query", ["", "?search=learner", "?format=csv", "?format=csv&list=earners"])
@pytest.mark.parametrize("part", PARTS[:2])
def test_it_costs_as_many_statements_for_forty_as_for_two(
    city: System, own_template: BadgeTemplate, part: str, query: str
) -> None:
    client = at_desk()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path(f"reports/{part.format(badge=badge().pk)}{query}"))
            assert answer.status_code == 200
            assert answer.getvalue()
        return len(queries)

    many(0, 2, own_template)
    few = cost()
    many(2, 38, own_template)
    assert cost() == few
