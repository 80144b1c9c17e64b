"""The keys of issuers in the administration: looked at, and exchanged."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.admin.confirming import Plan, asks_first, in_batches, tell_later
from credentials_badges.openbadges import keys
from credentials_badges.openbadges.models import SigningKey


def _newest(rows: QuerySet[SigningKey]) -> QuerySet[SigningKey]:
    """Those that sign."""
    same = {name: OuterRef(name) for name in ("provider", "issuer_key", "algorithm")}
    return rows.exclude(Exists(SigningKey.objects.filter(**same, number__gt=OuterRef("number"))))


def _to_exchange(_pages: Any, _request: HttpRequest, queryset: QuerySet[SigningKey]) -> Plan:
    chosen, touched = queryset.count(), _newest(queryset).count()
    left = [(chosen - touched, _("exchanged already"))]
    return Plan(
        chosen=chosen, touched=touched, will=_("will be followed by a new key, which signs from now on"), left=left
    )


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """Public halves, which everybody may read. They are made when an issuer's first document is asked for."""

    list_display = ("provider", "issuer_key", "algorithm", "number", "created_at")
    list_filter = ("algorithm", "provider")
    search_fields = ("issuer_key",)
    fields = ("provider", "issuer_key", "algorithm", "number", "public_jwk", "created_at")
    actions = ("exchange",)

    @admin.action(description=gettext_lazy("Exchange for new keys"), permissions=("operate",))
    @asks_first(_to_exchange, of_one=True)
    def exchange(self, request: HttpRequest, queryset: QuerySet[SigningKey]) -> list[Any]:
        """Let new keys sign from now on; what the old ones signed can still be checked."""
        made, later = in_batches(_newest(queryset), keys.exchange)
        messages.success(request, _("New keys: %(count)d.") % {"count": made.number})
        tell_later(request, later)
        return made
