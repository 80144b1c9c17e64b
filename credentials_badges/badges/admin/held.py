"""What a learner's page tells besides the person: their badges, how far they have come, and what else apps hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from credentials_badges.badges.models import Badge, BadgeProgress, Issuance, Learner, LearningEvent

MOST = 10
"""Rows of one kind that are named; the lists have the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Things of one kind that are the learner's."""

    title: str | Promise
    count: int
    rows: list[tuple[str, str]]
    """What the first few are called, and their pages."""
    list_page: str


_more: list[Callable[[HttpRequest, Learner], Iterator[Panel]]] = []


def also_shows(tell: Callable[[HttpRequest, Learner], Iterator[Panel]]) -> None:
    """From now on, learners' pages show these panels, too; apps that have some say so in their admin."""
    _more.append(tell)


def panels(request: HttpRequest, learner: Learner) -> list[Panel]:
    """What the user may look at of it; a constant number of statements."""
    told = [*_badges(request, learner), *_progress(request, learner), *_counted(request, learner)]
    return [*told, *(panel for tell in _more for panel in tell(request, learner))]


def _badges(request: HttpRequest, learner: Learner) -> Iterator[Panel]:
    """One of each provider's."""
    for model in apps.get_models():
        if not issubclass(model, Badge) or not admin.site.is_registered(model):
            continue
        pages = admin.site.get_model_admin(model)
        if not pages.has_view_permission(request):
            continue
        address = f"admin:badges_{model._meta.model_name}"
        rows = pages.get_queryset(request).filter(learner=learner.pk)
        count = rows.aggregate(count=Count("pk"))["count"]
        named = rows.select_related("template").order_by("-pk")[:MOST] if count else ()
        yield Panel(
            title=model._meta.verbose_name_plural or "",
            count=count,
            rows=[
                (f"{badge.template}: {badge.get_status_display()}", reverse(f"{address}_change", args=(badge.pk,)))
                for badge in named
            ],
            list_page=f"{reverse(f'{address}_changelist')}?learner__id__exact={learner.pk}",
        )


def _progress(request: HttpRequest, learner: Learner) -> Iterator[Panel]:
    pages = admin.site.get_model_admin(BadgeProgress)
    if pages.has_view_permission(request):
        rows = pages.get_queryset(request).filter(learner=learner.pk)
        said = _("%(template)s: %(done)d of %(needed)d groups done")
        yield Panel(
            title=_("Progress"),
            count=rows.count(),
            rows=[
                (
                    said % {"template": each.template, "done": each.groups_done, "needed": each.groups_needed},
                    reverse("admin:badges_badgeprogress_change", args=(each.pk,)),
                )
                for each in rows.select_related("template").order_by("-updated_at")[:MOST]
            ],
            list_page=f"{reverse('admin:badges_badgeprogress_changelist')}?learner__id__exact={learner.pk}",
        )


def _counted(request: HttpRequest, learner: Learner) -> Iterator[Panel]:
    """What is only counted: events and promises."""
    for title, model, path in (
        (_("Events"), LearningEvent, "learner__id__exact"),
        (_("Promises"), Issuance, "badge__learner__id__exact"),
    ):
        pages = admin.site.get_model_admin(model)
        if pages.has_view_permission(request):
            count = pages.get_queryset(request).filter(**{path.removesuffix("__id__exact"): learner.pk}).count()
            page = reverse(f"admin:badges_{model._meta.model_name}_changelist")
            yield Panel(title=title, count=count, rows=[], list_page=f"{page}?{path}={learner.pk}")
