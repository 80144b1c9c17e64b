"""Pages of what belongs to an account: whoever works for some accounts finds there what is theirs, and nothing else.

Django's permissions are good for all accounts, as ever. Without them, the rows that a page knows are those of the
accounts of which the user is a member; so lists, filters, searches, histories and addresses tell of no others.
"""

from functools import reduce
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import members
from credentials_badges.badges.members import Role
from credentials_badges.badges.models import AccountMember
from credentials_badges.badges.models.proxies import OfProvider


def _is_of(request: HttpRequest, row: Any, path: str, role: Role) -> bool:
    """Whether the user is a member of the account to which the path leads from the row."""
    return members.may(request.user, reduce(getattr, path.split("__"), row), role)


class OfAccounts(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages of rows of accounts."""

    account_path = "account_id"
    """Leads from a row to the account's id."""

    def sees_all(self, request: HttpRequest) -> bool:
        """Whether the user may look at the rows of all accounts."""
        return super().has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as a member of the row's account."""
        return self.sees_all(request) or self.is_member(request, obj, Role.READER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as an issuer of the row's account."""
        return super().has_change_permission(request, obj) or self.is_member(request, obj, Role.ISSUER)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether anything here is theirs."""
        return super().has_module_permission(request) or self.is_member(request, None, Role.READER)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the user may look at."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if self.sees_all(request) else self._held(request, rows, Role.READER)

    def workable(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of these rows, those with which the user may do more than look at them."""
        return rows if self._works_with_all(request) else self._held(request, rows, Role.ISSUER)

    def works_in(self, request: HttpRequest, account_id: int) -> bool:
        """Whether what the user may do at all, they may do with the rows of that account."""
        return self._works_with_all(request) or members.may(request.user, account_id, Role.ISSUER)

    def sees(self, request: HttpRequest, account_id: int) -> bool:
        """Whether the user may look at the rows of that account."""
        return self.sees_all(request) or members.may(request.user, account_id)

    def seen(self, request: HttpRequest) -> Q:
        """Of rows that name their account, those of the accounts that the user sees."""
        return Q() if self.sees_all(request) else Q(account__in=members.held(request.user))

    def _works_with_all(self, request: HttpRequest) -> bool:
        """Whether the action's own permission decides."""
        return super().has_change_permission(request) or not members.held(request.user)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> HttpResponse | None:
        """Let actions deal with none that the user may only look at."""
        rows = self.workable(request, queryset)
        if rows is not queryset and request.POST.get("select_across") != "1":
            chosen = [each for each in request.POST.getlist(ACTION_CHECKBOX_NAME) if each.isdecimal()]
            if left := queryset.filter(pk__in=chosen).count() - rows.filter(pk__in=chosen).count():
                messages.warning(
                    request, _("Left alone, because you may only look at them: %(count)d.") % {"count": left}
                )
        return super().response_action(request, rows, *args)

    def is_member(self, request: HttpRequest, obj: Any, role: Role) -> bool:
        """Whether the user has the role in the row's account; without a row, in any account of these pages."""
        if obj is not None:
            return _is_of(request, obj, self.account_path, role)
        return bool(members.held(request.user, role, self._provider))

    def _held(self, request: HttpRequest, rows: QuerySet[Any], role: Role) -> QuerySet[Any]:
        mine = members.held(request.user, role)
        return rows.filter(**{f"{self.account_path}__in": mine})

    @property
    def _provider(self) -> str:
        """The provider whose rows alone these pages show, if so."""
        manager = self.model._default_manager
        return manager.slug if isinstance(manager, OfProvider) else ""


class OfParents(InlineModelAdmin):  # type: ignore[type-arg]
    """Rows that members of an account may look at, and issuers change, on the page of what is the account's."""

    account_path = "account_id"
    """Leads from the page's row to the account's id."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as a member."""
        return super().has_view_permission(request, obj) or self.is_member(request, obj, Role.READER)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as an issuer."""
        return super().has_add_permission(request, obj) or self.is_member(request, obj, Role.ISSUER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as an issuer."""
        return super().has_change_permission(request, obj) or self.is_member(request, obj, Role.ISSUER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission, or as an issuer."""
        return super().has_delete_permission(request, obj) or self.is_member(request, obj, Role.ISSUER)

    def is_member(self, request: HttpRequest, obj: Any, role: Role) -> bool:
        """Whether the user has the role in the account of the page's row."""
        return obj is not None and _is_of(request, obj, self.account_path, role)


class AccountFilter(admin.RelatedFieldListFilter):
    """By account: of those that the user may look at."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """As Django does, for whoever sees all."""
        if model_admin.sees_all(request):
            return super().field_choices(field, request, model_admin)
        mine = members.held(request.user)
        return field.get_choices(include_blank=False, limit_choices_to={"pk__in": mine})


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who works for an account, on its page; for whoever may give such roles."""

    model = AccountMember
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members, who see nothing of other accounts")
