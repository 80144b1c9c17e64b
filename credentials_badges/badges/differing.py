"""Tells what differs between a template as it was and as it is, short enough to be stored and read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 160
"""Characters of a value that are told."""
LEAD = 30
"""Characters before the first that differs, where a long text does not differ from its beginning."""
NAMED = 6
"""Columns of the provider's own row that are told."""


def lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[list[str]]:
    """For each column that differs: its name, and what it said before and says now.

    Of `raw`, the provider's own row, each of its columns is told as ``raw.NAME``, unless another line says the same.
    """
    told = [[name, *excerpts(before[name], value)] for name, value in after.items() if name != "raw"]
    if "raw" in after:
        said = [line[1:] for line in told]
        told += [line for line in _raw_lines(before["raw"], after["raw"]) if line[1:] not in said][:NAMED]
    return told


def excerpts(before: Any, after: Any) -> tuple[str, str]:
    """Both as text; of long ones, the part in which they begin to differ."""
    was, now = _text(before), _text(after)
    start = _first_difference(was, now) - LEAD if max(len(was), len(now)) > LONGEST else 0
    return _excerpt(was, start), _excerpt(now, start)


def _raw_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[list[str]]:
    for name in [*after, *(name for name in before if name not in after)]:
        if (was := before.get(name)) != (now := after.get(name)):
            yield [f"raw.{_excerpt(str(name), 0)}", *excerpts(was, now)]


def _first_difference(before: str, after: str) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (was, now) in pairs if was != now), min(len(before), len(after)))


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _excerpt(text: str, start: int) -> str:
    start = max(0, start)
    end = start + LONGEST
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")
