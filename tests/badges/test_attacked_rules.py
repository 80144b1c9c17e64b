"""Ways in which rules that change, persons who decide, and odd times once led to a wrong badge."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from credentials_badges.badges import granting, recomputing, rules_file
from credentials_badges.badges.goals import Goal, Mark, Need, Policy
from credentials_badges.badges.models import Badge, BadgeRequirement, BadgeTemplate, Learner
from credentials_badges.badges.standing import stand
from credentials_badges.badges.strict_yaml import WrongFile
from tests.badges.world import START, World, passing, penalty, requirement, send

ONE = requirement("one", "OneX")


def on_badge(template: BadgeTemplate, id_: str = "badge", **more: Any) -> dict[str, Any]:
    return {"id": id_, "badge": {"provider": "credly", "external_id": template.external_id}, **more}


def holders(world: World, number: int = 0) -> list[str]:
    rows = Badge.objects.filter(template=world.templates[number], status=Badge.Status.AWARDED)
    return sorted(rows.values_list("learner__username", flat=True))


def revoke_all() -> None:
    boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
    ids = Badge.objects.values_list("pk", flat=True)
    granting.revoke(list(ids), by=boss, reason="By mistake", now=timezone.now())


def recompute(template: BadgeTemplate) -> None:
    recomputing.carry_on(recomputing.ask([template], timezone.now(), applies=True).pk)


class TestByHand:
    """What a person has taken back stays so, whatever becomes of the rules."""

    def test_when_the_requirement_is_renamed(self, credly: World) -> None:
        credly.configure(requirements=[ONE])
        send(passing("ada", "OneX", minute=2))
        revoke_all()
        credly.configure(requirements=[requirement("uno", "OneX")])
        recompute(credly.templates[0])
        send(passing("ada", "OneX", minute=1))
        assert holders(credly) == []
        send(passing("ada", "OneX", time=timezone.now().isoformat()))
        assert holders(credly) == ["ada"]

    def test_when_it_rests_on_a_badge_that_is_still_held(self, credly: World) -> None:
        credly.configure(requirements=[ONE])
        credly.configure(1, requirements=[on_badge(credly.templates[0])])
        send(passing("ada", "OneX"))
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        second = Badge.objects.get(template=credly.templates[1])
        granting.revoke([second.pk], by=boss, reason="By mistake", now=timezone.now())
        recompute(credly.templates[1])
        assert (holders(credly), holders(credly, 1)) == (["ada"], [])

    def test_a_badge_given_by_hand_that_has_ended_can_be_earned_anew(self, credly: World) -> None:
        credly.configure(award="again_after_expiry", expires_days=30, requirements=[ONE])
        boss = Learner.objects.create_superuser("boss", "boss@example.com", "x")
        ada, now = Learner.objects.create_user("ada"), timezone.now()
        granting.grant(credly.templates[0], [ada], by=boss, reason="A talk", now=now - timedelta(days=60))
        send(passing("ada", "OneX", time=(now - timedelta(days=1)).isoformat()))
        assert Badge.objects.count() == 2


class TestLimits:
    """A seat that becomes free is given to whoever has earned it."""

    def test_also_to_one_who_lost_the_badge_before(self, credly: World) -> None:
        credly.configure(limit=1, requirements=[ONE], penalties=[penalty("OneX", "one")])
        send(passing("ada", "OneX"))
        send(passing("ada", "OneX", is_passing=False, minute=1), passing("ben", "OneX", minute=1))
        send(passing("ada", "OneX", minute=2))
        assert holders(credly) == ["ben"]
        send(passing("ben", "OneX", is_passing=False, minute=3))
        send(passing("ada", "OneX", minute=4))
        assert holders(credly) == ["ada"]

    def test_what_was_never_given_was_not_the_first(self, credly: World) -> None:
        credly.configure(award="once", limit=1, requirements=[ONE], penalties=[penalty("OneX", "one")])
        send(passing("ben", "OneX"))
        send(passing("ada", "OneX", minute=1))
        send(passing("ada", "OneX", is_passing=False, minute=2), passing("ben", "OneX", is_passing=False, minute=2))
        send(passing("ada", "OneX", minute=3))
        assert holders(credly) == ["ada"]


def test_a_penalty_counts_also_where_the_group_has_come_to_need_more(credly: World) -> None:
    group = [{**ONE, "group": "A"}, requirement("two", "TwoX", "A")]
    credly.configure(requirements=group, penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    credly.configure(requirements=group, groups={"A": 2})
    assert holders(credly) == ["ada"]
    send(passing("ada", "OneX", is_passing=False, minute=1))
    assert holders(credly) == []


def test_badges_that_require_one_another_are_refused(credly: World) -> None:
    first, second, third = credly.templates
    credly.configure(0, requirements=[ONE, on_badge(third)])
    credly.configure(1, requirements=[on_badge(first)])
    with pytest.raises(WrongFile, match="nobody could begin"):
        credly.configure(2, requirements=[on_badge(second)])
    assert not BadgeRequirement.objects.filter(template=third).exists()


def test_an_event_of_the_year_one_does_no_harm(credly: World) -> None:
    credly.configure(requirements=[{**ONE, "count": 2, "within_days": 30}])
    send(passing("ada", "OneX", time="0001-01-01T00:00:00Z"), passing("ada", "OneX"), passing("ada", "OneX", minute=1))
    assert holders(credly) == ["ada"]


@pytest.mark.parametrize(
    "need",
    [
        Need(1, "A", count=5, distinct=True),
        Need(1, "A", count=30, streak="day"),
        Need(1, "A", count=5000),
    ],
    ids=["few values", "many a day", "many"],
)
def test_a_long_history_is_judged_in_no_time(need: Need) -> None:
    goal = Goal(1, 1, Policy.ONCE, {1: need}, {"A": 1})
    marks = [
        Mark(1, START + timedelta(minutes=number), number, number % 10 != 9 or not need.distinct, f"value {number % 3}")
        for number in range(10_000)
    ]
    before = time.monotonic()
    assert stand(goal, marks).counts[1] >= 1
    assert time.monotonic() - before < 5


class TestFiles:
    """Files that were answered with a traceback, or not read back as they were written."""

    @pytest.mark.parametrize(
        "text",
        [
            r'templates: ["\U00110000"]',
            "%YAML 1." + "9" * 5_000 + "\n---\ntemplates: []",
            '{"templates": [{"provider": "credly", "name": "N", "groups": {"a\\ud800": 1}}]}',
            '{"templates": [{"provider": "credly", "name": "N", "groups": {"a\\u0000": 1}}]}',
            '{"templates": [{"provider": "credly", "name": "N", "limit": "' + "0" * 19 + "1" + "9" * 200 + '"}]}',
            '{"templates": [{"provider": "credly", "name": "N", "limit": "00000000000000000001555"}]}',
        ],
    )
    def test_a_file_that_cannot_be_meant_is_refused_with_its_line(self, text: str) -> None:
        with pytest.raises(WrongFile, match=r"^line \d+: "):
            rules_file.read(text)

    @pytest.mark.parametrize("odd", ["a\x85b", "a\u2028b", "ä 🙂", " ", "'", "a: b"])
    def test_odd_texts_survive(self, odd: str) -> None:
        requirement = rules_file.RequirementSpec(id="one", event_type="t", description=f"x{odd}y")
        template = rules_file.TemplateName(provider="credly", name="N")
        spec = rules_file.TemplateSpec(template=template, requirements=(requirement,), groups={f"g{odd}h": 1})
        assert rules_file.read(rules_file.write([spec])) == [spec]

    def test_a_value_of_a_list_stands_on_one_line(self) -> None:
        rules = '[{"path": "p", "operator": "in", "value": ["a\\nb"]}]'
        requirements = f'[{{"id": "r", "event_type": "t", "rules": {rules}}}]'
        text = f'{{"templates": [{{"provider": "credly", "name": "N", "requirements": {requirements}}}]}}'
        with pytest.raises(WrongFile, match="stands on one line"):
            rules_file.read(text)


def test_moments_are_told_apart_from_their_repetitions() -> None:
    """A repetition renews what expires, also after another value was undone."""
    need = Need(1, "A", count=2, distinct=True, lasts=timedelta(days=10))
    other = Need(2, "B")
    goal = Goal(1, 1, Policy.ONCE, {1: need, 2: other}, {"A": 1, "B": 1})
    day = datetime(2026, 1, 1, tzinfo=UTC)

    def mark(id_: int, number: int, value: str = "", *, fulfilled: bool = True) -> Mark:
        return Mark(id_, day + timedelta(days=number), number + 1, fulfilled, value)

    marks = [mark(1, 0, "a"), mark(1, 1, "b"), mark(1, 2, "c"), mark(1, 20, "a"), mark(1, 21, "c", fulfilled=False)]
    assert len(stand(goal, [*marks, mark(2, 25)]).awards) == 1
    assert len(stand(goal, [*marks, mark(2, 31)]).awards) == 0
