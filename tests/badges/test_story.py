"""The main job, from a learner's event to an external id, and what the reference was measured to get wrong."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone

from credentials_badges.badges.models import Badge, BadgeProgress, Issuance, LearningEvent
from tests.badges.world import World, make_due, passing, penalty, requirement, send


def test_an_event_becomes_a_badge_with_an_external_id(credly: World) -> None:
    template = credly.configure(requirements=[requirement("demo", "DemoX")])
    send(passing("ada", "DemoX"))
    credly.deliver(1)
    (badge,) = credly.badges()
    (held,) = credly.held()
    assert (badge.learner.username, badge.template, badge.status) == ("ada", template, Badge.Status.AWARDED)
    assert badge.external_id == held["id"]
    assert (badge.external_state, badge.external_state_raw) == ("pending", "pending")
    assert badge.external_url == held["accept_badge_url"]
    assert held["issuer_earner_id"] == str(badge.learner.uuid)
    assert (held["issued_to_first_name"], held["issued_to_last_name"]) == ("Ada", "Doe")


def test_two_and_requirements_do_not_award_after_the_first(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX", "A"), requirement("two", "TwoX", "B")])
    send(passing("ada", "OneX"))
    assert credly.badges() == []
    progress = BadgeProgress.objects.get()
    assert (progress.groups_done, progress.groups_needed) == (1, 2)
    send(passing("ada", "TwoX", minute=1))
    assert [badge.status for badge in credly.badges()] == [Badge.Status.AWARDED]


def test_one_of_an_or_group_is_enough(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX", "A"), requirement("two", "TwoX", "A")])
    send(passing("ada", "TwoX"))
    assert len(credly.badges()) == 1


def test_requirements_without_a_group_are_all_needed(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
    send(passing("ada", "OneX"))
    assert credly.badges() == []


def test_a_requirement_without_rules_is_met_by_every_event_of_its_type(credly: World) -> None:
    credly.configure(requirements=[{**requirement("any", "-"), "rules": []}])
    send(passing("ada", "WhateverX", is_passing=False))
    assert len(credly.badges()) == 1


def test_a_penalty_that_leaves_its_or_group_fulfilled_revokes_nothing(credly: World) -> None:
    credly.configure(
        requirements=[requirement("one", "OneX", "A"), requirement("two", "TwoX", "A")],
        penalties=[penalty("OneX", "one")],
    )
    send(passing("ada", "OneX"), passing("ada", "TwoX", minute=1))
    send(passing("ada", "OneX", is_passing=False, minute=2))
    assert [badge.status for badge in credly.badges()] == [Badge.Status.AWARDED]
    assert not Issuance.objects.filter(action=Issuance.Action.REVOKE).exists()


def test_a_penalty_that_empties_a_group_revokes_there_too(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    credly.deliver(1)
    send(passing("ada", "OneX", is_passing=False, minute=1))
    credly.deliver(1)
    (badge,) = credly.badges()
    assert (badge.status, badge.external_state) == (Badge.Status.REVOKED, "revoked")
    assert [row["id"] for row in credly.held("revoked")] == [badge.external_id]


def test_a_penalty_on_somebody_who_never_earned_the_badge_creates_nothing(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX", is_passing=False))
    assert credly.badges() == []
    assert not Issuance.objects.exists()
    assert not BadgeProgress.objects.exists()


def test_a_penalty_on_partial_progress_awards_and_revokes_nothing(credly: World) -> None:
    credly.configure(
        requirements=[requirement("one", "OneX"), requirement("two", "TwoX")], penalties=[penalty("OneX", "one")]
    )
    send(passing("ada", "OneX"))
    send(passing("ada", "OneX", is_passing=False, minute=1))
    assert credly.badges() == []
    assert BadgeProgress.objects.get().groups_done == 0


def test_an_event_that_meets_requirement_and_penalty_awards_nothing(credly: World) -> None:
    both = {**penalty("OneX", "one"), "rules": requirement("one", "OneX")["rules"]}
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[both])
    send(passing("ada", "OneX"))
    assert credly.badges() == []


def test_passing_again_after_a_revocation_earns_a_second_badge(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    for minute, is_passing in enumerate((True, False, True)):
        send(passing("ada", "OneX", is_passing=is_passing, minute=minute))
        credly.deliver(2)
    first, second = credly.badges()
    assert (first.ordinal, first.status, first.external_state) == (1, Badge.Status.REVOKED, "revoked")
    assert (second.ordinal, second.status, second.external_state) == (2, Badge.Status.AWARDED, "pending")
    assert first.external_id != second.external_id
    assert [row["id"] for row in credly.held()] == [second.external_id]


def test_a_template_that_is_awarded_once_is_not_awarded_again(credly: World) -> None:
    credly.configure(award="once", requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    for minute, is_passing in enumerate((True, False, True)):
        send(passing("ada", "OneX", is_passing=is_passing, minute=minute))
    assert [badge.status for badge in credly.badges()] == [Badge.Status.REVOKED]


def test_a_newer_event_is_not_undone_by_an_older_one_that_arrives_late(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX", is_passing=False, minute=5))
    send(passing("ada", "OneX", minute=1))
    assert credly.badges() == []
    send(passing("ben", "OneX", minute=5))
    send(passing("ben", "OneX", is_passing=False, minute=1))
    assert [(badge.learner.username, badge.status) for badge in credly.badges()] == [("ben", Badge.Status.AWARDED)]


def test_a_repeated_pass_protects_against_a_penalty_between_the_two(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX", minute=1))
    send(passing("ada", "OneX", minute=9))
    send(passing("ada", "OneX", is_passing=False, minute=5))
    assert [badge.status for badge in credly.badges()] == [Badge.Status.AWARDED]


def test_an_event_that_arrives_twice_counts_once(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    event = passing("ada", "OneX")
    send(event, event)
    send(event)
    credly.deliver(1)
    assert LearningEvent.objects.count() == 1
    assert (len(credly.badges()), len(credly.held())) == (1, 1)


def test_the_same_id_from_another_source_is_another_event(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    event = passing("ada", "OneX")
    send(event, {**event, "source": "/another/lms"})
    assert LearningEvent.objects.count() == 2
    assert len(credly.badges()) == 1


@time_machine.travel(datetime(2026, 9, 14, 10, 21, 58, tzinfo=UTC), tick=False)
def test_issued_at_is_the_time_of_the_award(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    assert credly.badges()[0].awarded_at == timezone.now()
    with time_machine.travel(datetime(2026, 9, 16, tzinfo=UTC)):
        credly.deliver(1)
    assert credly.held()[0]["issued_at"] == "2026-09-14T10:21:58.000Z"


def test_the_newest_address_is_used_also_if_an_older_event_comes_later(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])

    def told(email: str, minute: int) -> dict:
        event = passing("ada", "OtherX", minute=minute)
        event["data"]["course_passing_status"]["user"]["pii"]["email"] = email
        return event

    send(told("old@example.com", 1))
    send(told("new@example.com", 3))
    send(told("between@example.com", 2))
    send(passing("ada", "OneX", minute=0))
    credly.deliver(1)
    assert credly.held()[0]["recipient_email"] == "new@example.com"


def test_a_deactivated_template_counts_nothing_and_keeps_what_was_issued(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    template.is_active = False
    template.save()
    send(passing("ada", "OneX", is_passing=False, minute=1), passing("ben", "OneX", minute=1))
    assert [(badge.learner.username, badge.status) for badge in credly.badges()] == [("ada", Badge.Status.AWARDED)]


def test_a_new_requirement_of_an_active_template_takes_no_badge_away(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX", "B")])
    send(passing("ada", "OneX", minute=1))
    assert [badge.status for badge in credly.badges()] == [Badge.Status.AWARDED]


@pytest.mark.parametrize("name", ["Ada", "ada ", "ádá", "ADA"])
def test_names_that_look_alike_are_different_learners(credly: World, name: str) -> None:
    credly.configure(requirements=[requirement("one", "OneX"), requirement("two", "TwoX")])
    send(passing("ada", "OneX"), passing(name, "TwoX"))
    assert len(credly.badges()) == (1 if name == "ada " else 0)


def test_a_badge_lost_before_it_was_sent_is_never_sent(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    send(passing("ada", "OneX", is_passing=False, minute=1))
    credly.deliver(1)
    assert credly.sandbox.badges(credly.organization) == []
    assert [issuance.status for issuance in Issuance.objects.all()] == [Issuance.Status.CANCELLED]
    make_due()


def test_pass_and_fail_in_one_batch_award_nothing(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"), passing("ada", "OneX", is_passing=False, minute=1))
    assert credly.badges() == []
