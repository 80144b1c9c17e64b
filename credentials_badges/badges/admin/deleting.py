"""Deletes rows that only the service itself writes, once nobody needs them: however many there are."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import auditing
from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.admin.confirming import Plan, asks_first, in_batches, tell_later
from credentials_badges.badges.admin.granting import user_of
from credentials_badges.languages import OF_PROGRAMS


def _to_delete(_pages: Any, _request: HttpRequest, queryset: QuerySet[Any]) -> Plan:
    chosen = queryset.count()
    return Plan(chosen=chosen, touched=chosen, will=_("will be deleted"))


class DeletableAdmin(ReadOnlyAdmin):
    """Rows of which nothing hangs. Django's own action sends the key of each to the browser and back."""

    actions: tuple[str, ...] = ("delete_selected",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    @admin.action(description=gettext_lazy("Delete"), permissions=("delete",))
    @asks_first(_to_delete, of_one=True)
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete them; the trail names each, or says of each batch how many they were."""
        is_long = queryset.count() > auditing.MOST

        def delete(rows: list[Any]) -> list[Model]:
            with transaction.atomic():
                self.model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
                with translation.override(OF_PROGRAMS):
                    label = f"{len(rows)} {self.opts.verbose_name_plural}"
                named = () if is_long else rows
                auditing.note(auditing.Via.ADMIN, user_of(request), "deleted", *named, label=label)
            return rows

        deleted, later = in_batches(queryset, delete)
        messages.success(request, _("Deleted: %(count)d.") % {"count": deleted.number})
        tell_later(request, later)
