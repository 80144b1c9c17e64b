"""What events say about requirements: written down once each, and read back for judging.

Where only the newest event about a requirement matters, its row is written over (slot 0); else each event has one.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection

from credentials_badges.badges.goals import Mark
from credentials_badges.badges.matching import Condition
from credentials_badges.badges.models import Fulfillment, LearningEvent
from credentials_badges.badges.rules import Rules
from credentials_badges.badges.values import look_up, senses

SQL_IN_LIMIT = 10_000
"""Ids in one IN list; SQLite allows some 32,000 parameters in a statement."""
SHOWN = 200
"""Characters of a value that are kept."""

Place = tuple[int, int]
"""Requirement id and slot."""
Pair = tuple[int, int]
"""Learner id and template id."""
Marks = dict[Pair, dict[Place, Mark]]


@dataclass(frozen=True, slots=True)
class Found:
    """A mark, and why it is made."""

    mark: Mark
    why: dict[str, Any]


Findings = dict[Pair, dict[Place, Found]]


def read(events: Iterable[LearningEvent], rules: Rules) -> Findings:
    """What the events say; of two about the same place, the newer one."""
    findings: Findings = defaultdict(dict)

    def say(event: LearningEvent, requirement_id: int, condition: Condition, *, fulfilled: bool) -> None:
        goal = rules.goal_of[requirement_id]
        path = rules.distinct.get(requirement_id)
        value = value_of(look_up(event.payload, path)) if path else ""
        mark = Mark(requirement_id, event.occurred_at, event.pk, fulfilled, value)
        places = findings[event.learner_id or 0, goal.id]
        place = requirement_id, 0 if goal.is_plain else event.pk
        if place not in places or _moment(places[place].mark) <= _moment(mark):
            places[place] = Found(mark, _why(event, condition))

    for event in events:
        for condition in rules.requirements.match(event.type, event.payload, event.occurred_at):
            say(event, condition.id, condition, fulfilled=True)
        for condition in rules.penalties.match(event.type, event.payload, event.occurred_at):
            for requirement_id in rules.resets[condition.id]:
                say(event, requirement_id, condition, fulfilled=False)
    return findings


def held(learner_ids: Collection[int], goal_ids: Iterable[int], rules: Rules, **which: Any) -> Marks:
    """What is stored about the requirements of these goals; `which` may ask for some of the rows only."""
    requirement_ids = sorted({id_ for goal_id in goal_ids for id_ in rules.goals[goal_id].needs})
    marks: Marks = defaultdict(dict)
    for start in range(0, len(requirement_ids), SQL_IN_LIMIT):
        rows = Fulfillment.objects.filter(
            learner_id__in=learner_ids, requirement_id__in=requirement_ids[start : start + SQL_IN_LIMIT], **which
        )
        columns = ("learner_id", "requirement_id", "slot", "event_id", "as_of", "fulfilled", "value")
        for learner_id, requirement_id, slot, event_id, *said in rows.values_list(*columns):
            pair = learner_id, rules.goal_of[requirement_id].id
            marks[pair][requirement_id, slot] = Mark(requirement_id, said[0], max(slot, event_id or 0), *said[1:])
    return marks


def sides(pairs: Iterable[Pair]) -> tuple[set[int], set[int]]:
    """The learners and the goals of which pairs are made."""
    learner_ids, goal_ids = zip(*pairs, strict=True)
    return set(learner_ids), set(goal_ids)


def newer(findings: Findings, marks: Marks) -> Findings:
    """The findings that are not known yet."""
    return {
        pair: fresh
        for pair, places in findings.items()
        if (
            fresh := {
                place: found
                for place, found in places.items()
                if place not in marks.get(pair, {}) or _moment(marks[pair][place]) < _moment(found.mark)
            }
        )
    }


def keep(findings: Findings) -> None:
    """Write them down, also those whose time alone moved on: else a late penalty could undo them."""
    Fulfillment.objects.bulk_create(
        [
            Fulfillment(
                learner_id=learner_id,
                requirement_id=requirement_id,
                slot=slot,
                fulfilled=found.mark.fulfilled,
                as_of=found.mark.at,
                event_id=found.mark.order or None,
                value=found.mark.value,
                why=found.why,
            )
            for (learner_id, _), places in findings.items()
            for (requirement_id, slot), found in places.items()
        ],
        update_conflicts=True,
        update_fields=["fulfilled", "as_of", "event", "value", "why"],
        unique_fields=(
            ["learner", "requirement", "slot"] if connection.features.supports_update_conflicts_with_target else None
        ),
    )


def _moment(mark: Mark) -> tuple[datetime, int]:
    return mark.at, mark.order


def value_of(found: object) -> str:
    """What tells events apart, short enough for its column."""
    if not (own := senses(found)):
        return ""
    kind, value = own[0]
    text = f"{kind} {Fraction(value) if isinstance(value, Decimal) else value}"
    return text if len(text) <= SHOWN else f"{kind} {hashlib.sha256(text.encode()).hexdigest()}"


def _why(event: LearningEvent, condition: Condition) -> dict[str, Any]:
    return {
        "event": {"source": event.source, "id": event.event_id, "type": event.type},
        "rules": [
            [rule.path, rule.operator, rule.value[:SHOWN], shown(look_up(event.payload, rule.path))]
            for rule in condition.rules
        ],
    }


def shown(found: object) -> object:
    """What was found, short enough to be kept and looked at."""
    if found is None or isinstance(found, bool | int | float):
        return found
    return (found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))[:SHOWN]
