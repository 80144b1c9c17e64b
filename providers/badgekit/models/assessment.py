"""Learners apply for a badge, with evidence, and are told by reviews what is missing.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/assessment.md
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField
from providers.badgekit.models.badges import Badge, Criterion


class Application(models.Model):
    """A learner asks for a badge."""

    slug = ExactCharField(_("slug"), max_length=255, unique=True)
    badge = models.ForeignKey(Badge, models.PROTECT, verbose_name=_("badge"), related_name="applications")
    learner = models.CharField(_("learner"), max_length=255)
    """An e-mail address."""
    created = models.DateTimeField(_("created"), default=timezone.now)
    assigned_to = models.CharField(_("assigned to"), max_length=255, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    assigned_expiration = models.DateTimeField(_("assigned expiration"), null=True, blank=True)
    processed = models.DateTimeField(_("processed"), null=True, blank=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")

    def __str__(self) -> str:
        return f"{self.slug}, {self.created:%Y-%m-%d}"


class Evidence(models.Model):
    """Something that shows what the learner did."""

    application = models.ForeignKey(Application, models.CASCADE, verbose_name=_("application"), related_name="evidence")
    url = models.CharField(_("url"), max_length=2048, null=True, blank=True)  # noqa: DJ001
    media_type = models.CharField(_("media type"), max_length=16, null=True, blank=True)  # noqa: DJ001
    """``image`` or ``link``."""
    reflection = models.TextField(_("reflection"), null=True, blank=True)  # noqa: DJ001

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url or str(_("reflection"))


class Review(models.Model):
    """What somebody thinks of an application. It never awards anything: the issuer's site is told of it."""

    slug = ExactCharField(_("slug"), max_length=255, unique=True)
    application = models.ForeignKey(Application, models.CASCADE, verbose_name=_("application"), related_name="reviews")
    author = models.CharField(_("author"), max_length=255)
    """An e-mail address."""
    comment = models.TextField(_("comment"), null=True, blank=True)  # noqa: DJ001

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return str(self.slug)


class ReviewItem(models.Model):
    """What a review says of one criterion."""

    review = models.ForeignKey(Review, models.CASCADE, verbose_name=_("review"), related_name="items")
    criterion = models.ForeignKey(
        Criterion, models.SET_NULL, verbose_name=_("criterion"), null=True, blank=True, related_name="+"
    )
    satisfied = models.BooleanField(_("satisfied"), default=False)
    comment = models.TextField(_("comment"), null=True, blank=True)  # noqa: DJ001

    class Meta:
        verbose_name = _("review item")
        verbose_name_plural = _("review items")
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(_("satisfied") if self.satisfied else _("not satisfied"))
