"""Learners apply for a badge, with evidence, and are told by reviews what is missing.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/assessment.md
"""

from django.db import models
from django.utils import timezone

from credentials_badges.badges.models.fields import ExactCharField
from providers.badgekit.models.badges import Badge, Criterion


class Application(models.Model):
    """A learner asks for a badge."""

    slug = ExactCharField(max_length=255, unique=True)
    badge = models.ForeignKey(Badge, models.PROTECT, related_name="applications")
    learner = models.CharField(max_length=255)
    """An e-mail address."""
    created = models.DateTimeField(default=timezone.now)
    assigned_to = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    assigned_expiration = models.DateTimeField(null=True, blank=True)
    processed = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.slug}, {self.created:%Y-%m-%d}"


class Evidence(models.Model):
    """Something that shows what the learner did."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="evidence")
    url = models.CharField(max_length=2048, null=True, blank=True)  # noqa: DJ001
    media_type = models.CharField(max_length=16, null=True, blank=True)  # noqa: DJ001
    """``image`` or ``link``."""
    reflection = models.TextField(null=True, blank=True)  # noqa: DJ001

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.url or "reflection"


class Review(models.Model):
    """What somebody thinks of an application. It never awards anything: the issuer's site is told of it."""

    slug = ExactCharField(max_length=255, unique=True)
    application = models.ForeignKey(Application, models.CASCADE, related_name="reviews")
    author = models.CharField(max_length=255)
    """An e-mail address."""
    comment = models.TextField(null=True, blank=True)  # noqa: DJ001

    def __str__(self) -> str:
        return str(self.slug)


class ReviewItem(models.Model):
    """What a review says of one criterion."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="items")
    criterion = models.ForeignKey(Criterion, models.SET_NULL, null=True, blank=True, related_name="+")
    satisfied = models.BooleanField(default=False)
    comment = models.TextField(null=True, blank=True)  # noqa: DJ001

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{'satisfied' if self.satisfied else 'not satisfied'}"
