"""Which requirements and penalties an event meets. Pure: it knows neither Django nor the database.

Conditions are compiled into an index by event type and then by their rarest equality rule, so that the cost of an
event does not grow with the conditions that it does not touch.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credentials_badges.badges.operators import SAME, holds, values_of
from credentials_badges.badges.values import Sense, look_up, meanings, senses

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison: the value at `path` (keys joined by dots) with `value`, as an administrator wrote it."""

    path: str
    operator: str
    value: str

    def holds(self, payload: Payload) -> bool:
        """Whether the payload meets it."""
        return holds(self.operator, look_up(payload, self.path), self.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """An event type, the rules that all must hold, and when it may happen; no rules: every event of the type."""

    id: int
    event_type: str
    rules: tuple[Rule, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def meets(self, payload: Payload, at: datetime) -> bool:
        """Whether an event of the type does."""
        return self.in_time(at) and all(rule.holds(payload) for rule in self.rules)

    def in_time(self, at: datetime) -> bool:
        """Whether something that happened then may count."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class Index:
    """Conditions, compiled. Matching costs one look-up for each path that any condition of the type is filed under."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        by_type: dict[str, list[Condition]] = defaultdict(list)
        for condition in conditions:
            by_type[condition.event_type].append(condition)
        self._types = {event_type: _TypeIndex(same) for event_type, same in by_type.items()}

    def match(self, event_type: str, payload: Payload, at: datetime) -> Iterator[Condition]:
        """The conditions that the event meets."""
        if event_type in self._types:
            yield from self._types[event_type].match(payload, at)

    def event_types(self) -> frozenset[str]:
        """The types that any condition asks for."""
        return frozenset(self._types)

    def of_type(self, event_type: str) -> list[Condition]:
        """The conditions that ask for events of the type, whether an event meets them or not."""
        return list(self._types[event_type].conditions) if event_type in self._types else []


class _TypeIndex:
    """The conditions of one event type, filed under path and values of the equality rule that fewest others share."""

    def __init__(self, conditions: list[Condition]) -> None:
        self.conditions = conditions
        self._unfiled: list[Condition] = []
        self._files: dict[str, dict[Sense, list[Condition]]] = defaultdict(lambda: defaultdict(list))
        commonness = Counter(
            (rule.path, value)
            for condition in conditions
            for rule in condition.rules
            if rule.operator in SAME
            for value in values_of(rule.operator, rule.value)
        )

        def shared(rule: Rule) -> int:
            return sum(commonness[rule.path, value] for value in values_of(rule.operator, rule.value))

        for condition in conditions:
            equalities = [rule for rule in condition.rules if rule.operator in SAME]
            if not equalities:
                self._unfiled.append(condition)
                continue
            rarest = min(equalities, key=shared)
            named = (meanings(value) for value in values_of(rarest.operator, rarest.value))
            for meaning in frozenset().union(*named):
                self._files[rarest.path][meaning].append(condition)

    def match(self, payload: Payload, at: datetime) -> Iterator[Condition]:
        candidates = {condition.id: condition for condition in self._unfiled}
        for path, file in self._files.items():
            for sense in senses(look_up(payload, path)):
                candidates.update((condition.id, condition) for condition in file.get(sense, ()))
        for condition in candidates.values():
            if condition.meets(payload, at):
                yield condition
