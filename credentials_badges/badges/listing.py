"""Lists of a million rows: counted up to a number, read by ids first, and sorted by what an index has in order."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Page, Paginator
from django.db import connection, models
from django.db.models import QuerySet
from django.http import HttpRequest

MOST = 100_000
"""Rows that are counted, and can be leafed through; what comes after them is found by filters and by searching."""
SORTED = 20_000
"""Rows of a table that are sorted by whatever column somebody chooses."""
SHOWN = 100
"""Values of a column to choose from."""


class AtLeast(int):
    """A number that stands for it and for every larger one."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Exact up to `MOST` rows; a page costs no more joins and sub-queries than it has rows."""

    @cached_property
    def count(self) -> int:
        """How many there are, as far as they are counted."""
        rows: object = self.object_list
        if not isinstance(rows, QuerySet):
            return len(self.object_list)
        found = up_to(rows, MOST + 1)
        return found if found <= MOST else AtLeast(MOST)

    def page(self, number: int | str) -> Page[Any]:
        """Its ids are read without what the rows are joined with, else the database joins all that is passed over."""
        page = super().page(number)
        rows, shown = cast("object", self.object_list), cast("object", page.object_list)
        if isinstance(rows, QuerySet) and isinstance(shown, QuerySet):
            page.object_list = rows.filter(pk__in=list(shown.values_list("pk", flat=True)))
        return page


def up_to(rows: QuerySet[Any], most: int) -> int:
    """How many rows there are; no more than so many are counted."""
    return rows.order_by().values("pk")[:most].count()


def sortable(pages: Any, columns: Iterable[Any]) -> list[Any]:
    """Of a list's columns, those by which it may be sorted: of a large table, only what an index has in order."""
    if up_to(QuerySet(pages.model), SORTED + 1) <= SORTED:
        return list(columns)
    return [column for column in columns if _in_order(pages.model, str(column))]


def _in_order(model: type[models.Model], name: str) -> bool:
    """Whether an index begins with the column; rows sorted by a relation are sorted by columns of another table."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    if field.is_relation or not isinstance(field, models.Field):
        return False
    leading = {
        index.fields[0].removeprefix("-") for index in model._meta.indexes if index.fields and not index.condition
    }
    if field.name in leading:
        return isinstance(field, models.DateField)  # Of other columns many rows have the same, and these are sorted.
    return field.primary_key or field.unique or getattr(field, "db_index", False)


class ValuesFilter(admin.AllValuesFieldListFilter):
    """The values of an indexed column, found by going from each to the next: Django's own reads every row."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, *others: Any, **named: Any) -> None:
        super().__init__(field, request, params, model, *others, **named)
        self.lookup_choices: Any = values_of(model, field.column)


def values_of(model: type[models.Model], column: str, most: int = SHOWN) -> list[str]:
    """The first of the column's values, in order; one statement, which looks once into the index for each."""
    table, name = map(connection.ops.quote_name, (model._meta.db_table, column))
    following = f"SELECT MIN({name}) FROM {table} WHERE {name} > found.v"  # noqa: S608 (Names of ours.)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found (v) AS (SELECT MIN({name}) FROM {table} UNION ALL "  # noqa: S608
            f"SELECT ({following}) FROM found WHERE found.v IS NOT NULL) "
            f"SELECT v FROM found WHERE v IS NOT NULL LIMIT {most:d}"
        )
        return [value for (value,) in cursor.fetchall()]
