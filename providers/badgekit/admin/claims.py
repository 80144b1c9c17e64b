"""Pages of claims, to read: they are decided at the organisers' desk."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from providers.badgekit.admin.stored import ShownInline
from providers.badgekit.models import Claim, ClaimEvidence, ClaimStep


class ClaimEvidenceInline(ShownInline):
    """What the learner shows; files are served by the desk."""

    model = ClaimEvidence
    fields = ("kind", "text", "url", "filename", "media_type", "size", "added_at")


class ClaimStepInline(ShownInline):
    """What happened to it."""

    model = ClaimStep
    fields = ("at", "by", "state", "words")


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Uses of codes, and what became of them."""

    inlines = (ClaimEvidenceInline, ClaimStepInline)
    fields = (
        *("badge", "code", "email", "name", "learner", "state", "desk", "source", "instance"),
        *("assigned_to", "decided_by", "decided_at", "made_at"),
    )
    list_display = ("email", "name", "badge", "state", "made_at", "assigned_to", "decided_by")
    list_filter = ("state", "made_at", ("badge__system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("badge", "assigned_to", "decided_by")
    search_fields = ("email", "name", "code__code", "code__label", "badge__name", "badge__slug")

    @admin.display(description=_("To decide it"))
    def desk(self, claim: Claim) -> Any:
        """Its page at the desk; those to codes that are kept for a learner have none."""
        if claim.code.reservation:
            return gettext("It was kept for them: there is nothing to decide.")
        page = reverse("desk:claim", args=(claim.badge.system_id, claim.pk))
        return format_html('<a href="{}">{}</a>', page, gettext("Its page at the desk"))
