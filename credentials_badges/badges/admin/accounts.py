"""The pages of accounts, which each provider registers for its own proxy of that table."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from credentials_badges.badges import accounts, syncing
from credentials_badges.badges.models import ProviderAccount, SyncRun
from credentials_badges.badges.models.proxies import OfProvider
from credentials_badges.contract import registry
from credentials_badges.contract.data import Option
from credentials_badges.contract.errors import ProviderError

OPTION = "option_"
"""What the names of the fields for a provider's options begin with."""


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account whose key is checked with the provider before it is saved, and never sent to the browser."""

    instance: ProviderAccount
    options: tuple[Option, ...] = ()

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
        for option in self.options:
            self.initial[OPTION + option.name] = self.instance.options.get(option.name) or option.default
        named = ", ".join(registry.get(self.instance.provider).base_urls)
        if named and "base_url" in self.fields:
            self.fields["base_url"].help_text += f" Known names: {named}."
        self.initial["api_key"] = ""  # Else the stored key would be compared with an empty field, and shown as changed.
        if self.instance.api_key and "api_key" in self.fields:
            self.fields["api_key"].widget.attrs["placeholder"] = "A key is stored. Leave this empty to keep it."

    def clean_api_key(self) -> str:
        """An empty field keeps the stored key."""
        key: str = self.cleaned_data["api_key"]
        if key.startswith("env:"):  # Else whoever may edit accounts could send any secret of this server away.
            raise ValidationError("A key that stands in the environment is set on the server, with add_account.")
        return key or self.instance.api_key

    def clean(self) -> dict[str, Any]:
        """Ask the provider, if the account is new or paused, or if something changed that the provider knows of."""
        super().clean()
        if self.instance.api_key and "api_key" not in self.changed_data and self._has_new_address():
            self.add_error("api_key", "Enter the key again: a stored key is not sent to a new address.")
        changed = set(self.changed_data) - {"name"}
        if not self.errors and (changed or self.instance.paused_reason or not self.instance.pk):
            self._verify()
        return self.cleaned_data

    def _has_new_address(self) -> bool:
        """Whether the key would be sent elsewhere than before: that may be somebody else's address."""
        return "base_url" in self.changed_data or any(
            (self.cleaned_data.get(OPTION + option.name) or option.default) != self.initial[OPTION + option.name]
            for option in self.options
            if option.takes_key
        )

    def _verify(self) -> None:
        told = {name: value for name, value in self.cleaned_data.items() if not name.startswith(OPTION)}
        chosen = {option.name: self.cleaned_data.get(OPTION + option.name, "") for option in self.options}
        age = {name: getattr(self.instance, name) for name in ("key_set_at", "key_warned_days")}
        account = ProviderAccount(provider=self.instance.provider, **age, **told)
        try:
            account.options = accounts.chosen_options(chosen, self.options)
            accounts.verify(account)
        except (ProviderError, ValueError) as error:
            self.add_error("api_key" if "api_key" in self.fields else "external_id", str(error))
            return
        self.cleaned_data |= {"name": account.name, "external_id": account.external_id}
        for name in ("options", *accounts.VERIFIED):
            setattr(self.instance, name, getattr(account, name))
        others = ProviderAccount.objects.filter(provider=account.provider, external_id=account.external_id)
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("external_id", f"The account {account.external_id} is here already.")


def form_for(slug: str) -> type[AccountForm]:
    """The form with a field for each option of the provider."""
    options = tuple(registry.get(slug).options)
    fields = {OPTION + option.name: _field(option) for option in options}
    return type("AccountForm", (AccountForm,), {**fields, "options": options, "Meta": AccountForm.Meta})


def _field(option: Option) -> forms.Field:
    if option.choices:
        choices = [(choice, choice or "–") for choice in option.choices]
        return forms.ChoiceField(label=option.label, help_text=option.help, choices=choices)
    return forms.CharField(label=option.label, help_text=option.help, max_length=500, widget=AdminTextInputWidget)


class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Accounts of one provider. A subclass adds the action that pulls templates, in the provider's own words."""

    fields = ["name", "external_id", "api_key", "base_url"]
    readonly_fields = ("webhook_address", "key_expires_at", "paused_reason", "paused_until")
    list_display = ("name", "external_id", "running", "key_expires_at", "template_count", "last_sync")
    search_fields = ("name", "external_id")
    actions = ["check_keys"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list counts."""
        runs = SyncRun.objects.filter(account=OuterRef("pk")).order_by("-pk").values("finished_at")[:1]
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(template_count=Count("templates"), last_sync=Subquery(runs))
        )
        return rows

    @property
    def slug(self) -> str:
        """The provider whose accounts these are."""
        return cast("OfProvider[ProviderAccount]", self.model.objects).slug

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the provider's options."""
        return super().get_form(request, obj, change, form=form_for(self.slug), **kwargs)

    def get_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Without the key and the webhook's address for whoever may only look: both are secrets."""
        adapter = registry.get(self.slug)
        if obj and not self.has_change_permission(request, obj):
            return ["name", "external_id", "base_url", "options", *self.readonly_fields[1:]]
        fields = [*(super().get_fields(request, obj)), *(OPTION + option.name for option in adapter.options)]
        standing = self.readonly_fields if adapter.webhooks else self.readonly_fields[1:]
        return [*fields, *standing] if obj else fields

    @method_decorator(csrf_protect)
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Django's own without its transaction: the form asks the provider, and none may be open meanwhile."""
        view: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        return view

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: Any) -> None:
        """Save, and let go what had to wait for a working key."""
        super().save_model(request, obj, form, change)
        accounts.resume()

    @admin.display(description="Webhook address")
    def webhook_address(self, account: ProviderAccount) -> str:
        """To be entered at the provider; whoever knows it can make us look."""
        return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{account.webhook_path}"

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
    def check_keys(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> list[ProviderAccount]:
        """Ask the provider again, and lift the pause where the key works."""
        work = []
        for account in queryset:
            try:
                accounts.verify(account)
            except ProviderError as error:
                messages.error(request, f"{account}: {error}")
                continue
            account.save(update_fields=accounts.VERIFIED)
            accounts.resume()
            messages.success(request, f"{account}: the key works.")
            work.append(account)
        return work

    def pull_each(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[ProviderAccount]:
        """Pull the templates of each account; one that fails does not stop the others."""
        pulled = []
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
            pulled.append(account)
        return pulled
