"""Words received: events of learners, webhooks of providers, and what could not be read as such."""

from django.db import models

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.learners import Learner


class LearningEvent(models.Model):
    """A CloudEvent about a learner, stored once before anything is decided, and processed in batches."""

    event_id = ExactCharField(max_length=255)
    source = ExactCharField(max_length=255)
    type = ExactCharField(max_length=255)
    occurred_at = models.DateTimeField(help_text="By the event's own time, but never later than its arrival.")
    received_at = models.DateTimeField()
    learner = models.ForeignKey(Learner, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    payload = models.JSONField(default=dict)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Why nothing came of it.")
    purged_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when its payload is no longer kept: it is known, and says nothing."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("source", "event_id"), name="one_event_per_id"),)
        indexes = (
            models.Index(fields=("processed_at", "id"), name="event_waiting"),
            models.Index(fields=("learner", "type"), name="event_learner_type"),
            models.Index(fields=("purged_at", "received_at"), name="event_purgeable"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class UnreadableEvent(models.Model):
    """A line that is no event, kept with its reason so that an administrator can see what was sent."""

    source = ExactCharField(max_length=255)
    where = models.CharField(max_length=64)
    reason = models.TextField()
    body = models.TextField()
    digest = models.CharField(max_length=64, editable=False)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("source", "digest"), name="one_unreadable_event"),)

    def __str__(self) -> str:
        return f"{self.source}, {self.where}"


class WebhookDelivery(models.Model):
    """A provider's webhook: a hint, stored before it is answered; what is true is asked for afterwards."""

    class Status(models.TextChoices):
        """What became of it."""

        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        IGNORED = "ignored", "Ignored"
        DEAD = "dead", "Dead"

    provider = ExactCharField(max_length=32)
    account = models.ForeignKey(
        ProviderAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="webhook_deliveries"
    )
    claimed_account = ExactCharField(max_length=255, blank=True, help_text="The account that it claims to be about.")
    delivery_id = ExactCharField(max_length=255, help_text="The provider's id of what it tells, or a digest of junk.")
    kind = models.CharField(max_length=255, blank=True, help_text="What it claims; nobody believes it.")
    body = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    outcome = models.TextField(blank=True, help_text="What was changed, or why nothing was.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(fields=("provider", "claimed_account", "delivery_id"), name="one_delivery"),
        )
        indexes = (models.Index(fields=("status", "not_before"), name="webhook_due"),)

    def __str__(self) -> str:
        return f"{self.kind or 'webhook'} {self.delivery_id}"
