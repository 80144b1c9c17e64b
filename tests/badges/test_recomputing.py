"""Stored events are judged again: told first, then done, and nothing is taken back without being told to."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import conf, recomputing, tasks
from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    BadgeTemplate,
    Fulfillment,
    Issuance,
    LearningEvent,
    Recomputation,
)
from tests.badges.world import World, key, passing, penalty, requirement, send

COUNTS = ("earn", "hold", "lose", "on_the_way")


def recompute(template: BadgeTemplate, **options: Any) -> dict[str, Any]:
    """Judge again; returns what the report says about the template."""
    job = recomputing.ask([template], timezone.now(), **options)
    assert recomputing.carry_on(job.pk)
    job.refresh_from_db()
    assert (job.done, job.error) == (job.total, "")
    assert job.finished_at
    return dict(job.report[str(template.pk)])


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told[name] for name in COUNTS)


def stored() -> tuple[Any, ...]:
    """All that a dry run must leave as it is."""
    tables = (Badge, BadgeProgress, Fulfillment, Issuance)
    return tuple(tuple(table.objects.order_by("pk").values_list()) for table in tables)


@pytest.fixture
def late(credly: World) -> World:
    """Events came before anybody thought of a badge: Ada passed both courses, Ben one, Cem passed and failed."""
    send(
        *[passing("ada", course, minute=minute) for minute, course in enumerate(("OneX", "TwoX"))],
        passing("ben", "OneX"),
        passing("cem", "OneX"),
        passing("cem", "TwoX"),
        passing("cem", "TwoX", is_passing=False, minute=5),
    )
    credly.configure(
        requirements=[requirement("one", "OneX"), requirement("two", "TwoX")],
        penalties=[penalty("OneX", "one"), penalty("TwoX", "two")],
    )
    return credly


def test_a_preview_says_who_would_earn_the_badge_and_changes_nothing(late: World) -> None:
    before = stored()
    told = recompute(late.templates[0])
    assert counts(told) == (1, 0, 0, 2)
    assert told["earners"] == ["ada"]
    assert stored() == before


def test_a_preview_does_not_need_the_template_to_be_active(late: World) -> None:
    BadgeTemplate.objects.update(is_active=False)
    assert counts(recompute(late.templates[0])) == (1, 0, 0, 2)


def test_what_is_earned_is_awarded_once_and_progress_is_made_up_for(late: World) -> None:
    recompute(late.templates[0], applies=True)
    (badge,) = late.badges()
    assert (badge.learner.username, badge.earned_at) == (
        "ada",
        LearningEvent.objects.get(learner__username="ada", payload__course__course_key=key("TwoX")).occurred_at,
    )
    assert Issuance.objects.get().badge == badge
    progress = BadgeProgress.objects.values_list("learner__username", "groups_done", "groups_needed")
    assert sorted(progress) == [("ada", 2, 2), ("ben", 1, 2), ("cem", 1, 2)]
    before = stored()
    assert counts(recompute(late.templates[0], applies=True)) == (0, 1, 0, 2)
    assert [row[:-1] for row in stored()[0]] == [row[:-1] for row in before[0]]
    send(passing("ben", "TwoX", minute=9))
    assert len(late.badges()) == 2


def test_who_no_longer_earns_a_badge_keeps_it_unless_it_is_said_otherwise(late: World) -> None:
    recompute(late.templates[0], applies=True)
    late.configure(requirements=[requirement("one", "OneX"), requirement("three", "ThreeX")], penalties=[])
    told = recompute(late.templates[0])
    assert counts(told) == (0, 1, 1, 2)
    assert told["losers"] == ["ada"]
    recompute(late.templates[0], applies=True)
    assert late.badges()[0].status == Badge.Status.AWARDED
    recompute(late.templates[0], applies=True, revokes=True)
    assert late.badges()[0].status == Badge.Status.REVOKED
    assert Issuance.objects.get(badge__learner__username="ada").status == Issuance.Status.CANCELLED


def test_marks_of_events_that_are_no_longer_stored_still_count(late: World) -> None:
    recompute(late.templates[0], applies=True)
    LearningEvent.objects.all().delete()
    late.configure(requirements=[requirement("one", "OneX")], penalties=[])
    assert counts(recompute(late.templates[0], applies=True)) == (2, 1, 0, 0)
    assert {badge.learner.username for badge in late.badges()} == {"ada", "ben", "cem"}


def test_a_requirement_that_comes_to_count_counts_each_event_once(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing("ada", "OneX", minute=minute) for minute in range(3)])
    credly.configure(requirements=[{**requirement("one", "OneX"), "count": 3}], award="every_time")
    assert counts(recompute(credly.templates[0])) == (0, 1, 0, 0)
    assert counts(recompute(credly.templates[0], applies=True)) == (0, 1, 0, 0)
    assert Fulfillment.objects.count() == 3


def test_a_badge_that_rests_on_others_follows_them(late: World) -> None:
    first, second = late.templates[:2]
    late.configure(1, requirements=[{"id": "first", "badge": {"provider": "credly", "external_id": first.external_id}}])
    recompute(first, applies=True)
    assert [badge.template for badge in late.badges()] == [first, second]
    Badge.objects.filter(template=second).update(status=Badge.Status.REVOKED)
    assert counts(recompute(second)) == (1, 0, 0, 0)


def test_a_limit_is_kept_to(late: World) -> None:
    late.configure(requirements=[requirement("one", "OneX")], penalties=[], limit=2)
    assert recompute(late.templates[0])["seats"] == 2
    recompute(late.templates[0], applies=True)
    assert len(late.badges()) == 2


def test_a_dead_worker_s_job_is_carried_on_where_it_stopped(late: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "PORTION", 1)
    job = recomputing.ask([late.templates[0]], timezone.now(), applies=True)

    def die(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recomputing.carry_on(job.pk, on_learners=die)
    assert not recomputing.carry_on(job.pk), "its lease has not ended"
    Recomputation.objects.update(claimed_at=timezone.now() - timedelta(seconds=conf.lease_seconds() + 1))
    tasks.recompute()
    job.refresh_from_db()
    assert (job.done, job.total, bool(job.finished_at)) == (3, 3, True)
    assert counts(job.report[str(late.templates[0].pk)]) == (1, 0, 0, 2)
    assert len(late.badges()) == 1


def test_a_job_that_breaks_off_says_so_and_tells_no_secret(late: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(recomputing, "_judge", fail)
    job = recomputing.ask([late.templates[0]], timezone.now())
    tasks.recompute()
    job.refresh_from_db()
    assert job.finished_at
    assert "ZeroDivisionError" in job.error
    assert "secret" not in job.error


def test_a_portion_costs_the_same_for_3_learners_and_for_30(late: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            recompute(late.templates[0], applies=True)
        return len(queries)

    cost()
    few = cost()
    send(*[passing(f"learner{number}", "OneX") for number in range(30)])
    assert cost() == few


class TestCommand:
    """``manage.py recompute``."""

    def run(self, *words: str) -> str:
        out = io.StringIO()
        call_command("recompute", *words, stdout=out)
        return out.getvalue()

    def test_a_dry_run_says_who(self, late: World) -> None:
        said = self.run(late.templates[0].external_id, "--dry-run")
        assert "would earn it: 1 (ada)" in said
        assert "0 hold it, 2 on the way" in said
        assert late.badges() == []

    def test_without_a_name_all_active_templates_are_judged(self, late: World) -> None:
        assert "3 learners judged for 1 templates" in self.run()
        assert len(late.badges()) == 1

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("nobody",), "No template is named"),
            (("--dry-run", "--revoke"), "give one of them"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, late: World, words: tuple[str, ...], why: str) -> None:
        with pytest.raises(CommandError, match=why):
            self.run(*words)

    def test_nobody_is_awarded_what_is_not_active(self, late: World) -> None:
        with pytest.raises(CommandError, match="not active"):
            self.run(late.templates[1].name)
