"""Learners and administrators see why a badge was earned, or what is missing."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import explaining, granting
from credentials_badges.badges.models import BadgeProgress, Learner, LearningEvent
from tests.badges.world import START, World, passing, penalty, requirement, send


def told(username: str, world: World) -> dict[str, tuple[bool, int, int, str]]:
    """What is said about each requirement of the first template."""
    learner = Learner.objects.get(username=username)
    (each,) = explaining.explain(learner.pk, [world.templates[0].pk], START + timedelta(days=1))
    return {
        one.requirement.key: (one.done, one.have, one.need, one.note)
        for group in each.groups
        for one in group.requirements
    }


def text_of(answer: object) -> str:
    """The words of the page, without its tags."""
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())  # type: ignore[attr-defined]


def my_page(username: str) -> str:
    client = Client()
    client.force_login(Learner.objects.get(username=username))
    answer = client.get("/my/")
    assert answer.status_code == 200
    return text_of(answer)


class TestWhy:
    """Each requirement says how far the learner has come, and why not further."""

    def test_what_is_missing_is_counted(self, credly: World) -> None:
        credly.configure(
            requirements=[
                {**requirement("one", "OneX"), "count": 3},
                {**requirement("two", "TwoX"), "after": ["one"]},
                requirement("three", "ThreeX"),
            ],
            penalties=[penalty("ThreeX", "three")],
        )
        send(
            passing("ada", "OneX"),
            passing("ada", "OneX", minute=1),
            passing("ada", "TwoX", minute=2),
            passing("ada", "ThreeX", minute=3),
            passing("ada", "ThreeX", is_passing=False, minute=4),
        )
        assert told("ada", credly) == {
            "one": (False, 2, 3, ""),
            "two": (False, 0, 1, "Counts only once what has to come before is done."),
            "three": (False, 0, 1, "Undone on 2026-03-01 00:04 UTC."),
        }

    def test_what_has_expired_says_so(self, credly: World) -> None:
        credly.configure(requirements=[{**requirement("one", "OneX"), "expires_days": 1}, requirement("two", "TwoX")])
        send(passing("ada", "OneX"))
        assert told("ada", credly)["one"] == (False, 1, 1, "It was done, and has expired after 1 days.")

    def test_what_cannot_be_done_yet_or_any_more_says_so(self, credly: World) -> None:
        credly.configure(
            requirements=[
                {**requirement("soon", "OneX"), "since": "2027-01-01"},
                {**requirement("over", "TwoX"), "until": "2026-01-01"},
                requirement("three", "ThreeX"),
            ]
        )
        send(passing("ada", "ThreeX"))
        assert told("ada", credly)["soon"][-1] == "Counts from 2027-01-01 00:00 UTC."
        assert told("ada", credly)["over"][-1] == "Could be done until 2026-01-01 00:00 UTC."

    def test_a_badge_keeps_the_event_and_what_each_rule_found_when_both_are_gone(self, credly: World) -> None:
        template = credly.configure(requirements=[{**requirement("one", "OneX"), "description": "Pass the first."}])
        send(passing("ada", "OneX", id="the-event"))
        LearningEvent.objects.all().delete()
        template.requirements.all().delete()
        (badge,) = credly.badges()
        assert badge.because == [
            {
                "requirement": "one",
                "description": "Pass the first.",
                "at": START.isoformat(),
                "event": {"source": "/test/lms", "id": "the-event", "type": passing("ada", "OneX")["type"]},
                "rules": [
                    ["is_passing", "eq", "true", True],
                    ["course.course_key", "eq", "course-v1:Harbour+OneX+2026", "course-v1:Harbour+OneX+2026"],
                ],
            }
        ]


class TestMyBadges:
    """The learner's own page."""

    def test_it_shows_what_is_held_and_what_is_missing(self, credly: World) -> None:
        credly.configure(0, requirements=[{**requirement("one", "OneX"), "description": "Pass the first."}])
        credly.configure(1, requirements=[requirement("one", "OneX"), {**requirement("two", "TwoX"), "count": 2}])
        send(passing("ada", "OneX"), passing("ada", "TwoX"), passing("ben", "TwoX"))
        page = my_page("ada")
        held, on_the_way = page.split("On the way")
        assert credly.templates[0].name in held
        assert "Earned 1 March 2026" in held
        assert "✓ done Pass the first." in held
        assert "is_passing eq true (it was True)" in held
        assert credly.templates[1].name in on_the_way
        assert "1 of 2" in on_the_way
        assert "Ben" not in page

    def test_a_badge_without_rules_that_was_given_by_hand_is_held(self, credly: World) -> None:
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        ada = Learner.objects.create_user("ada")
        granting.grant(credly.templates[2], [ada], by=boss, reason="For a talk", now=timezone.now())
        page = my_page("ada")
        assert f"{credly.templates[2].name} Earned" in page
        assert "given by hand: For a talk" in page
        assert "On the way" not in page

    def test_what_a_person_did_is_told_without_the_name(self, earned: World) -> None:
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        granting.revoke([earned.badges()[0].pk], by=boss, reason="Not your own work", now=timezone.now())
        page = my_page("ada")
        assert "Not your own work" in page
        assert "by an administrator" in page
        assert "boss" not in page

    def test_strangers_are_asked_to_sign_in(self, db: None) -> None:
        answer = Client().get("/my/")
        assert answer.status_code == 302
        assert answer["Location"] == "/login/?next=/my/"
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
        client = Client()
        client.force_login(Learner.objects.get(username="ada"))
        page = client.get("/my/").text
        assert "<script>alert" not in page
        assert "<b>bold" not in page

    def test_it_costs_as_many_statements_for_one_badge_as_for_three(self, credly: World) -> None:
        def cost() -> int:
            client = Client()
            client.force_login(Learner.objects.get(username="ada"))
            with CaptureQueriesContext(connection) as queries:
                client.get("/my/")
            return len(queries)

        credly.configure(0, requirements=[requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        few = cost()
        for number in (1, 2):
            credly.configure(number, requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
        send(passing("ada", "OneX", minute=1), passing("ada", "TwoX", minute=2))
        assert cost() == few


@pytest.mark.parametrize("page", ["badgeprogress", "credlybadge"])
def test_the_admin_sees_the_same(earned: World, admin_client: Client, page: str) -> None:
    row = BadgeProgress.objects.get() if page == "badgeprogress" else earned.badges()[0]
    text = text_of(admin_client.get(f"/admin/badges/{page}/{row.pk}/change/"))
    assert "is_passing eq true (it was True)" in text
    assert LearningEvent.objects.get().event_id in text
