"""From events to progress, awards and withdrawals, in one transaction and a constant number of statements.

`marking` writes down what events say, `standing` says where that leads, and here the difference is made: what was
earned is awarded, what was lost is taken back, and the badges that rest on those are looked at in turn.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from credentials_badges.badges import announcing, marking, outbox
from credentials_badges.badges.goals import Award, Goal, Mark, Policy, Standing
from credentials_badges.badges.marking import Marks, Pair
from credentials_badges.badges.models import Badge, BadgeProgress, BadgeTemplate, Fulfillment, LearningEvent
from credentials_badges.badges.rules import Rules
from credentials_badges.badges.standing import stand

WITHDRAWN = gettext_noop("The requirements are no longer fulfilled.")

Badges = Mapping[Pair, Sequence[Badge]]
"""All badges of a learner and a template, in the order of their ordinals."""


@dataclass(slots=True)
class Case:
    """A learner and a goal: where the learner stood before something happened, and where now."""

    learner_id: int
    goal: Goal
    before: Standing
    after: Standing
    earned: list[Award] = field(default_factory=list)
    """To be awarded."""
    lost: list[Badge] = field(default_factory=list)
    """To be taken back."""
    moved: list[tuple[Badge, Award]] = field(default_factory=list)
    """Badges that, as is known by now, another event earned."""
    unearned: list[Badge] = field(default_factory=list)
    """Badges that are held, and that these events do not earn: by other rules, they once did."""


def judge(events: Iterable[LearningEvent], rules: Rules, now: datetime) -> None:
    """Apply events to progress, badges and outbox. The caller holds the locks of their learners."""
    findings = marking.read(events, rules)
    if not findings:
        return
    before = marking.held(*marking.sides(findings), rules)
    fresh = marking.newer(findings, before)
    if not fresh:
        return
    marking.keep(fresh)
    after = {
        pair: {**before.get(pair, {}), **{place: found.mark for place, found in places.items()}}
        for pair, places in fresh.items()
    }
    badges = badges_of(*marking.sides(fresh), rules)
    settle(list(cases_of(rules, before, after, badges, badges)), badges, rules, now)


def badges_of(learner_ids: Collection[int], goal_ids: Collection[int], rules: Rules) -> Badges:
    """The badges of these goals, and those that they rest on; one statement."""
    goals = (rules.goals[id_] for id_ in goal_ids if id_ in rules.goals)
    rested_on = {need.badge for goal in goals for need in goal.needs.values() if need.badge}
    return read_badges(learner_ids, {*goal_ids, *rested_on})


def read_badges(learner_ids: Collection[int], template_ids: Collection[int]) -> Badges:
    """All badges of these learners and templates."""
    badges: dict[Pair, list[Badge]] = defaultdict(list)
    for badge in Badge.objects.filter(learner__in=learner_ids, template__in=template_ids).order_by("ordinal"):
        badges[badge.learner_id, badge.template_id].append(badge)
    return badges


def cases_of(rules: Rules, before: Marks, after: Marks, badges_before: Badges, badges_after: Badges) -> Iterator[Case]:
    """A case for each pair of `after`."""
    for pair in after:
        goal = rules.goals[pair[1]]
        yield Case(
            pair[0], goal, standing_of(pair, goal, before, badges_before), standing_of(pair, goal, after, badges_after)
        )


def standing_of(pair: Pair, goal: Goal, marks: Marks, badges: Badges, now: datetime | None = None) -> Standing:
    """Where a learner stands by these marks, and by the badges that are held of those that are required."""
    own = badges.get(pair, ())
    if goal.policy == Policy.ONCE and goal.limit is not None and not own:
        # What nobody could be given for want of a seat was not the first.
        goal = replace(goal, policy=Policy.AGAIN_AFTER_REVOKE)
    return stand(goal, [*marks.get(pair, {}).values(), *_badges_held(pair, goal, badges), *_taken_back(goal, own)], now)


def _taken_back(goal: Goal, own: Sequence[Badge]) -> Iterator[Mark]:
    """A mark against every requirement for each badge that a person has revoked."""
    for badge in own:
        if badge.revoked_by_id and badge.revoked_at:
            for id_ in goal.needs:
                yield Mark(id_, badge.revoked_at, 0, fulfilled=False)


def _badges_held(pair: Pair, goal: Goal, badges: Badges) -> Iterator[Mark]:
    """A mark for each badge that is required and held."""
    for need in goal.needs.values():
        if need.badge:
            for badge in badges.get((pair[0], need.badge), ()):
                if badge.status == Badge.Status.AWARDED:
                    yield Mark(need.id, badge.earned_at, badge.event_id or 0, fulfilled=True)


def settle(cases: list[Case], badges: Badges, rules: Rules, now: datetime) -> None:
    """Make the difference between before and after; `badges` stay as they were read, for what rests on them."""
    for case in cases:
        decide(case, badges.get((case.learner_id, case.goal.id), ()), now)
    carry_out(cases, badges, rules, now)


def carry_out(cases: Sequence[Case], badges: Badges, rules: Rules, now: datetime) -> None:
    """Do what was decided, and then settle what rests on these badges."""
    _keep_to_limits(cases)
    _record_progress(cases, now)
    _award(cases, badges, now)
    _withdraw([badge for case in cases for badge in case.lost], now)
    _move([moved for case in cases for moved in case.moved])
    touched = {(case.learner_id, case.goal.id) for case in cases if case.earned or case.lost or case.moved}
    following, badges_now = follow(touched, badges, rules)
    if following:
        settle(following, badges_now, rules, now)


def follow(touched: Collection[Pair], badges_before: Badges, rules: Rules) -> tuple[list[Case], Badges]:
    """The cases of goals for which badges count that have changed; three statements, or none."""
    pairs = {(learner_id, goal.id) for learner_id, id_ in touched for goal in rules.resting_on.get(id_, ())}
    if not pairs:
        return [], {}
    marks = marking.held(*marking.sides(pairs), rules)
    badges = badges_of(*marking.sides(pairs), rules)
    known = {pair: badges_before.get(pair, ()) if pair in touched else rows for pair, rows in badges.items()}
    return list(cases_of(rules, marks, {pair: marks.get(pair, {}) for pair in pairs}, known, badges)), badges


def decide(case: Case, badges: Sequence[Badge], now: datetime) -> None:
    """What is to be awarded and taken back, so that the learner holds what was earned.

    Only what the events have changed: not what a person has decided, nor what changed with the rules.
    """
    every_time = case.goal.policy == Policy.EVERY_TIME
    missing, odd = list(case.after.awards), []
    for badge in badges:
        if not badge.granted_by_id and (badge.status == Badge.Status.AWARDED or (every_time and badge.revoked_by_id)):
            known = next((award for award in missing if award.at == badge.earned_at), None)
            missing.remove(known) if known else odd.append(badge)
    pairs = list(zip(odd, missing, strict=False))
    # A plain goal keeps the newest events only, and these do not tell which one earned the badge.
    case.moved = [] if case.goal.is_plain else pairs
    missing, odd = missing[len(pairs) :], odd[len(pairs) :]
    case.unearned = [badge for badge in odd[::-1] if badge.status == Badge.Status.AWARDED]
    gained = len(case.after.awards) - len(case.before.awards)
    if missing and not _is_barred(case.goal, badges, now):
        valid = [award for award in missing if not case.goal.lasts or award.at + case.goal.lasts > now]
        # With a limit, what was earned before may have waited for a seat.
        waits = not badges or case.goal.limit is not None
        case.earned = valid if waits else valid[max(len(valid) - max(gained, 0), 0) :]
    undone = {case.goal.needs[id_].group for id_ in case.before.met - case.after.met}
    is_lost = not every_time and undone - case.goal.enough(case.after.met)
    case.lost = case.unearned if is_lost else case.unearned[: max(-gained, 0)]


def _is_barred(goal: Goal, badges: Sequence[Badge], now: datetime) -> bool:
    """Whether what a person has decided keeps the learner from earning a badge."""
    if goal.policy == Policy.EVERY_TIME:
        return False
    if goal.policy == Policy.ONCE and any(badge.granted_by_id or badge.revoked_by_id for badge in badges):
        return True
    given = [badge for badge in badges if badge.granted_by_id and badge.status == Badge.Status.AWARDED]
    if goal.policy == Policy.AGAIN_AFTER_EXPIRY:
        given = [badge for badge in given if not badge.expires_at or now < badge.expires_at - goal.renewable]
    return bool(given)


def _keep_to_limits(cases: Sequence[Case]) -> None:
    """Let go of awards beyond the limits; the templates that have one are locked, so that nobody counts beside us."""
    limited = [case for case in cases if case.earned and case.goal.limit is not None]
    if not limited:
        return
    template_ids = {case.goal.id for case in limited}
    lock_templates(template_ids)
    holders = holders_of(template_ids)
    for case in cases:
        if case.lost:
            holders[case.goal.id].discard(case.learner_id)
    for case in sorted(limited, key=lambda case: case.earned[0].at):
        holding = holders[case.goal.id]
        if case.learner_id not in holding and len(holding) >= (case.goal.limit or 0):
            case.earned = []
        else:
            holding.add(case.learner_id)


def lock_templates(template_ids: Collection[int]) -> None:
    """Keep everybody else from awarding these, till the end of the transaction; always in the order of their ids."""
    no_key = connection.features.has_select_for_no_key_update  # Else nobody could insert a badge of theirs meanwhile.
    list(
        BadgeTemplate.objects.select_for_update(no_key=no_key)
        .filter(pk__in=template_ids)
        .order_by("pk")
        .values_list("pk")
    )


def holders_of(template_ids: Collection[int]) -> dict[int, set[int]]:
    """The learners who hold a badge, by template id."""
    holders: dict[int, set[int]] = defaultdict(set)
    rows = Badge.objects.filter(template_id__in=template_ids, status=Badge.Status.AWARDED)
    for template_id, learner_id in rows.values_list("template_id", "learner_id"):
        holders[template_id].add(learner_id)
    return holders


def _record_progress(cases: Iterable[Case], now: datetime) -> None:
    BadgeProgress.objects.bulk_create(
        [
            BadgeProgress(
                learner_id=case.learner_id,
                template_id=case.goal.id,
                groups_done=case.after.groups_done,
                groups_needed=len(case.goal.groups),
                updated_at=now,
            )
            for case in cases
            if case.after.counts != case.before.counts or case.after.fulfilled != case.before.fulfilled
        ],
        update_conflicts=True,
        update_fields=["groups_done", "groups_needed", "updated_at"],
        unique_fields=["learner", "template"] if connection.features.supports_update_conflicts_with_target else None,
    )


def _award(cases: Iterable[Case], badges: Badges, now: datetime) -> None:
    earned = [case for case in cases if case.earned]
    if not earned:
        return
    whys = _whys(earned)
    new = []
    for case in earned:
        last = max((badge.ordinal for badge in badges.get((case.learner_id, case.goal.id), ())), default=0)
        for ordinal, award in enumerate(case.earned, last + 1):
            new.append(
                Badge(
                    learner_id=case.learner_id,
                    template_id=case.goal.id,
                    account_id=case.goal.account_id,
                    ordinal=ordinal,
                    awarded_at=now,
                    earned_at=award.at,
                    event_id=award.order or None,
                    expires_at=award.at + case.goal.lasts if case.goal.lasts else None,
                    because=[whys.get((case.learner_id, mark), _of_badge(case.goal, mark)) for mark in award.rests_on],
                )
            )
    Badge.objects.bulk_create(new)
    outbox.promise_issues(new, now)
    announcing.announce(new, Badge.Status.AWARDED)


def _whys(cases: Iterable[Case]) -> dict[tuple[int, Mark], dict[str, Any]]:
    """Why each mark was made that an award rests on; one statement."""
    marks = {mark.need_id for case in cases for award in case.earned for mark in award.rests_on}
    rows = Fulfillment.objects.filter(learner_id__in={case.learner_id for case in cases}, requirement_id__in=marks)
    whys = {}
    for row in rows.select_related("requirement"):
        mark = Mark(row.requirement_id, row.as_of, max(row.slot, row.event_id or 0), row.fulfilled, row.value)
        said = {"requirement": row.requirement.key, "description": row.requirement.description}
        whys[row.learner_id, mark] = {**said, "at": row.as_of.isoformat(), **row.why}
    return whys


def _of_badge(goal: Goal, mark: Mark) -> dict[str, Any]:
    return {"badge": goal.needs[mark.need_id].badge, "at": mark.at.isoformat()}


def _withdraw(badges: Sequence[Badge], now: datetime) -> None:
    if badges:
        # Promises are locked before badges, as where a delivery is settled: the other order makes deadlocks.
        outbox.promise_revocations(badges, WITHDRAWN, now)
        held = Badge.objects.filter(pk__in=[badge.pk for badge in badges])
        held.update(status=Badge.Status.REVOKED, revoked_at=now, revoke_reason=WITHDRAWN)
        announcing.announce(badges, Badge.Status.REVOKED)


def _move(moved: Sequence[tuple[Badge, Award]]) -> None:
    if moved:
        Badge.objects.bulk_update(
            [Badge(pk=badge.pk, earned_at=award.at, event_id=award.order or None) for badge, award in moved],
            ["earned_at", "event"],
        )
