"""Learners and administrators see why a badge was earned, or what is missing."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from credentials_badges.badges import explaining
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


@pytest.mark.parametrize("page", ["badgeprogress", "credlybadge"])
def test_the_admin_sees_the_same(earned: World, admin_client: Client, page: str) -> None:
    row = BadgeProgress.objects.get() if page == "badgeprogress" else earned.badges()[0]
    text = text_of(admin_client.get(f"/admin/badges/{page}/{row.pk}/change/"))
    assert "is_passing eq true (it was True)" in text
    assert LearningEvent.objects.get().event_id in text
