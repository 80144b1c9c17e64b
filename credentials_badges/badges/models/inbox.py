"""Words received: events of learners, and what could not be read as such."""

from django.db import models

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

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("source", "event_id"), name="one_event_per_id"),)
        indexes = (models.Index(fields=("processed_at", "id"), name="event_waiting"),)

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
