"""The keys with which issuers sign."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import EncryptedTextField, ExactCharField


class SigningKey(models.Model):
    """One key of one issuer. The public half is served for ever, since people keep what was signed with it."""

    class Algorithm(models.TextChoices):
        """What it signs: tokens (VC-JWT), or documents (Data Integrity, eddsa-rdfc-2022)."""

        RS256 = "RS256", "RS256"
        EDDSA = "EdDSA", "Ed25519"

    provider = ExactCharField(_("provider"), max_length=32)
    issuer_key = ExactCharField(_("issuer key"), max_length=64, help_text=_("The issuer's key in its store."))
    algorithm = models.CharField(_("algorithm"), max_length=8, choices=Algorithm)
    number = models.PositiveIntegerField(_("number"), help_text=_("The highest of an issuer signs."))
    private_pem = EncryptedTextField(_("private key"), editable=False)
    public_jwk = models.JSONField(_("public key"), editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ("provider", "issuer_key", "algorithm", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "issuer_key", "algorithm", "number"), name="one_signing_key_per_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.issuer_key}, {self.fragment}"

    @property
    def fragment(self) -> str:
        """Its name within the issuer's document."""
        return f"{self.algorithm.lower()}-{self.number}"
