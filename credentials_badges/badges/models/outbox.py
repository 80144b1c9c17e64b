"""Promises to the providers. The row is the queue: losing every message, or the broker, loses no work."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.badges import Badge


class Issuance(models.Model):
    """A promise to tell the provider about a badge: to issue, correct, revoke or erase it.

    ``pending → in_flight → delivered``; back to ``pending`` when it is postponed or its worker died; ``dead`` when a
    person has to look; ``cancelled`` when the opposite was decided before anything was sent.
    """

    class Action(models.TextChoices):
        """What the provider is to do."""

        ISSUE = "issue", _("Issue")
        UPDATE = "update", _("Correct")
        REVOKE = "revoke", _("Revoke")
        ERASE = "erase", _("Erase")

    class Status(models.TextChoices):
        """Where the promise stands."""

        PENDING = "pending", _("Pending")
        IN_FLIGHT = "in_flight", _("In flight")
        DELIVERED = "delivered", pgettext_lazy("promise", "Delivered")
        DEAD = "dead", pgettext_lazy("promise", "Dead")
        CANCELLED = "cancelled", pgettext_lazy("promise", "Cancelled")

    class Failure(models.TextChoices):
        """Why it is dead."""

        REJECTED = "rejected", _("Rejected by the provider")
        EXHAUSTED = "exhausted", _("Tried too often")
        CRASHED = "crashed", _("The adapter crashed")

    OPEN = (Status.PENDING, Status.IN_FLIGHT)

    badge = models.ForeignKey(Badge, verbose_name=_("badge"), on_delete=models.PROTECT, related_name="issuances")
    account = models.ForeignKey(
        ProviderAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="issuances"
    )
    action = models.CharField(_("action"), max_length=16, choices=Action)
    key = models.UUIDField(
        _("key"), default=uuid.uuid4, unique=True, editable=False, help_text=_("Our reference at the provider.")
    )
    open_key = models.CharField(  # noqa: DJ001 (NULL: the unique key lets it be.)
        _("open key"),
        max_length=64,
        null=True,
        unique=True,
        editable=False,
        help_text=_("Badge and action while the promise is open, else empty: no badge has two equal open promises."),
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    failure = models.CharField(_("failure"), max_length=16, choices=Failure, blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why the badge is taken back."))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    unsure = models.BooleanField(
        _("unsure"), default=False, help_text=_("An earlier try may have arrived: look before sending.")
    )
    doubted_at = models.DateTimeField(
        _("doubted at"), null=True, editable=False, help_text=_("When such a try was last made, or ended.")
    )
    unseen = models.PositiveSmallIntegerField(
        _("unseen"),
        default=0,
        help_text=_("How often the provider said that the learner has the badge, and did not show it."),
    )
    not_before = models.DateTimeField(_("not before"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    claim = models.UUIDField(
        _("claim"), null=True, editable=False, help_text=_("Names the worker that has it in flight.")
    )
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    receipt = models.JSONField(_("receipt"), null=True, blank=True, help_text=_("The provider's last answer."))

    class Meta:
        verbose_name = _("issuance")
        verbose_name_plural = _("issuances")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("status", "account", "not_before"), name="issuance_due"),
            models.Index(fields=("status", "id"), name="issuance_status"),
            models.Index(fields=("failure", "id"), name="issuance_failure"),
            models.Index(fields=("action", "id"), name="issuance_action"),
            models.Index(fields=("delivered_at", "account"), name="issuance_delivered"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.badge}"

    @staticmethod
    def open_key_of(badge_id: int, action: str) -> str:
        """What `open_key` holds while such a promise is open."""
        return f"{badge_id}:{action}"
