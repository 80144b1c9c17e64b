"""Laurel's pages in the administration."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from credentials_badges.badges.admin.accounts import AccountAdmin
from credentials_badges.badges.admin.badges import BadgeAdmin
from credentials_badges.badges.admin.base import TemplateAdmin
from laurel_badges.models import Laurel, LaurelHouse, LaurelWreath

admin.site.register(Laurel, TemplateAdmin)
admin.site.register(LaurelWreath, BadgeAdmin)


@admin.register(LaurelHouse)
class LaurelHouseAdmin(AccountAdmin):
    """Houses, whose laurels are pulled."""

    actions = ["sync_laurels", "preview_sync", "check_keys"]

    @admin.action(description="Sync laurels", permissions=("change",))
    def sync_laurels(self, request: HttpRequest, queryset: QuerySet[LaurelHouse]) -> None:
        """In Laurel's words, what is pulled are laurels."""
        self.pull_each(request, queryset)
