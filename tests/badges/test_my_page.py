"""Learners see what is theirs, where it stands, and what is theirs to do; and nothing of others."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import granting
from credentials_badges.badges.models import Badge, Issuance, Learner
from credentials_badges.badges.pages import AT_A_TIME, AT_FIRST
from tests.badges.world import World, passing, requirement, send

NOW = timezone.now()


def text_of(answer: Any) -> str:
    """The words of the page, without its tags."""
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def at(path: str = "/my/", username: str = "ada") -> Any:
    client = Client()
    client.force_login(Learner.objects.get(username=username))
    answer = client.get(path)
    assert answer.status_code == 200
    return answer


def sections(answer: Any) -> dict[str, str]:
    """The words of each section, by its heading and number."""
    parts = re.findall(r"<section aria-labelledby=.*?<h2[^>]*>(.*?)</h2>(.*?)</section>", answer.text, re.DOTALL)
    return {strip(heading): strip(words) for heading, words in parts}


def strip(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def hear(**said: Any) -> None:
    """The provider has said this of all badges."""
    Badge.objects.update(**{"external_id": "there", "external_state": "accepted", **said})


def many(world: World, count: int) -> Learner:
    """Ada holds so many of one template."""
    ada = Learner.objects.get_or_create(username="ada")[0]
    first = Badge.objects.filter(learner=ada).count() + 1
    for ordinal in range(first, first + count):
        Badge.objects.create(
            learner=ada,
            template=world.templates[0],
            account=world.account,
            ordinal=ordinal,
            external_id=f"there-{ordinal}",
            external_state="accepted",
            awarded_at=NOW,
            earned_at=NOW - timedelta(days=ordinal),
        )
    return ada


class TestSections:
    """Each badge stands in one section, with what there is to say of it."""

    def test_one_that_its_provider_has_not_confirmed_is_on_its_way(self, earned: World) -> None:
        shown = sections(at())
        assert list(shown) == ["On its way 1"]
        assert "We are handing it over" in shown["On its way 1"]

    def test_one_that_cannot_be_handed_over_says_so_calmly_and_nothing_of_the_reason(self, earned: World) -> None:
        Issuance.objects.update(status="dead", failure="rejected", last_error="401 key harbour-key is wrong")
        page = at()
        assert "There is a problem with handing it over" in sections(page)["On its way 1"]
        assert "harbour-key" not in page.text

    def test_one_that_waits_has_a_link_by_which_it_is_accepted(self, earned: World) -> None:
        earned.deliver(1)
        page, badge = at(), earned.badges()[0]
        assert list(sections(page)) == ["Waiting for you 1"]
        assert f'href="{badge.external_url.replace("&", "&amp;")}"' in page.text
        assert "Accept your badge" in sections(page)["Waiting for you 1"]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "", "https://", "data:text/html,x"])
    def test_a_link_that_a_browser_should_not_follow_is_none(self, earned: World, url: str) -> None:
        for state in ("pending", "accepted"):
            hear(external_state=state, external_url=url)
            page = at()
            assert f'href="{url}"' not in page.text
            assert "javascript:" not in page.text

    def test_an_earned_one_leads_to_its_pages(self, earned: World) -> None:
        hear(external_url="https://www.credly.com/badges/1", expires_at=NOW + timedelta(days=9))
        page, badge = at(), earned.badges()[0]
        (words,) = sections(page).values()
        assert list(sections(page)) == ["Earned 1"]
        assert badge.template.name in words
        assert "Issued by Harbour Point Earned March 1, 2026 Valid until" in words
        assert f'href="/badges/{badge.uuid}/"' in page.text
        assert 'href="https://www.credly.com/badges/1"' in page.text
        assert '<time datetime="2026-03-01T00:00:00+00:00">' in page.text

    def test_one_that_was_declined_is_still_theirs(self, earned: World) -> None:
        hear(external_state="rejected")
        assert "You have declined it" in sections(at())["Earned 1"]

    def test_what_a_person_did_is_told_without_the_name(self, earned: World) -> None:
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        granting.revoke([earned.badges()[0].pk], by=boss, reason="Not your own work", now=timezone.now())
        page = at()
        words = sections(page)["No longer valid 1"]
        assert "An administrator has taken it back. Not your own work" in words
        assert "boss" not in page.text

    @pytest.mark.parametrize(
        ("said", "word"),
        [
            ({"expires_at": NOW - timedelta(days=1)}, "Expired"),
            ({"external_state": "expired"}, "Expired"),
            ({"external_state": "revoked"}, "Revoked"),
        ],
    )
    def test_one_that_is_over_says_how(self, earned: World, said: dict[str, Any], word: str) -> None:
        hear(**said)
        shown = sections(at())
        assert list(shown) == ["No longer valid 1"]
        assert word in shown["No longer valid 1"]

    @pytest.mark.parametrize(
        ("said", "day"),
        [
            ({"external_state": "expired", "expires_at": NOW + timedelta(days=9)}, "April 5, 2026"),
            ({"external_state": "revoked", "expires_at": NOW - timedelta(days=1)}, "April 5, 2026"),
            ({"expires_at": datetime(2026, 4, 7, 12, tzinfo=UTC)}, "April 7, 2026"),
            ({"status": "revoked", "revoked_at": datetime(2026, 4, 9, 12, tzinfo=UTC)}, "April 9, 2026"),
        ],
    )
    def test_it_says_when_one_ended(self, earned: World, said: dict[str, Any], day: str) -> None:
        hear(external_as_of=datetime(2026, 4, 5, 12, tzinfo=UTC), **said)
        assert day in sections(at())["No longer valid 1"]

    def test_one_that_was_given_by_hand_says_why(self, credly: World) -> None:
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        ada = Learner.objects.create_user("ada")
        granting.grant(credly.templates[2], [ada], by=boss, reason="For a talk", now=timezone.now())
        page = at()
        assert "For a talk" in sections(page)["On its way 1"]
        assert "boss" not in page.text

    def test_progress_says_what_is_done_and_what_is_missing_and_the_nearest_comes_first(self, credly: World) -> None:
        four = [requirement(f"r{number}", f"X{number}") for number in range(3)]
        credly.configure(1, requirements=[requirement("one", "OneX"), *four])
        credly.configure(
            2,
            requirements=[
                {**requirement("one", "OneX"), "description": "Pass the first."},
                {**requirement("two", "TwoX"), "count": 2},
            ],
        )
        send(passing("ada", "OneX"), passing("ada", "TwoX", minute=1), passing("ben", "TwoX"))
        page = at()
        words = sections(page)["In progress 2"]
        assert words.index(credly.templates[2].name) < words.index(credly.templates[1].name)
        assert "1 of 2 done" in words
        assert "✓ done Pass the first." in words
        assert "○ missing" in words
        assert "(1 of 2)" in words
        assert "Ben" not in page.text

    def test_what_is_held_is_not_in_progress(self, earned: World) -> None:
        hear()
        assert list(sections(at())) == ["Earned 1"]

    def test_who_has_nothing_reads_how_badges_come(self, db: None) -> None:
        Learner.objects.create_user("ada")
        page = at()
        assert sections(page) == {}
        assert "Badges come by themselves" in text_of(page)
        assert 'href="/claim/"' in page.text


class TestOwn:
    """It is the page of whoever is signed in."""

    def test_nothing_of_others_is_there(self, earned: World) -> None:
        Learner.objects.create_user("ben", "ada@example.com")
        assert "Badges come by themselves" in text_of(at(username="ben"))

    @pytest.mark.parametrize("path", ["/my/", "/my/earned/"])
    def test_strangers_are_asked_to_sign_in(self, db: None, path: str) -> None:
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")
        assert Client().get(answer["Location"]).status_code == 200

    def test_signing_in_leads_to_one_s_own_badges_and_nowhere_else(self, db: None) -> None:
        Learner.objects.create_user("ada", "ada@example.com", "a long word")
        said = {"username": "ada", "password": "a long word"}
        assert Client().post("/login/", said)["Location"] == "/my/"
        assert Client().post("/login/?next=https://evil.example/", said)["Location"] == "/my/"

    def test_names_and_values_are_escaped(self, credly: World) -> None:
        template = credly.configure(
            requirements=[{**requirement("one", "OneX"), "description": "<script>alert(1)</script>"}]
        )
        type(template).objects.filter(pk=template.pk).update(name="<b>bold</b>")
        send(passing("ada", "OneX"))
        page = at().text
        assert "&lt;b&gt;bold" in page
        assert "<script>alert" not in page
        assert "<b>bold" not in page

    def test_nobody_keeps_it(self, earned: World) -> None:
        assert "no-store" in at()["Cache-Control"]


class TestMany:
    """However many there are, it stays short and quick."""

    def test_a_section_shows_the_newest_and_leads_to_all(self, credly: World) -> None:
        many(credly, AT_A_TIME + 2)
        page = at()
        assert page.text.count("<h3>") == AT_FIRST
        assert f"Show all {AT_A_TIME + 2}" in text_of(page)
        assert at("/my/earned/").text.count("<h3>") == AT_A_TIME
        last = at("/my/earned/?page=2")
        assert last.text.count("<h3>") == 2
        assert "Page 2 of 2" in text_of(last)
        assert "there-" not in last.text

    @pytest.mark.parametrize("section", ["waiting", "earned", "progress", "review", "underway", "over"])
    def test_every_section_has_a_page_also_when_it_is_empty(self, credly: World, section: str) -> None:
        Learner.objects.create_user("ada")
        assert "There is nothing here." in text_of(at(f"/my/{section}/?page=nonsense"))

    def test_there_is_no_other_section(self, credly: World) -> None:
        client = Client()
        client.force_login(Learner.objects.create_user("ada"))
        assert client.get("/my/secrets/").status_code == 404

    @pytest.mark.parametrize("path", ["/my/", "/my/earned/"])
    def test_it_costs_as_many_statements_for_one_badge_as_for_fifty(self, credly: World, path: str) -> None:
        def cost() -> int:
            client = Client()
            client.force_login(Learner.objects.get(username="ada"))
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            return len(queries)

        many(credly, 1)
        few = cost()
        many(credly, 49)
        assert cost() == few < 30

    def test_progress_costs_as_many_statements_for_one_template_as_for_three(self, credly: World) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                at()
            return len(queries)

        credly.configure(0, requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX"))
        few = cost()
        for number in (1, 2):
            credly.configure(number, requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX", minute=1))
        assert cost() == few
