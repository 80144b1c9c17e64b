"""Who may call us, and whom we call."""

from django.core.exceptions import ValidationError
from django.db import models

from credentials_badges.badges.models import Learner, Message
from credentials_badges.badges.models.fields import EncryptedTextField, ExactCharField
from providers.badgekit.models.folding import FoldedField, folded
from providers.badgekit.models.organisations import System


class Consumer(models.Model):
    """A program that may call the API about one system."""

    api_key = ExactCharField(max_length=255)
    compared_key = FoldedField(of="api_key")
    api_secret = EncryptedTextField(help_text="Kept encrypted; what requests are signed with.")
    description = models.TextField(null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    system = models.ForeignKey(System, models.CASCADE, related_name="consumers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["compared_key"], name="badgekit_api_key")]

    def __str__(self) -> str:
        return str(self.api_key)

    def clean(self) -> None:
        """Refuse a key that is taken, or reserved."""
        if folded(self.api_key) == "master":
            raise ValidationError({"api_key": "“master” is the key of the whole server"})
        if Consumer.objects.filter(compared_key=folded(self.api_key)).exclude(pk=self.pk).exists():
            raise ValidationError({"api_key": "consumer with this API key already exists"})


class Webhook(models.Model):
    """Where a system wants to be told of awards, revocations and reviews. Only a system's first one is called."""

    system = models.ForeignKey(System, models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=512)
    secret = EncryptedTextField(help_text="Kept encrypted; what our calls are signed with.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "url"], name="badgekit_webhook_url")]

    def __str__(self) -> str:
        return self.url


class WebhookCall(Message):
    """One thing that a system is told."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls")
    action = models.CharField(max_length=16)
    """``award``, ``revoke`` or ``review``."""
    body = models.TextField()
    """The JSON, as it is signed and sent."""

    def __str__(self) -> str:
        return f"{self.action} {self.topic}"


class Member(models.Model):
    """Somebody who works for a system: makes its codes, reviews claims, or reads its reports."""

    class Role(models.TextChoices):
        """What they may do; each may do what the ones below may."""

        OWNER = "owner", "Owner: makes and changes codes"
        REVIEWER = "reviewer", "Reviewer: decides claims"
        READER = "reader", "Reader: looks at codes, claims and reports"

    system = models.ForeignKey(System, models.CASCADE, related_name="members")
    user = models.ForeignKey(Learner, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When they were told by mail that claims wait; null once they have looked."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "user"], name="badgekit_one_role")]

    def __str__(self) -> str:
        return f"{self.user}, {self.role}"
