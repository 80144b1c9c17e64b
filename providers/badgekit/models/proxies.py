"""The tables of our own claim-code store, with the columns that BadgeKit's REST API answers with.

A system holds issuers, an issuer holds programs, and a badge belongs to a system and, where it is narrower, to an
issuer and a program of it. Nothing here goes because something above it is deleted: what a learner holds must be taken
away on purpose. Source: https://github.com/mozilla/badgekit-api/blob/master/docs/data-model.md
"""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from credentials_badges.badges.models import Badge as AwardedBadge
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.proxies import OfProvider


class Organisation(models.Model):
    """The columns that systems, issuers and programs share."""

    name = models.CharField(max_length=255)
    url = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    email = models.CharField(max_length=255, blank=True)
    image_url = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class System(Organisation):
    """The outermost context: one account of ours is one system."""

    slug = ExactCharField(max_length=255, unique=True)


class Issuer(Organisation):
    """Who issues badges within a system."""

    slug = ExactCharField(max_length=255)
    system = models.ForeignKey(System, models.PROTECT, related_name="issuers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="badgekit_issuer_slug")]


class Program(Organisation):
    """What an issuer's badges are part of. BadgeKit has programs without an issuer: no address leads to them."""

    slug = ExactCharField(max_length=255)
    issuer = models.ForeignKey(Issuer, models.PROTECT, null=True, blank=True, related_name="programs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "slug"], name="badgekit_program_slug")]


class Badge(models.Model):
    """What can be earned. The slug is unique over the whole server, as in BadgeKit, not only in its system."""

    slug = ExactCharField(max_length=255, unique=True)
    name = models.CharField(max_length=255)
    strapline = models.CharField(max_length=140, blank=True)
    earner_description = models.TextField(blank=True)
    consumer_description = models.TextField(blank=True)
    issuer_url = models.CharField(max_length=255, blank=True)
    rubric_url = models.CharField(max_length=255, blank=True)
    criteria_url = models.CharField(max_length=255, blank=True)
    image_url = models.CharField(max_length=255, blank=True)
    time_value = models.IntegerField(null=True, blank=True)
    time_units = models.CharField(max_length=16, blank=True)
    """``minutes``, ``hours``, ``days`` or ``weeks``."""
    evidence_type = models.CharField(max_length=255, blank=True)
    limit = models.IntegerField(null=True, blank=True)
    unique = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    type = models.CharField(max_length=255)
    created = models.DateTimeField(default=timezone.now)
    system = models.ForeignKey(System, models.PROTECT, related_name="badges")
    issuer = models.ForeignKey(Issuer, models.PROTECT, null=True, blank=True, related_name="badges")
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="badges")

    def __str__(self) -> str:
        return self.name


class ClaimCode(models.Model):
    """A code that gives its badge to whoever claims it; one that we reserved waits for one learner."""

    badge = models.ForeignKey(Badge, models.PROTECT, related_name="claim_codes")
    code = ExactCharField(max_length=255)
    claimed = models.BooleanField(default=False)
    email = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    multiuse = models.BooleanField(default=False)
    reservation = ExactCharField(max_length=36, null=True, blank=True, unique=True)
    """The key of the promise that it was reserved for; null for a code that anybody made for anybody."""
    recipient_id = ExactCharField(max_length=255, blank=True, db_index=True)
    """Our own id of the learner whom it is reserved for."""
    expires = models.DateTimeField(null=True, blank=True)
    """When the badge ends that it gives, whenever it is claimed: `expires` of the instance then."""
    cancelled_at = models.DateTimeField(null=True, blank=True)
    """When its badge was taken back: claimed before or not, it is of no use any more."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["badge", "code"], name="badgekit_claim_code")]

    def __str__(self) -> str:
        return f"{self.code}, {'claimed' if self.claimed else 'not claimed'}"


class BadgeInstance(models.Model):
    """A badge that somebody holds. BadgeKit has no revoked instances: revoking deletes the row."""

    slug = ExactCharField(max_length=255, unique=True)
    badge = models.ForeignKey(Badge, models.PROTECT, related_name="instances")
    email = models.CharField(max_length=255)
    """As it was sent, since assertions publish a hash of exactly this spelling; compare it without regard to case."""
    issued_on = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    claim_code = models.ForeignKey(ClaimCode, models.SET_NULL, null=True, blank=True, related_name="instances")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["badge", "email"], name="badgekit_instance_email")]

    def __str__(self) -> str:
        return f"{self.slug}, issued {self.issued_on:%Y-%m-%d}"


class BadgeKitAccount(ProviderAccount):
    """An account of ours that is a system of the store."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit", "provider")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "BadgeKit account"


class BadgeKitBadgeTemplate(BadgeTemplate):
    """A badge of the store, as a template of ours."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "BadgeKit badge template"


class BadgeKitIssuedBadge(AwardedBadge):
    """A badge issued through the store."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "BadgeKit badge"
