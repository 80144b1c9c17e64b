"""Reports: what came of codes, in numbers, and who earned badges by them; as JSON or CSV."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from providers.badgekit import reports
from providers.badgekit.desk.charts import SERIES
from providers.badgekit.desk.code_forms import choose_from
from providers.badgekit.desk.exporting import as_csv
from providers.badgekit.desk.reports import (
    BY_SOURCE,
    IN_TABLE,
    NUMBERS,
    Filter,
    earners_of,
    numbers_of,
    parts_of,
)
from providers.badgekit.models import Badge, Batch, System
from providers.badgekit.reports import Earner, Row
from providers.badgekit.rest.base import CsvRenderer, OfSystem, asked, check
from providers.badgekit.rest.openapi import CSV, EARNERS, JSON, REPORT, told
from providers.badgekit.rest.report_serializers import BadgeEarner
from providers.badgekit.rest.report_serializers import Report as ReportShape
from providers.badgekit.scopes import Scope


class Asked(Filter):
    """What of a report is asked for, of the whole system or less."""

    badge = forms.ModelChoiceField(Badge.objects.none(), required=False)
    batch = forms.ModelChoiceField(Batch.objects.none(), required=False)

    def __init__(self, query: dict[str, Any], system: System) -> None:
        super().__init__(query)
        self.system = system
        choose_from(self, "badge", system.badges.all())
        choose_from(self, "batch", Batch.objects.filter(badge__system=system))
        choose_from(self, "code", Scope(system=system).codes)

    @property
    def scope(self) -> Scope:
        """It. Raises ValidationError."""
        check(self)
        names = ("badge", "batch", "code", "since", "until")
        return Scope(system=self.system, **{name: self.cleaned_data[name] for name in names})


class OfScope(OfSystem):
    """A report."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    def asked(self) -> Asked:
        """What of it."""
        return Asked(asked(self.request.query_params), self.system)

    @property
    def is_file(self) -> bool:
        """Whether CSV is wanted."""
        return isinstance(self.request.accepted_renderer, CsvRenderer)


class Report(OfScope):
    """What came of codes."""

    @told("Report in numbers", {JSON: ReportShape, CSV: OpenApiTypes.STR}, asks=REPORT)
    def get(self, request: Request, system: int) -> HttpResponseBase:
        """`limit` and `offset` are of its parts; a file has all of them."""
        scope = self.asked().scope
        if self.is_file:
            return as_csv("numbers", NUMBERS, numbers_of(scope))
        pages = self.pagination_class()
        shown = pages.paginate_queryset(parts_of(scope), request, self)
        return Response(
            {
                "numbers": reports.funnel(scope),
                "over_time": [{**_told(row, SERIES), "day": row.day} for row in reports.over_time(scope)],
                "sources": [_told(row, BY_SOURCE) for row in reports.sources(scope)],
                "parts": pages.get_paginated_response(
                    [{**_told(row, IN_TABLE), "id": row.pk, "rates": row.rates} for row in shown or ()]
                ).data,
            }
        )


def _told(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {"title": row.title, "numbers": {name: row.numbers[name] for name in names}}


class Earners(OfScope):
    """Who earned badges."""

    @told("Report of those who earned badges", {JSON: BadgeEarner(many=True), CSV: OpenApiTypes.STR}, asks=EARNERS)
    def get(self, request: Request, system: int) -> HttpResponseBase:
        """The last ones first; a file has all of them."""
        form = self.asked()
        scope, search = form.scope, form.cleaned_data["search"]
        if self.is_file:
            return as_csv("earners", Earner._fields, earners_of(scope, search))
        pages = self.pagination_class()
        rows = pages.paginate_queryset(reports.earners(scope, search), request, self) or ()
        return pages.get_paginated_response([reports.earner(each)._asdict() for each in rows])
