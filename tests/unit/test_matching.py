"""Which conditions an event meets: by the event's own types, and at a cost that only what is touched has."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from credentials_badges.badges.matching import Condition, Index, Rule
from credentials_badges.badges.operators import Operator
from credentials_badges.badges.values import FALSE_WORDS, TRUE_WORDS

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def equal(value: Any, written: str) -> bool:
    """Whether an event's value equals a rule's; `ne` must say the opposite."""
    payload = {"x": value}
    eq, ne = (Rule("x", operator, written).holds(payload) for operator in (Operator.EQ, Operator.NE))
    assert eq is not ne
    return eq


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text", "text"),
        ("", ""),
        ("30", "30"),
        ("30.0", "30.0"),
        ("yes", "yes"),
        ("-", "-"),
        ("true", "true"),
        ("愛", "愛"),
        (True, "true"),
        (True, "True"),
        (True, "YES"),
        (True, " + "),
        (False, "false"),
        (False, "no"),
        (False, "-"),
        (30, "30"),
        (30, "30.0"),
        (30.0, "30"),
        (30, " 30 "),
        (100, "1e2"),
        (1e2, "100"),
        (0.1, "0.1"),
        (0.1, "0.10"),
        (-0.0, "0"),
        (-5, "-5"),
        (10**400, "1e400"),
        (2**53 + 1, "9007199254740993"),
        (1e300, "1e300"),
    ],
)
def test_equal(value: Any, written: str) -> None:
    assert equal(value, written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text", "Text"),
        ("text", " text"),
        ("30.0", "30"),
        ("30", "30.0"),
        ("1", "true"),
        ("true", "True"),
        (True, "1"),
        (True, "1.0"),
        (True, "false"),
        (True, "on"),
        (False, "0"),
        (False, ""),
        (1, "true"),
        (1, "+"),
        (0, "false"),
        (0, "-"),
        (30, "thirty"),
        (30, "30.01"),
        (2**53 + 1, "9007199254740992"),
        (0.1 + 0.2, "0.3"),
        (1, "nan"),
        (1, "Infinity"),
        (1, "1e9999999999999999999"),
    ],
)
def test_not_equal(value: Any, written: str) -> None:
    assert not equal(value, written)


@pytest.mark.parametrize("operator", [Operator.EQ, Operator.NE])
@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({}, "x"),
        ({"y": 1}, "x"),
        ({"x": None}, "x"),
        ({"x": {}}, "x"),
        ({"x": {"y": 1}}, "x"),
        ({"x": []}, "x"),
        ({"x": ["1"]}, "x"),
        ({"x": [{"y": "1"}]}, "x.y"),
        ({"x": ["1"]}, "x.0"),
        ({"x": "1"}, "x.y"),
        ({"x": {"y": "1"}}, "x."),
        ({"x.y": "1"}, "x.y"),
        ({"x": float("nan")}, "x"),
        ({"x": float("inf")}, "x"),
        ({"x": float("-inf")}, "x"),
    ],
)
def test_a_path_without_a_plain_value_there_never_holds(operator: str, payload: dict[str, Any], path: str) -> None:
    for written in ("1", "None", "null", "", "nan", "inf", "NaN", "true"):
        assert not Rule(path, operator, written).holds(payload)


def test_dots_lead_into_objects() -> None:
    payload = {"course": {"key": {"org": "X"}, "": "empty"}}
    assert Rule("course.key.org", Operator.EQ, "X").holds(payload)
    assert Rule("course.", Operator.EQ, "empty").holds(payload)


def matched(conditions: list[Condition], event_type: str, payload: Mapping[str, Any]) -> list[int]:
    """What the index says."""
    return sorted(condition.id for condition in Index(conditions).match(event_type, payload, NOW))


def test_a_condition_without_rules_is_met_by_every_event_of_its_type() -> None:
    conditions = [Condition(1, "t"), Condition(2, "u")]
    assert matched(conditions, "t", {}) == [1]
    assert matched(conditions, "v", {}) == []
    assert Index(conditions).event_types() == {"t", "u"}


def test_all_rules_of_a_condition_have_to_hold() -> None:
    conditions = [Condition(1, "t", (Rule("a", Operator.EQ, "1"), Rule("b", Operator.NE, "2")))]
    assert matched(conditions, "t", {"a": 1, "b": 1}) == [1]
    assert matched(conditions, "t", {"a": 1, "b": 2}) == []
    assert matched(conditions, "t", {"a": 1}) == []


VALUES: list[Any] = [
    *[True, False, None, 0, 1, 30, 30.0, 100, 1e2, -0.0, 10**30, float("nan"), float("inf"), [], [1], {}],
    *["true", "yes", "-", "30", "30.0", "1e2", "1", "", "愛", "None"],
]
WRITTEN = ["true", "Yes", "+", "-", "no", "0", "1", "30", "30.0", "1e2", "100", "nan", "", "愛", "None", "1e30"]
PATHS = ["a", "b", "a.b", "b.a", "a.b.c", "c"]


def payload_of(dice: random.Random, depth: int = 3) -> dict[str, Any]:
    """An object with some of the keys a, b and c."""
    return {
        key: payload_of(dice, depth - 1) if depth and dice.random() < 0.4 else dice.choice(VALUES)
        for key in "abc"
        if dice.random() < 0.7
    }


def condition_of(dice: random.Random, id_: int) -> Condition:
    """A condition of up to three rules."""
    rules = [
        Rule(dice.choice(PATHS), dice.choice([Operator.EQ, Operator.EQ, Operator.NE]), dice.choice(WRITTEN))
        for _ in range(dice.randrange(4))
    ]
    return Condition(id_, dice.choice("tu"), tuple(rules))


def slowly_holds(rule: Rule, payload: Any) -> bool:
    """The rules of comparison, in the plainest words."""
    found = payload
    for key in rule.path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    word = rule.value.strip().lower()
    if isinstance(found, bool):
        same = word in (TRUE_WORDS if found else FALSE_WORDS)
    elif isinstance(found, int | float):
        if found - found != 0:  # Infinite, or no number.
            return False
        try:
            number = Fraction(word)
        except ValueError:
            same = False
        else:
            same = number == found
    elif isinstance(found, str):
        same = found == rule.value
    else:
        return False
    return same == (rule.operator == Operator.EQ)


def test_the_index_agrees_with_a_slow_and_obvious_evaluation() -> None:
    dice = random.Random(2026)
    hits = 0
    for _ in range(40):
        conditions = [condition_of(dice, id_) for id_ in range(dice.randrange(1, 120))]
        index = Index(conditions)
        for _ in range(100):
            event_type, payload = dice.choice("tuv"), payload_of(dice)
            expected = [
                condition.id
                for condition in conditions
                if condition.event_type == event_type and all(slowly_holds(rule, payload) for rule in condition.rules)
            ]
            assert sorted(each.id for each in index.match(event_type, payload, NOW)) == expected, json.dumps(payload)
            hits += len(expected)
    assert hits > 1000


@pytest.mark.parametrize("passing", [True, False])
def test_an_event_costs_nothing_for_the_conditions_that_it_does_not_touch(
    monkeypatch: pytest.MonkeyPatch, *, passing: bool
) -> None:
    """All 10,000 share one rule; the other tells each course from all others."""
    index = Index(
        Condition(
            number, "t", (Rule("is_passing", Operator.EQ, "true"), Rule("course.key", Operator.EQ, f"course-{number}"))
        )
        for number in range(10_000)
    )
    calls: list[Rule] = []
    holds = Rule.holds
    monkeypatch.setattr(Rule, "holds", lambda rule, payload: calls.append(rule) or holds(rule, payload))
    event = {"is_passing": passing, "course": {"key": "course-77"}}
    assert [each.id for each in index.match("t", event, NOW)] == ([77] if passing else [])
    assert len(calls) <= 2
    assert list(index.match("t", {"is_passing": True, "course": {"key": "another"}}, NOW)) == []
    assert len(calls) <= 2
