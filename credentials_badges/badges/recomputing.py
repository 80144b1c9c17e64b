"""Stored events are judged again by the rules as they stand: to say what would come of it, or to do it.

A job goes through the learners in portions, each in one transaction with the place that it has reached; a worker that
dies leaves the rest to the next one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Q, QuerySet
from django.utils import timezone

from credentials_badges.badges import awarding, conf, doorbell, marking, rules
from credentials_badges.badges.awarding import Case
from credentials_badges.badges.goals import Standing
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.marking import Findings, Marks
from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    BadgeTemplate,
    Fulfillment,
    Learner,
    LearningEvent,
    Recomputation,
)
from credentials_badges.badges.rules import Rules

PORTION = 100
"""Learners judged in one transaction."""
NAMED = 200
"""Learners of each kind that a report names; the others are counted."""


def ask(
    templates: Iterable[BadgeTemplate],
    now: datetime,
    *,
    applies: bool = False,
    revokes: bool = False,
    by: Learner | None = None,
) -> Recomputation:
    """Ask for a job, which the next free worker takes up."""
    job = Recomputation.objects.create(applies=applies, revokes=applies and revokes, asked_by=by, created_at=now)
    job.templates.set(templates)
    doorbell.ring(doorbell.RECOMPUTATIONS)
    return job


def waiting(now: datetime) -> QuerySet[Recomputation]:
    """The jobs that nobody works at."""
    lease = now - timedelta(seconds=conf.lease_seconds())
    return Recomputation.objects.filter(Q(claimed_at=None) | Q(claimed_at__lt=lease), finished_at=None).order_by("pk")


def carry_on(job_id: int, *, on_learners: Callable[[int], object] = lambda number: None) -> bool:
    """Take up the job, if nobody works at it, and bring it to its end; False if it was not to be had."""
    claim = uuid4()
    mine = Recomputation.objects.filter(pk=job_id, claim=claim)
    if not waiting(timezone.now()).filter(pk=job_id).update(claimed_at=timezone.now(), claim=claim):
        return False
    try:
        while number := in_transaction(lambda: _portion(mine)):
            on_learners(number)
    except Exception as error:
        mine.update(
            finished_at=timezone.now(), error=f"It broke off ({type(error).__name__}); the log has the details."
        )
        raise
    mine.filter(finished_at=None).update(finished_at=timezone.now())
    return True


def _portion(mine: QuerySet[Recomputation]) -> int:
    """Judge the next learners; returns how many there were."""
    now = timezone.now()
    job = mine.select_for_update().first()
    if job is None:
        return 0
    chosen = rules.of_templates(_templates(job).values_list("pk", flat=True))
    if not job.cursor:
        job.total = _concerned(chosen, 0).count()
        job.report = {str(template.pk): _nothing_yet(template) for template in _templates(job)}
    ids = list(_concerned(chosen, job.cursor).order_by("learner_id")[:PORTION])
    if ids:
        if job.applies:
            locked_learners(pk__in=ids)
        cases, badges, findings = _judge(ids, chosen, now)
        _tell(job.report, cases, badges)
        if job.applies:
            _write(findings, ids, chosen)
            for case in cases:
                case.lost = case.unearned if job.revokes else []
            awarding.carry_out(cases, badges, rules.current(), now)
        job.cursor, job.done, job.claimed_at = ids[-1], job.done + len(ids), now
    job.save(update_fields=["total", "report", "cursor", "done", "claimed_at"])
    return len(ids)


def _templates(job: Recomputation) -> QuerySet[BadgeTemplate]:
    """Those that were asked for; if something is to be done, only the active ones."""
    templates = job.templates.select_related("account").order_by("pk")
    return templates.filter(is_active=True, state=BadgeTemplate.State.ACTIVE) if job.applies else templates


def _concerned(chosen: Rules, after: int) -> QuerySet[Any]:
    """The ids, above that one, of learners with events that may count, or with progress or badges that do."""
    badges = {need.badge for goal in chosen.goals.values() for need in goal.needs.values() if need.badge}
    events = LearningEvent.objects.filter(type__in=chosen.event_types, learner_id__gt=after)
    marks = Fulfillment.objects.filter(requirement__template__in=list(chosen.goals), learner_id__gt=after)
    held = Badge.objects.filter(template__in=[*chosen.goals, *badges], learner_id__gt=after)
    here = [part.filter(learner__retired_at=None) for part in (events, marks, held)]  # Of others, nothing is known.
    parts = [part.order_by().values_list("learner_id", flat=True).distinct() for part in here]
    return parts[0].union(*parts[1:])


def _judge(ids: Sequence[int], chosen: Rules, now: datetime) -> tuple[list[Case], awarding.Badges, Findings]:
    """Where these learners stand by their stored events, and by marks of which no event is stored any more."""
    events = LearningEvent.objects.filter(
        learner__in=ids, type__in=chosen.event_types, processed_at__isnull=False, error="", purged_at=None
    ).order_by("pk")
    kept = marking.held(ids, chosen.goals, chosen, event=None)
    findings = marking.newer(marking.read(events.iterator(), chosen), kept)
    badges = awarding.badges_of(ids, list(chosen.goals), chosen)
    progress = BadgeProgress.objects.filter(learner__in=ids, template__in=list(chosen.goals))
    begun = set(progress.values_list("learner", "template"))
    resting = {(learner_id, goal.id) for learner_id, id_ in badges for goal in chosen.resting_on.get(id_, ())}
    own = {pair for pair in badges if pair[1] in chosen.goals}
    after: Marks = {
        pair: {**kept.get(pair, {}), **{place: found.mark for place, found in findings.get(pair, {}).items()}}
        for pair in {*kept, *findings, *own, *begun, *resting}
    }
    cases = list(awarding.cases_of(chosen, {}, after, {}, badges))
    for case in cases:
        pair = case.learner_id, case.goal.id
        if pair in begun:  # Its progress is written anew, whatever other rules have left there.
            case.before = Standing()
        awarding.decide(case, badges.get(pair, ()), now)
    return cases, badges, findings


def _write(findings: Findings, ids: Sequence[int], chosen: Rules) -> None:
    """Put what the stored events say in the place of what they once said."""
    said = Fulfillment.objects.filter(learner__in=ids, requirement__template__in=list(chosen.goals))
    said.exclude(event=None).delete()
    marking.keep(findings)


def _nothing_yet(template: BadgeTemplate) -> dict[str, Any]:
    seats = None
    if template.limit is not None:
        seats = max(template.limit - len(awarding.holders_of([template.pk])[template.pk]), 0)
    counts = dict.fromkeys(("earn", "lose", "hold", "on_the_way"), 0)
    return {
        "name": str(template),
        "account": str(template.account),
        "seats": seats,
        **counts,
        "earners": [],
        "losers": [],
    }


def _tell(report: dict[str, Any], cases: Sequence[Case], badges: awarding.Badges) -> None:
    """Add these learners to the report."""
    names = dict(Learner.objects.filter(pk__in={case.learner_id for case in cases}).values_list("pk", "username"))
    for case in cases:
        told = report[str(case.goal.id)]
        if case.earned:
            told["earn"] += 1
            told["earners"] = [*told["earners"], names[case.learner_id]][:NAMED]
        if case.unearned:
            told["lose"] += 1
            told["losers"] = [*told["losers"], names[case.learner_id]][:NAMED]
        held = badges.get((case.learner_id, case.goal.id), ())
        holds = any(badge.status == Badge.Status.AWARDED for badge in held)
        told["hold"] += holds
        told["on_the_way"] += not holds and not case.earned and any(case.after.counts.values())
