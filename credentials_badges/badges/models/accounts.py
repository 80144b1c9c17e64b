"""Our accounts at the providers."""

import os

from django.conf import settings
from django.db import models

from credentials_badges.badges.models.fields import EncryptedTextField, ExactCharField
from credentials_badges.contract import registry
from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured
from credentials_badges.contract.provider import Provider


class ProviderAccount(models.Model):
    """Our credentials at one provider (Credly: organization, Accredible: API config, BadgeKit: system)."""

    provider = ExactCharField(max_length=32, help_text="The slug of an installed provider.")
    external_id = ExactCharField(max_length=255, help_text="The provider's own id of this account.")
    name = ExactCharField(max_length=255, blank=True)
    api_key = EncryptedTextField(blank=True, help_text="Kept encrypted; env:NAME reads it from the environment.")
    base_url = models.CharField(
        max_length=500, blank=True, help_text="Only where the provider's API is not at its usual address."
    )
    paused_reason = models.TextField(
        blank=True, help_text="Why nothing is sent at present. Cleared when the key has been checked again."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
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
            base_url=self.base_url
            or settings.PROVIDER_BASE_URLS.get(self.provider, "")
            or self.adapter.default_base_url,
        )

    def _key(self) -> str:
        if not self.api_key.startswith("env:"):
            return str(self.api_key)
        name = self.api_key.removeprefix("env:")
        if not (key := os.environ.get(name, "")):
            raise Misconfigured(f"the key of {self} is to be read from the environment variable {name}, which is unset")
        return key
