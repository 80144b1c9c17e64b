"""The operators of data rules: what each holds for, and what may be written beside it. Pure."""

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from credentials_badges.badges.event_types import Kind
from credentials_badges.badges.values import FALSE_WORDS, KEY, TRUE_WORDS, Sense, meanings, moment_of, number_of, senses
from credentials_badges.contract.words import gettext_noop


class Operator(StrEnum):
    """How a data rule compares."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    MATCHES = "matches"
    EXISTS = "exists"
    MISSING = "missing"


Comparison = Callable[[Any, Any], bool]

ORDERING: dict[Operator, Comparison] = {
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
SAME = frozenset({Operator.EQ, Operator.IN})
OTHER = frozenset({Operator.NE, Operator.NOT_IN})
LISTS = frozenset({Operator.IN, Operator.NOT_IN})
PRESENCE = frozenset({Operator.EXISTS, Operator.MISSING})
IN_TEXT = frozenset({Operator.CONTAINS, Operator.STARTS_WITH, Operator.MATCHES})

USABLE: dict[Kind, frozenset[Operator]] = {
    Kind.BOOL: SAME | OTHER | PRESENCE,
    Kind.NUMBER: SAME | OTHER | PRESENCE | frozenset(ORDERING),
    Kind.TIME: SAME | OTHER | PRESENCE | frozenset(ORDERING),
    Kind.TEXT: SAME | OTHER | PRESENCE | IN_TEXT | frozenset(ORDERING),
    Kind.KEY: SAME | OTHER | PRESENCE | IN_TEXT,
    Kind.LIST: PRESENCE | {Operator.CONTAINS},
}


def holds(how: str, found: object, written: str) -> bool:
    """Whether what an event has at a path compares so with what a rule says."""
    if how in PRESENCE:
        return (found is not None) == (how == Operator.EXISTS)
    if how == Operator.CONTAINS and isinstance(found, list):
        return any(_is_one_of(senses(element), (written,)) for element in found)
    own = senses(found)
    if not own:
        return False
    if how in SAME or how in OTHER:
        return _is_one_of(own, values_of(how, written)) == (how in SAME)
    if how in ORDERING:
        return _in_order(Operator(how), found, written)
    return isinstance(found, str) and _in_text(how, found, written)


def values_of(how: str, written: str) -> tuple[str, ...]:
    """The values that a rule names: lists have one a line."""
    return tuple(filter(None, map(str.strip, written.splitlines()))) if how in LISTS else (written,)


def _is_one_of(own: tuple[Sense, ...], values: tuple[str, ...]) -> bool:
    return any(sense in meanings(value) for value in values for sense in own)


def _in_order(how: Operator, found: Any, written: str) -> bool:
    if isinstance(found, bool):
        return False
    # Open edX writes some numbers as texts, such as a certificate's grade.
    number, bound = number_of(str(found)), number_of(written)
    if number is not None and bound is not None:
        return ORDERING[how](number, bound)
    moment, end = moment_of(str(found)), moment_of(written)
    return moment is not None and end is not None and ORDERING[how](moment, end)


def _in_text(how: str, found: str, written: str) -> bool:
    if how == Operator.CONTAINS:
        return written in found
    if how == Operator.STARTS_WITH:
        return found.startswith(written)
    return bool(pattern(written).search(found))


@lru_cache(maxsize=10_000)
def pattern(written: str) -> Any:
    """The compiled pattern; RE2 takes time in proportion to the text, whatever the pattern. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(written, options)


class Problem(NamedTuple):
    """Why a rule cannot be meant so; to be translated, its words and what is put into them are apart."""

    words: str
    told: Mapping[str, str]

    def __str__(self) -> str:
        return self.words % self.told


def problem(how: str, written: str, kind: Kind | None) -> Problem | None:
    """Why a rule cannot be meant so, if so; `kind` is what its path leads to, None if nobody knows."""
    words, told = _problem(how, written, kind)
    return Problem(words, {"operator": how, **told}) if words else None


def _problem(how: str, written: str, kind: Kind | None) -> tuple[str, dict[str, str]]:
    if how in PRESENCE:
        return (gettext_noop("%(operator)s takes no value") if written else ""), {}
    values = values_of(how, written)
    if not any(value.strip() for value in values):
        return gettext_noop("%(operator)s needs a value"), {}
    if kind and how not in USABLE[kind]:
        words = gettext_noop("%(operator)s cannot be asked of a %(kind)s; possible are %(possible)s")
        return words, {"kind": kind, "possible": ", ".join(sorted(USABLE[kind]))}
    if how == Operator.MATCHES:
        return _wrong_pattern(written)
    if how in ORDERING and kind in {None, Kind.TEXT}:
        words = gettext_noop("%(operator)s needs a number or a moment, not %(value)s")
        return ("" if _is_number(written) or moment_of(written) else words), {"value": repr(written)}
    if kind and how not in IN_TEXT:
        wrong = [value for value in values if not FITS[kind][0](value)]
        return (FITS[kind][1], {"value": repr(wrong[0])}) if wrong else ("", {})
    return "", {}


def _wrong_pattern(written: str) -> tuple[str, dict[str, str]]:
    try:
        pattern(written)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        why = reason.decode() if isinstance(reason, bytes) else str(reason)
        return gettext_noop("the pattern cannot be used: %(why)s"), {"why": why}
    return "", {}


def _is_number(written: str) -> bool:
    return number_of(written.strip()) is not None


FITS: dict[Kind, tuple[Callable[[str], object], str]] = {
    Kind.BOOL: (
        lambda written: written.strip().lower() in TRUE_WORDS | FALSE_WORDS,
        gettext_noop("%(value)s is not true, yes, +, false, no or -"),
    ),
    Kind.NUMBER: (_is_number, gettext_noop("%(value)s is not a number")),
    Kind.TIME: (moment_of, gettext_noop("%(value)s is not a moment, such as 2027-02-01 or 2027-02-01T09:00:00+01:00")),
    Kind.TEXT: (lambda written: True, ""),
    Kind.KEY: (
        KEY.fullmatch,
        gettext_noop("%(value)s is not a key, such as course-v1:Org+Number+Run, or course-v1:Org+Number+* for any run"),
    ),
    Kind.LIST: (lambda written: True, ""),
}
"""What values of a kind look like, and how to say that one does not."""
