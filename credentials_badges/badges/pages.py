"""What learners see: the front page, and their own badges."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.core.paginator import Paginator
from django.db.models import Exists, ExpressionWrapper, F, FloatField, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from credentials_badges.badges import explaining, shelves
from credentials_badges.badges.explaining import Explanation
from credentials_badges.badges.models import Badge, BadgeProgress, Learner
from credentials_badges.badges.shelves import Card, Shelf

AT_FIRST = 6
"""Cards of each section on the whole page."""
AT_A_TIME = 24
"""Cards on a page of one section."""
MOST = 2000
"""Cards of a section that can be looked through."""
PROGRESS = "progress"
"""The section of what is not earned yet."""


@require_safe
@never_cache
def front_page(request: HttpRequest, *, organises: bool) -> HttpResponse:
    """What this is, for everybody, and where to go on; organisers are led to their desk, too."""
    return render(request, "badges/front.html", {"organises": organises})


class SignIn(LoginView):
    """Django's own, with a button for each other site whose accounts are good here."""

    template_name = "badges/login.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """With these sites."""
        return {**super().get_context_data(**more), "ways": settings.SIGN_IN_WITH}


@require_safe
@never_cache
@login_required
def my_badges(request: HttpRequest) -> HttpResponse:
    """All that the learner has, may have and had, a little of each."""
    learner: Any = request.user
    sections = {str(shelf): Section(shelf, learner) for shelf in Shelf}
    progress = _progress(learner)
    shown = {
        "sections": sections,
        "progress": _explain(learner, progress[:AT_FIRST]),
        "progress_count": (progress_count := progress.count()),
        "has_more_progress": progress_count > AT_FIRST,
        "is_empty": not progress_count and not any(section.count for section in sections.values()),
    }
    return render(request, "badges/my.html", shown)


@require_safe
@never_cache
@login_required
def my_section(request: HttpRequest, section: str) -> HttpResponse:
    """The whole of one section, page by page."""
    learner: Any = request.user
    number = request.GET.get("page", "1")
    if section == PROGRESS:
        page = Paginator(_progress(learner)[:MOST], AT_A_TIME).get_page(number)
        shown = {"progress": _explain(learner, page.object_list), "progress_count": page.paginator.count}
        return render(request, "badges/my_section.html", {**shown, "page": page})
    if section not in set(Shelf):
        raise Http404
    whole = Section(Shelf(section), learner)
    places = Paginator(range(min(whole.count, MOST)), AT_A_TIME).get_page(number)
    cards = whole.cards(places[0], places[-1] + 1) if places else []
    shown = {"section": whole, "cards": cards, "page": places}
    return render(request, "badges/my_section.html", shown)


@dataclass
class Section:
    """One shelf of a learner's."""

    shelf: Shelf
    learner: Learner

    @cached_property
    def sources(self) -> list[shelves.Source]:
        """All that stands in it."""
        return shelves.sources(self.shelf, self.learner)

    @cached_property
    def count(self) -> int:
        """How many cards it has."""
        return shelves.count(self.sources)

    def cards(self, start: int, stop: int) -> list[Card]:
        """Some of them."""
        return shelves.cards(self.sources, start, stop) if self.count else []

    @cached_property
    def first(self) -> list[Card]:
        """Those on the whole page."""
        return self.cards(0, AT_FIRST)

    @property
    def has_more(self) -> bool:
        """Whether there are others."""
        return self.count > AT_FIRST


def _progress(learner: Learner) -> QuerySet[BadgeProgress]:
    """What was begun and is not held, the nearest first."""
    held = Badge.objects.filter(learner=learner, template=OuterRef("template"), status=Badge.Status.AWARDED)
    begun = BadgeProgress.objects.filter(learner=learner, template__is_active=True, groups_needed__gt=0)
    share = ExpressionWrapper(F("groups_done") * 1.0 / F("groups_needed"), output_field=FloatField())
    return begun.exclude(Exists(held)).annotate(share=share).order_by("-share", "-updated_at", "-pk")


def _explain(learner: Learner, rows: Any) -> list[Explanation]:
    """How the learner stands towards each of them, in their order."""
    ids = [row.template_id for row in rows]
    explanations = explaining.explain(learner.pk, ids, timezone.now()) if ids else []
    return sorted(explanations, key=lambda each: ids.index(each.template.pk))
