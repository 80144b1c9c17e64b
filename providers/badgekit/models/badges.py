"""What can be earned, with all that describes it."""

from django.db import models
from django.utils import timezone

from providers.badgekit.models.organisations import Issuer, Named, Program, System


class Badge(Named):
    """What can be earned. The slug is unique over the whole server, as in BadgeKit, not only in its system."""

    strapline = models.CharField(max_length=140, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    earner_description = models.TextField(blank=True)
    consumer_description = models.TextField(blank=True)
    issuer_url = models.CharField(max_length=2048, null=True, blank=True)  # noqa: DJ001
    rubric_url = models.CharField(max_length=2048, null=True, blank=True)  # noqa: DJ001
    criteria_url = models.CharField(max_length=2048, blank=True)
    time_value = models.IntegerField(null=True, blank=True)
    time_units = models.CharField(max_length=16, null=True, blank=True)  # noqa: DJ001
    """``minutes``, ``hours``, ``days`` or ``weeks``."""
    evidence_type = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    limit = models.IntegerField(null=True, blank=True)
    """Kept and shown, and never looked at, as in BadgeKit. What is looked at is the limit of a claim code."""
    unique = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    type = models.CharField(max_length=255)
    created = models.DateTimeField(default=timezone.now)
    system = models.ForeignKey(System, models.PROTECT, related_name="badges")
    issuer = models.ForeignKey(Issuer, models.PROTECT, null=True, blank=True, related_name="badges")
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="badges")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug_key"], name="badgekit_badge_slug")]

    @property
    def is_gone(self) -> bool:
        """Whether it has been deleted, or its whole system."""
        return self.deleted_at is not None or self.system.deleted_at is not None


class Criterion(models.Model):
    """One thing that has to be done for a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, related_name="criteria")
    description = models.TextField()
    required = models.BooleanField(default=False)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.description[:80]


class Alignment(models.Model):
    """A standard that a badge goes by."""

    badge = models.ForeignKey(Badge, models.CASCADE, related_name="alignments")
    name = models.TextField()
    url = models.CharField(max_length=2048)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name[:80]


class Category(models.Model):
    """A category of a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, related_name="categories")
    value = models.CharField(max_length=255)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.value


class Tag(models.Model):
    """A tag of a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, related_name="tags")
    value = models.CharField(max_length=255)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.value


class Milestone(models.Model):
    """A badge that is given to whoever holds so many of some others."""

    system = models.ForeignKey(System, models.CASCADE, related_name="milestones")
    primary_badge = models.ForeignKey(Badge, models.CASCADE, related_name="milestones")
    number_required = models.IntegerField()
    action = models.CharField(max_length=32, default="issue")
    """``issue`` or ``queue-application``. BadgeKit gives the badge either way."""
    support_badges = models.ManyToManyField(Badge, through="MilestoneBadge", related_name="supported_milestones")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"milestone {self.pk}"


class MilestoneBadge(models.Model):
    """One of the badges that count towards a milestone."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, related_name="+")
    badge = models.ForeignKey(Badge, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["milestone", "badge"], name="badgekit_milestone_badge")]

    def __str__(self) -> str:
        return f"badge {self.badge_id} of milestone {self.milestone_id}"
