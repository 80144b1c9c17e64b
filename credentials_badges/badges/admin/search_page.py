"""The page that finds anything: learners, badges, templates, accounts, events and promises, at most twenty of each.

What an index finds is looked up first; whole tables are gone through only for parts of names.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from credentials_badges.badges import admin_site
from credentials_badges.badges.admin import finding
from credentials_badges.badges.admin.finding import MOST, SOURCES, as_uuid, beginning_with, containing
from credentials_badges.badges.listing import values_of
from credentials_badges.badges.models import (
    Badge,
    BadgeTemplate,
    Issuance,
    Learner,
    LearningEvent,
    ProviderAccount,
)

LONGEST = 500
"""Characters that are looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is looked for, and whom it may name."""

    text: str
    learners: frozenset[int]

    @property
    def ids(self) -> set[str]:
        """The text, or the parts of the address that it is, each of which may be an id."""
        with suppress(ValueError):  # It is no address.
            return {self.text, *filter(None, urlsplit(self.text).path.split("/"))}
        return {self.text}

    @property
    def uuids(self) -> set[Any]:
        """Those of them that are uuids."""
        return {found for each in self.ids if (found := as_uuid(each))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """What was found of one kind."""

    title: str | Promise
    hits: list[tuple[str, str]]
    """What each is called, and its page."""
    list_page: str
    """Where all of them are; empty: there are no others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finder:
    """Looks for one kind of thing, in the rows that the user may view."""

    title: str | Promise
    model: type[Model]
    find: Callable[[QuerySet[Any], Wanted], QuerySet[Any]]
    call: Callable[[Any], str] = str


def _learners(rows: QuerySet[Learner], wanted: Wanted) -> QuerySet[Learner]:
    if wanted.learners:
        return rows.filter(pk__in=wanted.learners)
    quick = rows.filter(beginning_with("username", wanted.text) | beginning_with("address", wanted.text.lower()))
    if quick.exists():
        return quick
    return rows.filter(containing("full_name", wanted.text) | containing("email", wanted.text))


def _badges(rows: QuerySet[Badge], wanted: Wanted) -> QuerySet[Badge]:
    # With the accounts, the index of both columns serves.
    accounts = list(ProviderAccount.objects.values_list("pk", flat=True))
    found = _keys(rows, account__in=accounts, external_id__in=wanted.ids)
    found |= _keys(rows, uuid__in=wanted.uuids) | _keys(rows, learner__in=wanted.learners)
    return rows.filter(pk__in=found).select_related("learner", "template")


def _keys(rows: QuerySet[Any], **which: Any) -> set[int]:
    """The keys of the newest few of those rows."""
    if not all(which.values()):
        return set()
    return set(rows.filter(**which).order_by("-pk").values_list("pk", flat=True)[: MOST + 1])


def _templates(rows: QuerySet[BadgeTemplate], wanted: Wanted) -> QuerySet[BadgeTemplate]:
    return rows.filter(containing("name", wanted.text) | Q(external_id__in=wanted.ids) | Q(uuid__in=wanted.uuids))


def _accounts(rows: QuerySet[ProviderAccount], wanted: Wanted) -> QuerySet[ProviderAccount]:
    return rows.filter(containing("name", wanted.text) | Q(external_id__in=wanted.ids))


def _events(rows: QuerySet[LearningEvent], wanted: Wanted) -> QuerySet[LearningEvent]:
    """By id: its index begins with the source, of which there are few."""
    return rows.filter(source__in=values_of(LearningEvent, "source", SOURCES), event_id=wanted.text)


def _promises(rows: QuerySet[Issuance], wanted: Wanted) -> QuerySet[Issuance]:
    return rows.filter(key__in=wanted.uuids).select_related("badge__learner", "badge__template")


def _in_words(learner: Learner) -> str:
    return " · ".join(filter(None, (learner.username, learner.full_name, learner.email)))


FINDERS = [
    Finder(title=gettext_lazy("Learners"), model=Learner, find=_learners, call=_in_words),
    Finder(title=gettext_lazy("Badges"), model=Badge, find=_badges),
    Finder(title=gettext_lazy("Templates"), model=BadgeTemplate, find=_templates),
    Finder(title=gettext_lazy("Accounts"), model=ProviderAccount, find=_accounts),
    Finder(title=gettext_lazy("Events"), model=LearningEvent, find=_events),
    Finder(title=gettext_lazy("Promises"), model=Issuance, find=_promises),
]


def add_finder(finder: Finder) -> None:
    """Look for another kind of thing, too; apps that have one say so in their admin."""
    FINDERS.append(finder)


def look_for(request: HttpRequest, text: str) -> list[Section]:
    """What is found of each kind, as far as the user may view it."""
    wanted = Wanted(text=text, learners=frozenset(finding.by_identity(text)))
    found = (section for finder in FINDERS for section in _sections(request, finder, wanted))
    return [section for section in found if section.hits]


def _sections(request: HttpRequest, finder: Finder, wanted: Wanted) -> Iterator[Section]:
    """One, or one for each provider where each has pages of its own."""
    for model in _pages_of(finder.model):
        pages = admin.site.get_model_admin(model)
        if not pages.has_view_permission(request):
            continue
        rows = list(finder.find(pages.get_queryset(request), wanted)[: MOST + 1])
        address = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        hits = [(finder.call(row), reverse(f"{address}_change", args=(row.pk,))) for row in rows[:MOST]]
        list_page = f"{reverse(f'{address}_changelist')}?{urlencode({'q': wanted.text})}" if len(rows) > MOST else ""
        kind = finder.title if model is finder.model else model._meta.verbose_name_plural
        yield Section(title=kind or finder.title, hits=hits, list_page=list_page)


def _pages_of(model: type[Model]) -> Iterable[type[Model]]:
    """The model, if it has pages, or else the proxies that have."""
    if admin.site.is_registered(model):
        return [model]
    return [each for each in apps.get_models() if issubclass(each, model) and admin.site.is_registered(each)]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The box, and what was found."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "q": text,
        "sections": look_for(request, text) if text else [],
    }
    return TemplateResponse(request, "admin/badges/search.html", context)


admin_site.also_at("search/", page, name="search")
