"""What is known about Open edX's events: which types carry a learner, and what their rules can compare. Pure.

`event_types.json` is made from openedx-events by ``python -m tests.catalogue``. What it does not name is unknown, not
wrong: other events and other paths may be used freely.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


class Kind(enum.StrEnum):
    """What a value is compared as."""

    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    KEY = "key"
    LIST = "list"


KEY_PARTS: Mapping[str, Kind] = {
    "org": Kind.TEXT,
    "number": Kind.TEXT,
    "run": Kind.TEXT,
    "ccx": Kind.TEXT,
    "any_run": Kind.KEY,
}
"""How a path may go on into a key, and what it finds there."""


@dataclass(frozen=True, slots=True)
class Field:
    """What is at a path. The example is what a rule would say: of a list, one element."""

    kind: Kind
    example: str


def event_types() -> list[str]:
    """The types that carry a learner, sorted."""
    return sorted(_catalogue())


def paths(event_type: str) -> Mapping[str, Field]:
    """What events of the type have, by path; nothing if the type is unknown."""
    return _catalogue().get(event_type, {})


def kind_of(event_type: str, path: str) -> Kind | None:
    """What a value at the path is compared as, or None if that is not known."""
    known = paths(event_type)
    if field := known.get(path):
        return field.kind
    outer, _, part = path.rpartition(".")
    leads_into_a_key = outer in known and known[outer].kind is Kind.KEY
    return KEY_PARTS.get(part) if leads_into_a_key else None


@cache
def _catalogue() -> dict[str, dict[str, Field]]:
    """Read when it is first asked for, since most processes never do."""
    written = json.loads(Path(__file__).with_name("event_types.json").read_text(encoding="utf-8"))
    return {
        event_type: {path: Field(Kind(field["type"]), field["example"]) for path, field in fields.items()}
        for event_type, fields in written.items()
    }
