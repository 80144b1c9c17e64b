"""Badges that learners have earned."""

import uuid
from collections.abc import Collection, Mapping

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.inbox import LearningEvent
from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.templates import BadgeTemplate
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState

EXTERNAL_STATES = {
    BadgeState.UNKNOWN: pgettext_lazy("badge", "Unknown"),
    BadgeState.PENDING: pgettext_lazy("badge", "Pending"),
    BadgeState.ACCEPTED: pgettext_lazy("badge", "Accepted"),
    BadgeState.REJECTED: pgettext_lazy("badge", "Rejected"),
    BadgeState.EXPIRED: pgettext_lazy("badge", "Expired"),
    BadgeState.REVOKED: pgettext_lazy("badge", "Revoked"),
}
"""What people read of the provider's states."""


_LIVE_THERE = (
    models.Q(external_state=BadgeState.PENDING.value)
    | models.Q(external_state=BadgeState.ACCEPTED.value)
    | models.Q(external_state=BadgeState.UNKNOWN.value)
)
TORN = models.Q(status="awarded", external_state=BadgeState.REVOKED.value) | (models.Q(status="revoked") & _LIVE_THERE)
"""One side has taken it back, and the other has not: in words, not a list, by which SQLite knows the index."""


class Badge(models.Model):
    """One award of one template to one learner: our decision in `status`, the provider's word in ``external_…``."""

    class Status(models.TextChoices):
        """What we decided."""

        AWARDED = "awarded", _("Awarded")
        REVOKED = "revoked", _("Revoked")

    HEARD = ("external_id", "external_state", "external_state_raw", "external_as_of", "external_url")
    """The columns in which the provider has its say."""

    uuid = models.UUIDField(_("UUID"), default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(Learner, verbose_name=_("learner"), on_delete=models.PROTECT, related_name="badges")
    template = models.ForeignKey(
        BadgeTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="badges"
    )
    account = models.ForeignKey(
        ProviderAccount,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="badges",
        help_text=_("The template's, for uniqueness."),
    )
    ordinal = models.PositiveIntegerField(
        _("ordinal"), default=1, help_text=_("Which award of this template to this learner it is.")
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.AWARDED)
    awarded_at = models.DateTimeField(_("awarded at"))
    earned_at = models.DateTimeField(
        _("earned at"), help_text=_("When the event happened that earned it, by its own time.")
    )
    event = models.ForeignKey(
        LearningEvent, verbose_name=_("event"), null=True, blank=True, on_delete=models.SET_NULL, related_name="badges"
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    because = models.JSONField(
        _("because"), default=list, help_text=_("The events that it rests on, and what each rule found in them.")
    )
    granted_by = models.ForeignKey(
        Learner,
        verbose_name=_("granted by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who gave it by hand."),
    )
    grant_reason = models.TextField(_("grant reason"), blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        Learner,
        verbose_name=_("revoked by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who took it by hand."),
    )
    revoke_reason = models.TextField(_("revoke reason"), blank=True)
    external_id = ExactCharField(_("external id"), max_length=255, null=True, blank=True)
    external_state = models.CharField(
        _("external state"),
        max_length=16,
        blank=True,
        choices=[(state.value, words) for state, words in EXTERNAL_STATES.items()],
    )
    external_state_raw = models.CharField(_("external state raw"), max_length=255, blank=True)
    external_as_of = models.DateTimeField(_("external as of"), null=True, blank=True)
    external_url = models.TextField(_("external URL"), blank=True)

    class Meta:
        verbose_name = _("badge")
        verbose_name_plural = _("badges")
        ordering = ("-awarded_at", "-id")
        # Lists go along it and find in it all that they filter by, so that the rows themselves are left alone.
        indexes = (
            models.Index(fields=("-awarded_at", "-id", "account", "status", "external_state"), name="badge_newest"),
            models.Index(fields=("account",), condition=TORN, name="badge_torn"),
        )
        constraints = (
            models.UniqueConstraint(fields=("learner", "template", "ordinal"), name="one_badge_per_ordinal"),
            models.UniqueConstraint(fields=("account", "external_id"), name="one_badge_per_external_id"),
        )

    def __str__(self) -> str:
        return gettext("%(template)s of %(learner)s") % {"template": self.template, "learner": self.learner}

    def hear(self, receipt: Receipt) -> frozenset[str]:
        """Take over what the provider says, unless it is older than what is held; saves nothing. What is new of it."""
        same = receipt.external_id == self.external_id
        if same and receipt.as_of and self.external_as_of and receipt.as_of < self.external_as_of:
            return frozenset()
        told = {
            "external_id": receipt.external_id,
            "external_state": receipt.state.value,
            "external_state_raw": receipt.raw_state[:255],
            "external_as_of": receipt.as_of or (self.external_as_of if same else None),
            "external_url": receipt.url or (self.external_url if same else ""),
        }
        new = {name: value for name, value in told.items() if getattr(self, name) != value}
        for name, value in new.items():
            setattr(self, name, value)
        return frozenset(new)

    def observe(self, receipt: Receipt) -> None:
        """Write down what the provider says. Raises IntegrityError if another badge of the account bears that id."""
        if new := self.hear(receipt):
            self.save(update_fields=self.HEARD)
            ExternalState.objects.bulk_create(ExternalState.news({self: new}, ExternalState.How.ANSWER))


class ExternalState(models.Model):
    """One thing that the provider has said of a badge, written down when it was new."""

    class How(models.TextChoices):
        """By which way it was heard."""

        ANSWER = "answer", _("Answer to a promise")
        ASKED = "asked", _("Webhook, poll or comparison")
        CLAIM = "claim", _("Claim of a code")

    badge = models.ForeignKey(Badge, on_delete=models.CASCADE, related_name="external_states")
    state = models.CharField(max_length=16)
    raw = models.CharField(max_length=255, blank=True)
    as_of = models.DateTimeField(null=True, help_text="When it became so, if the provider tells.")
    heard_at = models.DateTimeField()
    how = models.CharField(max_length=8, choices=How)

    class Meta:
        verbose_name = _("external state")
        verbose_name_plural = _("external states")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.badge_id}: {self.raw}"

    @classmethod
    def news(cls, heard: Mapping[Badge, Collection[str]], how: "ExternalState.How") -> "list[ExternalState]":
        """Rows for those badges of which another state has been heard; `heard` has the columns that are new of each."""
        now = timezone.now()
        return [
            cls(
                badge=badge,
                state=badge.external_state,
                raw=badge.external_state_raw,
                as_of=badge.external_as_of,
                heard_at=now,
                how=how,
            )
            for badge, new in heard.items()
            if {"external_state", "external_state_raw"} & set(new)
        ]
