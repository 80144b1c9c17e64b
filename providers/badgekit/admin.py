"""BadgeKit's pages in the administration: our side of it, and the store itself."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from credentials_badges.badges.admin.accounts import AccountAdmin
from credentials_badges.badges.admin.base import BadgeAdmin, TemplateAdmin
from providers.badgekit.models import (
    Badge,
    BadgeInstance,
    BadgeKitAccount,
    BadgeKitBadgeTemplate,
    BadgeKitIssuedBadge,
    ClaimCode,
    Issuer,
    Program,
    System,
)

admin.site.register(BadgeKitBadgeTemplate, TemplateAdmin)
admin.site.register(BadgeKitIssuedBadge, BadgeAdmin)


@admin.register(BadgeKitAccount)
class BadgeKitAccountAdmin(AccountAdmin):
    """Accounts, each of which is a system of the store: that needs no key and has no address."""

    fields = ["name", "external_id"]
    actions = ["sync_badges", "check_keys"]

    @admin.action(description="Sync badges", permissions=("change",))
    def sync_badges(self, request: HttpRequest, queryset: QuerySet[BadgeKitAccount]) -> None:
        """In BadgeKit's words, what is pulled are badges."""
        self.pull_each(request, queryset)


@admin.register(System)
class SystemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Systems."""

    list_display = ("name", "slug", "url")
    search_fields = ("name", "slug")


@admin.register(Issuer)
class IssuerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Issuers."""

    list_display = ("name", "slug", "system")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("name", "slug")


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Programs."""

    list_display = ("name", "slug", "issuer")
    list_filter = ("issuer",)
    list_select_related = ("issuer",)
    search_fields = ("name", "slug")


@admin.register(Badge)
class StoredBadgeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Badges that can be earned."""

    list_display = ("name", "slug", "system", "issuer", "program", "archived")
    list_filter = ("archived", "system")
    list_select_related = ("system", "issuer", "program")
    search_fields = ("name", "slug")


@admin.register(ClaimCode)
class ClaimCodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Claim codes. For whom one is reserved is only read."""

    list_display = ("code", "badge", "email", "claimed", "multiuse", "recipient_id", "expires", "cancelled_at")
    list_filter = ("claimed", "multiuse")
    list_select_related = ("badge",)
    search_fields = ("code", "email", "recipient_id", "badge__name")
    autocomplete_fields = ("badge",)
    readonly_fields = ("reservation", "recipient_id", "expires", "cancelled_at")

    def has_delete_permission(self, request: HttpRequest, obj: ClaimCode | None = None) -> bool:
        """Not of a reserved code: revoking the learner's badge cancels it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.reservation)


@admin.register(BadgeInstance)
class BadgeInstanceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Badges that somebody holds."""

    list_display = ("slug", "badge", "email", "issued_on", "expires")
    list_select_related = ("badge",)
    search_fields = ("slug", "email", "badge__name")
    autocomplete_fields = ("badge", "claim_code")
