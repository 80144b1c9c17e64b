"""Badges that learners have earned."""

import uuid

from django.db import models

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.inbox import LearningEvent
from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.templates import BadgeTemplate
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState


class Badge(models.Model):
    """One award of one template to one learner: our decision in `status`, the provider's word in ``external_…``."""

    class Status(models.TextChoices):
        """What we decided."""

        AWARDED = "awarded", "Awarded"
        REVOKED = "revoked", "Revoked"

    HEARD = ("external_id", "external_state", "external_state_raw", "external_as_of", "external_url")
    """The columns in which the provider has its say."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(Learner, on_delete=models.PROTECT, related_name="badges")
    template = models.ForeignKey(BadgeTemplate, on_delete=models.PROTECT, related_name="badges")
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="badges", help_text="The template's, for uniqueness."
    )
    ordinal = models.PositiveIntegerField(default=1, help_text="Which award of this template to this learner it is.")
    status = models.CharField(max_length=16, choices=Status, default=Status.AWARDED)
    awarded_at = models.DateTimeField()
    earned_at = models.DateTimeField(help_text="When the event happened that earned it, by its own time.")
    event = models.ForeignKey(LearningEvent, null=True, blank=True, on_delete=models.SET_NULL, related_name="badges")
    expires_at = models.DateTimeField(null=True, blank=True)
    because = models.JSONField(default=list, help_text="The events that it rests on, and what each rule found in them.")
    granted_by = models.ForeignKey(
        Learner, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who gave it by hand."
    )
    grant_reason = models.TextField(blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        Learner, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who took it by hand."
    )
    revoke_reason = models.TextField(blank=True)
    external_id = ExactCharField(max_length=255, null=True, blank=True)
    external_state = models.CharField(
        max_length=16, blank=True, choices=[(state.value, state.value.capitalize()) for state in BadgeState]
    )
    external_state_raw = models.CharField(max_length=255, blank=True)
    external_as_of = models.DateTimeField(null=True, blank=True)
    external_url = models.TextField(blank=True)

    class Meta:
        ordering = ("-awarded_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("learner", "template", "ordinal"), name="one_badge_per_ordinal"),
            models.UniqueConstraint(fields=("account", "external_id"), name="one_badge_per_external_id"),
        )

    def __str__(self) -> str:
        return f"{self.template} of {self.learner}"

    def hear(self, receipt: Receipt) -> bool:
        """Take over what the provider says, unless it is older than what is held; saves nothing. Whether it is new."""
        same = receipt.external_id == self.external_id
        if same and receipt.as_of and self.external_as_of and receipt.as_of < self.external_as_of:
            return False
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
        return bool(new)

    def observe(self, receipt: Receipt) -> None:
        """Write down what the provider says. Raises IntegrityError if another badge of the account bears that id."""
        if self.hear(receipt):
            self.save(update_fields=self.HEARD)
