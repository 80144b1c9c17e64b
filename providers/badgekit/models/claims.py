"""Claims: each use of a code, from the moment at which it is taken until the badge is given, or not."""

import secrets

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.badges.models import Learner
from credentials_badges.badges.models.fields import ExactCharField
from providers.badgekit.models.badges import Badge
from providers.badgekit.models.codes import AddressField, BadgeInstance, ClaimCode


class Claim(models.Model):
    """Somebody has used a code. While the claim is open, its use is taken; if nothing comes of it, it is given back."""

    class State(models.TextChoices):
        """What became of it, in the learner's words."""

        SUBMITTED = "submitted", pgettext_lazy("claim", "Under review")
        RETURNED = "returned", pgettext_lazy("claim", "Sent back for revision")
        AWARDED = "awarded", pgettext_lazy("claim", "Approved")
        REJECTED = "rejected", pgettext_lazy("claim", "Rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("claim", "Withdrawn")
        CANCELLED = "cancelled", pgettext_lazy("claim", "Cancelled")

    OPEN = (State.SUBMITTED, State.RETURNED)

    code = models.ForeignKey(ClaimCode, models.CASCADE, verbose_name=_("code"), related_name="claims")
    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="claims")
    """The code's, for uniqueness."""
    learner = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("learner"), null=True, blank=True, related_name="+"
    )
    """Of ours, once the badge has been given, or where somebody claimed who had signed in."""
    email = models.CharField(_("email"), max_length=255)
    address = AddressField(of="email")
    name = models.CharField(_("name"), max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State)
    open_for = ExactCharField(max_length=255, null=True, blank=True, editable=False)
    """The address while it is open, and null afterwards: nobody has two open claims to one badge."""
    source = ExactCharField(_("source"), max_length=32, blank=True)
    """Where the link was that led to it; empty: not known."""
    instance = models.ForeignKey(
        BadgeInstance, models.SET_NULL, verbose_name=_("instance"), null=True, blank=True, related_name="claims"
    )
    assigned_to = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("assigned to"), null=True, blank=True, related_name="+"
    )
    """The reviewer who looks after it, so that no other does."""
    decided_by = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("decided by"), null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ("-pk",)
        constraints = [models.UniqueConstraint(fields=["badge", "open_for"], name="badgekit_one_open_claim")]
        indexes = [
            models.Index(fields=["badge", "state"], name="badgekit_claim_state"),
            models.Index(fields=["address"], name="badgekit_claim_address"),
        ]

    def __str__(self) -> str:
        return f"{self.badge}, {self.email}"

    @property
    def was_taken_back(self) -> bool:
        """Whether it gave a badge that is not held any more."""
        return self.state == self.State.AWARDED and self.instance_id is None

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in self.OPEN


class ClaimStep(models.Model):
    """What happened to a claim, in order; whoever claims may read it."""

    claim = models.ForeignKey(Claim, models.CASCADE, verbose_name=_("claim"), related_name="steps")
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(Learner, models.SET_NULL, verbose_name=_("by"), null=True, blank=True, related_name="+")
    """Who did it; nobody: whoever claims."""
    state = models.CharField(_("state"), max_length=16, choices=Claim.State)
    words = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("claim step")
        verbose_name_plural = _("claim steps")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.at:%Y-%m-%d}"


def evidence_storage() -> Storage:
    """Where files are kept that learners send."""
    return storages["evidence"]


def evidence_path(evidence: "ClaimEvidence", filename: str) -> str:
    """A name of ours: that of a file which strangers send is never part of a path."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name}"


class ClaimEvidence(models.Model):
    """Something that shows what was done: a text, a link, or a file."""

    class Kind(models.TextChoices):
        """What it is."""

        TEXT = "text", _("Text")
        LINK = "link", _("Link")
        FILE = "file", _("File")

    claim = models.ForeignKey(Claim, models.CASCADE, verbose_name=_("claim"), related_name="evidence")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    text = models.TextField(_("text"), blank=True)
    """The text; of a link or a file, what is said about it."""
    url = models.CharField(_("url"), max_length=2048, blank=True)
    file = models.FileField(_("file"), storage=evidence_storage, upload_to=evidence_path, max_length=100, blank=True)
    filename = models.CharField(_("filename"), max_length=255, blank=True)
    """As it was called by whoever sent it, to be shown and nothing else."""
    media_type = models.CharField(_("media type"), max_length=127, blank=True)
    """By what is in the file, not by what its sender says."""
    size = models.PositiveBigIntegerField(_("size"), default=0)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)

    class Meta:
        verbose_name = _("claim evidence")
        verbose_name_plural = _("claim evidence")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.filename or self.url or self.text[:80]
