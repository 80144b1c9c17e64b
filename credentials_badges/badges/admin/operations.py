"""What operators look at: promises, events and webhooks."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from credentials_badges.badges import auditing, doorbell, outbox, webhooks
from credentials_badges.badges.admin import choosing, test_bench
from credentials_badges.badges.admin.base import ReadOnlyAdmin, pretty_json
from credentials_badges.badges.admin.confirming import Plan, asks_first, in_batches, tell_later
from credentials_badges.badges.admin.deleting import DeletableAdmin
from credentials_badges.badges.admin.finding import (
    FOUND,
    SOURCES,
    FindsLearners,
    as_uuid,
    named_badges,
    named_templates,
)
from credentials_badges.badges.admin.membership import AccountFilter, OfAccounts
from credentials_badges.badges.admin_site import Touched
from credentials_badges.badges.listing import ValuesFilter, values_of
from credentials_badges.badges.models import (
    Badge,
    Issuance,
    LearningEvent,
    UnreadableEvent,
    WebhookDelivery,
)


def _to_retry(_pages: Any, _request: HttpRequest, queryset: QuerySet[Issuance]) -> Plan:
    chosen, dead = queryset.count(), queryset.filter(status=Issuance.Status.DEAD)
    number, touched = dead.count(), outbox.retriable(dead).count()
    left = [
        (chosen - number, _("not dead: there is nothing to try again")),
        (number - touched, _("dead, but superseded by a newer promise, or of a learner who was retired")),
    ]
    return Plan(chosen=chosen, touched=touched, will=_("are dead and will be tried again"), left=left)


@admin.register(Issuance)
class IssuanceAdmin(ReadOnlyAdmin, FindsLearners, OfAccounts):
    """Promises to the providers."""

    list_display = ("badge", "account", "action", "status", "failure", "attempts", "not_before", "last_error")
    list_filter = ("status", "failure", "action", ("account", AccountFilter))
    list_select_related = ("badge__learner", "badge__template", "account")
    search_fields = ("badge__learner__username", "badge__learner__email", "badge__template__name", "badge__external_id")
    fieldsets = (
        (gettext_lazy("Promise"), {"fields": ("badge", "account", "action", "reason", "key", "created_at")}),
        (
            gettext_lazy("Tries"),
            {
                "fields": (
                    *("status", "failure", "attempts", "unsure", "not_before", "claimed_at", "delivered_at"),
                    "last_error",
                )
            },
        ),
        (gettext_lazy("Answer"), {"fields": ("answer",)}),
    )
    secret_fields = ("receipt",)
    learner_path = "badge__learner__"
    actions = ("retry",)

    def otherwise(self, request: HttpRequest, text: str) -> list[Q]:
        """By our reference, or the badge's id at the provider, or its template's name."""
        seen = self.seen(request)
        badges = Badge.objects.filter(seen).order_by("-pk").values_list("pk", flat=True)
        named = {
            pk
            for way in (named_badges(text), Q(template__in=named_templates(text, seen)))
            for pk in badges.filter(way)[:FOUND]
        }
        key = as_uuid(text)
        return [Q(badge__in=named), *([Q(key=key)] if key else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Issuance | None = None) -> Any:
        """Without the answer, while the badge's id, which it holds, is kept from the user."""
        return self.fieldsets[:-1] if obj and choosing.keeps_id(request, obj.badge) else self.fieldsets

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """As ever, and by learner, whose page leads here."""
        return lookup == "badge__learner__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("Receipt"))
    def answer(self, issuance: Issuance) -> SafeString | None:
        """The provider's last answer."""
        return None if issuance.receipt is None else pretty_json(auditing.said(issuance.receipt))

    @admin.action(description=gettext_lazy("Retry"), permissions=("operate",))
    @asks_first(_to_retry)
    def retry(self, request: HttpRequest, queryset: QuerySet[Issuance]) -> Touched:
        """Try dead promises again."""
        chosen = queryset.count()
        opened, later = in_batches(queryset.filter(status=Issuance.Status.DEAD), outbox.retry_all)
        messages.success(request, _("To be tried again: %(count)d.") % {"count": opened.number})
        if left := chosen - opened.number - later:
            why = _("Left alone, because they are not dead or a newer promise is open: %(count)d.")
            messages.warning(request, why % {"count": left})
        tell_later(request, later)
        return opened


EVENT_STATES = {
    "waiting": Q(processed_at=None),
    "failed": ~Q(error=""),  # While it waits, it has none; of these alone there is an index.
    "processed": Q(processed_at__isnull=False, error=""),
}


TO_PROCESS_AGAIN = EVENT_STATES["failed"] & Q(learner__isnull=False, purged_at=None)


def _to_process_again(_pages: Any, _request: HttpRequest, queryset: QuerySet[LearningEvent]) -> Plan:
    chosen, touched = queryset.count(), queryset.filter(TO_PROCESS_AGAIN).count()
    purged = queryset.filter(purged_at__isnull=False).count()
    left = [
        (purged, _("what they said is not kept any more")),
        (chosen - touched - purged, _("they have not failed, or name no learner")),
    ]
    return Plan(chosen=chosen, touched=touched, will=_("have failed and will be processed again"), left=left)


class EventStateFilter(admin.SimpleListFilter):
    """What became of an event."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states."""
        return [
            ("waiting", pgettext("event", "Waiting")),
            ("failed", pgettext("event", "Failed")),
            ("processed", pgettext("event", "Processed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events in that state."""
        return queryset.filter(EVENT_STATES.get(self.value() or "", Q()))


@admin.register(LearningEvent)
class LearningEventAdmin(ReadOnlyAdmin, FindsLearners):
    """Events as they came."""

    list_display = ("event_id", "type", "learner", "occurred_at", "received_at", "processed_at", "error")
    list_filter = (EventStateFilter, ("type", ValuesFilter))
    list_select_related = ("learner",)
    search_fields = ("event_id", "learner__username", "learner__email")
    fields = (
        *("event_id", "source", "type", "learner", "occurred_at", "received_at", "processed_at", "purged_at"),
        *("error", "data"),
    )
    learner_path = "learner__"
    actions = ("process_again",)

    def otherwise(self, request: HttpRequest, text: str) -> list[Q]:
        """By id: its index begins with the source, of which there are few."""
        return [Q(source__in=values_of(LearningEvent, "source", SOURCES), event_id=text)]

    def get_urls(self) -> list[URLPattern]:
        """With the page on which events are tried out."""
        bench = path("test-bench/", self.admin_site.admin_view(test_bench.page), name="badges_learningevent_test_bench")
        return [bench, *super().get_urls()]

    @admin.display(description=gettext_lazy("Payload"))
    def data(self, event: LearningEvent) -> SafeString:
        """What the paths of data rules start from."""
        return pretty_json(event.payload)

    @admin.action(description=gettext_lazy("Process again"), permissions=("operate",))
    @asks_first(_to_process_again)
    def process_again(self, request: HttpRequest, queryset: QuerySet[LearningEvent]) -> Touched:
        """Let failed events wait once more; one without a learner could only fail again."""
        chosen = queryset.count()
        failed = queryset.filter(TO_PROCESS_AGAIN)
        named = list(failed[: auditing.MOST + 1])
        again = failed.update(processed_at=None, error="")
        doorbell.ring(doorbell.EVENTS)
        messages.success(request, _("To be processed again: %(count)d.") % {"count": again})
        if purged := queryset.filter(purged_at__isnull=False).count():
            why = _("Left alone, because what they said is not kept any more: %(count)d.")
            messages.warning(request, why % {"count": purged})
        if left := chosen - again - purged:
            why = _("Left alone, because they have not failed or name no learner: %(count)d.")
            messages.warning(request, why % {"count": left})
        return Touched(named, again)


@admin.register(UnreadableEvent)
class UnreadableEventAdmin(DeletableAdmin):
    """What was sent and is no event; once its sender is mended, nobody needs it."""

    list_display = ("source", "where", "reason", "received_at")
    list_filter = ("source",)
    search_fields = ("source", "reason", "body")


def _to_look_into(_pages: Any, _request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> Plan:
    chosen, touched = queryset.count(), webhooks.retriable(queryset).count()
    left = [(chosen - touched, _("they wait already, or are about no account here"))]
    return Plan(chosen=chosen, touched=touched, will=_("will be looked into again"), left=left)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(DeletableAdmin):
    """Webhooks as they came, and what was true when the provider was asked. Else an account that ever got one could not
    be deleted.
    """

    list_display = ("received_at", "kind", "account", "status", "outcome", "attempts")
    list_filter = ("status", "provider", "account", "kind")
    list_select_related = ("account",)
    search_fields = ("delivery_id", "claimed_account", "kind")
    actions = ("look_again", "delete_selected")

    @admin.action(description=gettext_lazy("Look into it again"), permissions=("operate",))
    @asks_first(_to_look_into)
    def look_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> Touched:
        """Ask the provider once more."""
        chosen = queryset.count()
        named = list(webhooks.retriable(queryset)[: auditing.MOST + 1])
        again = webhooks.retry_all(queryset)
        messages.success(request, _("To be looked into again: %(count)d.") % {"count": again})
        if left := chosen - again:
            why = _("Left alone, because they wait already or are about no account here: %(count)d.")
            messages.warning(request, why % {"count": left})
        return Touched(named, again)
