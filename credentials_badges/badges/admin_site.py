"""The administration writes down what people change: here for all of its pages, also those of other packages.

It stands beside the pages and not among them, since Django asks for it before it loads any page.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import translation

from credentials_badges.badges import auditing, front_page, listing
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import AuditEntry

AT_A_TIME = 100
"""Entries on one page of a trail, as in Django's own."""
WORDS = 10
"""Words that a list is searched for: each is a condition, of which databases take only so many."""


class Touched(list[models.Model]):
    """What an action did something to: the first of them, for the trail to name, and the number of all."""

    def __init__(self, rows: Iterable[models.Model] = (), number: int | None = None) -> None:
        super().__init__(rows)
        self.number = len(self) if number is None else number

    def add(self, rows: Iterable[models.Model]) -> None:
        """These, too."""
        more = list(rows)
        self.number += len(more)
        self.extend(more[: max(auditing.MOST + 1 - len(self), 0)])


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages whose changes become audit entries, and none of Django's own log, which tells less."""

    object_history_template = "admin/badges/trail.html"
    paginator = listing.BoundedPaginator
    show_full_result_count = False  # It would count every row once more.

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Of a large table, only the columns that an index has in order."""
        return listing.sortable(self, super().get_sortable_by(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """As ever, but by the first words only."""
        words = search_term.split()
        few = search_term if len(words) <= WORDS else " ".join(words[:WORDS])
        return super().get_search_results(request, queryset, few)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Look at what was changed, while the forms know what was there before."""
        request.audited = _changes(form, formsets)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """It was added."""
        _note(request, "added", obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """It was changed, or what the words say was done to it."""
        _note(request, message if isinstance(message, str) and message else "changed", obj)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """They are about to be deleted."""
        _note(request, "deleted", *queryset)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Each writes down what it returns: the rows that it did something to. One that asks first, with a page of
        its own, writes that down itself, once it is confirmed; so does the one that deletes.

        One of another package, which returns nothing, was done to all that were chosen.
        One that does not say who may do it, as in some packages, is not for those who may only look.
        """
        actions: dict[str, Any] = super().get_actions(request)
        may_change = self.has_change_permission(request)
        return {
            name: each if name == "delete_selected" else (_noted(each[0], each[2]), *each[1:])
            for name, each in actions.items()
            if may_change or hasattr(each[0], "allowed_permissions")
        }

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """As ever, but by no secret: whoever may ask whether one begins with an “a” soon has the whole."""
        hidden = lookup.split(LOOKUP_SEP, 1)[0] in getattr(self, "secret_fields", ())
        return not hidden and not _is_by_secret(self.model, lookup) and super().lookup_allowed(lookup, value, request)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The object's trail, whichever of its pages each change was made on."""
        entries = AuditEntry.objects.filter(model=auditing.kind_of(self.model), key=unquote(object_id))
        pages = self.get_paginator(request, entries, AT_A_TIME)
        page = pages.get_page(request.GET.get(PAGE_VAR, "1"))
        trail = {"action_list": page, "page_range": pages.get_elided_page_range(page.number)}
        return super().history_view(request, object_id, {**trail, **(extra_context or {})})


_pages: list[tuple[str, Callable[..., Any], str]] = []


def also_at(route: str, view: Callable[..., Any], *, name: str) -> None:
    """Add a page that is no model's to the administration, for its staff; modules of it say so when they are loaded."""
    _pages.append((route, view, name))


class AuditedSite(admin.AdminSite):
    """Every page that is registered becomes one that is audited."""

    index_template = "admin/badges/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page, with how things stand."""
        return super().index(request, {**front_page.content(self, request), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        """With the pages that are no model's."""
        return [*(path(route, self.admin_view(view), name=name) for route, view, name in _pages), *super().get_urls()]

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django does, but audited."""
        pages = admin_class or admin.ModelAdmin
        if not issubclass(pages, Audited):
            named = {"__module__": pages.__module__, "__doc__": pages.__doc__}
            pages = type(pages.__name__, (Audited, pages), named)
        super().register(model_or_iterable, pages, **options)


def _note(request: HttpRequest, action: str, *things: models.Model, number: int = 0) -> None:
    changes = request.__dict__.pop("audited", None)
    auditing.note(Via.ADMIN, request.user, action, *things, changes=changes, number=number)


def _noted(action: Callable[..., Any], description: Any) -> Callable[..., Any]:
    @wraps(action)
    def noted(pages: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        chosen = list(queryset[: auditing.MOST + 1])  # As they are before.
        done = action(pages, request, queryset)
        if isinstance(done, HttpResponseBase):
            return done
        if touched := chosen if done is None else list(done):
            with translation.override("en"):  # The trail is one, whatever language its readers speak.
                deed = f"did “{description}”"
            _note(request, deed, *touched, number=getattr(done, "number", 0))
        return None

    return noted


def _is_by_secret(model: Any, lookup: str) -> bool:
    """Whether the lookup leads to a secret, be it through relations, or by the key of what they lead to."""
    for part in lookup.split(LOOKUP_SEP):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:  # It says how to compare.
            break
        if not field.is_relation:
            return auditing.is_secret(model, field.name)
        model = field.path_infos[-1].to_opts.model
    return auditing.is_secret(model, model._meta.pk.name)


def _changes(form: Any, formsets: Iterable[Any] | None) -> dict[str, Any]:
    """By column, what was there before and what is there since; by row of an inline, the same, or what became of it."""
    changes = _fields(form)
    for formset in formsets or ():
        kind = formset.model._meta.verbose_name_raw
        for obj in formset.new_objects:
            changes[f"{kind} {auditing.label_of(obj)}"] = "added"
        for obj in formset.deleted_objects:
            changes[f"{kind} {auditing.label_of(obj)}"] = "deleted"
        kept = {obj.pk for obj, _ in formset.changed_objects}
        for row in formset.initial_forms:
            if row.instance.pk in kept:
                changes[f"{kind} {auditing.label_of(row.instance)}"] = _fields(row)
    return changes


def _fields(form: Any) -> dict[str, Any]:
    model = getattr(getattr(form, "_meta", None), "model", None)  # A form for a new password has none.
    changes: dict[str, Any] = {}
    for name in form.changed_data:
        field = form.fields.get(name)
        if isinstance(getattr(field, "widget", None), forms.PasswordInput) or auditing.is_secret(model, name):
            changes[name] = auditing.CHANGED
        else:
            before, after = form.initial.get(name), form.cleaned_data.get(name)
            changes[name] = [auditing.said(_named(field, before)), auditing.said(after)]
    return changes


def _named(field: forms.Field | None, before: Any) -> Any:
    """What a form knows by its key, as it is called."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        keys = [each.pk if isinstance(each, models.Model) else each for each in before or ()]
        return list(field.queryset.filter(pk__in=keys)) if field.queryset is not None else keys
    if isinstance(field, forms.ModelChoiceField) and before and field.queryset is not None:
        return field.queryset.filter(pk=before).first()
    return before
