"""What a rule of docs/rules.md compares, told a second time for the engine to be compared with; see `reference`."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Plain = Mapping[str, Any]

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?")
KEY = re.compile(
    r"(course|ccx|block|ccx-block)-v1:(?P<org>[^+]+)\+(?P<number>[^+]+)\+(?P<run>[^+]+)(\+ccx@(?P<ccx>[^+]+))?(\+type@.*)?"
)
WORDS = {True: ("true", "yes", "+"), False: ("false", "no", "-")}


def value_at(payload: Plain, path: str) -> Any:
    """What stands at the end of the path; None for null, and if nothing stands there."""
    value: Any = payload
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, str):
            value = part_of_key(value, key)
        else:
            value = None
    return value


def part_of_key(text: str, part: str) -> str | None:
    """Such as the run of a course key."""
    key = KEY.fullmatch(text)
    if key and part in {"org", "number", "run", "ccx"}:
        return key[part]
    if key and part == "any_run":
        return f"{'ccx' if key['ccx'] else 'course'}-v1:{key['org']}+{key['number']}+*"
    return None


def moment(text: str) -> datetime:
    """The moment that a text names. Raises ValueError if it names none."""
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def number(text: str) -> float:
    """The number that a text names. Raises ValueError if it names none."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def written(value: Any) -> str:
    """A rule's value as it stands in the file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def same(told: Any, wanted: str) -> bool:
    """Whether the event's value is the rule's; the event's own type decides."""
    if told is None or isinstance(told, dict | list):
        return False
    if isinstance(told, bool):
        return wanted in WORDS[told]
    if isinstance(told, str):
        if told == wanted:
            return True
        if re.fullmatch(r"course-v1:[^+]+\+[^+]+\+\*", wanted):
            return told.startswith("course-v1:") and part_of_key(told, "any_run") == wanted
        return both(told, wanted, moment, lambda one, other: one == other)
    return both(str(told), wanted, number, lambda one, other: one == other)


def ordered(told: Any, wanted: str, compare: Callable[[Any, Any], bool]) -> bool:
    """Whether both are numbers, also as texts, or both are moments, and in that order."""
    if isinstance(told, bool):
        return False
    return both(str(told), wanted, number, compare) or both(str(told), wanted, moment, compare)


def both(told: str, wanted: str, read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> bool:
    """Whether both can be read like this, and compare so."""
    try:
        return compare(read(told), read(wanted))
    except ValueError:
        return False


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda told, wanted: same(told, written(wanted)),
    "ne": lambda told, wanted: not same(told, written(wanted)),
    "lt": lambda told, wanted: ordered(told, written(wanted), lambda one, other: one < other),
    "le": lambda told, wanted: ordered(told, written(wanted), lambda one, other: one <= other),
    "gt": lambda told, wanted: ordered(told, written(wanted), lambda one, other: one > other),
    "ge": lambda told, wanted: ordered(told, written(wanted), lambda one, other: one >= other),
    "in": lambda told, wanted: any(same(told, written(one)) for one in wanted),
    "not_in": lambda told, wanted: not any(same(told, written(one)) for one in wanted),
    "contains": lambda told, wanted: isinstance(told, str) and written(wanted) in told,
    "starts_with": lambda told, wanted: isinstance(told, str) and told.startswith(written(wanted)),
    "matches": lambda told, wanted: isinstance(told, str) and re.search(written(wanted), told) is not None,
}
"""What can be asked of a boolean, a number or a text; patterns must mean the same to RE2 and to Python."""


def holds(rule: Plain, payload: Plain) -> bool:
    """Whether the event is as this rule wants it."""
    told = value_at(payload, rule["path"])
    if rule["operator"] == "missing":
        return told is None
    if rule["operator"] == "exists":
        return told is not None
    if rule["operator"] == "contains" and isinstance(told, list):
        return any(same(element, written(rule["value"])) for element in told)
    if told is None or isinstance(told, dict | list):
        return False
    return OPERATORS[rule["operator"]](told, rule["value"])
