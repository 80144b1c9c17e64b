"""The administration writes down what people change: here for all of its pages, also those of other packages.

It stands beside the pages and not among them, since Django asks for it before it loads any page.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from credentials_badges.badges import auditing
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import AuditEntry

AT_A_TIME = 100
"""Entries on one page of a trail, as in Django's own."""


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages whose changes become audit entries, and none of Django's own log, which tells less."""

    object_history_template = "admin/badges/trail.html"

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
        """Each writes down what it was done to. One that asks first writes that down itself, once it is confirmed.

        One that does not say who may do it, as in some packages, is not for those who may only look.
        """
        actions: dict[str, Any] = super().get_actions(request)
        may_change = self.has_change_permission(request)
        return {
            name: (_noted(each[0], str(each[2])), *each[1:])
            for name, each in actions.items()
            if may_change or hasattr(each[0], "allowed_permissions")
        }

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The object's trail, whichever of its pages each change was made on."""
        entries = AuditEntry.objects.filter(model=auditing.kind_of(self.model), key=unquote(object_id))
        pages = self.get_paginator(request, entries, AT_A_TIME)
        page = pages.get_page(request.GET.get(PAGE_VAR, "1"))
        trail = {"action_list": page, "page_range": pages.get_elided_page_range(page.number)}
        return super().history_view(request, object_id, {**trail, **(extra_context or {})})


class AuditedSite(admin.AdminSite):
    """Every page that is registered becomes one that is audited."""

    index_template = "admin/badges/index.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django does, but audited."""
        pages = admin_class or admin.ModelAdmin
        if not issubclass(pages, Audited):
            named = {"__module__": pages.__module__, "__doc__": pages.__doc__}
            pages = type(pages.__name__, (Audited, pages), named)
        super().register(model_or_iterable, pages, **options)


def _note(request: HttpRequest, action: str, *things: models.Model) -> None:
    auditing.note(Via.ADMIN, request.user, action, *things, changes=request.__dict__.pop("audited", None))


def _noted(action: Callable[..., Any], description: str) -> Callable[..., Any]:
    @wraps(action)
    def noted(pages: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset[: auditing.MOST + 1])  # As they are before.
        response = cast("HttpResponse | None", action(pages, request, queryset))
        if chosen and response is None:
            _note(request, f"did “{description}”", *chosen)
        return response

    return noted


def _changes(form: Any, formsets: Iterable[Any] | None) -> dict[str, Any]:
    """By column, what was there before and what is there since; by row of an inline, the same, or what became of it."""
    changes = _fields(form)
    for formset in formsets or ():
        kind = formset.model._meta.verbose_name
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
