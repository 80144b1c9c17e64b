"""What the pages of the store's own rows have in common."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.validators import URLValidator
from django.db import IntegrityError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _


class WebAddress(forms.URLField):
    """An address that a browser may follow."""

    default_validators = [URLValidator(schemes=["http", "https"])]


class WithAddresses(BaseModelAdmin):  # type: ignore[type-arg]
    """Asks for addresses of the web wherever a column holds one."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Columns tell by their names."""
        if db_field.name == "url" or db_field.name.endswith("_url"):
            asked = {"form_class": WebAddress, "widget": AdminURLFieldWidget, "assume_scheme": "https"}
            return db_field.formfield(**{**kwargs, **asked})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class StoredAdmin(WithAddresses, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the API may write at the same moment."""

    ordering: ClassVar[Any] = ("-pk",)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Save; what is refused only then was free when the form was checked."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            messages.error(request, _("Nothing was saved: somebody else took the same name at this moment."))
            return HttpResponseRedirect(request.get_full_path())


class NamedAdmin(StoredAdmin):
    """What is found by its slug. Who deletes it only hides it, as in the API: what learners hold stays true."""

    ordering = ("name", "pk")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    delete_confirmation_template = "badgekit/confirm.html"
    delete_selected_confirmation_template = "badgekit/confirm_selected.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what is hidden."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(deleted_at=None)
        return rows

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only these rows: nothing goes with them, and so nothing stands in their way."""
        return gone(self, objs)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Hide it."""
        obj.hide()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Hide them."""
        for row in queryset:
            row.hide()


def gone(page: Any, rows: Iterable[object], protected: Iterable[object] = ()) -> Any:
    """What Django's page that asks for confirmation says of rows that go alone, and of those that may not go."""
    named = [str(row) for row in rows]
    return named, {page.opts.verbose_name_plural: len(named)}, set(), [str(row) for row in protected]


class ShownInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows of a page that is only read."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
