"""What must happen for a badge, and what undoes it. The words are Open edX's."""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models

from credentials_badges.badges.goals import Streak
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.templates import AT_LEAST_ONE, BadgeTemplate, RuleModel
from credentials_badges.badges.operators import Operator

EVENT_TYPE_HELP = "Such as org.openedx.learning.course.passing.status.updated.v1"


class RequirementGroup(RuleModel):
    """How many requirements of a group are needed, where it is not one."""

    template = models.ForeignKey(BadgeTemplate, on_delete=models.CASCADE, related_name="groups")
    name = ExactCharField(max_length=64)
    needed = models.PositiveIntegerField(default=1, validators=AT_LEAST_ONE)

    class Meta:
        ordering = ("template", "name")
        constraints = (models.UniqueConstraint(fields=("template", "name"), name="one_group_per_name"),)

    def __str__(self) -> str:
        return f"{self.needed} of group {self.name}"


SIGNS = {
    Operator.EQ.value: "=",
    Operator.NE.value: "≠",
    Operator.LT.value: "<",
    Operator.LE.value: "≤",
    Operator.GT.value: ">",
    Operator.GE.value: "≥",
    Operator.IN.value: "is one of",
    Operator.NOT_IN.value: "is none of",
    Operator.CONTAINS.value: "contains",
    Operator.STARTS_WITH.value: "starts with",
    Operator.MATCHES.value: "matches",
    Operator.EXISTS.value: "exists",
    Operator.MISSING.value: "is missing",
}
OF_EVENTS: dict[str, object] = {
    **dict.fromkeys(("event_type", "distinct", "streak"), ""),
    **dict.fromkeys(("within_days", "since", "until", "expires_days")),
    "count": 1,
}
"""What a requirement says about events, and how it says nothing."""


class BadgeRequirement(RuleModel):
    """Something that has to happen. Without data rules, every event of the type fulfils it."""

    template = models.ForeignKey(BadgeTemplate, on_delete=models.CASCADE, related_name="requirements")
    key = ExactCharField(max_length=64, blank=True, help_text="A short name; made up if left empty.")
    group = models.CharField(
        max_length=64, blank=True, help_text="One of a group is enough; every group is needed. Empty: a group alone."
    )
    event_type = ExactCharField(max_length=255, blank=True, help_text=EVENT_TYPE_HELP)
    description = models.TextField(blank=True, max_length=10_000, help_text="What the learner reads.")
    count = models.PositiveIntegerField(
        default=1, validators=AT_LEAST_ONE, help_text="How many events, or periods in a row, it takes."
    )
    distinct = ExactCharField(
        max_length=255,
        blank=True,
        help_text="A path such as course.course_key: events with the same value there count once.",
    )
    within_days = models.PositiveIntegerField(
        null=True, blank=True, validators=AT_LEAST_ONE, help_text="All of them within so many days."
    )
    streak = models.CharField(
        max_length=8,
        blank=True,
        choices=[(streak.value, streak.capitalize()) for streak in Streak],
        help_text="In so many days, weeks or months in a row.",
    )
    since = models.DateTimeField(null=True, blank=True, help_text="Events from this moment on.")
    until = models.DateTimeField(null=True, blank=True, help_text="Events before this moment.")
    after = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="followed_by", help_text="Events once these are fulfilled."
    )
    expires_days = models.PositiveIntegerField(
        null=True, blank=True, validators=AT_LEAST_ONE, help_text="How long it counts as fulfilled."
    )
    badge = models.ForeignKey(
        BadgeTemplate,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="required_by",
        help_text="Instead of events: holding a badge of this template.",
    )

    class Meta:
        ordering = ("template", "group", "id")
        constraints = (models.UniqueConstraint(fields=("template", "key"), name="one_requirement_per_key"),)

    def __str__(self) -> str:
        return self.description or self.key

    def clean(self) -> None:
        """Give it a name, so that two nameless ones are not taken for one another, and refuse contradictions."""
        self.key = self.key.strip() or uuid4().hex[:8]
        if errors := self.contradictions():
            raise ValidationError(errors)

    def contradictions(self) -> dict[str, str]:
        """What cannot be meant, by field."""
        errors = {}
        if not self.event_type and not self.badge_id:
            errors["event_type"] = "An event type is needed, or a badge."
        if self.badge_id:
            said = [name for name, nothing in OF_EVENTS.items() if getattr(self, name) != nothing]
            errors |= dict.fromkeys(said, "This is about events, and a badge is required here.")
            if _rests_on(self.badge_id, self.template_id):
                errors["badge"] = "That badge requires this one, or is this one: nobody could begin with either."
        if self.streak and (self.distinct or self.within_days):
            errors["streak"] = "A streak counts periods: it goes with neither distinct nor a number of days."
        if self.since and self.until and self.since >= self.until:
            errors["until"] = "It ends before it begins."
        return errors


def _rests_on(badge_id: int, other_id: int) -> bool:
    """Whether a badge of that template requires one of the other, or of one that does."""
    links = set(BadgeRequirement.objects.exclude(badge=None).values_list("template_id", "badge_id"))
    reached, found = set[int](), {badge_id}
    while found:
        reached |= found
        found = {badge for template, badge in links if template in found and badge} - reached
    return other_id in reached


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

    path = ExactCharField(max_length=255, help_text="Keys joined by dots, such as course.course_key")
    operator = models.CharField(max_length=16, choices=list(SIGNS.items()), default=Operator.EQ.value)
    value = models.TextField(blank=True, max_length=10_000, help_text="For a list of values: one a line.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.path} {self.get_operator_display()} {', '.join(self.value.splitlines())}".rstrip()


class DataRule(Rule):
    """A filter on the events that fulfil a requirement."""

    requirement = models.ForeignKey(BadgeRequirement, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        ordering = ("id",)


class PenaltyDataRule(Rule):
    """A filter on the events that make a penalty."""

    penalty = models.ForeignKey(BadgePenalty, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        ordering = ("id",)
