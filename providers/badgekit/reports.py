"""What came of codes and claims, in numbers: read when they are asked for, in as many statements for many as for few.

`WHAT_IS_COUNTED` says what each number means; people read the same words on the reports.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.contract.states import BadgeState
from providers.badgekit.meanings import SOURCES, STATES, WHAT_IS_COUNTED
from providers.badgekit.models import Badge, Batch, Claim, CodeVisits
from providers.badgekit.scopes import Scope

Kind = CodeVisits.Kind
State = Claim.State
Numbers = Counter[str]
"""How many, by the keys of `WHAT_IS_COUNTED`."""
RATES = (("used", "made"), ("claimed", "opened"), ("approved", "claimed"))
"""Numbers of which one is read as a share of the other."""
DAYS_BY_DAY = 31
DAYS_BY_WEEK = 26 * 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One badge, batch, source or span of time, and its numbers."""

    title: str
    pk: int | None = None
    day: date | None = None
    """The first one of a span of time."""
    numbers: Numbers = field(default_factory=Counter)

    @property
    def rates(self) -> dict[str, float | None]:
        """The shares in percent, by what is a share of what; None where there is nothing to have a share of."""
        had = self.numbers
        return {f"{part} of {of}": round(100 * had[part] / had[of], 1) if had[of] else None for part, of in RATES}


def funnel(scope: Scope) -> Numbers:
    """All of `WHAT_IS_COUNTED`, in its order."""
    seen = {"visited": _times(Kind.VIEWED), "clicked": _times(Kind.CLICKED), "passed_on": _times(Kind.SHARED)}
    total = Counter[str](scope.visited.aggregate(**seen))
    for numbers in _grouped(scope, "badge").values():
        total.update(numbers)
    return Counter({each.key: total[each.key] for each in WHAT_IS_COUNTED})


def by_badge(system: Scope) -> list[Row]:
    """The system's badges by name; deleted ones only where something was counted."""
    numbers = _grouped(system, "badge")
    badges = Badge.objects.filter(system=system.system).order_by("name", "pk")
    return [
        Row(pk=each.pk, title=each.name, numbers=numbers[each.pk])
        for each in badges
        if each.deleted_at is None or numbers[each.pk].total()
    ]


def by_batch(scope: Scope) -> list[Row]:
    """The batches of a badge, or of a system, newest first; at last, what was made singly."""
    numbers = _grouped(scope, "batch")
    of = {"badge": scope.badge} if scope.badge else {"badge__system": scope.system}
    rows = [Row(pk=each.pk, title=each.label, numbers=numbers[each.pk]) for each in Batch.objects.filter(**of)]
    return [*rows, Row(title=gettext("Single codes"), numbers=numbers[None])] if numbers[None].total() else rows


def _grouped(scope: Scope, column: str) -> dict[Any, Numbers]:
    """The numbers of codes and claims, by a column of the code."""
    made, decided = scope.within("made_at"), scope.within("decided_at")
    approved = decided & Q(state=State.AWARDED)
    badges = OurBadge.objects.filter(status=OurBadge.Status.AWARDED, learner=OuterRef("learner"))
    badges = badges.filter(template=OuterRef("stands_for"))
    pushed, accepted = badges.exclude(external_id=None), badges.filter(external_state=BadgeState.ACCEPTED)
    return _collected(
        scope.codes.values(by=F(column)).annotate(
            made=Count("pk", filter=made),
            used=Count("pk", filter=made & Q(uses__gt=0)),
            handed_out=Count("pk", filter=scope.within("handed_out_at")),
        ),
        scope.opened.values(by=F(f"code__{column}")).annotate(
            opened=_times(Kind.VIEWED),
            shared=_times(Kind.SHARED),
        ),
        scope.claims.values(by=F(f"code__{column}")).annotate(
            claimed=Count("pk", filter=made),
            waiting=Count("pk", filter=made & Q(state=State.SUBMITTED)),
            returned=Count("pk", filter=made & Q(state=State.RETURNED)),
            given_up=Count("pk", filter=made & Q(state__in=(State.WITHDRAWN, State.CANCELLED))),
            rejected=Count("pk", filter=decided & Q(state=State.REJECTED)),
            approved=Count("pk", filter=approved),
            # By address, since whoever lost the badge may have claimed it again.
            awarded=Count("address", distinct=True, filter=approved & (scope.held | Q(Exists(badges)))),
            pushed=Count("address", distinct=True, filter=approved & (scope.held | Q(Exists(pushed)))),
            accepted=Count("address", distinct=True, filter=approved & (scope.held | Q(Exists(accepted)))),
        ),
    )


def _collected(*queries: QuerySet[Any, Any]) -> dict[Any, Numbers]:
    """The numbers that the queries' rows have besides what they are `by`, together by that."""
    told: dict[Any, Numbers] = defaultdict(Counter)
    for rows in queries:
        for row in rows:
            told[row["by"]].update({name: number for name, number in row.items() if name != "by"})
    return told


def _times(kind: str) -> Sum:
    """How often this kind of thing happened."""
    return Sum("count", filter=Q(kind=kind), default=0)


def sources(scope: Scope) -> list[Row]:
    """Where links were shared, and where those came from who opened, claimed, or looked at badges; most first."""
    told = _collected(
        scope.opened.values(by=F("source")).annotate(
            shared=_times(Kind.SHARED),
            opened=_times(Kind.VIEWED),
        ),
        scope.claims.filter(scope.within("made_at")).values(by=F("source")).annotate(claimed=Count("pk")),
        scope.visited.values(by=F("source")).annotate(
            passed_on=_times(Kind.SHARED),
            visited=_times(Kind.VIEWED),
        ),
    )
    rows = [Row(title=str(SOURCES.get(source, source)), numbers=numbers) for source, numbers in told.items()]
    return sorted((row for row in rows if row.numbers.total()), key=lambda row: (-row.numbers.total(), row.title))


def over_time(scope: Scope) -> list[Row]:
    """What was opened, claimed and approved, by day, week or month: whichever the length of the time asks for.

    A time without a beginning begins with what was counted; none ends after today.
    """
    claimed = scope.claims.filter(scope.within("made_at"))
    approved = scope.claims.filter(scope.within("decided_at"), state=State.AWARDED)
    days = _collected(
        scope.opened.filter(kind=Kind.VIEWED).values(by=F("day")).annotate(opened=Sum("count")),
        claimed.values(by=TruncDate("made_at", tzinfo=UTC)).annotate(claimed=Count("pk")),
        approved.values(by=TruncDate("decided_at", tzinfo=UTC)).annotate(approved=Count("pk")),
    )
    if not days:
        return []
    first, today = scope.since or min(days), timezone.now().date()
    last = max([*days, min(scope.until or today, today)])
    spans = _spans(first, last)
    for day, numbers in days.items():
        spans[_start(day, last - first)].numbers.update(numbers)
    return list(spans.values())


def _spans(first: date, last: date) -> dict[date, Row]:
    """A row for each day, week or month in between, by its first day."""
    spans: dict[date, Row] = {}
    for number in range((last - first).days + 1):
        start = _start(first + timedelta(number), last - first)
        if start not in spans:
            spans[start] = Row(title=_title(start, last - first), day=start)
    return spans


def _start(day: date, length: timedelta) -> date:
    if length.days < DAYS_BY_DAY:
        return day
    return day - timedelta(day.weekday()) if length.days < DAYS_BY_WEEK else day.replace(day=1)


def _title(start: date, length: timedelta) -> str:
    if length.days < DAYS_BY_DAY:
        return date_format(start, "D j M Y")
    if length.days < DAYS_BY_WEEK:
        return gettext("Week of %(day)s") % {"day": date_format(start, "j M Y")}
    return date_format(start, "F Y")


def earners(scope: Scope, search: str = "") -> QuerySet[Claim]:
    """Approved claims of this time, newest first; `search` is looked for in names, addresses and labels."""
    found = scope.claims.filter(scope.within("decided_at"), state=State.AWARDED)
    if search:
        columns = ("learner__full_name", "name", "email", "code__label", "code__batch__label")
        found = found.filter(Q(*((f"{each}__icontains", search) for each in columns), _connector=Q.OR))
    badges = OurBadge.objects.filter(learner=OuterRef("learner"), template=OuterRef("stands_for")).order_by("-ordinal")
    told = {each: Subquery(badges.values(each)[:1]) for each in ("status", "external_id", "external_state")}
    is_held = Case(When(scope.held, then=Value(1)), default=Value(0), output_field=IntegerField())
    found = found.annotate(is_held=is_held, **{f"our_{name}": value for name, value in told.items()})
    return found.select_related("learner", "badge", "code__batch").order_by("-decided_at", "-pk")


class Earner(NamedTuple):
    """Somebody who earned a badge, in words."""

    name: str
    address: str
    badge: str
    earned_at: datetime
    code: str
    """What the code is called; never its text."""
    source: str
    state: str
    """Of the badge, at its provider."""


def earner(claim: Any) -> Earner:
    """Who earned it, of a claim that `earners` has found."""
    return Earner(
        name=(claim.learner.full_name if claim.learner else "") or claim.name,
        address=claim.email,
        badge=claim.badge.name,
        earned_at=claim.decided_at,
        code=claim.code.label or (claim.code.batch.label if claim.code.batch else ""),
        source=str(SOURCES.get(claim.source, claim.source)),
        state=_state(claim),
    )


def _state(claim: Any) -> str:
    if claim.learner and claim.learner.retired_at:
        return pgettext("badge", "Erased")
    if claim.our_status == OurBadge.Status.REVOKED:
        return pgettext("badge", "Taken back")
    if claim.our_status is None:
        return str(STATES[BadgeState.ACCEPTED]) if claim.is_held else pgettext("badge", "Not held")
    if not claim.our_external_id:
        return pgettext("badge", "Not sent yet")
    return str(STATES[BadgeState(claim.our_external_state or BadgeState.UNKNOWN)])
