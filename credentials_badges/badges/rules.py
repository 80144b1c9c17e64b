"""All active rules, read once for each version of them and compiled for `matching`."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from credentials_badges.badges.matching import Condition, Index, Rule
from credentials_badges.badges.models import (
    BadgePenalty,
    BadgeRequirement,
    BadgeTemplate,
    DataRule,
    PenaltyDataRule,
    RulesVersion,
)

_latest: "Rules | None" = None


@dataclass(slots=True)
class Goal:
    """An active template, as awarding sees it."""

    id: int
    account_id: int
    award: str
    groups: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Requirement ids by group: one of a group is enough, every group is needed."""

    def groups_done(self, fulfilled: set[int]) -> set[str]:
        """The groups of which at least one requirement is fulfilled."""
        return {group for group, members in self.groups.items() if members & fulfilled}


@dataclass(frozen=True)
class Rules:
    """One version of the rules of all active templates."""

    version: int
    goals: dict[int, Goal]
    """By template id."""
    goal_of: dict[int, Goal]
    """By requirement id."""
    requirements: Index
    penalties: Index
    resets: dict[int, set[int]]
    """By penalty id: the requirements that it undoes."""

    @cached_property
    def event_types(self) -> frozenset[str]:
        """All event types that any rule asks for."""
        return self.requirements.event_types() | self.penalties.event_types()


def current() -> Rules:
    """The rules as they stand: one statement if they are known already, seven if they have changed."""
    global _latest  # noqa: PLW0603 (Compiled rules are shared by the threads of a process.)
    version = RulesVersion.current()
    latest = _latest
    while latest is None or latest.version != version:
        compiled = _compile(version)
        # Rules that were committed between two of its statements would leave half of them out: a requirement whose
        # data rules are missing is met by every event.
        if (version := RulesVersion.current()) == compiled.version:
            latest = _latest = compiled
    return latest


def forget() -> None:
    """Compile anew at the next call; for tests, whose databases begin again at version 0."""
    global _latest  # noqa: PLW0603
    _latest = None


def _compile(version: int) -> Rules:
    active = {"template__is_active": True, "template__state": BadgeTemplate.State.ACTIVE}
    goals = {
        id_: Goal(id_, account_id, award)
        for id_, account_id, award in BadgeTemplate.objects.filter(
            is_active=True, state=BadgeTemplate.State.ACTIVE
        ).values_list("id", "account_id", "award")
    }
    data_rules: dict[int, list[Rule]] = defaultdict(list)
    for parent, *rule in DataRule.objects.values_list("requirement_id", "path", "operator", "value"):
        data_rules[parent].append(Rule(*rule))
    penalty_rules: dict[int, list[Rule]] = defaultdict(list)
    for parent, *rule in PenaltyDataRule.objects.values_list("penalty_id", "path", "operator", "value"):
        penalty_rules[parent].append(Rule(*rule))
    goal_of: dict[int, Goal] = {}
    conditions = []
    for id_, template_id, group, event_type in BadgeRequirement.objects.filter(**active).values_list(
        "id", "template_id", "group", "event_type"
    ):
        if goal := goals.get(template_id):
            goal_of[id_] = goal
            goal.groups[group or f"#{id_}"].add(id_)
            conditions.append(Condition(id_, event_type, tuple(data_rules[id_])))
    resets: dict[int, set[int]] = defaultdict(set)
    penalties: dict[int, str] = {}
    for id_, event_type, requirement_id in BadgePenalty.objects.filter(**active).values_list(
        "id", "event_type", "requirements"
    ):
        if requirement_id in goal_of:
            resets[id_].add(requirement_id)
            penalties[id_] = event_type
    return Rules(
        version=version,
        goals=goals,
        goal_of=goal_of,
        requirements=Index(conditions),
        penalties=Index(Condition(id_, type_, tuple(penalty_rules[id_])) for id_, type_ in penalties.items()),
        resets=resets,
    )
