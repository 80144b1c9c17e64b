"""Pages of those who may call us, and of those whom we call. Their secrets are entered, and never shown again."""

import secrets
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.messages import MessageAdmin
from providers.badgekit.admin.stored import StoredAdmin
from providers.badgekit.models import Consumer, Webhook, WebhookCall

LEAST = 16
"""Characters of a secret that somebody chooses: a shorter one can be found by trying, from one signed call."""
MAKE = "make_secret"


class SecretForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row with a secret, which is never sent to the browser; a good one is made up on demand."""

    secret: ClassVar[str]
    """The field that holds it."""
    make_secret = forms.BooleanField(
        required=False,
        label=_("Make up a secret"),
        help_text=_("A long random one, shown once after saving. A new row gets one if no secret is entered."),
    )
    made = ""
    """The secret that was made up."""

    class Meta:
        widgets = {
            name: forms.PasswordInput(attrs={"autocomplete": "new-password", "size": 50})
            for name in ("api_secret", "secret")
        }
        labels = {"api_key": _("API key"), "api_secret": _("API secret"), "url": _("URL")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial[self.secret] = ""  # Else the stored one would be compared with an empty field.
        if field := self.fields.get(self.secret):  # It is not there where somebody may only look.
            field.required = False
            if self._stored():
                field.widget.attrs["placeholder"] = gettext("A secret is stored. Leave this empty to keep it.")

    def _stored(self) -> str:
        return str(getattr(self.instance, self.secret) or "")

    def clean(self) -> dict[str, Any]:
        """Keep the stored secret unless another is entered, or is to be made up."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        given, kept = told.get(self.secret) or "", self._stored()
        if given and told.get(MAKE):
            self.add_error(MAKE, gettext("Enter a secret or have one made up, the one or the other."))
        elif given and len(given) < LEAST:
            self.add_error(self.secret, gettext("A secret has at least %(number)d characters.") % {"number": LEAST})
        elif not given and not kept and self.instance.pk and not told.get(MAKE):
            self.add_error(
                self.secret, gettext("The stored secret cannot be read: enter it again, or have one made up.")
            )
        elif told.get(MAKE) or not (given or kept):
            self.made = secrets.token_urlsafe(48)
        return {**told, self.secret: self.made or given or kept}


class ConsumerForm(SecretForm):
    """A program with its key."""

    secret = "api_secret"  # noqa: S105 (The name of a field.)


class WebhookForm(SecretForm):
    """An address with its key."""

    secret = "secret"  # noqa: S105


class SecretAdmin(StoredAdmin):
    """Rows with a secret."""

    form: type[SecretForm]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the secret for whoever may only look."""
        may_enter = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        hidden = () if may_enter else (self.form.secret, MAKE)
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With a word about it all."""
        return [(None, {"fields": self.get_fields(request, obj), "description": self.about})]

    about: str | Promise = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and tell the secret if it was made up: this once."""
        super().save_model(request, obj, form, change)
        if form.made:
            words = gettext("The secret of “%(name)s”, which is not shown again: %(secret)s")
            messages.warning(request, words % {"name": obj, "secret": form.made})


@admin.register(Consumer)
class ConsumerAdmin(SecretAdmin):
    """Programs that may call the API."""

    form = ConsumerForm
    fields = ("api_key", "api_secret", MAKE, "system", "description")
    about = _(
        "Whoever signs with this key and secret may make all calls about one system. The key “master”, which is good "
        "for all systems, is no row here: its secret is the environment variable BADGEKIT_MASTER_SECRET of this server."
    )
    autocomplete_fields = ("system",)
    list_display = ("api_key", "system", "description")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("system",)
    search_fields = ("api_key", "description", "system__name", "system__slug")


@admin.register(Webhook)
class WebhookAdmin(SecretAdmin):
    """Where systems want to be told."""

    form = WebhookForm
    fields = ("system", "url", "secret", MAKE)
    about = _("Of the webhooks of a system, only the first is called: about awards, revocations and reviews.")
    autocomplete_fields = ("system",)
    list_display = ("url", "system")
    list_filter = (("system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("system",)
    search_fields = ("url", "system__name", "system__slug")


@admin.register(WebhookCall)
class WebhookCallAdmin(MessageAdmin):
    """What systems have been told, or are to be told. The body names people."""

    list_display = ("action", "topic", "webhook", *MessageAdmin.list_display)
    list_filter = (*MessageAdmin.list_filter, "action", ("webhook__system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("webhook",)
    search_fields = ("topic", "webhook__url", "webhook__system__name")
    fields = (
        *("webhook", "action", "topic", "body", "status", "attempts"),
        *("last_error", "not_before", "created_at", "sent_at"),
    )
    secret_fields = ("body",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission: else a webhook that was ever called could not be deleted."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
