"""Takes what is there out of documents that may hold anything at all."""

import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]

DEEPEST = 30
"""Levels of nesting; a badge has ten at most."""
LONGEST_TEXT = 2000


class Odd(ValueError):
    """Text that is no JSON, or JSON that could be read in more than one way."""


def parse(text: str | bytes) -> Any:
    """JSON, as all programs would read it: no name twice, no halves of letters, no numbers without end. Raises Odd."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Odd("no JSON") from None
    if _is_deep(value):
        raise Odd("too many levels")
    return value


def parse_document(text: str | bytes) -> Document:
    """The same, of an object. Raises Odd."""
    value = parse(text)
    if not isinstance(value, dict):
        raise Odd("no object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Odd("a name twice")
    return found


def _no_number(name: str) -> None:
    raise Odd(name)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def text(value: Any) -> str:
    """What it says, for people, if it is a text: in one language, also where that is named."""
    if isinstance(value, dict):
        value = value.get("@value", "")
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t").strip()[:LONGEST_TEXT]


def name(value: Any) -> str:
    """The same on one line."""
    return " ".join(text(value).split())[:200]


def identifier(value: Any) -> str:
    """What the thing is called by machines, be it told whole or only named."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def one(value: Any) -> Document:
    """An object; the first, if there are several."""
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, dict) else {}


def many(value: Any) -> list[Any]:
    """Whatever is there: one thing, or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def kinds(document: Document) -> set[str]:
    """Of which types it says that it is."""
    return {each for each in many(document.get("type")) if isinstance(each, str)}


def moment(value: Any) -> datetime | None:
    """When, if it says so. Raises ValueError if nobody can read it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Odd("no text")
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("a time beyond the calendar") from None
