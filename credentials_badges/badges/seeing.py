"""What somebody may see and do in the administration, and at which addresses: its first page shows no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from credentials_badges.badges import members
from credentials_badges.badges.models.proxies import OfProvider


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """Does an action of a list, to one of its rows or to all that its filters leave; that one asks before it does."""

    label: str
    address: str
    action: str
    row: int = 0

    @property
    def across(self) -> int:
        """Whether it is for all."""
        return int(not self.row)


class Sight:
    """What the user of a request sees."""

    def __init__(self, site: AdminSite, request: HttpRequest) -> None:
        self.site = site
        self.request = request

    def sees(self, model: type[Model]) -> bool:
        """Whether the user may look at rows of it."""
        registered = self.site.is_registered(model)
        return registered and bool(self.site.get_model_admin(model).has_view_permission(self.request))

    def of(self, kind: type[Model]) -> dict[str, type[Model]]:
        """By provider: the proxy of the kind at which the user may look."""
        return {
            model._default_manager.slug: model
            for model in apps.get_models()
            if issubclass(model, kind) and isinstance(model._default_manager, OfProvider) and self.sees(model)
        }

    def counted(self, kind: type[Model], accounts: Sequence[Any]) -> list[Any]:
        """Of these accounts, those whose rows of that kind the user may look at."""
        if self.site.is_registered(kind):
            pages = {account.provider: kind for account in accounts} if self.sees(kind) else {}
        else:
            pages = self.of(kind)
        whole = {slug for slug, model in pages.items() if self._sees_all(model)}
        mine = members.held(self.request.user)
        return [each for each in accounts if each.provider in pages and (each.provider in whole or each.pk in mine)]

    def _sees_all(self, model: type[Model]) -> bool:
        """Whether not only as a member of some accounts."""
        page: Any = self.site.get_model_admin(model)
        return bool(getattr(page, "sees_all", page.has_view_permission)(self.request))

    def list_of(self, model: type[Model] | None, **filters: Any) -> str:
        """The address of its list; empty if the user sees none."""
        if model is None or not self.sees(model):
            return ""
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return f"{address}?{urlencode(filters)}" if filters else address

    def page_of(self, model: type[Model] | None, pk: int) -> str:
        """The address of a row's page; empty if the user does not see it."""
        if model is None or not self.sees(model):
            return ""
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=(pk,))

    def button(
        self, model: type[Model] | None, action: str, label: str, *, row: int = 0, account: int = 0, **filters: Any
    ) -> Button | None:
        """A button for what the user may do there, or with the rows of that account."""
        if not (address := self.list_of(model, **filters)) or model is None:
            return None
        page: Any = self.site.get_model_admin(model)
        may = action in page.get_actions(self.request) and (not account or page.works_in(self.request, account))
        return Button(label=label, address=address, action=action, row=row) if may else None
