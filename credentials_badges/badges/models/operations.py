"""What tells how the service itself is doing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField


class Heartbeat(models.Model):
    """A single row that says when somebody last looked for work by themselves: the sweep, or a drain."""

    at = models.DateTimeField()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.at.isoformat()


class CallCount(models.Model):
    """How many calls to one host ended so, and how long they took together, since the tables were made."""

    host = ExactCharField(max_length=255)
    outcome = models.CharField(max_length=16)
    calls = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        verbose_name = _("call count")
        verbose_name_plural = _("call counts")
        constraints = (models.UniqueConstraint(fields=("host", "outcome"), name="one_call_count"),)

    def __str__(self) -> str:
        return f"{self.calls} calls to {self.host}: {self.outcome}"
