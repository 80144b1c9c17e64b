"""Lets the administration find learners by the addresses that they have used in the store, and shows their claims."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from credentials_badges.badges.admin.finding import MOST, also_known_as, as_uuid
from credentials_badges.badges.admin.held import Panel, also_shows
from credentials_badges.badges.admin.search_page import Finder, Wanted, add_finder
from credentials_badges.badges.models import Learner
from providers.badgekit.models import Application, BadgeInstance, Claim, ClaimCode
from providers.badgekit.models.folding import address


def learners_at(text: str) -> Iterable[int]:
    """The ids of those who have claimed with this address, hold an instance of it, or have a code kept for it."""
    if "@" not in text:
        return ()
    at = address(text)
    claimed = Claim.objects.filter(address=at, learner__isnull=False).order_by().values_list("learner", flat=True)
    held = BadgeInstance.objects.filter(address=at).exclude(recipient_id="").values_list("recipient_id", flat=True)
    kept = (
        ClaimCode.objects.filter(email__in={text, at}).exclude(recipient_id="").values_list("recipient_id", flat=True)
    )
    found, told = set(claimed[:MOST]), set(held[:MOST])
    if not found and not told:  # This column has no index.
        told = set(kept.order_by()[:MOST])
    uuids = {uuid for each in told if (uuid := as_uuid(each))}
    return found | (set(Learner.objects.filter(uuid__in=uuids).values_list("pk", flat=True)) if uuids else set())


def _claims(rows: QuerySet[Claim], wanted: Wanted) -> QuerySet[Claim]:
    """By address, or by the learner."""
    theirs = Q(address=address(wanted.text)) | Q(learner__in=wanted.learners)
    return rows.filter(theirs).select_related("badge").order_by("-pk")


def _applications(rows: QuerySet[Application], wanted: Wanted) -> QuerySet[Application]:
    """By the address as it was sent, or in small letters."""
    return rows.filter(learner__in={wanted.text, address(wanted.text)}).select_related("badge").order_by("-pk")


def _of_learner(request: HttpRequest, learner: Learner) -> Iterator[Panel]:
    pages: Any = admin.site.get_model_admin(Claim)
    if not pages.has_view_permission(request):
        return
    theirs = Q(learner=learner.pk) | Q(address=address(learner.email), learner=None) if learner.email else None
    rows = pages.get_queryset(request).filter(theirs or Q(learner=learner.pk)).select_related("badge")
    yield Panel(
        title=gettext_lazy("Claims"),
        count=rows.count(),
        rows=[
            (f"{each.badge}: {each.get_state_display()}", reverse("admin:badgekit_claim_change", args=(each.pk,)))
            for each in rows.order_by("-pk")[:MOST]
        ],
        list_page=f"{reverse('admin:badgekit_claim_changelist')}?learner__id__exact={learner.pk}",
    )


also_known_as(learners_at)
also_shows(_of_learner)
add_finder(Finder(title=gettext_lazy("Claims"), model=Claim, find=_claims))
add_finder(Finder(title=gettext_lazy("Applications"), model=Application, find=_applications))
