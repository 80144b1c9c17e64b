"""What can be earned, with all that describes it."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import BadgeTemplate
from providers.badgekit.models.organisations import Issuer, Named, Program, System


class Badge(Named):
    """What can be earned. The slug is unique over the whole server, as in BadgeKit, not only in its system."""

    strapline = models.CharField(_("strapline"), max_length=140, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    earner_description = models.TextField(_("earner description"), blank=True)
    consumer_description = models.TextField(_("consumer description"), blank=True)
    issuer_url = models.CharField(_("issuer url"), max_length=2048, null=True, blank=True)  # noqa: DJ001
    rubric_url = models.CharField(_("rubric url"), max_length=2048, null=True, blank=True)  # noqa: DJ001
    criteria_url = models.CharField(_("criteria url"), max_length=2048, blank=True)
    time_value = models.IntegerField(_("time value"), null=True, blank=True)
    time_units = models.CharField(_("time units"), max_length=16, null=True, blank=True)  # noqa: DJ001
    """``minutes``, ``hours``, ``days`` or ``weeks``."""
    evidence_type = models.CharField(_("evidence type"), max_length=255, null=True, blank=True)  # noqa: DJ001
    limit = models.IntegerField(_("limit"), null=True, blank=True)
    """Kept and shown, and never looked at, as in BadgeKit. What is looked at is the limit of a claim code."""
    unique = models.BooleanField(_("unique"), default=False)
    archived = models.BooleanField(_("archived"), default=False)
    type = models.CharField(_("type"), max_length=255)
    created = models.DateTimeField(_("created"), default=timezone.now)
    system = models.ForeignKey(System, models.PROTECT, verbose_name=_("system"), related_name="badges")
    issuer = models.ForeignKey(
        Issuer, models.PROTECT, verbose_name=_("issuer"), null=True, blank=True, related_name="badges"
    )
    program = models.ForeignKey(
        Program, models.PROTECT, verbose_name=_("program"), null=True, blank=True, related_name="badges"
    )

    class Meta:
        verbose_name = _("badge")
        verbose_name_plural = _("badges")
        constraints = [models.UniqueConstraint(fields=["slug_key"], name="badgekit_badge_slug")]

    def save(self, **named: Any) -> None:
        """Let our template of it follow when it gets another slug: people hold badges of that template."""
        with transaction.atomic():
            before = Badge.objects.filter(pk=self.pk).values_list("slug", flat=True).first() if self.pk else None
            super().save(**named)
            if before and before != self.slug:
                of_system = BadgeTemplate.objects.filter(
                    account__provider="badgekit", account__external_id=self.system.slug
                )
                if not of_system.filter(external_id=self.slug).exists():
                    of_system.filter(external_id=before).update(external_id=self.slug)

    @property
    def is_gone(self) -> bool:
        """Whether it has been deleted, or its whole system."""
        return self.deleted_at is not None or self.system.deleted_at is not None


class Criterion(models.Model):
    """One thing that has to be done for a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="criteria")
    description = models.TextField(_("description"))
    required = models.BooleanField(_("required"), default=False)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.description[:80]


class Alignment(models.Model):
    """A standard that a badge goes by."""

    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="alignments")
    name = models.TextField(_("name"))
    url = models.CharField(_("url"), max_length=2048)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("alignment")
        verbose_name_plural = _("alignments")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name[:80]


class Category(models.Model):
    """A category of a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="categories")
    value = models.CharField(_("value"), max_length=255)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.value


class Tag(models.Model):
    """A tag of a badge."""

    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="tags")
    value = models.CharField(_("value"), max_length=255)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.value


class Milestone(models.Model):
    """A badge that is given to whoever holds so many of some others."""

    system = models.ForeignKey(System, models.CASCADE, verbose_name=_("system"), related_name="milestones")
    primary_badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("primary badge"), related_name="milestones")
    number_required = models.IntegerField(_("number required"))
    action = models.CharField(_("action"), max_length=32, default="issue")
    """``issue`` or ``queue-application``. BadgeKit gives the badge either way."""
    support_badges = models.ManyToManyField(Badge, through="MilestoneBadge", related_name="supported_milestones")

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ("pk",)

    def __str__(self) -> str:
        return _("milestone %(number)s") % {"number": self.pk}


class MilestoneBadge(models.Model):
    """One of the badges that count towards a milestone."""

    milestone = models.ForeignKey(Milestone, models.CASCADE, verbose_name=_("milestone"), related_name="+")
    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="+")

    class Meta:
        verbose_name = _("milestone badge")
        verbose_name_plural = _("milestone badges")
        constraints = [models.UniqueConstraint(fields=["milestone", "badge"], name="badgekit_milestone_badge")]

    def __str__(self) -> str:
        return _("badge %(badge)s of milestone %(milestone)s") % {
            "badge": self.badge_id,
            "milestone": self.milestone_id,
        }
