"""What learners see."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from credentials_badges.badges import explaining
from credentials_badges.badges.models import Badge, BadgeProgress

SHOWN = 200
"""Templates on one page."""


@require_safe
@login_required
def my_badges(request: HttpRequest) -> HttpResponse:
    """The learner's own badges, and what is still missing for others, newest first."""
    learner_id = request.user.pk or 0
    begun = BadgeProgress.objects.filter(learner_id=learner_id, template__is_active=True)
    held = Badge.objects.filter(learner_id=learner_id)
    ids = list(dict.fromkeys([*_templates(held.order_by("-awarded_at")), *_templates(begun.order_by("-updated_at"))]))
    explanations = explaining.explain(learner_id, ids[:SHOWN], timezone.now())
    explanations.sort(key=lambda each: ids.index(each.template.pk))
    holds = [each for each in explanations if each.held]
    return render(
        request, "badges/my.html", {"held": holds, "on_the_way": [each for each in explanations if not each.held]}
    )


def _templates(rows: QuerySet[Any]) -> list[int]:
    return list(rows.values_list("template_id", flat=True)[:SHOWN])
