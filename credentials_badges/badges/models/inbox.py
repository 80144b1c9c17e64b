"""Words received: events of learners, webhooks of providers, and what could not be read as such."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.learners import Learner


class LearningEvent(models.Model):
    """A CloudEvent about a learner, stored once before anything is decided, and processed in batches."""

    event_id = ExactCharField(_("event id"), max_length=255)
    source = ExactCharField(_("source"), max_length=255)
    type = ExactCharField(_("type"), max_length=255)
    occurred_at = models.DateTimeField(
        _("occurred at"), help_text=_("By the event's own time, but never later than its arrival.")
    )
    received_at = models.DateTimeField(_("received at"))
    learner = models.ForeignKey(
        Learner, verbose_name=_("learner"), null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    payload = models.JSONField(_("payload"), default=dict)
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True, help_text=_("Why nothing came of it."))
    purged_at = models.DateTimeField(
        _("purged at"),
        null=True,
        editable=False,
        help_text=_("Since when its payload is no longer kept: it is known, and says nothing."),
    )

    class Meta:
        verbose_name = _("learning event")
        verbose_name_plural = _("learning events")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("source", "event_id"), name="one_event_per_id"),)
        indexes = (
            models.Index(fields=("processed_at", "id"), name="event_waiting"),
            models.Index(fields=("learner", "type"), name="event_learner_type"),
            models.Index(fields=("purged_at", "received_at"), name="event_purgeable"),
            models.Index(fields=("type", "id"), name="event_type"),
            models.Index(fields=("received_at",), name="event_received"),
            # Of the few that failed; MariaDB puts all into these, and reads the rows.
            models.Index(fields=("id",), condition=~models.Q(error=""), name="event_failed"),
            models.Index(fields=("received_at",), condition=~models.Q(error=""), name="event_failed_at"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class UnreadableEvent(models.Model):
    """A line that is no event, kept with its reason so that an administrator can see what was sent."""

    source = ExactCharField(_("source"), max_length=255)
    where = models.CharField(_("where"), max_length=64)
    reason = models.TextField(_("reason"))
    body = models.TextField(_("body"))
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("unreadable event")
        verbose_name_plural = _("unreadable events")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("source", "digest"), name="one_unreadable_event"),)

    def __str__(self) -> str:
        return f"{self.source}, {self.where}"


class WebhookDelivery(models.Model):
    """A provider's webhook: a hint, stored before it is answered; what is true is asked for afterwards."""

    class Status(models.TextChoices):
        """What became of it."""

        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Dead")

    provider = ExactCharField(_("provider"), max_length=32)
    account = models.ForeignKey(
        ProviderAccount,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook_deliveries",
    )
    claimed_account = ExactCharField(
        _("claimed account"), max_length=255, blank=True, help_text=_("The account that it claims to be about.")
    )
    delivery_id = ExactCharField(
        _("delivery id"), max_length=255, help_text=_("The provider's id of what it tells, or a digest of junk.")
    )
    kind = models.CharField(_("kind"), max_length=255, blank=True, help_text=_("What it claims; nobody believes it."))
    body = models.TextField(_("body"), blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    outcome = models.TextField(_("outcome"), blank=True, help_text=_("What was changed, or why nothing was."))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("provider", "claimed_account", "delivery_id"), name="one_delivery"),
        )
        indexes = (models.Index(fields=("status", "not_before"), name="webhook_due"),)

    def __str__(self) -> str:
        return f"{self.kind or 'webhook'} {self.delivery_id}"
