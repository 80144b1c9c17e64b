"""Actions on many rows say first how many they would touch, and which they would leave alone and why.

A single row is dealt with at once. However many are chosen, they are gone through in batches, for a limited time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from time import monotonic
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from credentials_badges.badges.admin_site import Touched
from credentials_badges.badges.row_ids import row_id

M = TypeVar("M", bound=Model)
AT_A_TIME = 500
"""Rows of one batch."""
SECONDS = 20.0
"""After so long, no further batch is begun: whoever pressed the button waits for the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an action would do to the rows that were chosen."""

    chosen: int
    touched: int
    will: str
    """What would be done to those that it touches: “will be tried again”."""
    left: Sequence[tuple[int, str]] = ()
    """How many are left alone, and why."""


def asks_first(
    plan: Callable[[Any, HttpRequest, QuerySet[Any]], Plan], *, of_one: bool = False
) -> Callable[[Any], Any]:
    """Make an action show its plan before it does anything, if more than one row is chosen, or also of one."""

    def decorated(action: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(action)
        def asking(pages: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
            if "confirmed" in request.POST:
                return action(pages, request, _as_shown(request, queryset))
            if _is_one(request) and not of_one:
                return action(pages, request, queryset)
            newest = queryset.order_by("-pk").values_list("pk", flat=True).first() or 0
            return _ask(pages, request, asking, plan(pages, request, queryset.filter(pk__lte=newest)), newest)

        return asking

    return decorated


def _is_one(request: HttpRequest) -> bool:
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    return len(chosen) == 1 and request.POST.get("select_across") != "1"


def _as_shown(request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Without the rows that are newer than those whose number was shown."""
    newest = row_id(request.POST.get("newest", ""))
    return queryset if newest is None else queryset.filter(pk__lte=newest)


def _ask(pages: Any, request: HttpRequest, action: Any, plan: Plan, newest: int) -> TemplateResponse:
    """The page; its button sends the same choice again, to the same list with the same filters."""
    request.current_app = pages.admin_site.name
    context = {
        **pages.admin_site.each_context(request),
        "title": action.short_description,
        "opts": pages.opts,
        "media": pages.media,
        "plan": plan,
        "newest": newest,
        "left": [each for each in plan.left if each[0]],
        "action": action.__name__,
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
    }
    return TemplateResponse(request, "admin/badges/confirm_action.html", context)


def in_batches(rows: QuerySet[M], work: Callable[[list[M]], Iterable[M]]) -> tuple[Touched, int]:
    """Let `work` deal with batch after batch, newest first; it returns those to which it did something.

    Returns what was touched, and how many rows were not come to in time.
    """
    touched, end = Touched(), monotonic() + SECONDS
    rest = rows.order_by("-pk")
    while batch := list(rest[:AT_A_TIME]):
        touched.add(work(batch))
        rest = rows.filter(pk__lt=batch[-1].pk).order_by("-pk")
        if monotonic() > end:
            return touched, rest.count()
    return touched, 0


def tell_later(request: HttpRequest, later: int) -> None:
    """Say how many rows were not come to, if there are any."""
    if later:
        said = _("Not come to in time: %(count)d. Choose them again to go on.")
        messages.warning(request, said % {"count": later})
