"""What must happen for a badge, and what undoes it. The words are Open edX's."""

from uuid import uuid4

from django.db import models

from credentials_badges.badges import matching
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.templates import BadgeTemplate, RuleModel

EVENT_TYPE_HELP = "Such as org.openedx.learning.course.passing.status.updated.v1"


class BadgeRequirement(RuleModel):
    """Something that has to happen. Without data rules, every event of the type fulfils it."""

    template = models.ForeignKey(BadgeTemplate, on_delete=models.CASCADE, related_name="requirements")
    key = ExactCharField(max_length=64, blank=True, help_text="A short name; made up if left empty.")
    group = models.CharField(
        max_length=64, blank=True, help_text="One of a group is enough; every group is needed. Empty: a group alone."
    )
    event_type = ExactCharField(max_length=255, help_text=EVENT_TYPE_HELP)
    description = models.TextField(blank=True, max_length=10_000, help_text="What the learner reads.")

    class Meta:
        ordering = ("template", "group", "id")
        constraints = (models.UniqueConstraint(fields=("template", "key"), name="one_requirement_per_key"),)

    def __str__(self) -> str:
        return self.description or self.key

    def clean(self) -> None:
        """Give it a name, so that two nameless ones are not taken for one another."""
        self.key = self.key.strip() or uuid4().hex[:8]


class BadgePenalty(RuleModel):
    """Something that undoes requirements, and takes the badge back if one of its groups is lost by that."""

    template = models.ForeignKey(BadgeTemplate, on_delete=models.CASCADE, related_name="penalties")
    requirements = models.ManyToManyField(BadgeRequirement, related_name="penalties")
    event_type = ExactCharField(max_length=255, help_text=EVENT_TYPE_HELP)
    description = models.TextField(blank=True, max_length=10_000)

    class Meta:
        ordering = ("template", "id")
        verbose_name_plural = "badge penalties"

    def __str__(self) -> str:
        return self.description or f"penalty {self.pk}"


class Rule(RuleModel):
    """One comparison with the event's data; all the rules of a parent must hold."""

    class Operator(models.TextChoices):
        """How to compare. A path that the event does not have never matches, not even by `ne`."""

        EQ = matching.EQ, "="
        NE = matching.NE, "≠"

    path = ExactCharField(max_length=255, help_text="Keys joined by dots, such as course.course_key")
    operator = models.CharField(max_length=16, choices=Operator, default=Operator.EQ)
    value = ExactCharField(max_length=255)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.path} {self.get_operator_display()} {self.value}"


class DataRule(Rule):
    """A filter on the events that fulfil a requirement."""

    requirement = models.ForeignKey(BadgeRequirement, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("requirement", "path", "operator", "value"), name="equal_data_rules"),
        )


class PenaltyDataRule(Rule):
    """A filter on the events that make a penalty."""

    penalty = models.ForeignKey(BadgePenalty, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("penalty", "path", "operator", "value"), name="equal_penalty_data_rules"),
        )
