"""Badges taken back by hand: what is told, what no longer counts, and what still does."""

import pytest
from django.utils import timezone

from credentials_badges.badges import awarding, granting, recomputing
from credentials_badges.badges.models import Badge, BadgeProgress, BadgeTemplate, Issuance
from tests.badges.by_hand import AWARDED, REVOKED, at, grant, holders, learner, on_badge, revoke
from tests.badges.world import PASSING, World, course_rule, passing, penalty, requirement, send


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    """Earned by passing a course, and lost by failing it."""
    return credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])


def test_the_reason_goes_to_the_provider_and_stays_with_the_badge(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX"))
    credly.deliver()
    assert revoke(*credly.badges()) == 1
    (badge,) = credly.badges()
    assert (badge.status, badge.revoked_at, badge.revoked_by) == (REVOKED, at(10), learner("boss"))
    assert badge.revoke_reason == "It was a mistake."
    credly.deliver()
    (row,) = credly.sandbox.badges(credly.organization)
    assert (row["state"], row["revocation_reason"]) == ("revoked", "It was a mistake.")


def test_what_has_not_left_yet_is_called_off(credly: World) -> None:
    grant(credly.templates[0], "ada")
    assert revoke(*credly.badges()) == 1
    assert Issuance.objects.get().status == Issuance.Status.CANCELLED


def test_what_is_not_held_is_left_alone(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX"), passing("ben", "OneX"))
    send(passing("ben", "OneX", minute=1, is_passing=False))
    assert revoke(*credly.badges()) == 1
    assert revoke(*credly.badges(), minute=15) == 0
    assert granting.revoke([10**9], by=learner("boss"), reason="-", now=at(20)) == 0
    told = Badge.objects.order_by("learner__username").values_list("revoke_reason", "revoked_by__username")
    assert list(told) == [("It was a mistake.", "boss"), (awarding.WITHDRAWN, None)]


def test_what_happened_before_no_longer_counts_and_a_new_pass_does(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX", minute=5))
    revoke(*credly.badges(), minute=10)
    assert BadgeProgress.objects.get().groups_done == 0
    send(passing("ada", "OneX", minute=9))
    assert holders(template) == []
    send(passing("ada", "OneX", minute=11))
    assert holders(template) == ["ada"]
    assert [badge.earned_at for badge in credly.badges()] == [at(5), at(11)]


def test_of_several_events_only_those_after_it_count(credly: World) -> None:
    twice = {"id": "twice", "event_type": PASSING, "rules": course_rule("OneX"), "count": 2}
    template = credly.configure(requirements=[twice])
    send(*[passing("ada", "OneX", minute=minute) for minute in (1, 2, 3)])
    revoke(*credly.badges(), minute=10)
    send(passing("ada", "OneX", minute=4), passing("ada", "OneX", minute=11))
    assert holders(template) == []
    send(passing("ada", "OneX", minute=12))
    assert holders(template) == ["ada"]


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(("award", "number"), [("once", 1), ("again_after_revoke", 2)])
def test_whether_it_can_be_earned_again_is_the_templates_to_say(
    credly: World, award: str, number: int, given: bool
) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")], award=award)
    if given:
        grant(template, "ada", minute=1)
    send(passing("ada", "OneX", minute=2))
    assert len(credly.badges()) == 1
    revoke(*credly.badges(), minute=10)
    send(passing("ada", "OneX", minute=9))
    assert holders(template) == []
    send(passing("ada", "OneX", minute=11))
    assert len(credly.badges()) == number
    assert len(holders(template)) == number - 1


def test_it_is_remembered_when_the_rules_change(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX", minute=1))
    revoke(*credly.badges(), minute=10)
    send(passing("ada", "OneX", minute=11))
    assert holders(template) == ["ada"]
    credly.configure(requirements=[{**requirement("one", "OneX"), "count": 2}])
    job = recomputing.ask([template], timezone.now(), applies=True, revokes=True)
    assert recomputing.carry_on(job.pk)
    assert holders(template) == []  # The event before the revocation is not the second one.


def test_what_was_known_before_it_does_not_count_whatever_its_time(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX", minute=1))
    send(passing("ada", "OneX", minute=20))  # While the revocation waited for its turn.
    revoke(*credly.badges(), minute=10)
    assert BadgeProgress.objects.get().groups_done == 0
    send(passing("ada", "OneX", minute=20))
    assert holders(template) == []
    send(passing("ada", "OneX", minute=21))
    assert holders(template) == ["ada"]


def test_every_time_takes_back_that_badge_and_what_was_left_over(credly: World) -> None:
    twice = {"id": "twice", "event_type": PASSING, "rules": course_rule("OneX"), "count": 2}
    template = credly.configure(requirements=[twice], award="every_time")
    send(*[passing("ada", "OneX", minute=minute) for minute in range(5)])
    first, second = credly.badges()
    assert revoke(first) == 1
    send(passing("ada", "OneX", minute=11))
    assert [badge.status for badge in credly.badges()] == [REVOKED, AWARDED]
    send(passing("ada", "OneX", minute=12))
    assert [badge.status for badge in credly.badges()] == [REVOKED, AWARDED, AWARDED]
    assert holders(template) == ["ada", "ada"]
    assert second.earned_at == credly.badges()[1].earned_at


def test_two_of_the_same_learner_at_once(credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")], award="every_time")
    send(passing("ada", "OneX", minute=1), passing("ada", "OneX", minute=2), passing("ada", "OneX", minute=3))
    assert revoke(*credly.badges()[:2]) == 2
    assert holders(template) == ["ada"]


def test_one_that_rests_on_another_that_is_revoked_with_it(credly: World) -> None:
    first, second, _ = credly.templates
    credly.configure(1, requirements=[on_badge(first)])
    grant(first, "ada")
    assert revoke(*credly.badges()) == 2
    assert {badge.revoked_by for badge in credly.badges()} == {learner("boss")}
    grant(first, "ada", minute=20)
    assert holders(second) == ["ada"]


def test_nothing_is_undone_for_others(credly: World, template: BadgeTemplate) -> None:
    credly.configure(1, requirements=[requirement("two", "OneX")])
    send(passing("ada", "OneX"), passing("ben", "OneX"))
    revoke(Badge.objects.get(learner__username="ada", template=template))
    assert holders(template) == ["ben"]
    assert holders(credly.templates[1]) == ["ada", "ben"]
    assert BadgeProgress.objects.filter(groups_done=0).values_list("learner__username", flat=True).get() == "ada"


def test_of_a_template_that_is_not_active_nothing_before_counts_later(credly: World, template: BadgeTemplate) -> None:
    send(passing("ada", "OneX", minute=1))
    credly.configure(active=False)
    assert revoke(*credly.badges()) == 1
    credly.configure(active=True)
    send(passing("ada", "OneX", minute=2))
    assert holders(template) == []
