"""Tries an event out: which requirements and penalties it would meet, and what each rule says about it. Stores nothing.

It looks at this one event: neither count, order and expiry nor what the learner has done before matter here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from credentials_badges.badges.marking import shown
from credentials_badges.badges.matching import Condition, Payload
from credentials_badges.badges.models import DataRule
from credentials_badges.badges.rules import Rules
from credentials_badges.badges.values import look_up, senses


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says, in words, and what the event has there, as JSON; empty if it has nothing there."""

    says: str
    found: str
    holds: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A requirement or penalty, by id, and what came of it."""

    id: int
    goal_id: int
    is_penalty: bool
    answers: tuple[Answer, ...]

    @property
    def failing(self) -> int:
        """How many rules do not hold."""
        return sum(not answer.holds for answer in self.answers)


def try_out(event_type: str, payload: Payload, at: datetime, rules: Rules) -> list[Trial]:
    """What asks for events of the type: first what this one meets, then that of which fewest rules fail."""
    trials = [
        Trial(
            id=each.id,
            goal_id=rules.goal_of[each.id].id,
            is_penalty=False,
            answers=(*_of_rules(each, payload), *_of_the_rest(each, payload, at, rules)),
        )
        for each in rules.requirements.of_type(event_type)
    ]
    trials += [
        Trial(
            id=each.id,
            goal_id=rules.goal_of[min(rules.resets[each.id])].id,
            is_penalty=True,
            answers=tuple(_of_rules(each, payload)),
        )
        for each in rules.penalties.of_type(event_type)
    ]
    return sorted(trials, key=lambda trial: trial.failing)


def _of_rules(condition: Condition, payload: Payload) -> Iterator[Answer]:
    for rule in condition.rules:
        says = str(DataRule(path=rule.path, operator=rule.operator, value=rule.value))
        yield Answer(says, _json(look_up(payload, rule.path)), rule.holds(payload))


def _of_the_rest(condition: Condition, payload: Payload, at: datetime, rules: Rules) -> Iterator[Answer]:
    """What a requirement says besides its rules, where that keeps the event from counting."""
    happened = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    if condition.since and at < condition.since:
        says = _("happens since %(moment)s") % {"moment": f"{condition.since:%Y-%m-%d %H:%M:%S} UTC"}
        yield Answer(says, happened, holds=False)
    if condition.until and at >= condition.until:
        says = _("happens until %(moment)s") % {"moment": f"{condition.until:%Y-%m-%d %H:%M:%S} UTC"}
        yield Answer(says, happened, holds=False)
    path = rules.distinct.get(condition.id)
    if path and not senses(found := look_up(payload, path)):
        says = _("%(path)s has a value, which tells events apart") % {"path": path}
        yield Answer(says, _json(found), holds=False)


def _json(found: object) -> str:
    """As the event writes it, since a text and a number may look the same; cut where it is long."""
    if found is None:
        return ""
    cut = shown(found)
    return str(cut) if isinstance(found, list | dict) else json.dumps(cut, ensure_ascii=False)
