"""All active rules, read once for each version of them and compiled for `matching` and `standing`."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from credentials_badges.badges.goals import Goal, Need
from credentials_badges.badges.matching import Condition, Index, Rule
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    PenaltyDataRule,
    RequirementGroup,
    RulesVersion,
)

_latest: "Rules | None" = None


@dataclass(frozen=True)
class Rules:
    """One version of the rules of some templates."""

    version: int
    goals: dict[int, Goal]
    """By template id."""
    goal_of: dict[int, Goal]
    """By requirement id."""
    requirements: Index
    penalties: Index
    resets: dict[int, set[int]]
    """By penalty id: the requirements that it undoes."""
    distinct: dict[int, str]
    """By requirement id: the path whose values tell its events apart, where there is one."""

    @cached_property
    def event_types(self) -> frozenset[str]:
        """All event types that any rule asks for."""
        return self.requirements.event_types() | self.penalties.event_types()

    @cached_property
    def resting_on(self) -> dict[int, list[Goal]]:
        """By template id: the goals for which a badge of it counts."""
        goals: dict[int, list[Goal]] = defaultdict(list)
        for goal in self.goals.values():
            for badge in {need.badge for need in goal.needs.values() if need.badge}:
                goals[badge].append(goal)
        return goals


def current() -> Rules:
    """The rules as they stand: one statement if they are known already, ten if they have changed."""
    global _latest  # noqa: PLW0603 (Compiled rules are shared by the threads of a process.)
    version = RulesVersion.current()
    latest = _latest
    while latest is None or latest.version != version:
        compiled = _compile(version, Q(is_active=True, state=BadgeTemplate.State.ACTIVE))
        # Rules that were committed between two of its statements would leave half of them out: a requirement whose
        # data rules are missing is met by every event.
        if (version := RulesVersion.current()) == compiled.version:
            latest = _latest = compiled
    return latest


def of_templates(template_ids: Collection[int]) -> Rules:
    """The rules of these templates as they stand, whether they are active or not."""
    version = RulesVersion.current()
    while True:
        compiled = _compile(version, Q(pk__in=template_ids))
        if (version := RulesVersion.current()) == compiled.version:
            return compiled


def forget() -> None:
    """Compile anew at the next call; for tests, whose databases begin again at version 0."""
    global _latest  # noqa: PLW0603
    _latest = None


def _compile(version: int, which: Q) -> Rules:
    chosen = BadgeTemplate.objects.filter(which)
    ids = chosen.values("pk")
    requirements = list(BadgeRequirement.objects.filter(template__in=ids).order_by("pk"))
    goals = _goals(chosen, requirements)
    requirement_rules = _rules(DataRule.objects.filter(requirement__template__in=ids), "requirement_id")
    penalty_rules = _rules(PenaltyDataRule.objects.filter(penalty__template__in=ids), "penalty_id")
    goal_of = {id_: goal for goal in goals.values() for id_ in goal.needs}
    resets: dict[int, set[int]] = defaultdict(set)
    penalties: dict[int, str] = {}
    for id_, event_type, requirement_id in BadgePenalty.objects.filter(template__in=ids).values_list(
        "id", "event_type", "requirements"
    ):
        if requirement_id in goal_of:
            resets[id_].add(requirement_id)
            penalties[id_] = event_type
    return Rules(
        version=version,
        goals=goals,
        goal_of=goal_of,
        requirements=Index(
            Condition(each.pk, each.event_type, requirement_rules[each.pk], each.since, each.until)
            for each in requirements
            if each.pk in goal_of and not each.badge_id
        ),
        penalties=Index(Condition(id_, type_, penalty_rules[id_]) for id_, type_ in penalties.items()),
        resets=resets,
        distinct={each.pk: each.distinct for each in requirements if each.distinct},
    )


def _goals(chosen: QuerySet[BadgeTemplate], requirements: Sequence[BadgeRequirement]) -> dict[int, Goal]:
    ids = chosen.values("pk")
    links = BadgeRequirement.after.through.objects.filter(from_badgerequirement__template__in=ids)
    after: dict[int, set[int]] = defaultdict(set)
    for id_, earlier in links.values_list("from_badgerequirement", "to_badgerequirement"):
        after[id_].add(earlier)
    needed: dict[int, dict[str, int]] = defaultdict(dict)
    for template_id, name, number in RequirementGroup.objects.filter(template__in=ids).values_list(
        "template", "name", "needed"
    ):
        needed[template_id][name] = number
    needs: dict[int, dict[int, Need]] = defaultdict(dict)
    for each in requirements:
        needs[each.template_id][each.pk] = _need(each, after[each.pk])
    required = set(BadgeRequirement.objects.exclude(badge=None).values_list("badge", flat=True))
    columns = ("pk", "account", "award", "expires_days", "renew_days", "limit")
    return {
        id_: Goal(
            id=id_,
            account_id=account_id,
            policy=award,
            needs=needs[id_],
            groups={need.group: needed[id_].get(need.group, 1) for need in needs[id_].values()},
            lasts=_days(expires_days),
            renewable=timedelta(days=renew_days),
            limit=limit,
            is_required=id_ in required,
        )
        for id_, account_id, award, expires_days, renew_days, limit in chosen.values_list(*columns)
        if needs[id_]
    }


def _need(requirement: BadgeRequirement, after: set[int]) -> Need:
    return Need(
        id=requirement.pk,
        group=requirement.group or f"#{requirement.pk}",
        count=requirement.count,
        distinct=bool(requirement.distinct),
        within=_days(requirement.within_days),
        streak=requirement.streak,
        after=frozenset(after),
        lasts=_days(requirement.expires_days),
        badge=requirement.badge_id,
    )


def _days(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)


def _rules(rows: QuerySet[Any], parent: str) -> dict[int, tuple[Rule, ...]]:
    """The data rules by the id of what they belong to."""
    rules: dict[int, tuple[Rule, ...]] = defaultdict(tuple)
    for parent_id, *rule in rows.order_by("pk").values_list(parent, "path", "operator", "value"):
        rules[parent_id] += (Rule(*rule),)
    return rules
