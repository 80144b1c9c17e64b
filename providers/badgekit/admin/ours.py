"""Accounts, templates and badges of ours, as far as they are BadgeKit's."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.accounts import AccountAdmin
from credentials_badges.badges.admin.badges import BadgeAdmin
from credentials_badges.badges.admin.base import TemplateAdmin
from credentials_badges.badges.models import ProviderAccount
from providers.badgekit.models import BadgeKitAccount, BadgeKitBadgeTemplate, BadgeKitIssuedBadge

admin.site.register(BadgeKitBadgeTemplate, TemplateAdmin)
admin.site.register(BadgeKitIssuedBadge, BadgeAdmin)


@admin.register(BadgeKitAccount)
class BadgeKitAccountAdmin(AccountAdmin):
    """Accounts, each of which is a system of the store: that needs no key and has no address."""

    fields = ["name", "external_id"]
    actions = ["sync_badges", "preview_sync", "check_keys"]

    @admin.action(description=_("Sync badges"), permissions=("change",))
    def sync_badges(self, request: HttpRequest, queryset: QuerySet[BadgeKitAccount]) -> list[ProviderAccount]:
        """In BadgeKit's words, what is pulled are badges."""
        return self.pull_each(request, queryset)
