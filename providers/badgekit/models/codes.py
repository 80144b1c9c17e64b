"""Claim codes, and the badges that people hold."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.badges.models import Learner
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.badges.models.fields import ExactCharField
from providers.badgekit.models.badges import Badge
from providers.badgekit.models.folding import FoldedField, address, folded

LONGEST_LABEL = 255
SHORTEST_CODE = 3
"""Of codes that an organiser thinks up: shorter ones are found by trying."""


class Batch(models.Model):
    """Codes of one badge that were made at once: printed, handed out and counted together."""

    badge = models.ForeignKey(Badge, models.CASCADE, verbose_name=_("badge"), related_name="batches")
    label = models.CharField(_("label"), max_length=LONGEST_LABEL)
    made_by = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("made by"), null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.label


class ClaimCode(models.Model):
    """A code that gives its badge to whoever claims it; one that we reserved waits for one learner."""

    class Status(models.TextChoices):
        """What its organiser has decided."""

        DRAFT = "draft", pgettext_lazy("code", "Draft")
        ACTIVE = "active", pgettext_lazy("code", "Active")
        PAUSED = "paused", pgettext_lazy("code", "Paused")

    class State(models.TextChoices):
        """What follows from that, from the time, and from how often it has been claimed."""

        DRAFT = "draft", pgettext_lazy("code", "Draft")
        SCHEDULED = "scheduled", pgettext_lazy("code", "Scheduled")
        ACTIVE = "active", pgettext_lazy("code", "Active")
        PAUSED = "paused", pgettext_lazy("code", "Paused")
        EXHAUSTED = "exhausted", pgettext_lazy("code", "Used up")
        EXPIRED = "expired", pgettext_lazy("code", "Expired")
        DELETED = "deleted", pgettext_lazy("code", "Deleted")

    class Ask(models.TextChoices):
        """Whether evidence is asked for."""

        NONE = "none", _("No evidence")
        OPTIONAL = "optional", _("Evidence is welcome")
        REQUIRED = "required", _("Evidence is needed")

    ENDS = ("deleted_at", "code_key", "cancelled_at", "changed_at")
    """The columns that say that nobody can use it any more."""

    badge = models.ForeignKey(Badge, models.PROTECT, verbose_name=_("badge"), related_name="claim_codes")
    code = ExactCharField(_("code"), max_length=255)
    code_key = FoldedField(of="code", until="deleted_at")
    claimed = models.BooleanField(_("claimed"), default=False)
    email = models.CharField(_("email"), max_length=1000, null=True, blank=True)  # noqa: DJ001 (BadgeKit tells null from empty.)
    """Whatever the last claim sent, which need not be an address."""
    multiuse = models.BooleanField(_("multiuse"), default=False)
    limit = models.PositiveIntegerField(
        _("limit"),
        null=True,
        blank=True,
        help_text=_("A code for many can be claimed so often; empty: without an end."),
    )
    uses = models.PositiveIntegerField(
        _("uses"), default=0, editable=False, help_text=_("How often it has been claimed.")
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ACTIVE)
    starts_at = models.DateTimeField(
        _("starts at"), null=True, blank=True, help_text=_("Since when it can be claimed.")
    )
    ends_at = models.DateTimeField(
        _("ends at"),
        null=True,
        blank=True,
        help_text=_("Until when it can be claimed. Claims under review are not touched by that."),
    )
    bound_to = models.CharField(
        _("bound to"),
        max_length=255,
        blank=True,
        help_text=_("Only this e-mail address, or addresses of this domain (@example.org), can claim it."),
    )
    evidence = models.CharField(_("evidence"), max_length=16, choices=Ask, default=Ask.NONE)
    asks_for = models.TextField(_("asks for"), max_length=500, blank=True, help_text=_("What the evidence is to show."))
    needs_approval = models.BooleanField(
        _("needs approval"),
        default=False,
        help_text=_("The badge is given only once a reviewer has approved the claim."),
    )
    batch = models.ForeignKey(
        Batch, models.PROTECT, verbose_name=_("batch"), null=True, blank=True, related_name="codes"
    )
    label = models.CharField(_("label"), max_length=LONGEST_LABEL, blank=True, help_text=_("What organisers call it."))
    made_by = models.ForeignKey(
        Learner, models.SET_NULL, verbose_name=_("made by"), null=True, blank=True, editable=False, related_name="+"
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    handed_out_to = models.CharField(
        _("handed out to"), max_length=255, blank=True, help_text=_("Where, or to whom, it was handed out.")
    )
    handed_out_at = models.DateTimeField(_("handed out at"), null=True, blank=True)
    reservation = ExactCharField(max_length=36, null=True, blank=True, unique=True)
    """The key of the promise that it was reserved for; null for a code that anybody made for anybody."""
    recipient_id = ExactCharField(_("recipient id"), max_length=255, blank=True, db_index=True)
    """Our own id of the learner whom it is reserved for."""
    ordinal = models.PositiveIntegerField(default=1, editable=False)
    """Which of the learner's badges it becomes; more than the first only where a learner may hold several."""
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    """When the badge ends that it gives, whenever it is claimed: `expires` of the instance then."""
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    """When its badge was taken back: claimed before or not, it is of no use any more."""
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    """Since when nobody can find or claim it; what it gave before stays, unless it was cancelled too."""
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    """When it was made, claimed or cancelled, whichever came last: always later than before, whatever clocks say."""

    class Meta:
        verbose_name = _("claim code")
        verbose_name_plural = _("claim codes")
        constraints = [models.UniqueConstraint(fields=["badge", "code_key"], name="badgekit_claim_code")]
        indexes = [models.Index(fields=["code_key"], name="badgekit_code_key")]

    def __str__(self) -> str:
        words = _("%(code)s, claimed") if self.claimed else _("%(code)s, not claimed")
        return words % {"code": self.code}

    def clean(self) -> None:
        """Refuse a code that the badge has already; and a limit where there is but one use."""
        if self.deleted_at is None and self._others().exists():
            raise ValidationError({"code": _("claimCode with this code already exists")})
        if self.limit is not None and not self.multiuse:
            raise ValidationError({"limit": _("Only a code for many has a limit; the others can be claimed once.")})
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValidationError({"ends_at": _("It ends before it starts.")})
        if self.bound_to and not is_address(self.bound_to) and not is_address(f"somebody{self.bound_to}"):
            raise ValidationError({"bound_to": _("Enter an e-mail address, or a domain such as @example.org.")})

    def _others(self) -> models.QuerySet["ClaimCode"]:
        """Codes of the badge that have its text."""
        return ClaimCode.objects.filter(badge=self.badge_id, code_key=folded(self.code)).exclude(pk=self.pk)

    @classmethod
    def free(cls) -> Q:
        """What can be claimed once more, now."""
        return cls.in_state(cls.State.ACTIVE)

    @classmethod
    def in_state(cls, state: str) -> Q:
        """What is in this state now; the same as `state` says of a row. Raises KeyError if there is no such state."""
        now, gone = timezone.now(), Q(deleted_at=None, cancelled_at=None)
        used_up = Q(multiuse=True, limit__isnull=False, uses__gte=F("limit")) | Q(multiuse=False, claimed=True)
        over = Q(ends_at__isnull=False, ends_at__lte=now)
        ahead = Q(starts_at__isnull=False, starts_at__gt=now)
        open_ = gone & ~used_up & ~over
        return {
            cls.State.DELETED: ~gone,
            cls.State.EXHAUSTED: gone & used_up,
            cls.State.EXPIRED: gone & ~used_up & over,
            cls.State.DRAFT: open_ & Q(status=cls.Status.DRAFT),
            cls.State.PAUSED: open_ & Q(status=cls.Status.PAUSED),
            cls.State.SCHEDULED: open_ & Q(status=cls.Status.ACTIVE) & ahead,
            cls.State.ACTIVE: open_ & Q(status=cls.Status.ACTIVE) & ~ahead,
        }[cls.State(state)]

    def now(self) -> datetime:
        """The time, but later than the last change."""
        return max(timezone.now(), self.changed_at + timedelta(microseconds=1))

    def end(self, *, is_cancelled: bool) -> None:
        """Let nobody find the code any more, which is locked; if it is cancelled, what it stands for is over."""
        self.hide(is_cancelled=is_cancelled)
        self.save(update_fields=self.ENDS)

    def hide(self, *, is_cancelled: bool) -> None:
        """The same without saving it: `ENDS` are the columns to be written."""
        self.deleted_at = self.deleted_at or timezone.now()
        self.code_key = None
        if is_cancelled and not self.cancelled_at:
            self.cancelled_at = self.changed_at = self.now()

    @property
    def state(self) -> State:
        """What can be done with it now, as the row was when it was read."""
        now = timezone.now()
        if self.deleted_at or self.cancelled_at:
            return self.State.DELETED
        if (self.limit is not None and self.uses >= self.limit) if self.multiuse else self.claimed:
            return self.State.EXHAUSTED
        if self.ends_at and self.ends_at <= now:
            return self.State.EXPIRED
        if self.status == self.Status.ACTIVE and self.starts_at and self.starts_at > now:
            return self.State.SCHEDULED
        return self.State(self.status)

    @property
    def is_free(self) -> bool:
        """Whether it can be claimed once more, as the row was when it was read."""
        return self.state == self.State.ACTIVE

    def is_for(self, email: str) -> bool:
        """Whether it may be claimed with this address."""
        bound = address(self.bound_to)
        return not bound or (address(email).endswith(bound) if bound.startswith("@") else address(email) == bound)


class AddressField(FoldedField):
    """Follows a column that holds an e-mail address."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Compare by what the row says when it is written."""
        value = address(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value


class BadgeInstance(models.Model):
    """A badge that somebody holds. BadgeKit has no revoked instances: revoking deletes the row."""

    slug = ExactCharField(_("slug"), max_length=255, unique=True)
    badge = models.ForeignKey(Badge, models.PROTECT, verbose_name=_("badge"), related_name="instances")
    email = models.CharField(_("email"), max_length=255)
    """As it was sent, since assertions publish a hash of exactly this spelling."""
    address = AddressField(of="email")
    ordinal = models.PositiveIntegerField(default=1, editable=False)
    """The API gives each address one badge of a kind; our own promises may add a second and a third."""
    issued_on = models.DateTimeField(_("issued on"), default=timezone.now)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    claim_code = models.ForeignKey(
        ClaimCode, models.SET_NULL, verbose_name=_("claim code"), null=True, blank=True, related_name="instances"
    )
    reservation = ExactCharField(max_length=36, null=True, blank=True, unique=True)
    """The key of the promise that it was made for at once; null for all others."""
    recipient_id = ExactCharField(_("recipient id"), max_length=255, blank=True, db_index=True)
    """Our own id of the learner who holds it, where one of our codes or promises gave it."""

    class Meta:
        verbose_name = _("badge instance")
        verbose_name_plural = _("badge instances")
        constraints = [models.UniqueConstraint(fields=["badge", "address", "ordinal"], name="badgekit_one_each")]
        indexes = [models.Index(fields=["address"], name="badgekit_address")]

    def __str__(self) -> str:
        return _("%(slug)s, issued %(day)s") % {"slug": self.slug, "day": f"{self.issued_on:%Y-%m-%d}"}

    @property
    def assertion_path(self) -> str:
        """Where anybody reads that it was given."""
        return f"/public/assertions/{quote(self.slug, safe='')}"

    def clean(self) -> None:
        """Refuse a second one, as the API does."""
        others = BadgeInstance.objects.filter(badge=self.badge_id, address=address(self.email), ordinal=self.ordinal)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError({"email": _("badge instance of this address already exists")})
