"""The templates of all providers, to choose from and to link to; and who has the pages of their accounts."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from credentials_badges.badges import members
from credentials_badges.badges.models import Badge, BadgeRequirement, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider
from credentials_badges.contract import registry
from credentials_badges.contract.states import BadgeState


@cache
def _pages(kind: type[Model]) -> dict[str, Any]:
    """By provider: the pages of its templates, badges or accounts."""
    return {
        cast("OfProvider[Any]", model._default_manager).slug: admin.site.get_model_admin(model)
        for model in apps.get_models()
        if issubclass(model, kind) and admin.site.is_registered(model)
    }


def of_all_accounts() -> QuerySet[BadgeTemplate]:
    """All templates, with what their names are made of and no more: an account's keys take long to decrypt."""
    names = ("name", "external_id", "is_active", "state", "account__name", "account__external_id", "account__provider")
    return BadgeTemplate.objects.select_related("account").only(*names).order_by("name", "account", "pk")


def visible(request: HttpRequest) -> QuerySet[BadgeTemplate] | None:
    """The templates that the user may look at; None if the user may look at none, whatever there is."""
    seen = _seen(request)
    return None if seen is None else of_all_accounts().filter(seen)


def offered(request: HttpRequest, template_id: int) -> QuerySet[BadgeTemplate]:
    """What a template may be said to require: what the user may look at, and what it requires already."""
    required = BadgeRequirement.objects.filter(template=template_id, badge__isnull=False).values("badge")
    seen = _seen(request) or Q(pk__in=())
    return of_all_accounts().filter(seen | Q(pk__in=required))


def _seen(request: HttpRequest) -> Q | None:
    slugs = {slug for slug, page in _pages(BadgeTemplate).items() if page.sees_all(request)}
    mine = members.held(request.user)
    return Q(account__provider__in=slugs) | Q(account__in=mine) if slugs or mine else None


def may_change(request: HttpRequest, template: BadgeTemplate) -> bool:
    """Whether the user may change it, on the pages of its provider."""
    page = _pages(BadgeTemplate).get(template.account.provider)
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
    if (page := _pages(BadgeTemplate).get(template.account.provider)) is None:
        return ""
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=(template.pk,))


def badge_pages_of(row: BadgeTemplate | Badge) -> Any:
    """The pages of the badges of its provider; None if that is not installed."""
    return _pages(Badge).get(row.account.provider)


def keeps_id(request: HttpRequest, badge: Badge) -> bool:
    """Whether its id at the provider is kept from the user, who could accept with it what is another's."""
    settled = (BadgeState.ACCEPTED, BadgeState.EXPIRED, BadgeState.REVOKED)
    page = badge_pages_of(badge)
    if page is None or not has_secret_ids(page.model) or badge.external_state in settled:
        return False
    return not page.has_operate_permission(request, badge)


def has_secret_ids(model: type[Model]) -> bool:
    """Whether these are badges of a provider where the id lets in whoever has it."""
    return registry.get(cast("OfProvider[Any]", model._default_manager).slug).secret_ids


def providers_seen(request: HttpRequest) -> list[str]:
    """Those at all of whose accounts the user may look."""
    return [slug for slug, page in _pages(ProviderAccount).items() if page.sees_all(request)]


def pages_of_account(account: ProviderAccount) -> Any:
    """The pages of the accounts of its provider; None if that is not installed."""
    return _pages(ProviderAccount).get(account.provider)


def list_of_templates(account: ProviderAccount) -> str:
    """The address of the list of its provider's templates; empty if that is not installed."""
    page = _pages(BadgeTemplate).get(account.provider)
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist") if page else ""
