"""From matched events to progress, awards and withdrawals, in one transaction and a constant number of statements.

Each (learner, requirement) is a register that the newest event wins, by the event's own time; of two with the same
time, the later one to arrive, and within one event the penalty. Therefore order of arrival does not matter.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from credentials_badges.badges import outbox
from credentials_badges.badges.models import Badge, BadgeProgress, BadgeTemplate, Fulfillment, LearningEvent
from credentials_badges.badges.rules import Goal, Rules

WITHDRAWN = "The requirements are no longer fulfilled."
SQL_IN_LIMIT = 10_000
"""Ids in one IN list; SQLite allows some 32,000 parameters in a statement."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one event says about one requirement of its learner."""

    fulfilled: bool
    as_of: datetime
    event_id: int | None
    """None if the event has been purged since."""


@dataclass(frozen=True, slots=True)
class Step:
    """How the standing of a learner towards a goal changed: requirement ids before and after."""

    learner_id: int
    goal: Goal
    before: set[int]
    after: set[int]


Registers = dict[tuple[int, int], Verdict]
"""By (learner id, requirement id)."""


def judge(events: Iterable[LearningEvent], rules: Rules, now: datetime) -> None:
    """Apply events to progress, badges and outbox. The caller holds the locks of their learners."""
    verdicts = _verdicts(events, rules)
    if not verdicts:
        return
    held = _held(verdicts, rules)
    newer = {key: verdict for key, verdict in verdicts.items() if key not in held or held[key].as_of <= verdict.as_of}
    _keep(newer, held)
    steps = _steps(newer, held, rules)
    if steps:
        _record_progress(steps, now)
        _award_and_withdraw(steps, now)


def _verdicts(events: Iterable[LearningEvent], rules: Rules) -> Registers:
    """The newest verdict of the batch about each register."""
    verdicts: Registers = {}

    def say(event: LearningEvent, requirement_id: int, *, fulfilled: bool) -> None:
        key = event.learner_id or 0, requirement_id
        if key not in verdicts or verdicts[key].as_of <= event.occurred_at:
            verdicts[key] = Verdict(fulfilled, event.occurred_at, event.pk)

    for event in events:
        for requirement_id in rules.requirements.match(event.type, event.payload):
            say(event, requirement_id, fulfilled=True)
        for penalty_id in rules.penalties.match(event.type, event.payload):
            for requirement_id in rules.resets[penalty_id]:
                say(event, requirement_id, fulfilled=False)
    return verdicts


def _held(verdicts: Registers, rules: Rules) -> Registers:
    """What is stored about the learners' requirements of every goal that a verdict is about."""
    learner_ids = {learner_id for learner_id, _ in verdicts}
    goals = {rules.goal_of[requirement_id].id: rules.goal_of[requirement_id] for _, requirement_id in verdicts}
    requirement_ids = sorted(set().union(*(group for goal in goals.values() for group in goal.groups.values())))
    held: Registers = {}
    for start in range(0, len(requirement_ids), SQL_IN_LIMIT):
        rows = Fulfillment.objects.filter(
            learner_id__in=learner_ids, requirement_id__in=requirement_ids[start : start + SQL_IN_LIMIT]
        )
        for learner_id, requirement_id, fulfilled, as_of, event_id in rows.values_list(
            "learner_id", "requirement_id", "fulfilled", "as_of", "event_id"
        ):
            held[learner_id, requirement_id] = Verdict(fulfilled, as_of, event_id)
    return held


def _keep(newer: Registers, held: Registers) -> None:
    """Write the registers that changed, also those whose time alone moved on: else a late penalty could undo them."""
    Fulfillment.objects.bulk_create(
        [
            Fulfillment(
                learner_id=learner_id,
                requirement_id=requirement_id,
                fulfilled=verdict.fulfilled,
                as_of=verdict.as_of,
                event_id=verdict.event_id,
            )
            for (learner_id, requirement_id), verdict in newer.items()
            if held.get((learner_id, requirement_id)) != verdict
        ],
        update_conflicts=True,
        update_fields=["fulfilled", "as_of", "event"],
        unique_fields=(
            ["learner", "requirement"] if connection.features.supports_update_conflicts_with_target else None
        ),
    )


def _steps(newer: Registers, held: Registers, rules: Rules) -> list[Step]:
    """Each (learner, goal) for which a requirement came to be fulfilled, or ceased to be."""
    before: dict[tuple[int, int], set[int]] = defaultdict(set)
    for (learner_id, requirement_id), verdict in held.items():
        if verdict.fulfilled:
            before[learner_id, rules.goal_of[requirement_id].id].add(requirement_id)
    after: dict[tuple[int, int], set[int]] = {}
    for (learner_id, requirement_id), verdict in newer.items():
        key = learner_id, rules.goal_of[requirement_id].id
        if verdict.fulfilled != (requirement_id in before[key]):
            after.setdefault(key, set(before[key])).symmetric_difference_update({requirement_id})
    return [
        Step(learner_id, rules.goals[goal_id], before[learner_id, goal_id], requirements)
        for (learner_id, goal_id), requirements in after.items()
    ]


def _record_progress(steps: list[Step], now: datetime) -> None:
    BadgeProgress.objects.bulk_create(
        [
            BadgeProgress(
                learner_id=step.learner_id,
                template_id=step.goal.id,
                groups_done=len(step.goal.groups_done(step.after)),
                groups_needed=len(step.goal.groups),
                updated_at=now,
            )
            for step in steps
        ],
        update_conflicts=True,
        update_fields=["groups_done", "groups_needed", "updated_at"],
        unique_fields=["learner", "template"] if connection.features.supports_update_conflicts_with_target else None,
    )


def _award_and_withdraw(steps: list[Step], now: datetime) -> None:
    latest: dict[tuple[int, int], Badge] = {}
    for badge in Badge.objects.filter(
        learner_id__in={step.learner_id for step in steps}, template_id__in={step.goal.id for step in steps}
    ).order_by("ordinal"):
        latest[badge.learner_id, badge.template_id] = badge
    earned, lost = [], []
    for step in steps:
        badge_held = latest.get((step.learner_id, step.goal.id))
        before, after = step.goal.groups_done(step.before), step.goal.groups_done(step.after)
        if len(after) == len(step.goal.groups):
            if badge_held is None or (len(before) < len(after) and _may_earn_again(badge_held, step.goal)):
                earned.append(_new_badge(step, badge_held, now))
        elif badge_held and badge_held.status == Badge.Status.AWARDED and before - after:
            lost.append(badge_held)
    if earned:
        Badge.objects.bulk_create(earned)
        outbox.promise_issues(earned, now)
    if lost:
        # Promises are locked before badges, as where a delivery is settled: the other order makes deadlocks.
        outbox.promise_revocations(lost, WITHDRAWN, now)
        Badge.objects.filter(pk__in=[badge.pk for badge in lost]).update(status=Badge.Status.REVOKED, revoked_at=now)


def _may_earn_again(last: Badge, goal: Goal) -> bool:
    return last.status == Badge.Status.REVOKED and goal.award == BadgeTemplate.Award.AGAIN_AFTER_REVOKE


def _new_badge(step: Step, last: Badge | None, now: datetime) -> Badge:
    return Badge(
        learner_id=step.learner_id,
        template_id=step.goal.id,
        account_id=step.goal.account_id,
        ordinal=last.ordinal + 1 if last else 1,
        awarded_at=now,
    )
