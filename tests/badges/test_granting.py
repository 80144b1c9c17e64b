"""Badges given by hand: who can have one, and what later events make of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import awarding, granting
from credentials_badges.badges.models import Badge, BadgeProgress, BadgeTemplate, Issuance
from tests.badges.by_hand import AWARDED, REVOKED, at, grant, holders, learner, on_badge, revoke
from tests.badges.world import World, passing, penalty, requirement, send


@pytest.fixture
def template(credly: World) -> BadgeTemplate:
    """Earned by passing a course, and lost by failing it."""
    return credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])


class TestGiving:
    def test_it_needs_no_rules_and_is_issued_as_any_other(self, credly: World) -> None:
        template = credly.templates[0]
        assert (template.is_active, template.requirements.exists()) == (False, False)
        assert grant(template, "ada") == {}
        (badge,) = credly.badges()
        assert (badge.learner.username, badge.status, badge.ordinal) == ("ada", AWARDED, 1)
        assert (badge.granted_by, badge.grant_reason) == (learner("boss"), "They helped a lot.")
        assert (badge.awarded_at, badge.earned_at, badge.expires_at, badge.event) == (at(5), at(5), None, None)
        credly.deliver()
        badge.refresh_from_db()
        assert [row["id"] for row in credly.held()] == [badge.external_id]
        assert Issuance.objects.get().reason == ""

    def test_it_ends_as_an_earned_one_does(self, credly: World) -> None:
        template = credly.templates[0]
        BadgeTemplate.objects.update(expires_days=30)
        grant(template, "ada")
        assert credly.badges()[0].expires_at == at(5) + timedelta(days=30)

    @pytest.mark.parametrize("state", ["draft", "archived"])
    def test_what_the_provider_does_not_issue_is_refused(self, credly: World, state: str) -> None:
        template = credly.templates[0]
        BadgeTemplate.objects.update(state=state)  # The template at hand does not know yet.
        refused = grant(template, "ada", "ben")
        assert sorted(refused) == ["ada", "ben"]
        assert f"is {state} at the provider" in refused["ada"]
        assert not Badge.objects.exists()
        assert not Issuance.objects.exists()

    def test_who_holds_it_already_is_refused(self, credly: World, template: BadgeTemplate) -> None:
        send(passing("ada", "OneX"))
        grant(template, "ben")
        assert grant(template, "ada", "cem", "ben") == {"ada": granting.HELD, "ben": granting.HELD}
        assert holders(template) == ["ada", "ben", "cem"]
        assert Badge.objects.count() == Issuance.objects.count() == 3

    def test_one_who_is_named_twice_gets_one(self, credly: World) -> None:
        BadgeTemplate.objects.update(award="every_time")
        assert grant(credly.templates[0], "ada", "ada") == {}
        assert Badge.objects.count() == 1

    def test_every_time_gives_another(self, credly: World) -> None:
        BadgeTemplate.objects.update(award="every_time")
        for _ in range(3):
            assert grant(credly.templates[0], "ada") == {}
        assert [badge.ordinal for badge in credly.badges()] == [1, 2, 3]
        assert [badge.status for badge in credly.badges()] == [AWARDED] * 3

    def test_after_a_revocation_it_can_be_given_again(self, credly: World) -> None:
        grant(credly.templates[0], "ada")
        revoke(*credly.badges())
        assert grant(credly.templates[0], "ada", minute=20) == {}
        assert [(badge.ordinal, badge.status) for badge in credly.badges()] == [(1, REVOKED), (2, AWARDED)]

    def test_the_limit_holds_for_those_named_first(self, credly: World) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")], limit=3)
        send(passing("ada", "OneX"))
        refused = grant(template, "dan", "ada", "ben", "cem")
        assert refused["ada"] == granting.HELD
        assert refused["cem"].startswith("Only 3 learners may hold this badge")
        assert holders(template) == ["ada", "ben", "dan"]
        send(passing("eva", "OneX"))
        assert holders(template) == ["ada", "ben", "dan"]
        revoke(Badge.objects.get(learner__username="dan"))
        assert grant(template, "cem") == {}

    def test_the_limit_counts_learners_and_not_badges(self, credly: World) -> None:
        BadgeTemplate.objects.update(limit=1, award="every_time")
        assert grant(credly.templates[0], "ada") == {}
        assert sorted(grant(credly.templates[0], "ada", "ben")) == ["ben"]
        assert holders(credly.templates[0]) == ["ada", "ada"]

    def test_the_limit_as_it_is_by_now_counts(self, credly: World) -> None:
        template = credly.templates[0]
        BadgeTemplate.objects.update(limit=1)
        assert template.limit is None
        assert sorted(grant(template, "ada", "ben")) == ["ben"]

    def test_what_would_be_refused_is_said_beforehand_also_of_who_is_not_known_yet(self, credly: World) -> None:
        BadgeTemplate.objects.update(limit=2)
        template = BadgeTemplate.objects.get(pk=credly.templates[0].pk)
        grant(template, "ada")
        refused = granting.refusals(template, [-2, learner("ada").pk, -3, learner("ben").pk])
        assert sorted(refused) == sorted([-3, learner("ada").pk, learner("ben").pk])
        assert Badge.objects.count() == 1


class TestWhatComesLater:
    def test_a_penalty_does_not_take_back_what_was_given(self, credly: World, template: BadgeTemplate) -> None:
        grant(template, "ada")
        send(passing("ada", "OneX", minute=20))
        send(passing("ada", "OneX", minute=30, is_passing=False))
        assert holders(template) == ["ada"]
        assert BadgeProgress.objects.get().groups_done == 0

    @pytest.mark.parametrize("award", ["once", "again_after_revoke", "again_after_expiry"])
    def test_it_counts_as_the_first_one(self, credly: World, award: str) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")], award=award, expires_days=30)
        now = timezone.now()
        granting.grant(template, [learner("ada")], by=learner("boss"), reason="Why not.", now=now)
        send(passing("ada", "OneX", time=now.isoformat()))
        assert [badge.granted_by_id for badge in credly.badges()] == [learner("boss").pk]

    def test_every_time_events_make_badges_beside_it(self, credly: World) -> None:
        template = credly.configure(requirements=[requirement("one", "OneX")], award="every_time")
        grant(template, "ada")
        send(passing("ada", "OneX"), passing("ada", "OneX", minute=20))
        assert [badge.granted_by is not None for badge in credly.badges()] == [True, False, False]
        assert holders(template) == ["ada"] * 3

    def test_it_fulfils_the_requirements_of_other_badges_until_it_is_revoked(self, credly: World) -> None:
        first, second, third = credly.templates
        credly.configure(1, requirements=[on_badge(first)])
        credly.configure(2, requirements=[on_badge(second), requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        grant(first, "ada", "ben")
        assert [holders(each) for each in (first, second, third)] == [["ada", "ben"], ["ada", "ben"], ["ada"]]
        revoke(Badge.objects.get(template=first, learner__username="ada"))
        assert [holders(each) for each in (first, second, third)] == [["ben"], ["ben"], []]
        told = Badge.objects.filter(learner__username="ada").order_by("template_id")
        assert [badge.revoke_reason for badge in told] == ["It was a mistake.", awarding.WITHDRAWN, awarding.WITHDRAWN]
        assert [badge.revoked_by for badge in told] == [learner("boss"), None, None]

    def test_what_rests_on_it_keeps_to_its_own_limit(self, credly: World) -> None:
        first, second, _ = credly.templates
        credly.configure(1, requirements=[on_badge(first)], limit=2)
        grant(first, "ada", "ben", "cem")
        assert len(holders(second)) == 2
        assert len(holders(first)) == 3


def statements(work: Any, *args: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        work(*args)
    return len(captured)


def test_many_learners_cost_as_many_statements_as_few(credly: World) -> None:
    first, second, _ = credly.templates
    credly.configure(requirements=[requirement("one", "OneX")], limit=100)
    credly.configure(1, requirements=[on_badge(first)], limit=100)
    grant(first, "first of all")  # Also compiles the rules.
    counts = []
    for names in (["ada", "ben", "cem"], [f"learner{number}" for number in range(30)]):
        chosen = [learner(name) for name in names]
        boss = learner("boss")
        send(*[passing(name, "TwoX") for name in names])
        given = statements(lambda: granting.grant(first, chosen, by=boss, reason="-", now=at(5)))  # noqa: B023
        ids = list(Badge.objects.filter(template=first, learner__in=chosen).values_list("pk", flat=True))
        assert len(ids) == len(names)
        taken = statements(lambda: granting.revoke(ids, by=boss, reason="-", now=at(6)))  # noqa: B023
        assert Badge.objects.filter(template=second, learner__in=chosen, status=REVOKED).count() == len(names)
        counts.append((given, taken))
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 50
