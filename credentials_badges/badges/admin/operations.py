"""What operators look at: promises, events, webhooks and pulls."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from credentials_badges.badges import auditing, doorbell, outbox, webhooks
from credentials_badges.badges.admin import test_bench
from credentials_badges.badges.admin.base import ReadOnlyAdmin, pretty_json
from credentials_badges.badges.models import (
    Issuance,
    LearningEvent,
    SyncRun,
    UnreadableEvent,
    WebhookDelivery,
)


@admin.register(Issuance)
class IssuanceAdmin(ReadOnlyAdmin):
    """Promises to the providers."""

    list_display = ("badge", "account", "action", "status", "failure", "attempts", "not_before", "last_error")
    list_filter = ("status", "failure", "action", "account")
    list_select_related = ("badge__learner", "badge__template", "account")
    search_fields = ("badge__learner__username", "badge__learner__email", "badge__template__name", "badge__external_id")
    fieldsets = (
        ("Promise", {"fields": ("badge", "account", "action", "reason", "key", "created_at")}),
        ("Tries", {"fields": ("status", "failure", "attempts", "unsure", "not_before", "claimed_at", "last_error")}),
        ("Answer", {"fields": ("delivered_at", "answer")}),
    )
    actions = ("retry",)

    @admin.display(description="Receipt")
    def answer(self, issuance: Issuance) -> SafeString | None:
        """The provider's last answer."""
        return None if issuance.receipt is None else pretty_json(issuance.receipt)

    @admin.action(description="Retry", permissions=("operate",))
    def retry(self, request: HttpRequest, queryset: QuerySet[Issuance]) -> list[Issuance]:
        """Try dead promises again."""
        opened = [issuance for issuance in queryset if outbox.retry(issuance)]
        messages.success(request, f"To be tried again: {len(opened)}.")
        if left := len(queryset) - len(opened):
            messages.warning(request, f"Left alone, because they are not dead or a newer promise is open: {left}.")
        return opened


EVENT_STATES = {
    "waiting": Q(processed_at=None),
    "failed": Q(processed_at__isnull=False) & ~Q(error=""),
    "processed": Q(processed_at__isnull=False, error=""),
}


class EventStateFilter(admin.SimpleListFilter):
    """What became of an event."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states."""
        return [(state, state.capitalize()) for state in EVENT_STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events in that state."""
        return queryset.filter(EVENT_STATES.get(self.value() or "", Q()))


@admin.register(LearningEvent)
class LearningEventAdmin(ReadOnlyAdmin):
    """Events as they came."""

    list_display = ("event_id", "type", "learner", "occurred_at", "received_at", "processed_at", "error")
    list_filter = (EventStateFilter, "type")
    list_select_related = ("learner",)
    search_fields = ("event_id", "learner__username", "learner__email")
    fields = (
        *("event_id", "source", "type", "learner", "occurred_at", "received_at", "processed_at", "purged_at"),
        *("error", "data"),
    )
    actions = ("process_again",)

    def get_urls(self) -> list[URLPattern]:
        """With the page on which events are tried out."""
        bench = path("test-bench/", self.admin_site.admin_view(test_bench.page), name="badges_learningevent_test_bench")
        return [bench, *super().get_urls()]

    @admin.display(description="Payload")
    def data(self, event: LearningEvent) -> SafeString:
        """What the paths of data rules start from."""
        return pretty_json(event.payload)

    @admin.action(description="Process again", permissions=("operate",))
    def process_again(self, request: HttpRequest, queryset: QuerySet[LearningEvent]) -> list[LearningEvent]:
        """Let failed events wait once more; one without a learner could only fail again."""
        chosen = queryset.count()
        failed = queryset.filter(EVENT_STATES["failed"], learner__isnull=False, purged_at=None)
        named = list(failed[: auditing.MOST + 1])
        again = failed.update(processed_at=None, error="")
        doorbell.ring(doorbell.EVENTS)
        messages.success(request, f"To be processed again: {again}.")
        if purged := queryset.filter(purged_at__isnull=False).count():
            messages.warning(request, f"Left alone, because what they said is not kept any more: {purged}.")
        if left := chosen - again - purged:
            messages.warning(request, f"Left alone, because they have not failed or name no learner: {left}.")
        return named


@admin.register(UnreadableEvent)
class UnreadableEventAdmin(ReadOnlyAdmin):
    """What was sent and is no event."""

    list_display = ("source", "where", "reason", "received_at")
    list_filter = ("source",)
    search_fields = ("source", "reason", "body")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission: once its sender is mended, nobody needs it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Webhooks as they came, and what was true when the provider was asked."""

    list_display = ("received_at", "kind", "account", "status", "outcome", "attempts")
    list_filter = ("status", "provider", "account", "kind")
    list_select_related = ("account",)
    search_fields = ("delivery_id", "claimed_account", "kind")
    actions = ("look_again",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission: else an account that ever got a webhook could not be deleted."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    @admin.action(description="Look into it again", permissions=("operate",))
    def look_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> list[WebhookDelivery]:
        """Ask the provider once more."""
        again = [delivery for delivery in queryset if webhooks.retry(delivery)]
        messages.success(request, f"To be looked into again: {len(again)}.")
        if left := len(queryset) - len(again):
            messages.warning(request, f"Left alone, because they wait already or are about no account here: {left}.")
        return again


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """Pulls of templates."""

    list_display = ("account", "started_at", "finished_at", "created", "changed", "unchanged", "archived", "error")
    list_filter = ("account",)
    list_select_related = ("account",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission: else an account that was ever pulled could not be deleted."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
