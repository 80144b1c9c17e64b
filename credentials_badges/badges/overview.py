"""How things have gone in the last two weeks, and how they stand: the numbers of the administration's first page.

A constant number of statements, each of which looks at a range of an indexed column or at rows that are few.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value

from credentials_badges.badges import events
from credentials_badges.badges.models import Badge, Issuance, LearningEvent, ProviderAccount, SyncRun

DAYS = 14
"""How far back the page looks."""
Status = Issuance.Status
TROUBLE = (Status.PENDING, Status.IN_FLIGHT, Status.DEAD)


class Many(NamedTuple):
    """How many there are, and since when the oldest of them."""

    number: int = 0
    since: datetime | None = None

    def plus(self, number: int, since: datetime | None = None) -> "Many":
        """With so many more."""
        return Many(self.number + number, min(filter(None, (self.since, since)), default=None))


ByDay = dict[int | None, Counter[date]]
"""By account, or by None where there is none: how many on each day."""


def first_day(now: datetime) -> datetime:
    """The beginning of the first of the days, in UTC."""
    return datetime.combine(now.date() - timedelta(DAYS - 1), time(), now.tzinfo)


def days(now: datetime) -> list[date]:
    """All of them, today last."""
    return [first_day(now).date() + timedelta(number) for number in range(DAYS)]


def _by_day(rows: QuerySet[Any], column: str, now: datetime, by: str = "") -> ByDay:
    """One statement: a range of the column's index for each day, which is faster than reading the day off each row."""
    start, parts = first_day(now), []
    for number in range(DAYS):
        begins = start + timedelta(number)
        day = rows.filter((f"{column}__gte", begins), (f"{column}__lt", begins + timedelta(1))).order_by()
        group = day.values(of=F(by) if by else Value(None, output_field=IntegerField()))
        parts.append(group.annotate(day=Value(number), number=Count("pk")).values_list("of", "day", "number"))
    told: ByDay = defaultdict(Counter)
    for of, number, count in parts[0].union(*parts[1:], all=True):
        told[of][start.date() + timedelta(number)] += count
    return told


def events_in(now: datetime) -> Counter[date]:
    """Events that came in, by day."""
    return _by_day(LearningEvent.objects.all(), "received_at", now)[None]


def failed_events(now: datetime) -> QuerySet[LearningEvent]:
    """Those of these days of which nothing came."""
    since = first_day(now)
    return LearningEvent.objects.filter(received_at__gte=since).exclude(error="").order_by()


def events_failed(now: datetime) -> Counter[date]:
    """Events of which nothing came, by the day on which they came in."""
    return _by_day(failed_events(now), "received_at", now)[None]


def processable(now: datetime) -> Many:
    """Failed events that can be processed again: they name a learner, and what they said is kept."""
    found = failed_events(now).filter(learner__isnull=False, purged_at=None)
    return Many(*found.aggregate(number=Count("pk"), since=Min("received_at")).values())


def events_waiting() -> Many:
    """Events that nobody has processed yet."""
    counts = events.waiting().order_by().aggregate(number=Count("pk"), since=Min("received_at"))
    return Many(*counts.values())


def awarded(now: datetime) -> ByDay:
    """Badges that were awarded, by account and day."""
    return _by_day(Badge.objects.all(), "awarded_at", now, "account_id")


def pushed(now: datetime) -> ByDay:
    """Promises that were kept, by account and day: only these have the time, and by their status all would be read."""
    return _by_day(Issuance.objects.all(), "delivered_at", now, "account_id")


def given_up(now: datetime) -> ByDay:
    """Promises that are dead, by account and the day of the last try."""
    return _by_day(Issuance.objects.filter(status=Status.DEAD), "claimed_at", now, "account_id")


@dataclass(kw_only=True, slots=True)
class Promises:
    """An account's promises that are not at their end, or came to a bad one."""

    open: Many = field(default_factory=Many)
    postponed: Many = field(default_factory=Many)
    """Of the open ones: those that were tried in vain."""
    dead: Many = field(default_factory=Many)
    by_failure: dict[str, Many] = field(default_factory=dict)


def promises() -> dict[int, Promises]:
    """By account."""
    told: dict[int, Promises] = defaultdict(Promises)
    tried = Q(status=Status.PENDING, attempts__gt=0)
    rows = Issuance.objects.filter(status__in=TROUBLE).order_by().values_list("account_id", "status", "failure")
    numbers = {"number": Count("pk"), "since": Min("created_at")}
    later = {"tried": Count("pk", filter=tried), "tried_since": Min("created_at", filter=tried)}
    for account, status, failure, number, since, *postponed in rows.annotate(**numbers, **later):
        mine = told[account]
        if status == Status.DEAD:
            mine.dead = mine.dead.plus(number, since)
            mine.by_failure[failure] = Many(number, since)
        else:
            mine.open = mine.open.plus(number, since)
            mine.postponed = mine.postponed.plus(*postponed)
    return told


def accounts() -> list[Any]:
    """All accounts, each with how its newest pull went; without keys, which take long to decrypt."""
    runs = SyncRun.objects.filter(account=OuterRef("pk"), applies=True, finished_at__isnull=False).order_by("-pk")
    columns = ("provider", "external_id", "name", "paused_reason", "paused_until", "key_expires_at", "created_at")
    told = {"synced_at": Subquery(runs.values("finished_at")[:1]), "sync_failure": Subquery(runs.values("failure")[:1])}
    return list(ProviderAccount.objects.only(*columns).annotate(**told))


def total(told: ByDay, of: Collection[int]) -> int:
    """All days of these accounts together."""
    return sum(told[each].total() for each in of if each in told)
