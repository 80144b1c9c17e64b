"""Messages that leave this service, and what became of each."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import auditing, posting
from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.admin.confirming import Plan, asks_first
from credentials_badges.badges.admin_site import Touched
from credentials_badges.badges.models import Mail


def _to_send_again(_pages: Any, _request: HttpRequest, queryset: QuerySet[Any]) -> Plan:
    chosen, dead = queryset.count(), queryset.filter(status=Mail.Status.DEAD).count()
    left = [(chosen - dead, _("not dead"))]
    return Plan(chosen=chosen, touched=dead, will=_("are dead and will be sent again"), left=left)


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

    @admin.action(description=gettext_lazy("Send again"), permissions=("operate",))
    @asks_first(_to_send_again)
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Try dead messages again."""
        chosen = queryset.count()
        named = list(queryset.filter(status=Mail.Status.DEAD)[: auditing.MOST + 1])
        again = posting.retry_all(queryset)
        messages.success(request, _("To be sent again: %(count)d.") % {"count": again})
        if left := chosen - again:
            messages.warning(request, _("Left alone, because they are not dead: %(count)d.") % {"count": left})
        return Touched(named, again)


@admin.register(Mail)
class MailAdmin(MessageAdmin):
    """Mails. Their text may hold a link that lets whoever has it in."""

    list_display = ("to", "subject", *MessageAdmin.list_display)
    search_fields = ("to", "subject")
    fields = ("to", "subject", "text", "status", "attempts", "last_error", "not_before", "created_at", "sent_at")
    secret_fields = ("text", "html")
