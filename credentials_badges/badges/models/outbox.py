"""Promises to the providers. The row is the queue: losing every message, or the broker, loses no work."""

import uuid

from django.db import models

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.badges import Badge


class Issuance(models.Model):
    """A promise to tell the provider about a badge: to issue, correct, revoke or erase it.

    ``pending → in_flight → delivered``; back to ``pending`` when it is postponed or its worker died; ``dead`` when a
    person has to look; ``cancelled`` when the opposite was decided before anything was sent.
    """

    class Action(models.TextChoices):
        """What the provider is to do."""

        ISSUE = "issue", "Issue"
        UPDATE = "update", "Correct"
        REVOKE = "revoke", "Revoke"
        ERASE = "erase", "Erase"

    class Status(models.TextChoices):
        """Where the promise stands."""

        PENDING = "pending", "Pending"
        IN_FLIGHT = "in_flight", "In flight"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead"
        CANCELLED = "cancelled", "Cancelled"

    class Failure(models.TextChoices):
        """Why it is dead."""

        REJECTED = "rejected", "Rejected by the provider"
        EXHAUSTED = "exhausted", "Tried too often"
        CRASHED = "crashed", "The adapter crashed"

    OPEN = (Status.PENDING, Status.IN_FLIGHT)

    badge = models.ForeignKey(Badge, on_delete=models.PROTECT, related_name="issuances")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="issuances")
    action = models.CharField(max_length=16, choices=Action)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="Our reference at the provider.")
    open_key = models.CharField(  # noqa: DJ001 (NULL: the unique key lets it be.)
        max_length=64,
        null=True,
        unique=True,
        editable=False,
        help_text="Badge and action while the promise is open, else empty: no badge has two equal open promises.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    failure = models.CharField(max_length=16, choices=Failure, blank=True)
    reason = models.TextField(blank=True, help_text="Why the badge is taken back.")
    attempts = models.PositiveIntegerField(default=0)
    unsure = models.BooleanField(default=False, help_text="An earlier try may have arrived: look before sending.")
    doubted_at = models.DateTimeField(null=True, editable=False, help_text="When such a try was last made, or ended.")
    unseen = models.PositiveSmallIntegerField(
        default=0, help_text="How often the provider said that the learner has the badge, and did not show it."
    )
    not_before = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, editable=False, help_text="Names the worker that has it in flight.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    receipt = models.JSONField(null=True, blank=True, help_text="The provider's last answer.")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("status", "account", "not_before"), name="issuance_due"),
            models.Index(fields=("status", "claimed_at"), name="issuance_claimed"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.badge}"

    @staticmethod
    def open_key_of(badge_id: int, action: str) -> str:
        """What `open_key` holds while such a promise is open."""
        return f"{badge_id}:{action}"
