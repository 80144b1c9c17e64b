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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from credentials_badges.badges import accounts
from credentials_badges.badges.admin.membership import MemberInline
from credentials_badges.badges.admin.pulling import Pulling
from credentials_badges.badges.models import ProviderAccount, SyncRun
from credentials_badges.badges.models.proxies import OfProvider
from credentials_badges.contract import registry
from credentials_badges.contract.data import Option
from credentials_badges.contract.errors import ProviderError

OPTION = "option_"
"""What the names of the fields for a provider's options begin with."""
SWITCH = "endorsements_enabled"


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account whose key is checked with the provider before it is saved, and never sent to the browser."""

    instance: ProviderAccount
    options: tuple[Option, ...] = ()

    class Meta:
        labels = {
            "api_key": gettext_lazy("API key"),
            "base_url": gettext_lazy("Base URL"),
            "external_id": gettext_lazy("External id"),
        }
        help_texts = {
            "api_key": gettext_lazy("Kept encrypted, and never shown again."),
            "external_id": gettext_lazy("The provider's own id of this account. Some tell it when it is left empty."),
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
            said = _("%(help)s Known names: %(names)s.")
            field = self.fields["base_url"]
            field.help_text = said % {"help": field.help_text, "names": named}
        if SWITCH in self.fields:
            self.fields[SWITCH].show_hidden_initial = True
        self.initial["api_key"] = ""  # Else the stored key would be compared with an empty field, and shown as changed.
        if self.instance.api_key and "api_key" in self.fields:
            self.fields["api_key"].widget.attrs["placeholder"] = _("A key is stored. Leave this empty to keep it.")

    def clean_api_key(self) -> str:
        """An empty field keeps the stored key."""
        key: str = self.cleaned_data["api_key"]
        if key.startswith("env:"):  # Else whoever may edit accounts could send any secret of this server away.
            raise ValidationError(_("A key that stands in the environment is set on the server, with add_account."))
        return key or self.instance.api_key

    def clean(self) -> dict[str, Any]:
        """Ask the provider, if the account is new or paused, or if something changed that the provider knows of."""
        super().clean()
        if self.instance.api_key and "api_key" not in self.changed_data and self._has_new_address():
            self.add_error("api_key", _("Enter the key again: a stored key is not sent to a new address."))
        changed = set(self.changed_data) - {"name", SWITCH}
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
            said_twice = _("The account %(id)s is here already.") % {"id": account.external_id}
            self.add_error("external_id", said_twice)


def form_for(slug: str) -> type[AccountForm]:
    """The form with a field for each option of the provider."""
    options = tuple(registry.get(slug).options)
    fields = {OPTION + option.name: _field(option) for option in options}
    return type("AccountForm", (AccountForm,), {**fields, "options": options, "Meta": AccountForm.Meta})


def _field(option: Option) -> forms.Field:
    label, words = gettext_lazy(option.label), gettext_lazy(option.help)  # Which the adapter's catalogue has.
    if option.choices:
        choices = [(choice, choice or "–") for choice in option.choices]
        return forms.ChoiceField(label=label, help_text=words, choices=choices)
    return forms.CharField(label=label, help_text=words, max_length=500, widget=AdminTextInputWidget)


class AccountAdmin(Pulling):
    """Accounts of one provider. A subclass adds the action that pulls templates, in the provider's own words."""

    account_path = "pk"
    inlines = (MemberInline,)
    fields = ["name", "external_id", "api_key", "base_url"]
    readonly_fields = ("webhook_address", "key_expires_at", "paused_reason", "paused_until")
    list_display = ("name", "external_id", "running", "key_expires_at", "template_count", "last_sync")
    search_fields = ("name", "external_id")
    actions = ["preview_sync", "check_keys"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By Django's permission alone: an account has a key."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list counts."""
        runs = SyncRun.objects.filter(account=OuterRef("pk"), applies=True, finished_at__isnull=False).order_by("-pk")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(template_count=Count("templates"), last_sync=Subquery(runs.values("finished_at")[:1]))
        )
        return rows

    @property
    def slug(self) -> str:
        """The provider whose accounts these are."""
        return cast("OfProvider[ProviderAccount]", self.model.objects).slug

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Members, unless the account alone is sent, as by programs that know Open edX's page."""
        is_told = request.method != "POST" or "members-TOTAL_FORMS" in request.POST
        return super().get_inline_instances(request, obj) if is_told else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the provider's options."""
        return super().get_form(request, obj, change, form=form_for(self.slug), **kwargs)

    def get_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Without the key and the webhook's address for whoever may only look: both are secrets."""
        adapter = registry.get(self.slug)
        if obj and not self.has_change_permission(request, obj):
            return ["name", "external_id", "base_url", "options", SWITCH, *self.readonly_fields[1:]]
        fields = [*(super().get_fields(request, obj)), *(OPTION + option.name for option in adapter.options)]
        standing = self.readonly_fields if adapter.webhooks else self.readonly_fields[1:]
        # Of programs that do not know the switch, none turns it off: a tick that is not sent looks like one taken away.
        is_told = request.method != "POST" or f"initial-{SWITCH}" in request.POST
        return [*fields, *([SWITCH] if is_told else []), *standing] if obj else fields

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

    @admin.display(description=gettext_lazy("Webhook address"))
    def webhook_address(self, account: ProviderAccount) -> str:
        """To be entered at the provider; whoever knows it can make us look."""
        return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{account.webhook_path}"

    @admin.display(boolean=True, description=gettext_lazy("Running"), ordering="paused_reason")
    def running(self, account: ProviderAccount) -> bool:
        """Whether anything is sent; the account's page says why not."""
        return not account.paused_reason

    @admin.display(description=gettext_lazy("Templates"), ordering="template_count")
    def template_count(self, account: Any) -> int:
        """How many have been pulled."""
        return int(account.template_count)

    @admin.display(description=gettext_lazy("Last sync"), ordering="last_sync")
    def last_sync(self, account: Any) -> Any:
        """When the newest pull ended, well or badly."""
        return account.last_sync

    @admin.action(description=gettext_lazy("Check keys"), permissions=("change",))
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
            messages.success(request, _("%(account)s: the key works.") % {"account": account})
            work.append(account)
        return work
