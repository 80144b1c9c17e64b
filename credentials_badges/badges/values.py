"""What the values of events and rules mean: which are the same, which comes first. Pure."""

import re
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

TRUE_WORDS = frozenset({"true", "yes", "+"})
FALSE_WORDS = frozenset({"false", "no", "-"})
ANY_RUN = "any_run"
KEY = re.compile(
    r"(?P<scheme>course-v1|block-v1|ccx-v1|ccb-v1):(?P<org>[^+]+)\+(?P<number>[^+]+)\+(?P<run>[^+]+)"
    r"(?:\+ccx@(?P<ccx>[^+]+))?(?:\+.+)?"
)
"""Keys of courses, CCX and their blocks, as Open edX serializes them: https://docs.openedx.org, *opaque keys*."""
DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")

Sense = tuple[str, Hashable]
"""A kind and a value of it; equal values have an equal sense."""


def look_up(payload: Mapping[str, object], path: str) -> object:
    """The value at the path, or None if the payload does not have it; the path may go on into the parts of a key."""
    value: object = payload
    for name in path.split("."):
        if isinstance(value, str):
            return part_of(value, name)
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


@lru_cache(maxsize=10_000)
def part_of(text: str, name: str) -> str | None:
    """The `org`, `number`, `run` or `ccx` of a key, or the key of `any_run` of it; None if there is none."""
    key = KEY.fullmatch(text)
    if key is None:
        return None
    if name == ANY_RUN:
        scheme = "ccx-v1" if key["scheme"] in {"ccx-v1", "ccb-v1"} else "course-v1"
        return f"{scheme}:{key['org']}+{key['number']}+*"
    return key[name] if name in {"org", "number", "run", "ccx"} else None


def senses(found: object) -> tuple[Sense, ...]:
    """What a value of an event is, in every way in which a rule may name it; nothing for objects, lists and null."""
    if isinstance(found, bool):
        return (("bool", found),)
    if isinstance(found, int | float):
        number = number_of(str(found))
        return (("number", number),) if number is not None else ()
    return _senses_of_text(found) if isinstance(found, str) else ()


@lru_cache(maxsize=100_000)
def _senses_of_text(text: str) -> tuple[Sense, ...]:
    own: list[Sense] = [("text", text)]
    if any_run := part_of(text, ANY_RUN):
        own.append((ANY_RUN, any_run))
    if moment := moment_of(text):
        own.append(("moment", moment))
    return tuple(own)


@lru_cache(maxsize=100_000)
def meanings(written: str) -> frozenset[Sense]:
    """All that a rule's text may stand for: the event's own type decides which of them counts."""
    word = written.strip().lower()
    own: set[Sense] = {("text", written)}
    if word in TRUE_WORDS | FALSE_WORDS:
        own.add(("bool", word in TRUE_WORDS))
    if (number := number_of(word)) is not None:
        own.add(("number", number))
    if moment := moment_of(written):
        own.add(("moment", moment))
    if part_of(written, ANY_RUN) == written:
        own.add((ANY_RUN, written))
    return frozenset(own)


def number_of(text: str) -> Decimal | None:
    """The number that the text writes, if it is a finite one."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@lru_cache(maxsize=10_000)
def moment_of(text: str) -> datetime | None:
    """The moment that the text writes in ISO 8601, in UTC, which it is taken to be in if it names no zone."""
    if not DATE.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
