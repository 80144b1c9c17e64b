"""Which requirements and penalties an event meets. Pure: it knows neither Django nor the database.

Conditions are compiled into an index by event type and then by their rarest equality rule, so that the cost of an
event does not grow with the conditions that it does not touch.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

EQ = "eq"
NE = "ne"
TRUE_WORDS = frozenset({"true", "yes", "+"})
FALSE_WORDS = frozenset({"false", "no", "-"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison: the value at `path` (keys joined by dots) with `value`, as an administrator wrote it."""

    path: str
    operator: str
    value: str

    def holds(self, payload: Mapping[str, Any]) -> bool:
        """Whether the payload meets it. A path without a plain value there never does."""
        found = fingerprint(look_up(payload, self.path))
        return found is not None and (found in fingerprints(self.value)) == (self.operator == EQ)


@dataclass(frozen=True, slots=True)
class Condition:
    """An event type and the rules that all must hold; no rules: every event of the type."""

    id: int
    event_type: str
    rules: tuple[Rule, ...] = ()


def look_up(payload: Mapping[str, Any], path: str) -> object:
    """The value at the path, or None if the payload does not have it."""
    value: object = payload
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def fingerprint(value: object) -> Hashable | None:
    """What equal values of an event have in common: 30 and 30.0, but not 1 and true. None for objects and lists."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float):
        return _number(str(value))
    return ("text", value) if isinstance(value, str) else None


@lru_cache(maxsize=100_000)
def fingerprints(written: str) -> frozenset[Hashable]:
    """All that a rule's text may stand for: the event's own type decides which of them counts."""
    meanings: set[Hashable] = {("text", written)}
    word = written.strip().lower()
    if word in TRUE_WORDS | FALSE_WORDS:
        meanings.add(("bool", word in TRUE_WORDS))
    if number := _number(word):
        meanings.add(number)
    return frozenset(meanings)


def _number(text: str) -> Hashable | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return ("number", number) if number.is_finite() else None


class Index:
    """Conditions, compiled. Matching costs one look-up for each path that any condition of the type is filed under."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        by_type: dict[str, list[Condition]] = defaultdict(list)
        for condition in conditions:
            by_type[condition.event_type].append(condition)
        self._types = {event_type: _TypeIndex(same) for event_type, same in by_type.items()}

    def match(self, event_type: str, payload: Mapping[str, Any]) -> Iterator[int]:
        """The ids of the conditions that the event meets."""
        if event_type in self._types:
            yield from self._types[event_type].match(payload)

    def event_types(self) -> frozenset[str]:
        """The types that any condition asks for."""
        return frozenset(self._types)


class _TypeIndex:
    """The conditions of one event type, filed under path and value of the equality rule that fewest others share."""

    def __init__(self, conditions: list[Condition]) -> None:
        self._unfiled: list[Condition] = []
        self._files: dict[str, dict[Hashable, list[Condition]]] = defaultdict(lambda: defaultdict(list))
        commonness = Counter(
            (rule.path, rule.value) for condition in conditions for rule in condition.rules if rule.operator == EQ
        )
        for condition in conditions:
            equalities = [rule for rule in condition.rules if rule.operator == EQ]
            if not equalities:
                self._unfiled.append(condition)
                continue
            rarest = min(equalities, key=lambda rule: commonness[rule.path, rule.value])
            for meaning in fingerprints(rarest.value):
                self._files[rarest.path][meaning].append(condition)

    def match(self, payload: Mapping[str, Any]) -> Iterator[int]:
        candidates = list(self._unfiled)
        for path, file in self._files.items():
            candidates += file.get(fingerprint(look_up(payload, path)), ())
        for condition in candidates:
            if all(rule.holds(payload) for rule in condition.rules):
                yield condition.id
