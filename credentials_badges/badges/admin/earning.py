"""What a template's page tells besides its rules: whether it can be earned, who is on the way, and who has it."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from credentials_badges.badges import auditing
from credentials_badges.badges.models import AuditEntry, Badge, BadgeProgress, BadgeTemplate

MOST = 10
"""Learners, and badges, that are named."""


def panels(request: HttpRequest, template: BadgeTemplate, badge_pages: Any) -> dict[str, Any]:
    """What the page shows, as far as the user may look at it; `badge_pages` are those of the provider's badges.

    A constant number of statements.
    """
    told: dict[str, Any] = {"activation": _activation(template)}
    progress_pages: Any = admin.site.get_model_admin(BadgeProgress)
    if progress_pages.sees(request, template.account_id):
        told["progress"] = _progress(template)
    if badge_pages and badge_pages.sees(request, template.account_id):
        page = f"admin:{badge_pages.opts.app_label}_{badge_pages.opts.model_name}"
        newest = Badge.objects.filter(template=template.pk).select_related("learner").order_by("-pk")[:MOST]
        told["newest"] = [(each, reverse(f"{page}_change", args=(each.pk,))) for each in newest]
        told["badge_list"] = f"{reverse(f'{page}_changelist')}?template__id__exact={template.pk}"
    return told


def _activation(template: BadgeTemplate) -> tuple[str, str]:
    """How it is marked, and a sentence."""
    why = template.cannot_be_active()
    if not template.is_active:
        if why:
            return "impossible", _("Not active, and it cannot be activated, because %(why)s.") % {"why": why}
        return "off", _("Not active: no events are counted towards it. Check “Is active” and save to begin.")
    if why:
        return "impossible", _("Active, but nobody can earn it, because %(why)s.") % {"why": why}
    since = _active_since(template)
    if since:
        return "on", _("Active since %(day)s: events are counted towards it.") % {"day": f"{since:%Y-%m-%d %H:%M} UTC"}
    return "on", _("Active: events are counted towards it.")


def _active_since(template: BadgeTemplate) -> Any:
    """When somebody switched it on last, as far as the trail still knows."""
    switched = Q(action="did “Activate”") | Q(changes__has_key="is_active") | Q(changes__has_key="active")
    entries = AuditEntry.objects.filter(switched, model=auditing.kind_of(BadgeTemplate), key=str(template.pk))
    return entries.values_list("at", flat=True).first()


def _progress(template: BadgeTemplate) -> dict[str, Any]:
    rows = BadgeProgress.objects.filter(template=template.pk)
    on_the_way = Q(groups_done__lt=F("groups_needed"))
    counts = rows.aggregate(
        on_the_way=Count("pk", filter=on_the_way & Q(groups_done__gt=0)),
        complete=Count("pk", filter=Q(groups_done__gte=F("groups_needed"))),
    )
    holding = Badge.objects.filter(template=template.pk, status=Badge.Status.AWARDED)
    closest = rows.filter(on_the_way, groups_done__gt=0).select_related("learner").order_by("-groups_done", "-pk")
    list_page = f"{reverse('admin:badges_badgeprogress_changelist')}?template__id__exact={template.pk}"
    return {
        **counts,
        "holding": holding.values("learner").distinct().count(),
        "closest": [(each, reverse("admin:badges_badgeprogress_change", args=(each.pk,))) for each in closest[:MOST]],
        "list_page": list_page,
    }
