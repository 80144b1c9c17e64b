"""What must happen for a badge, and what undoes it. The words are Open edX's."""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.goals import Streak
from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.templates import AT_LEAST_ONE, BadgeTemplate, RuleModel
from credentials_badges.badges.operators import Operator

EVENT_TYPE_HELP = _("Such as org.openedx.learning.course.passing.status.updated.v1")


class RequirementGroup(RuleModel):
    """How many requirements of a group are needed, where it is not one."""

    template = models.ForeignKey(
        BadgeTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="groups"
    )
    name = ExactCharField(_("name"), max_length=64)
    needed = models.PositiveIntegerField(_("needed"), default=1, validators=AT_LEAST_ONE)

    class Meta:
        verbose_name = _("requirement group")
        verbose_name_plural = _("requirement groups")
        ordering = ("template", "name")
        constraints = (models.UniqueConstraint(fields=("template", "name"), name="one_group_per_name"),)

    def __str__(self) -> str:
        return gettext("%(needed)s of group %(name)s") % {"needed": self.needed, "name": self.name}


SIGNS = {
    Operator.EQ.value: "=",
    Operator.NE.value: "≠",
    Operator.LT.value: "<",
    Operator.LE.value: "≤",
    Operator.GT.value: ">",
    Operator.GE.value: "≥",
    Operator.IN.value: _("is one of"),
    Operator.NOT_IN.value: _("is none of"),
    Operator.CONTAINS.value: _("contains"),
    Operator.STARTS_WITH.value: _("starts with"),
    Operator.MATCHES.value: _("matches"),
    Operator.EXISTS.value: _("exists"),
    Operator.MISSING.value: _("is missing"),
}
OF_EVENTS: dict[str, object] = {
    **dict.fromkeys(("event_type", "distinct", "streak"), ""),
    **dict.fromkeys(("within_days", "since", "until", "expires_days")),
    "count": 1,
}
"""What a requirement says about events, and how it says nothing."""


PERIODS = {Streak.DAY.value: _("Day"), Streak.WEEK.value: _("Week"), Streak.MONTH.value: _("Month")}


class BadgeRequirement(RuleModel):
    """Something that has to happen. Without data rules, every event of the type fulfils it."""

    template = models.ForeignKey(
        BadgeTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="requirements"
    )
    key = ExactCharField(_("key"), max_length=64, blank=True, help_text=_("A short name; made up if left empty."))
    group = models.CharField(
        _("group"),
        max_length=64,
        blank=True,
        help_text=_("One of a group is enough; every group is needed. Empty: a group alone."),
    )
    event_type = ExactCharField(_("event type"), max_length=255, blank=True, help_text=EVENT_TYPE_HELP)
    description = models.TextField(
        _("description"), blank=True, max_length=10_000, help_text=_("What the learner reads.")
    )
    count = models.PositiveIntegerField(
        _("count"), default=1, validators=AT_LEAST_ONE, help_text=_("How many events, or periods in a row, it takes.")
    )
    distinct = ExactCharField(
        _("distinct"),
        max_length=255,
        blank=True,
        help_text=_("A path such as course.course_key: events with the same value there count once."),
    )
    within_days = models.PositiveIntegerField(
        _("within days"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("All of them within so many days."),
    )
    streak = models.CharField(
        _("streak"),
        max_length=8,
        blank=True,
        choices=list(PERIODS.items()),
        help_text=_("In so many days, weeks or months in a row."),
    )
    since = models.DateTimeField(_("since"), null=True, blank=True, help_text=_("Events from this moment on."))
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Events before this moment."))
    after = models.ManyToManyField(
        "self",
        verbose_name=_("after"),
        symmetrical=False,
        blank=True,
        related_name="followed_by",
        help_text=_("Events once these are fulfilled."),
    )
    expires_days = models.PositiveIntegerField(
        _("expires days"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("How long it counts as fulfilled."),
    )
    badge = models.ForeignKey(
        BadgeTemplate,
        verbose_name=_("badge"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="required_by",
        help_text=_("Instead of events: holding a badge of this template."),
    )

    class Meta:
        verbose_name = _("badge requirement")
        verbose_name_plural = _("badge requirements")
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
            errors["event_type"] = gettext("An event type is needed, or a badge.")
        if self.badge_id:
            said = [name for name, nothing in OF_EVENTS.items() if getattr(self, name) != nothing]
            errors |= dict.fromkeys(said, gettext("This is about events, and a badge is required here."))
            if _rests_on(self.badge_id, self.template_id):
                errors["badge"] = gettext(
                    "That badge requires this one, or is this one: nobody could begin with either."
                )
        if self.streak and (self.distinct or self.within_days):
            errors["streak"] = gettext("A streak counts periods: it goes with neither distinct nor a number of days.")
        if self.since and self.until and self.since >= self.until:
            errors["until"] = gettext("It ends before it begins.")
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

    template = models.ForeignKey(
        BadgeTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="penalties"
    )
    requirements = models.ManyToManyField(BadgeRequirement, verbose_name=_("requirements"), related_name="penalties")
    event_type = ExactCharField(_("event type"), max_length=255, help_text=EVENT_TYPE_HELP)
    description = models.TextField(_("description"), blank=True, max_length=10_000)

    class Meta:
        verbose_name = _("badge penalty")
        verbose_name_plural = _("badge penalties")
        ordering = ("template", "id")

    def __str__(self) -> str:
        return self.description or gettext("penalty %(number)s") % {"number": self.pk}


class Rule(RuleModel):
    """One comparison with the event's data; all the rules of a parent must hold."""

    path = ExactCharField(_("path"), max_length=255, help_text=_("Keys joined by dots, such as course.course_key"))
    operator = models.CharField(_("operator"), max_length=16, choices=list(SIGNS.items()), default=Operator.EQ.value)
    value = models.TextField(
        _("value"), blank=True, max_length=10_000, help_text=_("For a list of values: one a line.")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.path} {self.get_operator_display()} {', '.join(self.value.splitlines())}".rstrip()


class DataRule(Rule):
    """A filter on the events that fulfil a requirement."""

    requirement = models.ForeignKey(
        BadgeRequirement, verbose_name=_("requirement"), on_delete=models.CASCADE, related_name="rules"
    )

    class Meta:
        verbose_name = _("data rule")
        verbose_name_plural = _("data rules")
        ordering = ("id",)


class PenaltyDataRule(Rule):
    """A filter on the events that make a penalty."""

    penalty = models.ForeignKey(BadgePenalty, verbose_name=_("penalty"), on_delete=models.CASCADE, related_name="rules")

    class Meta:
        verbose_name = _("penalty data rule")
        verbose_name_plural = _("penalty data rules")
        ordering = ("id",)
