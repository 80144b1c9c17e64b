"""Compiled rules are those that stand in the database."""

import pytest
from django.db.models import Q

from credentials_badges.badges import rules
from credentials_badges.badges.models import DataRule
from tests.badges.world import World, key, passing, requirement, send


def test_known_rules_cost_one_statement(credly: World, django_assert_num_queries: object) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    with django_assert_num_queries(10):  # type: ignore[operator]
        rules.current()
    with django_assert_num_queries(1):  # type: ignore[operator]
        rules.current()


def test_rules_that_change_while_they_are_read_are_read_again(credly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rules._compile
    changes = iter([lambda: credly.configure(requirements=[requirement("one", "OneX")])])

    def compile_while_somebody_writes(version: int, which: Q) -> rules.Rules:
        compiled = real(version, which)
        next(changes, lambda: None)()
        return compiled

    monkeypatch.setattr(rules, "_compile", compile_while_somebody_writes)
    assert len(rules.current().goals) == 1


def test_changed_rules_count_for_the_next_event(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "TwoX"))
    DataRule.objects.get(value=key("OneX")).delete()
    send(passing("ada", "TwoX", minute=1))
    assert len(credly.badges()) == 1
