"""How far each learner has come."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.inbox import LearningEvent
from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.requirements import BadgeRequirement
from credentials_badges.badges.models.templates import BadgeTemplate


class BadgeProgress(models.Model):
    """One learner on the way to one badge, counted in groups of requirements."""

    learner = models.ForeignKey(Learner, verbose_name=_("learner"), on_delete=models.CASCADE, related_name="progress")
    template = models.ForeignKey(
        BadgeTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="progress"
    )
    groups_done = models.PositiveIntegerField(_("groups done"), default=0)
    groups_needed = models.PositiveIntegerField(_("groups needed"), default=0)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("badge progress")
        verbose_name_plural = _("badge progress")
        ordering = ("-updated_at", "-id")
        constraints = (models.UniqueConstraint(fields=("learner", "template"), name="one_progress_per_template"),)

    def __str__(self) -> str:
        said = gettext("%(learner)s: %(done)d of %(needed)d for %(template)s")
        told = {"learner": self.learner, "template": self.template}
        return said % {**told, "done": self.groups_done, "needed": self.groups_needed}


class Fulfillment(models.Model):
    """What one event says about one requirement of its learner: that it counts towards it, or undoes it.

    Where only the newest such event matters, there is one row, in slot 0; else one for each. One that undoes may stand
    before any progress: it is a memory, so that an older event that arrives late does not count.
    """

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="fulfillments")
    requirement = models.ForeignKey(BadgeRequirement, on_delete=models.CASCADE, related_name="fulfillments")
    slot = models.BigIntegerField(default=0, help_text="0, or the event.")
    fulfilled = models.BooleanField()
    as_of = models.DateTimeField(help_text="When the event happened, by its own time.")
    event = models.ForeignKey(LearningEvent, null=True, on_delete=models.SET_NULL, related_name="+")
    value = models.CharField(max_length=255, blank=True, help_text="By which the requirement tells events apart.")
    why = models.JSONField(default=dict, help_text="The event and what each rule found in it.")

    class Meta:
        verbose_name = _("fulfillment")
        verbose_name_plural = _("fulfillments")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("learner", "requirement", "slot"), name="one_fulfillment_per_slot"),
        )

    def __str__(self) -> str:
        return f"{self.learner}: {self.requirement} {'fulfilled' if self.fulfilled else 'not fulfilled'}"
