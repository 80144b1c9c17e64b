"""How often pages were looked at and links were followed: numbers for each day, and nothing about who it was."""

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.badges import Badge
from credentials_badges.badges.models.fields import ExactCharField


def today() -> date:
    """The day on which something counts, in UTC."""
    return timezone.now().date()


class Visits(models.Model):
    """What happened so often on one day. Who is counted, and on which page, is said by the model's own columns."""

    class Kind(models.TextChoices):
        """What happened."""

        VIEWED = "viewed", _("Viewed")
        CLICKED = "clicked", _("Clicked")
        SHARED = "shared", _("Shared")

    day = models.DateField(default=today)
    kind = models.CharField(max_length=8, choices=Kind)
    source = ExactCharField(max_length=32, blank=True)
    """Where visitors came from or, of what was shared, where to; empty: not known."""
    count = models.PositiveIntegerField(default=0)

    objects = models.Manager()

    class Meta:
        abstract = True


class BadgeVisits(Visits):
    """Of a badge's public page."""

    badge = models.ForeignKey(Badge, models.CASCADE, related_name="visits")

    class Meta:
        verbose_name = _("badge visits")
        verbose_name_plural = _("badge visits")
        constraints = (models.UniqueConstraint(fields=("badge", "day", "kind", "source"), name="badge_visits"),)

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}: {self.count}"
