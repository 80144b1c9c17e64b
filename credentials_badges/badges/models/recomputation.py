"""Judging stored events again, as a job that anybody may carry on."""

from django.db import models

from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.templates import BadgeTemplate


class Recomputation(models.Model):
    """What the rules as they stand make of the stored events: to be told only, or also to be done.

    It goes from learner to learner in the order of their ids, and can be carried on where a dead worker left it.
    """

    templates = models.ManyToManyField(BadgeTemplate, related_name="recomputations")
    applies = models.BooleanField(default=False, help_text="Award what is earned; otherwise only say what would be.")
    revokes = models.BooleanField(default=False, help_text="Take back what is not earned by the rules as they stand.")
    asked_by = models.ForeignKey(Learner, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, help_text="When its worker was last seen.")
    claim = models.UUIDField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0, help_text="Learners with events that count.")
    done = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0, editable=False, help_text="The last learner who is done.")
    report = models.JSONField(default=dict, help_text="By template: who earns it, who would lose it, and how many.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"recomputation {self.pk}" if self.applies else f"preview {self.pk}"
