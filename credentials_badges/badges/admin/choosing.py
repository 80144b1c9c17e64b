"""The templates of all providers, to choose from and to link to: each provider registers a proxy for its own."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from credentials_badges.badges.models import BadgeTemplate
from credentials_badges.badges.models.proxies import OfProvider


@cache
def _pages() -> dict[str, Any]:
    """By provider: the pages of its templates."""
    return {
        cast("OfProvider[BadgeTemplate]", model.objects).slug: admin.site.get_model_admin(model)
        for model in apps.get_models()
        if issubclass(model, BadgeTemplate) and admin.site.is_registered(model)
    }


def of_all_accounts() -> QuerySet[BadgeTemplate]:
    """All templates, with what their names are made of and no more: an account's keys take long to decrypt."""
    names = ("name", "external_id", "is_active", "state", "account__name", "account__external_id", "account__provider")
    return BadgeTemplate.objects.select_related("account").only(*names).order_by("name", "account", "pk")


def visible(request: HttpRequest) -> QuerySet[BadgeTemplate] | None:
    """The templates that the user may look at; None if the user may look at none, whatever there is."""
    slugs = {slug for slug, page in _pages().items() if page.has_view_permission(request)}
    return of_all_accounts().filter(account__provider__in=slugs) if slugs else None


def may_change(request: HttpRequest, template: BadgeTemplate) -> bool:
    """Whether the user may change it, on the pages of its provider."""
    page = _pages().get(template.account.provider)
    return page is not None and bool(page.has_change_permission(request, template))


def named(templates: Iterable[BadgeTemplate]) -> list[tuple[int, str]]:
    """Choices that say the account; of templates with the same name there, each says its id too."""
    rows = list(templates)
    known = Counter((row.account_id, row.name) for row in rows)
    return [
        (row.pk, f"{row}, {row.account}" + (f" [{row.external_id}]" if known[row.account_id, row.name] > 1 else ""))
        for row in rows
    ]


def page_of(template: BadgeTemplate) -> str:
    """The address of its page; empty if its provider is not installed."""
    if (page := _pages().get(template.account.provider)) is None:
        return ""
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=(template.pk,))
