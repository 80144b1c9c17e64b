"""Lists as files, CSV and JSON, written while they are read."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from credentials_badges.badges import csv_file


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A CSV file; `name` is without its ending."""
    return _file(f"{name}.csv", "text/csv; charset=utf-8", csv_file.written(columns, rows))


def as_json(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A JSON file with an array of objects."""
    return _file(f"{name}.json", "application/json", _array(columns, rows))


def _array(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    before = "["
    for row in rows:
        yield before + json.dumps(dict(zip(columns, row, strict=True)), cls=DjangoJSONEncoder, ensure_ascii=False)
        before = ",\n"
    yield "[]" if before == "[" else "]"


def _file(name: str, content_type: str, content: Iterable[str]) -> HttpResponseBase:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)
