"""Who may call us, and whom we call."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Learner, Message
from credentials_badges.badges.models.fields import EncryptedTextField, ExactCharField
from providers.badgekit.models.folding import FoldedField, folded
from providers.badgekit.models.organisations import System


class Consumer(models.Model):
    """A program that may call the API about one system."""

    api_key = ExactCharField(_("api key"), max_length=255)
    compared_key = FoldedField(of="api_key")
    api_secret = EncryptedTextField(_("api secret"), help_text=_("Kept encrypted; what requests are signed with."))
    description = models.TextField(_("description"), null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    system = models.ForeignKey(System, models.CASCADE, verbose_name=_("system"), related_name="consumers")

    class Meta:
        verbose_name = _("consumer")
        verbose_name_plural = _("consumers")
        constraints = [models.UniqueConstraint(fields=["compared_key"], name="badgekit_api_key")]

    def __str__(self) -> str:
        return str(self.api_key)

    def clean(self) -> None:
        """Refuse a key that is taken, or reserved."""
        if folded(self.api_key) == "master":
            raise ValidationError({"api_key": _("“master” is the key of the whole server")})
        if Consumer.objects.filter(compared_key=folded(self.api_key)).exclude(pk=self.pk).exists():
            raise ValidationError({"api_key": _("consumer with this API key already exists")})


class Webhook(models.Model):
    """Where a system wants to be told of awards, revocations and reviews. Only a system's first one is called."""

    system = models.ForeignKey(System, models.CASCADE, verbose_name=_("system"), related_name="webhooks")
    url = models.CharField(_("url"), max_length=512)
    secret = EncryptedTextField(_("secret"), help_text=_("Kept encrypted; what our calls are signed with."))

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [models.UniqueConstraint(fields=["system", "url"], name="badgekit_webhook_url")]

    def __str__(self) -> str:
        return self.url


class WebhookCall(Message):
    """One thing that a system is told."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, verbose_name=_("webhook"), related_name="calls")
    action = models.CharField(_("action"), max_length=16)
    """``award``, ``revoke`` or ``review``."""
    body = models.TextField(_("body"))
    """The JSON, as it is signed and sent."""

    class Meta(Message.Meta):
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")

    def __str__(self) -> str:
        return f"{self.action} {self.topic}"


class Member(models.Model):
    """Somebody who works for a system: makes its codes, reviews claims, or reads its reports."""

    class Role(models.TextChoices):
        """What they may do; each may do what the ones below may."""

        OWNER = "owner", _("Owner: makes and changes codes")
        REVIEWER = "reviewer", _("Reviewer: decides claims")
        READER = "reader", _("Reader: looks at codes, claims and reports")

    system = models.ForeignKey(System, models.CASCADE, verbose_name=_("system"), related_name="members")
    user = models.ForeignKey(Learner, models.CASCADE, verbose_name=_("user"), related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When they were told by mail that claims wait; null once they have looked."""

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["system", "user"], name="badgekit_one_role")]

    def __str__(self) -> str:
        return f"{self.user}, {self.role}"
