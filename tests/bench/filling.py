"""Fills tables within the database, row by row of a table of numbers: from Python, a million rows would take long."""

# ruff: noqa: S608 (Statements are made of our own names.)

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

NOW = datetime.now(UTC).replace(microsecond=0)
BASE = "bench_numbers"
"""The table of numbers from which all rows are made."""
EACH = 60
"""At least so many of everything are in a world that has as many badges."""


def ago(seconds: str) -> str:
    """So many seconds before `NOW`."""
    now = f"{NOW:%Y-%m-%d %H:%M:%S}"
    return {
        "sqlite": f"datetime('{now}', '-' || ({seconds}) || ' seconds')",
        "postgresql": f"(TIMESTAMPTZ '{now}+00' - ({seconds}) * INTERVAL '1 second')",
        "mysql": f"(TIMESTAMP '{now}' - INTERVAL ({seconds}) SECOND)",
    }[connection.vendor]


def div(number: str, by: int) -> str:
    return f"(({number}) {'DIV' if connection.vendor == 'mysql' else '/'} {by})"


def text(value: str) -> str:
    """The expression as text, whatever it is."""
    return f"CAST({value} AS {'CHAR' if connection.vendor == 'mysql' else 'TEXT'})"


def part(number: int, share: int) -> int:
    """One of so many, but no fewer than `EACH` if there are as many."""
    return max(number // share, min(number, EACH))


def one_of(words: tuple[str, ...], number: str = "n") -> str:
    chosen = " ".join(f"WHEN {index} THEN '{word}'" for index, word in enumerate(words))
    return f"CASE ({number}) % {len(words)} {chosen} END"


def fill(
    model: type[models.Model], count: int, told: Mapping[str, str], *, join: str = "", constant: Mapping[str, Any] = {}
) -> None:
    """Insert a row for each of the first numbers; `told` are expressions of `n`, by column."""
    columns, expressions, values = [], [], []
    for field in model._meta.local_concrete_fields:
        if field.generated:
            continue
        columns.append(connection.ops.quote_name(field.column))
        if field.primary_key and field.name not in told:
            start = (models.QuerySet(model).aggregate(last=Max("pk"))["last"] or 0) + 1
            expressions.append(f"n + {start}")
        elif field.name in told:
            expressions.append(told[field.name].replace("%", "%%"))
        elif isinstance(field, models.UUIDField) and field.unique and field.name not in constant:
            expressions.append(
                {
                    "sqlite": "lower(hex(randomblob(16)))",
                    "postgresql": "gen_random_uuid()",
                    "mysql": "uuid()" if connection.features.has_native_uuid_field else "replace(uuid(), '-', '')",
                }[connection.vendor]
            )
        else:
            value = constant[field.name] if field.name in constant else _default(field)
            expressions.append("%s")
            values.append(field.get_db_prep_save(value, connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(expressions)}"
            f" FROM {BASE} {join} WHERE n < {count} ORDER BY n",
            values,
        )
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _default(field: Any) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return NOW
    value = field.get_default()
    return NOW if value is None and not field.null and isinstance(field, models.DateTimeField) else value
