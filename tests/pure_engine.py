"""The engine's own parts put together without a database, for its outcomes to be compared with the model's."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from credentials_badges.badges.events import Event, read
from credentials_badges.badges.goals import Goal, Mark, Need, Policy, Standing
from credentials_badges.badges.marking import value_of
from credentials_badges.badges.matching import Condition, Index, Rule
from credentials_badges.badges.rules_file import PenaltySpec, RequirementSpec, RuleSpec, TemplateSpec
from credentials_badges.badges.rules_file import read as read_rules
from credentials_badges.badges.standing import stand
from credentials_badges.badges.values import look_up

Held = dict[tuple[str, str], Standing]
"""By username and the template's external id."""


class Engine:
    """Rules of a file, compiled as `rules` compiles those of the database."""

    def __init__(self, text: str) -> None:
        self.specs = read_rules(text)
        self.template_ids = {spec.template.external_id: number for number, spec in enumerate(self.specs, start=1)}
        self.keys: dict[int, tuple[TemplateSpec, RequirementSpec]] = {}
        self.goals: dict[int, Goal] = {}
        self.resets: dict[int, set[int]] = {}
        conditions, penalties = [], []
        for spec in self.specs:
            ids = {each.id: len(self.keys) + number for number, each in enumerate(spec.requirements or (), start=1)}
            self.keys |= {ids[each.id]: (spec, each) for each in spec.requirements or ()}
            self.goals[self.template_ids[spec.template.external_id]] = self._goal(spec, ids)
            conditions += [_condition(ids[each.id], each) for each in spec.requirements or () if not each.badge]
            for penalty in spec.penalties or ():
                id_ = len(self.resets) + 1
                self.resets[id_] = {ids[key] for key in penalty.requirements}
                penalties.append(_condition(id_, penalty))
        self.requirements, self.penalties = Index(conditions), Index(penalties)

    def _goal(self, spec: TemplateSpec, ids: dict[str, int]) -> Goal:
        needs = {
            ids[each.id]: Need(
                id=ids[each.id],
                group=each.group or f"#{each.id}",
                count=each.count,
                distinct=bool(each.distinct),
                within=_days(each.within_days),
                streak=each.streak,
                after=frozenset(ids[key] for key in each.after),
                lasts=_days(each.expires_days),
                badge=self.template_ids[each.badge.external_id] if each.badge else None,
            )
            for each in spec.requirements or ()
        }
        needed = spec.groups or {}
        return Goal(
            id=self.template_ids[spec.template.external_id],
            account_id=1,
            policy=spec.award or Policy.AGAIN_AFTER_REVOKE,
            needs=needs,
            groups={need.group: needed.get(need.group, 1) for need in needs.values()},
            lasts=_days(spec.expires_days),
            renewable=timedelta(days=spec.renew_days or 0),
        )

    def outcomes(self, arrived: Sequence[dict[str, Any]], now: datetime) -> Held:
        """Where every learner stands, having done what these events tell."""
        marks: dict[tuple[str, int], list[Mark]] = defaultdict(list)
        seen: set[tuple[str, str]] = set()
        for raw in arrived:
            event = read(raw, now=now)
            if event.person and (event.source, event.id) not in seen:
                seen.add((event.source, event.id))
                for mark in self._marks(event, len(seen)):
                    goal_id = self.template_ids[self.keys[mark.need_id][0].template.external_id]
                    marks[event.person.username, goal_id].append(mark)
        return {
            (username, external_id): standing
            for username in {username for username, _ in marks}
            for external_id, standing in self._standings(username, marks).items()
        }

    def _marks(self, event: Event, order: int) -> Iterator[Mark]:
        undone = {
            id_
            for penalty in self.penalties.match(event.type, event.payload, event.occurred_at)
            for id_ in self.resets[penalty.id]
        }
        met = {each.id for each in self.requirements.match(event.type, event.payload, event.occurred_at)}
        for id_ in met | undone:
            path = self.keys[id_][1].distinct
            value = value_of(look_up(event.payload, path)) if path else ""
            yield Mark(id_, event.occurred_at, order, id_ not in undone, value)

    def _standings(self, username: str, marks: dict[tuple[str, int], list[Mark]]) -> dict[str, Standing]:
        found: dict[int, Standing] = {}
        while len(found) < len(self.goals):
            for goal in self.goals.values():
                required = {need.id: need.badge for need in goal.needs.values() if need.badge}
                if goal.id not in found and set(required.values()) <= found.keys():
                    held = [
                        Mark(id_, award.at, award.order, fulfilled=True)
                        for id_, badge in required.items()
                        for award in found[badge].awards
                    ]
                    found[goal.id] = stand(goal, [*marks.get((username, goal.id), ()), *held])
        external_ids = {number: external_id for external_id, number in self.template_ids.items()}
        return {external_ids[id_]: standing for id_, standing in found.items()}

    def named(self, fulfilled: frozenset[int]) -> set[str]:
        """The keys of these requirements."""
        return {self.keys[id_][1].id for id_ in fulfilled}


def _condition(id_: int, spec: RequirementSpec | PenaltySpec) -> Condition:
    since, until = (spec.since, spec.until) if isinstance(spec, RequirementSpec) else (None, None)
    return Condition(id_, spec.event_type, tuple(map(_rule, spec.rules)), since, until)


def _rule(spec: RuleSpec) -> Rule:
    return Rule(spec.path, spec.operator, spec.value)


def _days(number: int | None) -> timedelta | None:
    return timedelta(days=number) if number else None
