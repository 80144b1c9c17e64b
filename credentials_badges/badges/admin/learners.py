"""Learners, what they may do, and the tokens with which their programs call the REST API.

Rights are given by superusers alone, and whoever has some is changed by superusers alone: else the permission to change
learners would be all permissions.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.authtoken.admin import TokenAdmin, TokenChangeList
from rest_framework.authtoken.models import Token, TokenProxy

from credentials_badges.badges import auditing, members, retiring
from credentials_badges.badges.admin.finding import FindsLearners
from credentials_badges.badges.admin.held import panels
from credentials_badges.badges.admin.retiring import Retiring
from credentials_badges.badges.locking import locked_learners
from credentials_badges.badges.models import Learner
from credentials_badges.badges.roles import in_words

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

# Its own text is its key, which Django's pages show wherever they name one: also where its learner is deleted.
Token.__str__ = auditing.label_of  # type: ignore[method-assign,assignment]


def save_unless_retired(learner: Learner, columns: list[str]) -> None:
    """Save these columns. Raises retiring.Unknown if the learner was retired since the row was read."""
    with transaction.atomic():
        if not locked_learners(pk=learner.pk, retired_at=None):
            raise retiring.Unknown
        learner.save(update_fields=columns)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Its own saves the whole row as it was read."""

    def save(self, commit: bool = True) -> Learner:
        """Save the password alone."""
        learner: Learner = super().save(commit=False)
        if commit:
            save_unless_retired(learner, ["password"])
        return learner


@admin.register(Learner)
class LearnerAdmin(FindsLearners, Retiring, UserAdmin):  # type: ignore[type-arg]
    """Learners, and whoever else may sign in."""

    change_password_form = PasswordForm
    change_form_template = "admin/badges/learner_form.html"
    list_display = ("username", "full_name", "email", "is_active", "is_staff")
    search_fields = ("username", "full_name", "email")
    actions = ("retire",)
    readonly_fields = ("uuid", "date_joined", "last_login", "identity_as_of", "retired_at", "roles")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("full_name", "email", "lms_user_id", "uuid", "identity_as_of")}),
        (gettext_lazy("Permissions"), {"fields": ("roles", "is_active", *RIGHTS)}),
        (gettext_lazy("Dates"), {"fields": ("date_joined", "last_login", "retired_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", "email", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With whether they have rights."""
        trusted = members.with_rights(pk=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(has_rights=Exists(trusted))
        return rows

    @admin.display(description=gettext_lazy("Roles"))
    def roles(self, learner: Learner) -> str:
        """What groups and memberships are good for, in words."""
        return "\n".join(in_words(learner)) if learner.pk else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights are given by superusers alone. By the username events find the learner: another's would be theirs."""
        fields = (*super().get_readonly_fields(request, obj), *(("username",) if obj else ()))
        return fields if _is_superuser(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As ever, but of nobody who has been retired; of whoever has rights, only superusers."""
        may = super().has_change_permission(request, obj)
        return may and not (obj and obj.retired_at) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As ever; of whoever has rights, only superusers."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def save_model(self, request: HttpRequest, obj: Learner, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: the row may have become another since it was read."""
        if not change:
            return super().save_model(request, obj, form, change)
        columns = {field.name for field in obj._meta.concrete_fields}
        return save_unless_retired(obj, [name for name in form.changed_data if name in columns])

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Save, unless they were retired meanwhile."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except retiring.Unknown:
            return _refused(request)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what is the learner's."""
        learner: Learner | None = context.get("original")
        held = panels(request, learner) if learner else []
        return super().render_change_form(request, {**context, "held": held}, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Set it, unless they were retired meanwhile."""
        try:
            with transaction.atomic():
                return super().user_change_password(request, id, form_url)
        except retiring.Unknown:
            return _refused(request)


class RightsOfGroups(GroupAdmin):
    """Groups, whose permissions are rights too."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights are given by superusers alone."""
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_superuser(request) else (*fields, "permissions")


class TokenList(TokenChangeList):
    """In a window that offers rows to choose from, Django's own writes down their keys."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_popup = False


class TokenPages(TokenAdmin):
    """Tokens: each is shown once, to whoever makes it. To change one, delete it and make another."""

    list_display = ("user", "created")
    autocomplete_fields = ("user",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Without keys."""
        return TokenList

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Of whoever has rights, only superusers make one."""
        if not _is_superuser(request):
            kwargs["queryset"] = Learner.objects.exclude(pk__in=members.with_rights().values("pk"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it would become another's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As ever; of whoever has rights, only superusers."""
        may = super().has_delete_permission(request, obj)
        trusted = may and obj is not None and not _is_superuser(request)
        return may and not (trusted and members.with_rights(pk=obj.user_id).exists())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and show the key."""
        super().save_model(request, obj, form, change)
        said = _("The key of %(user)s, which is not shown again: %(key)s")
        messages.warning(request, said % {"user": obj.user, "key": obj.key})


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _may_touch(request: HttpRequest, learner: Any) -> bool:
    """Whether the user may change this learner, or learners at all; of those whom no page has read, none."""
    return learner is None or _is_superuser(request) or not getattr(learner, "has_rights", True)


def _refused(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("Nothing was saved: the learner was retired at this moment."))
    return HttpResponseRedirect(reverse("admin:badges_learner_changelist"))


admin.site.unregister([Group, TokenProxy])
admin.site.register(Group, RightsOfGroups)
admin.site.register(TokenProxy, TokenPages)
