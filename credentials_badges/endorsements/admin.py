"""Pages of endorsements, to read: those who may ask for them do so on pages of their own."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.admin.membership import AccountFilter, OfAccounts
from credentials_badges.endorsements import targets
from credentials_badges.endorsements.links import WHOLE
from credentials_badges.endorsements.models import Endorsement


@admin.register(Endorsement)
class EndorsementAdmin(ReadOnlyAdmin, OfAccounts):
    """All requests, and what became of them; of the links of endorsers nothing is shown."""

    fields = (
        *("uuid", "account", "kind", "template", "badge", "issuer_key", "called", "organisation", "state"),
        *("endorser_name", "endorser_email", "language", "message", "asked_by", "asked_at", "expires_at"),
        *("reminders", "reminded_at", "viewed_at", "answered_at", "in_name_of", "url", "text", "reason", "ended_at"),
    )
    list_display = ("endorser_name", "in_name_of", "kind", "organisation", "state", "asked_at", "answered_at")
    list_filter = ("state", "kind", "asked_at", ("account", AccountFilter))
    search_fields = ("endorser_name", "endorser_email", "in_name_of", "organisation", "template__name", "=uuid")
    readonly_fields = ("called",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endorsement]:
        """With what each is about."""
        return super().get_queryset(request).select_related(*WHOLE)

    @admin.display(description=_("What is endorsed"))
    def called(self, endorsement: Endorsement) -> str:
        """By the name that it has now."""
        target = targets.of(endorsement)
        return target.name if target else "–"
