"""Everybody may read what can be earned and how, and nothing of what is only being prepared; learners see their own."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import explaining, template_page
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from providers.badgekit import claimable
from providers.badgekit.models import ClaimCode, System
from tests.badges.test_pages import text_of
from tests.badges.world import World, passing, requirement, send
from tests.providers.badgekit.api import store


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    """Active, with a requirement in the administrator's words and one in none."""
    one = {**requirement("one", "OneX", "start"), "description": "Pass the first course."}
    credly.configure(requirements=[one, requirement("two", "TwoX", "start"), requirement("three", "ThreeX")])
    row = credly.templates[0]
    told = {"name": "Knots", "description": "Ties what has to hold.", "criteria": ["Sail."], "skills": ["Rope"]}
    BadgeTemplate.objects.filter(pk=row.pk).update(**told, level="Advanced", duration="2 weeks", cost="Free")
    row.refresh_from_db()
    return row


def path(template: BadgeTemplate) -> str:
    return f"/templates/{template.uuid}/"


def words(template: BadgeTemplate, learner: Learner | None = None) -> str:
    client = Client()
    if learner:
        client.force_login(learner)
    answer = client.get(path(template))
    assert answer.status_code == 200
    return text_of(answer)


def award(template: BadgeTemplate, **told: Any) -> Badge:
    ada = Learner.objects.get_or_create(username="ada", defaults={"full_name": "Ada Lovelace"})[0]
    now = timezone.now()
    same = {"learner": ada, "template": template, "account": template.account}
    return Badge.objects.create(**same, awarded_at=now, earned_at=now, **told)


class TestWhatItSays:
    def test_it_tells_what_can_be_earned_and_how(self, template: BadgeTemplate) -> None:
        page = words(template)
        for told in ("Ties what has to hold.", "Sail.", "Rope", "Advanced", "2 weeks", "Free", "to nobody yet"):
            assert told in page
        assert "One of these: Pass the first course." in page
        assert "Sign in to see how far you are." in page

    def test_keys_and_values_of_rules_are_not_for_everybody(self, template: BadgeTemplate) -> None:
        page = Client().get(path(template)).text
        assert "is not described here" in page
        for secret in ("org.openedx", "TwoX", "course_key", template.external_id, template.account.external_id):
            assert secret not in page

    def test_a_badge_that_is_only_being_prepared_is_not_named_where_it_is_required(
        self, template: BadgeTemplate, credly: World
    ) -> None:
        other = credly.templates[1]
        BadgeTemplate.objects.filter(pk=other.pk).update(name="Secret plan", is_active=False)
        template.requirements.create(key="other", badge_id=other.pk)
        send(passing("ada", "OneX"))
        ada = Learner.objects.get(username="ada")
        for told in (words(template), words(template, ada)):
            assert "Secret plan" not in told
            assert "Hold another badge" in told
        BadgeTemplate.objects.filter(pk=other.pk).update(is_active=True)
        assert "Hold the badge “Secret plan”" in words(template)

    def test_it_tells_how_often_it_was_awarded_and_not_to_whom(
        self, template: BadgeTemplate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        award(template)
        page = words(template)
        assert "Awarded once" in page
        assert "Lovelace" not in page
        award(template, ordinal=2, status="revoked")
        award(template, ordinal=3)
        assert "Awarded 2 times" in words(template)
        monkeypatch.setattr(template_page, "COUNTED", 1)
        assert "Awarded more than 1 times" in words(template)

    def test_other_sites_are_told_what_to_show(self, template: BadgeTemplate, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example"
        page = Client().get(path(template)).text
        assert f'<link rel="canonical" href="https://badges.example{path(template)}">' in page
        assert '<meta property="og:title" content="Knots">' in page

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "عائشة", "W" * 255, "👩🏽‍🚀"])
    def test_any_text_is_shown_as_it_is(self, template: BadgeTemplate, name: str) -> None:
        told = {"name": name, "description": name, "criteria": [name, 7], "skills": [name], "level": name, "cost": name}
        BadgeTemplate.objects.filter(pk=template.pk).update(**told, url="javascript:alert(1)", image_url="//x.example")
        page = Client().get(path(template)).text
        assert "<script>" not in page
        assert "javascript:" not in page
        assert name.replace("<", "&lt;").replace(">", "&gt;") in page


class TestWhichAreThere:
    def test_what_was_never_active_nor_awarded_is_not(self, template: BadgeTemplate) -> None:
        BadgeTemplate.objects.update(is_active=False)
        browser = Client(headers={"Accept": "text/html"})
        hidden, unknown = browser.get(path(template)), browser.get(f"/templates/{uuid4()}/")
        assert hidden.status_code == unknown.status_code == 404
        assert "Knots" not in hidden.text
        assert "There is no such badge" in unknown.text

    @pytest.mark.parametrize("columns", [{"is_active": False}, {"state": "archived"}])
    def test_what_is_awarded_no_longer_says_so_and_not_how_it_was_earned(
        self, template: BadgeTemplate, columns: dict[str, Any]
    ) -> None:
        award(template)
        BadgeTemplate.objects.filter(pk=template.pk).update(**columns)
        page = words(template)
        assert "no longer awarded" in page
        assert "Pass the first course." not in page
        assert "Sign in to see" not in page

    def test_a_badge_leads_to_it(self, template: BadgeTemplate) -> None:
        badge = award(template)
        assert path(template) in Client().get(f"/badges/{badge.uuid}/").text


class TestLearners:
    def test_they_see_how_far_they_are(self, template: BadgeTemplate) -> None:
        send(passing("ada", "OneX"))
        page = words(template, Learner.objects.get(username="ada"))
        assert "How far you are" in page
        assert "✓ done Pass the first course." in page
        assert "How to earn it" not in page

    def test_they_are_led_to_their_own_badge(self, template: BadgeTemplate) -> None:
        badge = award(template)
        client = Client()
        client.force_login(badge.learner)
        assert f"/badges/{badge.uuid}/" in client.get(path(template)).text

    @pytest.mark.parametrize(
        ("told", "word"),
        [
            ({"external_state": "accepted"}, "✓ Yours"),
            ({"external_state": ""}, "… On its way"),
            ({"external_state": "pending"}, "… Not accepted yet"),
            ({"external_state": "revoked"}, "✗ Revoked"),
            ({"status": "revoked"}, "✗ Revoked"),
            ({"external_state": "accepted", "expires_at": timezone.now()}, "✗ Expired"),
        ],
    )
    def test_it_says_what_their_own_is_by_now(self, template: BadgeTemplate, told: dict[str, Any], word: str) -> None:
        badge = award(template, **told)
        page = words(template, badge.learner)
        assert f"{word} Your badge of" in page
        assert ("Yours" in page) == ("Yours" in word)

    def test_of_many_the_newest_are_shown_and_all_are_a_link_away(self, template: BadgeTemplate) -> None:
        for number in range(1, 9):
            badge = award(template, ordinal=number)
        page = words(template, badge.learner)
        assert page.count("Your badge of") == template_page.AT_FIRST
        assert "All your badges" in page

    def test_of_many_events_about_a_requirement_the_newest_are_read(
        self, template: BadgeTemplate, credly: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(explaining, "SHOWN", 2)
        credly.configure(requirements=[{**requirement(key, f"{key}X"), "count": 9} for key in ("one", "two")])
        send(*(passing("ada", f"{key}X", minute=number) for key in ("one", "two") for number in range(5)))
        ada = Learner.objects.get(username="ada")
        (told,) = explaining.explain(ada.pk, [template.pk], timezone.now())
        found = [each for group in told.groups for each in group.requirements]
        assert [[each.at.minute for each in one.happenings] for one in found] == [[4, 3], [4, 3]]
        assert [one.have for one in found] == [5, 5]

    def test_they_are_asked_for_a_code_only_where_there_is_one(self, template: BadgeTemplate) -> None:
        assert "I have a code" not in words(template)
        store()
        BadgeTemplate.objects.get(pk=template.pk).requirements.exclude(key="one").delete()
        code = claimable.make_claimable(template, System.objects.get(slug="city"))
        assert "I have a code" in words(template)
        ClaimCode.objects.filter(pk=code.pk).update(status="paused")
        assert "I have a code" not in words(template)


def test_it_costs_as_many_statements_for_many_requirements_and_badges_as_for_few(
    template: BadgeTemplate, credly: World
) -> None:
    def cost(learner: Learner | None = None) -> int:
        with CaptureQueriesContext(connection) as queries:
            words(template, learner)
        return len(queries)

    ada = award(template).learner
    few, own = cost(), cost(ada)
    credly.configure(requirements=[requirement(f"r{number}", f"C{number}", f"g{number // 3}") for number in range(30)])
    for number in range(2, 32):
        award(template, ordinal=number)
    assert (cost(), cost(ada)) == (few, own)
    assert few <= 8
