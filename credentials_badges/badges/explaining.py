"""Why a learner holds a badge, or does not yet, in words: for administrators and for the learner."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Window, prefetch_related_objects
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from credentials_badges.badges import awarding, marking, rules, showing
from credentials_badges.badges.goals import Goal, Need, Standing, Streak
from credentials_badges.badges.models import Badge, BadgeRequirement, BadgeTemplate, Fulfillment
from credentials_badges.badges.operators import PRESENCE

VERSION = re.compile(r"^org\.openedx\.(learning\.)?|\.v\d+$")
"""What is in the name of an event besides what happened."""
STREAKS = {
    Streak.DAY.value: ngettext_lazy("in %(count)d day in a row", "in %(count)d days in a row", "count"),
    Streak.WEEK.value: ngettext_lazy("in %(count)d week in a row", "in %(count)d weeks in a row", "count"),
    Streak.MONTH.value: ngettext_lazy("in %(count)d month in a row", "in %(count)d months in a row", "count"),
}
SHOWN = 50
"""Events that are told of one requirement; the newest of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """What one event said about a requirement."""

    at: datetime
    counts: bool
    """Towards it; otherwise it undoes it."""
    event: Fulfillment
    found: Sequence[str]
    """What each rule asked for, and what the event had there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementStanding:
    """One requirement, and how far the learner has come with it."""

    requirement: BadgeRequirement
    words: str
    plain: str
    """The same for learners, who do not know how events are called."""
    done: bool
    have: int
    need: int
    note: str
    """Why it is not done, as far as the numbers do not say it."""
    happenings: Sequence[Happening]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupStanding:
    """Requirements of which some are needed."""

    name: str
    needed: int
    done: bool
    requirements: Sequence[RequirementStanding]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One template, and how the learner stands towards it."""

    template: BadgeTemplate
    badges: Sequence[Badge]
    groups: Sequence[GroupStanding]

    @property
    def held(self) -> bool:
        """Whether the learner holds a badge of it."""
        return any(badge.status == Badge.Status.AWARDED for badge in self.badges)

    @property
    def groups_done(self) -> int:
        """How many groups are done."""
        return sum(group.done for group in self.groups)


def explain(learner_id: int, template_ids: Collection[int], now: datetime) -> list[Explanation]:
    """How the learner stands towards each of these templates; a constant number of statements."""
    templates = BadgeTemplate.objects.select_related("account").filter(pk__in=template_ids)
    own = rules.of_templates(template_ids)
    badges = awarding.read_badges([learner_id], {*template_ids, *own.resting_on})
    prefetch_related_objects([badge for rows in badges.values() for badge in rows], "granted_by", "revoked_by")
    marks = marking.held([learner_id], own.goals, own)
    standings = {
        goal.id: awarding.standing_of((learner_id, goal.id), goal, marks, badges, now) for goal in own.goals.values()
    }
    requirements: dict[int, list[BadgeRequirement]] = defaultdict(list)
    for requirement in asked(template__in=template_ids):
        requirements[requirement.template_id].append(requirement)
    happenings = _happenings(learner_id, template_ids)
    explanations = []
    for template in templates:
        goal = own.goals.get(template.pk)
        groups = _groups(goal, standings[goal.id], requirements[template.pk], happenings, now) if goal else ()
        held = badges.get((learner_id, template.pk), ())
        explanations.append(Explanation(template=template, badges=held, groups=groups))
    return explanations


def asked(**which: Any) -> QuerySet[BadgeRequirement]:
    """These requirements, with all that words need, and whether everybody may know of the badge that one requires."""
    public = Exists(showing.public_templates().filter(pk=OuterRef("badge")))
    rows = BadgeRequirement.objects.filter(**which).annotate(is_public=public).select_related("badge__account")
    return rows.prefetch_related("rules", "after").order_by("pk")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One of the things that a badge rests on, as it was kept when the badge was awarded."""

    words: str
    event: str
    found: Sequence[str]


def reasons(badge: Badge) -> list[Reason]:
    """What the badge rests on; no statement."""
    told = []
    if badge.granted_by_id:
        words = _("Given by hand: %(reason)s") % {"reason": _(badge.grant_reason)}
        told.append(Reason(words=words, event="", found=()))
    for each in badge.because:
        event = each.get("event", {})
        other = _("badge %(number)s") % {"number": each.get("badge")}
        told.append(
            Reason(
                words=each.get("description") or each.get("requirement") or other,
                event=" ".join(map(str, (each.get("at", ""), *event.values()))),
                found=[found_in_words(*rule) for rule in each.get("rules", ())],
            )
        )
    return told


def _happenings(learner_id: int, template_ids: Collection[int]) -> dict[int, list[Happening]]:
    """What is stored, by requirement id, newest first."""
    rows = Fulfillment.objects.filter(learner=learner_id, requirement__template__in=template_ids)
    newest = (F("as_of").desc(), F("pk").desc())
    place = Window(RowNumber(), partition_by=F("requirement"), order_by=newest)
    told: dict[int, list[Happening]] = defaultdict(list)
    for row in rows.annotate(place=place).filter(place__lte=SHOWN).select_related("event").order_by(*newest):
        found = [found_in_words(*rule) for rule in row.why.get("rules", ())]
        told[row.requirement_id].append(Happening(at=row.as_of, counts=row.fulfilled, event=row, found=found))
    return told


def _groups(
    goal: Goal,
    standing: Standing,
    requirements: Sequence[BadgeRequirement],
    happenings: Mapping[int, Sequence[Happening]],
    now: datetime,
) -> list[GroupStanding]:
    members: dict[str, list[RequirementStanding]] = defaultdict(list)
    for requirement in requirements:
        need = goal.needs[requirement.pk]
        told = happenings.get(requirement.pk, ())
        done = requirement.pk in standing.fulfilled
        members[need.group].append(
            RequirementStanding(
                requirement=requirement,
                words=in_words(requirement),
                plain=in_plain_words(requirement),
                done=done,
                have=standing.counts[requirement.pk],
                need=need.count,
                note="" if done else _why_not(need, standing, requirement, told, now),
                happenings=told,
            )
        )
    return [
        GroupStanding(
            name=name if not name.startswith("#") else "",
            needed=goal.groups[name],
            done=sum(each.done for each in rows) >= goal.groups[name],
            requirements=rows,
        )
        for name, rows in members.items()
    ]


def _why_not(
    need: Need, standing: Standing, requirement: BadgeRequirement, told: Sequence[Happening], now: datetime
) -> str:
    if requirement.since and now < requirement.since:
        return _("Counts from %(day)s.") % {"day": _date(requirement.since)}
    if standing.counts[need.id] >= need.count:
        return _("It was done, and has expired after %(days)s days.") % {"days": requirement.expires_days}
    if told and not told[0].counts:
        return _("Undone on %(day)s.") % {"day": _date(told[0].at)}
    if requirement.until and now >= requirement.until:
        return _("Could be done until %(day)s.") % {"day": _date(requirement.until)}
    if any(earlier not in standing.fulfilled for earlier in need.after):
        return _("Counts only once what has to come before is done.")
    return ""


def in_words(requirement: BadgeRequirement) -> str:
    """What has to happen: the administrator's own words, if there are any, else what the columns say."""
    if requirement.description:
        return requirement.description
    if requirement.badge:
        return _("Hold the badge “%(name)s”") % {"name": requirement.badge.name}
    rules = ", ".join(map(str, requirement.rules.all())) or _("every event")
    return ", ".join(filter(None, (f"{requirement.event_type}: {rules}", terms(requirement))))


def in_plain_words(requirement: BadgeRequirement) -> str:
    """What has to happen, of one that was `asked` for, to learners: where nobody has put it in words, what the event is
    about.
    """
    if requirement.badge and not requirement.description and not requirement.is_public:  # type: ignore[attr-defined]
        return _("Hold another badge, which is not told here")
    if requirement.description or requirement.badge:
        return in_words(requirement)
    about = [text for rule in requirement.rules.all() for text in rule.value.splitlines() if ":" in text]
    event = VERSION.sub("", requirement.event_type).rsplit(":", 1)[-1].replace(".", " ").replace("_", " ")
    return ", ".join(filter(None, (": ".join([event.strip(), *about]), terms(requirement))))


def terms(requirement: BadgeRequirement) -> str:
    """The conditions of a requirement besides its rules, in one line; read with what it comes after."""
    told = []
    if requirement.streak:
        told.append(STREAKS[requirement.streak] % {"count": requirement.count})
    elif requirement.distinct:
        words = _("%(count)d with different %(path)s")
        told.append(words % {"count": requirement.count, "path": requirement.distinct})
    elif requirement.count > 1:
        told.append(ngettext("%(count)d time", "%(count)d times", requirement.count) % {"count": requirement.count})
    if requirement.within_days:
        days = requirement.within_days
        told.append(ngettext("within %(days)d day", "within %(days)d days", days) % {"days": days})
    if requirement.since:
        told.append(_("from %(moment)s") % {"moment": _date(requirement.since)})
    if requirement.until:
        told.append(_("before %(moment)s") % {"moment": _date(requirement.until)})
    if after := sorted(earlier.key for earlier in requirement.after.all()):
        told.append(_("after %(requirements)s") % {"requirements": _(" and ").join(after)})
    if requirement.expires_days:
        days = requirement.expires_days
        told.append(ngettext("counts for %(days)d day", "counts for %(days)d days", days) % {"days": days})
    return ", ".join(told)


def found_in_words(path: str, operator: str, value: str, found: Any) -> str:
    """What a rule asked for, and what it found."""
    wanted = f"{path} {operator}" + ("" if operator in PRESENCE else f" {', '.join(value.splitlines())}")
    if found is None:
        return _("%(wanted)s (it was missing)") % {"wanted": wanted}
    return _("%(wanted)s (it was %(found)s)") % {"wanted": wanted, "found": found}


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
