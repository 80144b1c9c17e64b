"""Accredible's pages in the administration, at the addresses that they have in Open edX."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.accounts import AccountAdmin
from credentials_badges.badges.admin.badges import BadgeAdmin
from credentials_badges.badges.admin.base import TemplateAdmin
from credentials_badges.badges.models import ProviderAccount
from providers.accredible.models import AccredibleAPIConfig, AccredibleBadge, AccredibleGroup

admin.site.register(AccredibleBadge, BadgeAdmin)


@admin.register(AccredibleGroup)
class AccredibleGroupAdmin(TemplateAdmin):
    """Groups, which are made and changed at Accredible."""

    management_path = "issuer/dashboard/group/{template}/information-and-appearance"


@admin.register(AccredibleAPIConfig)
class AccredibleAPIConfigAdmin(AccountAdmin):
    """API configs, whose groups are pulled."""

    actions = ["sync_groups", "preview_sync", "check_keys"]

    @admin.action(description=_("Sync groups"), permissions=("change",))
    def sync_groups(self, request: HttpRequest, queryset: QuerySet[AccredibleAPIConfig]) -> list[ProviderAccount]:
        """Named as in Open edX."""
        return self.pull_each(request, queryset)
