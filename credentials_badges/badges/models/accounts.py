"""Our accounts at the providers."""

import secrets

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges import logs
from credentials_badges.badges.models.fields import EncryptedTextField, ExactCharField
from credentials_badges.contract import registry
from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured
from credentials_badges.contract.provider import Provider
from credentials_badges.env import told


def new_webhook_token() -> str:
    """What makes an account's webhook address one that nobody can guess."""
    return secrets.token_urlsafe(32)


class ProviderAccount(models.Model):
    """Our credentials at one provider (Credly: organization, Accredible: API config, BadgeKit: system)."""

    provider = ExactCharField(_("provider"), max_length=32, help_text=_("The slug of an installed provider."))
    external_id = ExactCharField(
        _("external id"), max_length=255, help_text=_("The provider's own id of this account.")
    )
    name = ExactCharField(_("name"), max_length=255, blank=True)
    api_key = EncryptedTextField(
        _("API key"), blank=True, help_text=_("Kept encrypted; env:NAME reads it from the environment.")
    )
    base_url = models.CharField(
        _("base URL"),
        max_length=500,
        blank=True,
        help_text=_("Only where the provider's API is not at its usual address: that address, or its name."),
    )
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_("What was chosen of the provider's options.")
    )
    webhook_token = EncryptedTextField(_("webhook token"), default=new_webhook_token, editable=False)
    key_set_at = models.DateTimeField(_("key set at"), null=True, editable=False)
    key_expires_at = models.DateTimeField(_("key expires at"), null=True, editable=False)
    key_warned_days = models.PositiveSmallIntegerField(
        _("key warned days"),
        null=True,
        editable=False,
        help_text=_("Of the warnings that the key expires in so many days, the last one given."),
    )
    paused_reason = models.TextField(
        _("paused reason"),
        blank=True,
        help_text=_("Why nothing is sent at present. Cleared by the first call that succeeds again."),
    )
    paused_until = models.DateTimeField(
        _("paused until"), null=True, editable=False, help_text=_("When the next call may be tried.")
    )
    failures = models.PositiveIntegerField(
        _("failures"), default=0, editable=False, help_text=_("Calls that failed in a row.")
    )
    changes_as_of = models.DateTimeField(
        _("changes as of"),
        null=True,
        editable=False,
        help_text=_("Up to when changes at the provider have been asked for."),
    )
    endorsements_enabled = models.BooleanField(
        _("endorsements"),
        default=False,
        help_text=_("Whether those who work for this account may ask third parties to endorse what is its."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        ordering = ("provider", "external_id")
        constraints = (models.UniqueConstraint(fields=("provider", "external_id"), name="one_account_per_external_id"),)

    def __str__(self) -> str:
        return f"{self.name or self.external_id} ({self.provider})"

    @property
    def adapter(self) -> Provider:
        """The adapter of this account's provider. Raises UnknownProvider if it is not installed."""
        return registry.get(self.provider)

    def as_data(self) -> Account:
        """What the adapter needs to know. Raises Misconfigured if the key stands in an unset environment variable."""
        return Account(
            external_id=self.external_id,
            api_key=self._key(),
            name=self.name,
            base_url=self._base_url(),
            options={option.name: self.options.get(option.name) or option.default for option in self.adapter.options},
        )

    @property
    def webhook_path(self) -> str:
        """Where the provider may send webhooks about this account; empty if it sends none."""
        return f"/webhooks/{self.provider}/{self.webhook_token}/" if self.adapter.webhooks else ""

    def _base_url(self) -> str:
        """The account's own address, else the installation's, else the provider's usual one; each may be a name."""
        named = self.adapter.base_urls
        chosen = self.base_url or settings.PROVIDER_BASE_URLS.get(self.provider, "") or next(iter(named), "")
        return named.get(chosen, chosen)

    def _key(self) -> str:
        key, name = str(self.api_key), str(self.api_key.removeprefix("env:"))
        try:
            if name != key and not (key := told(name)):
                raise Misconfigured(
                    f"the key of {self} is to be read from the environment variable {name}, which is unset"
                )
        except ImproperlyConfigured as error:
            raise Misconfigured(str(error)) from None
        logs.hide_always(key)
        return key
