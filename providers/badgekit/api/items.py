"""Lists of things within a thing, such as the criteria of a badge."""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.badgekit.api.calls import from_json
from providers.badgekit.api.columns import UNEXPECTED, Column, Wrong, check
from providers.badgekit.api.errors import detail


def check_items(
    name: str, columns: Sequence[Column], sent: Mapping[str, Any], most: int, *, partly: bool = False
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The list of things that was sent under the name, each by attribute, and what is wrong with the first wrong one.

    A form sends the list as a JSON text. `partly`: of each thing, only what was sent.
    """
    sent_items = sent.get(name)
    try:
        items = _items(sent_items, most)
    except Wrong as wrong:
        return [], [detail(name, sent_items, str(wrong))]
    found = []
    for item in items:
        values, details = check(columns, item, partly=partly)
        if details:
            return [], [{**each, "field": name} for each in details]
        found.append(values)
    return found, []


def _items(value: object, most: int) -> Sequence[Mapping[str, Any]]:
    if isinstance(value, str):
        try:
            value = from_json(value)
        except ValueError:
            raise Wrong(UNEXPECTED) from None
    items = [] if value is None else value
    if not isinstance(items, list) or len(items) > most or not all(isinstance(item, dict) for item in items):
        raise Wrong(UNEXPECTED)
    return items


def items_schema(columns: Sequence[Column], most: int) -> dict[str, Any]:
    """The OpenAPI schema of a list of things."""
    fields = {column.name: {**column.kind.schema, "nullable": not column.required} for column in columns}
    item: dict[str, Any] = {"type": "object", "properties": fields}
    if required := [column.name for column in columns if column.required]:
        item["required"] = required
    return {"type": "array", "maxItems": most, "items": item, "nullable": True}
