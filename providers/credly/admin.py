"""Credly's pages in the administration, at the addresses that they have in Open edX."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.accounts import AccountAdmin
from credentials_badges.badges.admin.badges import BadgeAdmin
from credentials_badges.badges.admin.base import TemplateAdmin
from credentials_badges.badges.models import ProviderAccount
from providers.credly.models import CredlyBadge, CredlyBadgeTemplate, CredlyOrganization

admin.site.register(CredlyBadge, BadgeAdmin)


@admin.register(CredlyBadgeTemplate)
class CredlyBadgeTemplateAdmin(TemplateAdmin):
    """Badge templates, which are made and changed at Credly."""

    management_path = "mgmt/organizations/{account}/badges/templates/{template}/details"


@admin.register(CredlyOrganization)
class CredlyOrganizationAdmin(AccountAdmin):
    """Organizations, whose templates are pulled."""

    actions = ["sync_organization_badge_templates", "preview_sync", "check_keys"]

    @admin.action(description=_("Sync organization badge templates"), permissions=("change",))
    def sync_organization_badge_templates(
        self, request: HttpRequest, queryset: QuerySet[CredlyOrganization]
    ) -> list[ProviderAccount]:
        """Named as in Open edX."""
        return self.pull_each(request, queryset)
