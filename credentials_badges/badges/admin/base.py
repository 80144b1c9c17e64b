"""The pages of accounts, templates and badges, which each provider registers for its own proxies of these tables."""

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from credentials_badges.badges import accounts, syncing
from credentials_badges.badges.admin.rules import PenaltyInline, RequirementInline
from credentials_badges.badges.models import BadgeTemplate, Issuance, ProviderAccount, RulesVersion, SyncRun
from credentials_badges.badges.models.proxies import OfProvider
from credentials_badges.contract.errors import ProviderError


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the service itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may run actions on these rows: those may who were given the permission to change them."""
        return super().has_change_permission(request)


def pretty_json(value: object) -> SafeString:
    """JSON to be read by a person, escaped."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account whose key is checked with the provider before it is saved, and never sent to the browser."""

    instance: ProviderAccount

    class Meta:
        labels = {"api_key": "API key", "base_url": "Base URL", "external_id": "External id"}
        help_texts = {
            "api_key": "Kept encrypted, and never shown again.",
            "external_id": "The provider's own id of this account. Some tell it when it is left empty.",
        }
        widgets = {"api_key": forms.PasswordInput(attrs={"autocomplete": "new-password"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.provider = cast("OfProvider[ProviderAccount]", type(self.instance).objects).slug
        for field in self.fields.values():
            field.required = False  # The provider tells what is left out, or says what is missing.
        self.initial["api_key"] = ""  # Else the stored key would be compared with an empty field, and shown as changed.
        if self.instance.api_key and "api_key" in self.fields:
            self.fields["api_key"].widget.attrs["placeholder"] = "A key is stored. Leave this empty to keep it."

    def clean_api_key(self) -> str:
        """An empty field keeps the stored key, but not for another address: that may be somebody else's."""
        key: str = self.cleaned_data["api_key"]
        if key.startswith("env:"):  # Else whoever may edit accounts could send any secret of this server away.
            raise ValidationError("A key that stands in the environment is set on the server, with add_account.")
        if not key and self.instance.api_key and "base_url" in self.changed_data:
            raise ValidationError("Enter the key again: a stored key is not sent to a new address.")
        return key or self.instance.api_key

    def clean(self) -> dict[str, Any]:
        """Ask the provider, if the account is new or paused, or if something changed that the provider knows of."""
        super().clean()
        changed = {"api_key", "external_id", "base_url"} & set(self.changed_data)
        if not self.errors and (changed or self.instance.paused_reason or not self.instance.pk):
            self._verify()
        return self.cleaned_data

    def _verify(self) -> None:
        account = ProviderAccount(provider=self.instance.provider, **self.cleaned_data)
        try:
            accounts.verify(account)
        except ProviderError as error:
            self.add_error("api_key" if "api_key" in self.fields else "external_id", str(error))
            return
        self.cleaned_data |= {"name": account.name, "external_id": account.external_id}
        self.instance.paused_reason = account.paused_reason
        others = ProviderAccount.objects.filter(provider=account.provider, external_id=account.external_id)
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("external_id", f"The account {account.external_id} is here already.")


class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Accounts of one provider. A subclass adds the action that pulls templates, in the provider's own words."""

    form = AccountForm
    fields = ["name", "external_id", "api_key", "base_url", "paused_reason"]
    readonly_fields = ("paused_reason",)
    list_display = ("name", "external_id", "running", "template_count", "last_sync")
    search_fields = ("name", "external_id")
    actions = ["check_keys"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list counts."""
        runs = SyncRun.objects.filter(account=OuterRef("pk")).order_by("-pk").values("finished_at")[:1]
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(template_count=Count("templates"), last_sync=Subquery(runs))
        )
        return rows

    def get_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Without the key for whoever may only look: Django would print it."""
        fields = super().get_fields(request, obj)
        if obj and not self.has_change_permission(request, obj):
            return [field for field in fields if field != "api_key"]
        return fields

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: Any) -> None:
        """Save, and let go what had to wait for a working key."""
        super().save_model(request, obj, form, change)
        accounts.resume()

    @admin.display(boolean=True, description="Running", ordering="paused_reason")
    def running(self, account: ProviderAccount) -> bool:
        """Whether anything is sent; the account's page says why not."""
        return not account.paused_reason

    @admin.display(description="Templates", ordering="template_count")
    def template_count(self, account: Any) -> int:
        """How many have been pulled."""
        return int(account.template_count)

    @admin.display(description="Last sync", ordering="last_sync")
    def last_sync(self, account: Any) -> Any:
        """When the newest pull ended, well or badly."""
        return account.last_sync

    @admin.action(description="Check keys", permissions=("change",))
    def check_keys(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Ask the provider again, and lift the pause where the key works."""
        for account in queryset:
            try:
                accounts.verify(account)
            except ProviderError as error:
                messages.error(request, f"{account}: {error}")
                continue
            account.save(update_fields=("name", "paused_reason"))
            accounts.resume()
            messages.success(request, f"{account}: the key works.")

    def pull_each(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Pull the templates of each account; one that fails does not stop the others."""
        for account in queryset:
            try:
                plan = syncing.pull(account)
            except (ProviderError, syncing.PlanTooLarge) as error:
                messages.error(request, f"{account}: {error}")
                continue
            messages.success(
                request,
                f"{account}: created {len(plan.new)}, changed {len(plan.changed)}, "
                f"unchanged {plan.unchanged}, archived {len(plan.gone)}.",
            )
            for row in plan.unreadable:
                messages.warning(request, f"{account}: {row.where} was left out: {row.why}.")


class TemplateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Templates of one provider: what it says about them, and what has to happen to earn them."""

    inlines = (RequirementInline, PenaltyInline)
    fields = ("name", "description", "picture", "page", "state", "external_id", "account", "is_active", "award")
    readonly_fields = ("name", "description", "picture", "page", "state", "external_id", "account")
    list_display = ("name", "external_id", "account", "state", "is_active", "requirement_count")
    list_filter = ("is_active", "state", ("account", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("name", "external_id")
    actions = ("activate", "deactivate")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: templates are pulled."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BadgeTemplate | None = None) -> bool:
        """Never: one that is gone at the provider is archived."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list counts."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(requirement_count=Count("requirements"))
        return rows

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save, then say so, since a penalty's requirements are written after it; and name what counts everything."""
        super().save_related(request, form, formsets, change)
        RulesVersion.bump()
        if form.instance.is_active:
            for requirement in form.instance.requirements.filter(rules=None):
                messages.warning(
                    request, f"“{requirement}” has no data rules: every event of type {requirement.event_type} counts."
                )

    @admin.display(description="Requirements", ordering="requirement_count")
    def requirement_count(self, template: Any) -> int:
        """How many it has."""
        return int(template.requirement_count)

    @admin.display(description="Image")
    def picture(self, template: BadgeTemplate) -> str:
        """The image, if its address is one of the web."""
        url = template.image_url
        return format_html('<img src="{}" alt="" height="96">', url) if _is_of_the_web(url) else url

    @admin.display(description="Page at the provider")
    def page(self, template: BadgeTemplate) -> str:
        """A link, if its address is one of the web."""
        url = template.url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, url) if _is_of_the_web(url) else url

    @admin.action(description="Activate", permissions=("change",))
    def activate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> None:
        """Activate those that can be earned and issued, and name the others."""
        issuable = queryset.filter(state=BadgeTemplate.State.ACTIVE, requirements__isnull=False)
        ready = set(issuable.values_list("pk", flat=True))
        refused = [str(template) for template in queryset if template.pk not in ready]
        messages.success(request, f"Activated: {_switch(ready, is_active=True)}.")
        if refused:
            messages.error(
                request, f"Without a requirement, or not active at the provider, so left alone: {', '.join(refused)}."
            )

    @admin.action(description="Deactivate", permissions=("change",))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> None:
        """Stop counting events towards them."""
        chosen = set(queryset.values_list("pk", flat=True))
        messages.success(request, f"Deactivated: {_switch(chosen, is_active=False)}.")


def _is_of_the_web(url: str) -> bool:
    """Whether a browser may follow it; ``javascript:`` it may not."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def _switch(templates: Iterable[int], *, is_active: bool) -> int:
    with transaction.atomic():
        changed = BadgeTemplate.objects.filter(pk__in=templates).exclude(is_active=is_active)
        count = changed.update(is_active=is_active)
        RulesVersion.bump()
    return count


class IssuanceInline(admin.TabularInline):  # type: ignore[type-arg]
    """The promises about one badge; to read, since the badge's page is."""

    model = Issuance
    fields = ("action", "status", "attempts", "not_before", "last_error")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issuance]:
        """With what their names are made of."""
        return super().get_queryset(request).select_related("badge__learner", "badge__template")


class BadgeAdmin(ReadOnlyAdmin):
    """Badges of one provider: what was decided here, and what the provider says."""

    inlines = (IssuanceInline,)
    list_display = ("learner", "template", "status", "external_id", "external_state", "awarded_at", "newest_promise")
    list_filter = ("status", "external_state")
    list_select_related = ("learner", "template")
    search_fields = ("learner__username", "learner__email", "learner__full_name", "external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the status of the newest promise."""
        newest = Issuance.objects.filter(badge=OuterRef("pk")).order_by("-pk").values("status")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(newest_promise=Subquery(newest))
        return rows

    @admin.display(description="Newest promise", ordering="newest_promise", empty_value="-")
    def newest_promise(self, badge: Any) -> str | None:
        """Whether what was decided has been delivered."""
        return badge.newest_promise and Issuance.Status(badge.newest_promise).label
