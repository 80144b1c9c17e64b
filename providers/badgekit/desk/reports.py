"""Reports: what came of a system's codes, in numbers, charts and lists, on pages and as files."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from providers.badgekit import reports
from providers.badgekit.desk import charts, exporting
from providers.badgekit.desk.base import desk, show
from providers.badgekit.meanings import TITLES, WHAT_IS_COUNTED
from providers.badgekit.members import Role
from providers.badgekit.models import Badge, Batch, ClaimCode, System
from providers.badgekit.reports import Earner, Row
from providers.badgekit.scopes import Scope

SHOWN = 50
"""Rows of a list on one page."""
CHUNK = 2_000
"""Rows of a file that are read at once."""
IN_TABLE = ("made", "used", "handed_out", "opened", "claimed", "waiting", "approved", "awarded")
"""The numbers of each badge and batch that a page has room for."""
NUMBERS = ("part", "name", "day", "number", "count")
BY_SOURCE = ("shared", "opened", "claimed", "passed_on", "visited")


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": _("Enter a date of the calendar, such as 2026-05-21."),
            "min_value": _("Enter a date from 2000 to 2099."),
            "max_value": _("Enter a date from 2000 to 2099."),
        },
    )


class Filter(forms.Form):
    """What of a report is asked for; everything may be left out."""

    since = _day(_("From"))
    until = _day(_("Until"))
    search = forms.CharField(label=_("Name, address or label"), max_length=255, required=False)
    code = forms.ModelChoiceField(
        ClaimCode.objects.none(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("There is no such code here: follow the link to one.")},
    )
    format = forms.ChoiceField(choices=[("csv", "CSV"), ("json", "JSON")], required=False)
    list = forms.ChoiceField(choices=[("numbers", _("Numbers")), ("earners", _("Who earned it"))], required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("since") and told.get("until") and told["since"] > told["until"]:
            self.add_error("until", gettext("This is before the day from which on you want to count."))
        return told


@require_safe
@desk(Role.READER)
def of_system(request: HttpRequest, system: System) -> HttpResponseBase:
    """All that a system has handed out, by badge."""
    return _report(request, Scope(system=system))


@require_safe
@desk(Role.READER)
def of_badge(request: HttpRequest, system: System, badge: int) -> HttpResponseBase:
    """One badge, by batch; also one that was deleted, which people may still hold."""
    return _report(request, Scope(system=system, badge=get_object_or_404(Badge, pk=badge, system=system)))


@require_safe
@desk(Role.READER)
def of_batch(request: HttpRequest, system: System, batch: int) -> HttpResponseBase:
    """One batch of codes."""
    batches = Batch.objects.select_related("badge")
    return _report(request, Scope(system=system, batch=get_object_or_404(batches, pk=batch, badge__system=system)))


def _report(request: HttpRequest, whole: Scope) -> HttpResponseBase:
    form = Filter(request.GET)
    cast("forms.ModelChoiceField[ClaimCode]", form.fields["code"]).queryset = whole.codes
    if not form.is_valid():
        return show(request, "report.html", whole.system, {"form": form, "whole": whole}, status=400)
    asked = form.cleaned_data
    scope = Scope(
        system=whole.system,
        badge=whole.badge,
        batch=whole.batch,
        code=asked["code"],
        since=asked["since"],
        until=asked["until"],
    )
    if asked["format"]:
        return _file(scope, **asked)
    return show(request, "report.html", whole.system, {"form": form, "whole": whole, **_page(request, scope, asked)})


def _page(request: HttpRequest, scope: Scope, asked: dict[str, Any]) -> dict[str, Any]:
    """What the page shows, besides its form."""
    numbers, spans, sources = reports.funnel(scope), reports.over_time(scope), reports.sources(scope)
    earners = Paginator(reports.earners(scope, asked["search"]), SHOWN).get_page(request.GET.get("page"))
    parts = Paginator(parts_of(scope), SHOWN).get_page(request.GET.get("part"))
    return {
        "code": scope.code,
        "counted": [(each, numbers[each.key]) for each in WHAT_IS_COUNTED],
        "most": max(numbers.values()),
        "chart": charts.over_time(spans) if spans else None,
        "sources": [(row.title, [row.numbers[name] for name in BY_SOURCE]) for row in sources],
        "source_titles": [TITLES[name] for name in BY_SOURCE],
        "most_of_source": max((row.numbers[name] for row in sources for name in BY_SOURCE), default=0),
        "parts": parts,
        "part_rows": [(row, [row.numbers[name] for name in IN_TABLE], row.rates.values()) for row in parts],
        "part_titles": [TITLES[name] for name in IN_TABLE],
        "rate_titles": [
            gettext("%(part)s of %(whole)s") % {"part": TITLES[part], "whole": str(TITLES[of]).lower()}
            for part, of in reports.RATES
        ],
        "earners": earners,
        "earner_rows": [(claim.code_id, reports.earner(claim)) for claim in earners],
    }


def parts_of(scope: Scope) -> list[Row]:
    """The badges or batches of which it consists, unless it is one itself."""
    if scope.batch or scope.code:
        return []
    return reports.by_batch(scope) if scope.badge else reports.by_badge(scope)


def _file(scope: Scope, **asked: Any) -> HttpResponseBase:
    """The numbers, or who earned it, as a file."""
    export = exporting.as_csv if asked["format"] == "csv" else exporting.as_json
    if asked["list"] == "earners":
        return export("earners", Earner._fields, earners_of(scope, asked["search"]))
    return export("numbers", NUMBERS, numbers_of(scope))


def earners_of(scope: Scope, search: str) -> Iterator[Earner]:
    """All who earned it, read a chunk at a time."""
    return map(reports.earner, reports.earners(scope, search).iterator(CHUNK))


def numbers_of(scope: Scope) -> Iterator[tuple[str, str, date | None, str, float | None]]:
    """All numbers of a report, each in a row of its own, by which a spreadsheet or a program can group them.

    `NUMBERS` are their columns.
    """
    for key, number in reports.funnel(scope).items():
        yield "all", "", None, key, number
    for part, names, rows in (
        ("time", charts.SERIES, reports.over_time(scope)),
        ("source", BY_SOURCE, reports.sources(scope)),
        ("batch" if scope.badge else "badge", IN_TABLE, parts_of(scope)),
    ):
        for row in rows:
            yield from ((part, row.title, row.day, name, row.numbers[name]) for name in names)
            if part in {"badge", "batch"}:
                yield from ((part, row.title, row.day, f"{name}, percent", rate) for name, rate in row.rates.items())
