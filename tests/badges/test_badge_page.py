"""Whoever has the address of a badge reads what was earned, and by whom; nothing is kept of who reads it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from credentials_badges.badges.models import Badge, BadgeTemplate, BadgeVisits, Learner, ProviderAccount
from tests.badges.test_pages import text_of
from tests.badges.world import World

READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def badge(db: None) -> Badge:
    return make()


def make(**told: Any) -> Badge:
    """A badge of Credly's that Ada has."""
    account = ProviderAccount.objects.create(provider="credly", external_id="harbour", name="Harbour Point")
    template = BadgeTemplate.objects.create(
        account=account,
        external_id="knots",
        name="Knots",
        description="Ties what has to hold.",
        image_url="https://images.example/knots.png",
        criteria=["Sail around the harbour.", "Come back."],
    )
    ada = Learner.objects.create(username="ada99", email="ada@example.com", full_name="Ada Lovelace")
    now = timezone.now()
    given = {"awarded_at": now, "earned_at": now, "external_url": "https://credly.example/badges/1"}
    return Badge.objects.create(
        learner=ada, template=template, account=account, **{"external_state": "accepted", **given, **told}
    )


def change(badge: Badge, **columns: Any) -> None:
    Badge.objects.filter(pk=badge.pk).update(**columns)


def path(badge: Badge, below: str = "") -> str:
    return f"/badges/{badge.uuid}/{below}"


def words(badge: Badge) -> str:
    answer = Client().get(path(badge))
    assert answer.status_code == 200
    return text_of(answer)


def counted() -> list[tuple[str, str, int]]:
    return list(BadgeVisits.objects.order_by("kind", "source").values_list("kind", "source", "count"))


class TestWhatItSays:
    def test_it_tells_what_was_earned_by_whom_and_when(self, badge: Badge) -> None:
        page = words(badge)
        for told in ("Knots", "Ada Lovelace", "Harbour Point", "Ties what has to hold.", "Come back.", "is valid"):
            assert told in page
        assert f"Awarded {date_format(badge.awarded_at)}" in page
        assert "Valid until" not in page

    def test_it_tells_nothing_else_of_the_learner(self, badge: Badge) -> None:
        page = Client().get(path(badge)).text
        for secret in ("ada99", "ada@example.com", str(badge.learner.uuid)):
            assert secret not in page
        Learner.objects.update(full_name="")
        assert "ada99" not in Client().get(path(badge)).text
        assert "Somebody whose name is not known" in words(badge)

    def test_one_that_was_taken_back_says_so_and_not_why(self, badge: Badge) -> None:
        change(badge, status="revoked", revoked_at=timezone.now(), revoke_reason="Copied it all")
        page = words(badge)
        assert "This badge was taken back on" in page
        assert "is valid" not in page
        assert "Copied" not in page
        assert "Share it" not in page

    def test_one_that_its_provider_took_back_says_so(self, badge: Badge) -> None:
        change(badge, external_state="revoked")
        assert "This badge was taken back, and is not valid" in words(badge)

    @pytest.mark.parametrize("how", ["expires_at", "external_state"])
    def test_one_that_is_over_says_so(self, badge: Badge, how: str) -> None:
        over = timezone.now() - timedelta(1)
        change(badge, **({"expires_at": over} if how == "expires_at" else {"external_state": "expired"}))
        assert "This badge was earned, and is not valid any more" in words(badge)

    def test_until_when_it_is_valid_is_told(self, badge: Badge) -> None:
        later = timezone.now() + timedelta(30)
        change(badge, expires_at=later)
        assert f"Valid until {date_format(later)}" in words(badge)

    def test_it_tells_other_sites_what_to_show(self, badge: Badge, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example/"
        page = Client().get(path(badge)).text
        assert '<meta property="og:title" content="Knots, Ada Lovelace">' in page
        assert '<meta property="og:image" content="https://images.example/knots.png">' in page
        assert '<meta property="og:description" content="Ties what has to hold.">' in page
        assert f'<meta property="og:url" content="https://badges.example{path(badge)}">' in page

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:image/png;base64,AA", "//x.example/a", "http://[", ""]
    )
    def test_what_is_no_address_of_the_web_is_left_out(self, badge: Badge, url: str) -> None:
        BadgeTemplate.objects.update(image_url=url)
        change(badge, external_url=url)
        page = Client().get(path(badge)).text
        assert "<img" not in page
        assert "og:image" not in page
        assert "at its provider" not in page
        assert Client().get(path(badge, "visit/")).status_code == 404

    def test_all_of_it_is_escaped(self, badge: Badge) -> None:
        evil = '"><script>alert(1)</script>'
        BadgeTemplate.objects.update(
            name=evil, description=evil, criteria=[evil, 7], image_url=f"https://x.example/{evil}"
        )
        Learner.objects.update(full_name=evil)
        page = Client().get(path(badge)).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    @pytest.mark.parametrize("below", ["", "visit/"])
    def test_an_unknown_badge_is_not_there(self, badge: Badge, below: str) -> None:
        answer = Client(headers=BROWSER).get(f"/badges/{uuid4()}/{below}")
        assert answer.status_code == 404
        assert "There is no such badge" in answer.text
        assert counted() == []

    def test_it_costs_as_many_statements_for_forty_badges_as_for_one(self, badge: Badge) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                words(badge)
            return len(queries)

        words(badge)
        few = cost()
        now = {"awarded_at": timezone.now(), "earned_at": timezone.now()}
        same = {"learner": badge.learner, "template": badge.template, "account": badge.account}
        Badge.objects.bulk_create([Badge(ordinal=number, **same, **now) for number in range(2, 42)])
        BadgeVisits.objects.bulk_create(
            [BadgeVisits(badge=each, kind="viewed") for each in Badge.objects.exclude(pk=badge.pk)]
        )
        assert cost() == few == 3


class TestCounting:
    def test_visits_count_by_where_they_came_from(self, badge: Badge) -> None:
        for query in ("?from=x", "?from=x", "?from=nowhere"):
            Client().get(path(badge) + query)
        Client(headers={"Referer": "https://www.linkedin.com/feed/"}).get(path(badge))
        assert counted() == [("viewed", "", 1), ("viewed", "linkedin", 1), ("viewed", "x", 2)]

    def test_who_only_asks_for_the_head_is_not_counted(self, badge: Badge) -> None:
        assert Client().head(path(badge)).status_code == 200
        assert Client().head(path(badge, "visit/")).status_code == 302
        assert counted() == []

    def test_going_on_to_the_provider_counts_and_leads_only_there(self, badge: Badge) -> None:
        answer = Client().get(path(badge, "visit/?next=https://evil.example/"))
        assert (answer.status_code, answer["Location"]) == (302, "https://credly.example/badges/1")
        assert counted() == [("clicked", "", 1)]

    @pytest.mark.parametrize(
        ("network", "begins"),
        [
            ("x", "https://x.com/intent/post?text=Knots&url=https%3A%2F%2Fbadges.example"),
            ("facebook", "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fbadges.example"),
            ("linkedin", "https://www.linkedin.com/sharing/share-offsite/?url=https%3A%2F%2Fbadges.example"),
        ],
    )
    def test_sharing_counts_and_leads_to_the_network(
        self, badge: Badge, settings: Any, network: str, begins: str
    ) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example"
        answer = Client(enforce_csrf_checks=True).post(path(badge, f"share/{network}/"))
        assert answer.status_code == 303
        assert answer["Location"].startswith(begins)
        assert f"from%3D{network}" in answer["Location"]
        assert counted() == [("shared", network, 1)]

    def test_following_links_shares_nothing(self, badge: Badge) -> None:
        assert Client().get(path(badge, "share/x/")).status_code == 405
        assert Client().head(path(badge, "share/x/")).status_code == 405
        assert Client().post(path(badge, "share/elsewhere/")).status_code == 404
        assert Client().post(f"/badges/{uuid4()}/share/x/").status_code == 404
        assert Client().post(path(badge)).status_code == 405
        assert counted() == []


class TestVisitors:
    @pytest.mark.parametrize("below", ["", "visit/", "share/x/"])
    def test_no_cookie_is_set_and_no_other_site_is_told_the_address(self, badge: Badge, below: str) -> None:
        client = Client(headers={"User-Agent": "secret agent"})
        answer = client.post(path(badge, below)) if "share" in below else client.get(path(badge, below))
        assert "Set-Cookie" not in answer.headers
        assert answer.cookies == {}
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in answer["Cache-Control"]

    def test_the_page_loads_nothing_from_elsewhere_but_the_picture(self, badge: Badge) -> None:
        page = Client().get(path(badge)).text
        loaded = re.findall(r'(?:src|<link rel="(?:stylesheet|icon)"[^>]* href)="([^"]*)"', page)
        assert [url for url in loaded if not url.startswith("/static/")] == ["https://images.example/knots.png"]
        assert "<script>" not in page
        assert "<style" not in page
        assert "style=" not in page

    def test_providers_webhooks_are_where_they_were(self, earned: World) -> None:
        assert Client().get("/badges/credly/webhook/").status_code == 405
        assert Client().post(f"/badges/{uuid4()}/webhook/", "{}", content_type="application/json").status_code == 404


@contextmanager
def read_only() -> Iterator[None]:
    """The database refuses to write."""
    on, off = READ_ONLY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            yield
        finally:
            cursor.execute(off)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_write_serves_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    badge = make()
    with read_only():
        assert "is valid" in words(badge)
        assert Client().get(path(badge, "visit/")).status_code == 302
        assert Client().post(path(badge, "share/x/")).status_code == 303
    assert caplog.text.count("could not be counted") == 3
    assert counted() == []
    words(badge)
    assert counted() == [("viewed", "", 1)]
