"""Messages that leave this service, and what became of each."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from credentials_badges.badges import posting
from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.models import Mail


class MessageAdmin(ReadOnlyAdmin):
    """Messages of one kind; each kind adds its own columns to these."""

    list_display: tuple[str, ...] = ("created_at", "status", "attempts", "not_before", "last_error")
    list_filter: ClassVar[Any] = ("status",)
    secret_fields: tuple[str, ...] = ()
    """Shown only to those who may change such a message, and looked up by nobody."""
    actions = ("send_again",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them, or all but those that hold secrets."""
        hidden = () if self.has_operate_permission(request) else self.secret_fields
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    @admin.action(description="Send again", permissions=("operate",))
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Try dead messages again."""
        again = [message for message in queryset if posting.retry(message)]
        messages.success(request, f"To be sent again: {len(again)}.")
        if left := len(queryset) - len(again):
            messages.warning(request, f"Left alone, because they are not dead: {left}.")
        return again


@admin.register(Mail)
class MailAdmin(MessageAdmin):
    """Mails. Their text may hold a link that lets whoever has it in."""

    list_display = ("to", "subject", *MessageAdmin.list_display)
    search_fields = ("to", "subject")
    fields = ("to", "subject", "text", "status", "attempts", "last_error", "not_before", "created_at", "sent_at")
    secret_fields = ("text", "html")
