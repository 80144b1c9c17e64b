"""How a learner stands towards a badge: a pure function of what happened, in the order in which it happened.

Everything that is awarded or taken back follows from `stand`. Therefore late events, repeated events and the size of
batches change nothing: with the same events, everybody ends with the same badges. docs/rules.md says it in words.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from operator import attrgetter


class Policy(StrEnum):
    """What follows the first badge of a template."""

    ONCE = "once"
    AGAIN_AFTER_REVOKE = "again_after_revoke"
    AGAIN_AFTER_EXPIRY = "again_after_expiry"
    EVERY_TIME = "every_time"


class Streak(StrEnum):
    """The periods that may have to follow one another."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement: what it takes to be fulfilled. Without any of these, one event is enough."""

    id: int
    group: str
    count: int = 1
    distinct: bool = False
    within: timedelta | None = None
    streak: str = ""
    after: frozenset[int] = frozenset()
    lasts: timedelta | None = None
    badge: int | None = None
    """The template of which a badge must be held; then marks are badges, not events."""


@dataclass(frozen=True)
class Goal:
    """A template: what it takes to earn a badge of it."""

    id: int
    account_id: int
    policy: str
    needs: Mapping[int, Need]
    """By requirement id."""
    groups: Mapping[str, int]
    """How many requirements of each group are needed."""
    lasts: timedelta | None = None
    renewable: timedelta = timedelta(0)
    """How long before its end a badge can be earned again."""
    limit: int | None = None

    @cached_property
    def is_plain(self) -> bool:
        """Whether the newest event about each requirement says all: then nothing older has to be kept."""
        return self.policy == Policy.AGAIN_AFTER_REVOKE and all(
            need == Need(need.id, need.group, badge=need.badge) for need in self.needs.values()
        )

    @cached_property
    def is_ordered(self) -> bool:
        """Whether a requirement waits for another."""
        return any(need.after for need in self.needs.values())

    def enough(self, fulfilled: Iterable[int]) -> frozenset[str]:
        """The groups that have as many of these requirements as they need."""
        have = dict.fromkeys(self.groups, 0)
        for id_ in fulfilled:
            have[self.needs[id_].group] += 1
        return frozenset(group for group, needed in self.groups.items() if have[group] >= needed)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one event says about one requirement: that it counts towards it, or undoes it."""

    need_id: int
    at: datetime
    order: int
    """Which of two events with the same time came first: their ids. 0, if it is no event."""
    fulfilled: bool
    value: str = ""
    """By what `distinct` tells events apart; on one that undoes: what is undone, all if empty."""


@dataclass(slots=True)
class Award:
    """A badge that was earned, and perhaps lost again."""

    at: datetime
    order: int
    rests_on: tuple[Mark, ...]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it all leads to."""

    awards: tuple[Award, ...] = ()
    """Those that are still held, oldest first."""
    fulfilled: frozenset[int] = frozenset()
    """The requirements that count towards the next badge, or under the one that is held."""
    kept: frozenset[str] = frozenset()
    """The groups that would bear a badge: enough of their requirements were met, and not undone since."""
    groups_done: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    """By requirement id: how many events count towards it, at most as many as it needs."""


def stand(goal: Goal, marks: Collection[Mark], now: datetime | None = None) -> Standing:
    """Where the marks lead, in any order and with any repetition; by `now`, if it is later, fulfilments may expire."""
    path = _Path(goal)
    for (at, order), same in groupby(sorted(set(marks), key=_MOMENT), key=_MOMENT):
        path.take(at, order, list(same))
    end = max([mark.at for mark in marks] + ([now] if now else []), default=None)
    fulfilled = frozenset(id_ for id_, tally in path.tallies.items() if end and tally.counts_at(end))
    return Standing(
        awards=tuple(award for award in path.awards if not award.lost),
        fulfilled=fulfilled,
        kept=path.kept(),
        groups_done=len(goal.enough(fulfilled)),
        counts={id_: tally.count() for id_, tally in path.tallies.items()},
    )


_MOMENT = attrgetter("at", "order")
_AT = attrgetter("at")


class _Tally:
    """The marks that count towards one requirement at some moment."""

    def __init__(self, need: Need) -> None:
        self.need = need
        self.live: list[Mark] = []
        self.spent: set[str] = set()
        self.met: Sequence[Mark] = ()
        """What fulfils it: `count` of the marks that its last event found, the oldest of them."""
        self.met_at: datetime | None = None
        """When its last event fulfilled it."""

    def add(self, mark: Mark) -> None:
        if self.need.distinct and (not mark.value or mark.value in self.spent):
            return
        self.live.append(mark)
        self._look_at(len(self.live))

    def undo(self, mark: Mark) -> None:
        one_value = self.need.distinct and mark.value
        self._keep([each for each in self.live if each.value != mark.value] if one_value else [])

    def use_up(self) -> None:
        """Take away what a badge rests on."""
        if self.need.distinct:
            self.spent.update(mark.value for mark in self.met)
            self._keep([mark for mark in self.live if mark.value not in self.spent])
        else:
            self._keep([] if self.need.streak else [mark for mark in self.live if mark not in self.met])

    def counts_at(self, at: datetime) -> bool:
        """Whether it is fulfilled, and has not expired."""
        return self.met_at is not None and (self.need.lasts is None or at - self.met_at < self.need.lasts)

    def count(self) -> int:
        return len(self.met) or len(self._found(len(self.live)))

    def _keep(self, live: list[Mark]) -> None:
        self.live, self.met, self.met_at = live, (), None
        for end in range(len(live), 0, -1):
            if self._look_at(end):
                break

    def _look_at(self, end: int) -> bool:
        """Whether it is fulfilled by the last of the first `end` marks."""
        found = self._found(end)
        if len(found) < self.need.count:
            return False
        self.met, self.met_at = found, self.live[end - 1].at
        return True

    def _found(self, end: int) -> Sequence[Mark]:
        """Of the first `end` marks, the oldest that count together with the last, at most as many as needed."""
        if not end:
            return ()
        need, last = self.need, self.live[end - 1].at
        if need.streak:
            return self._run(end)
        start = bisect_right(self.live, last - need.within, hi=end, key=_AT) if need.within else 0
        if not need.distinct:
            return self.live[start : min(end, start + need.count)]
        first: dict[str, Mark] = {}
        for number in range(start, end):
            first.setdefault(self.live[number].value, self.live[number])
            if len(first) == need.count:
                break
        return list(first.values())

    def _run(self, end: int) -> Sequence[Mark]:
        """A mark of each period of the row that the last one ends, at most as many as needed."""
        run: list[Mark] = []
        for mark in reversed(self.live[:end]):
            behind = _period(run[-1].at, self.need.streak) - _period(mark.at, self.need.streak) if run else 1
            if behind > 1 or len(run) == self.need.count:
                break
            if behind:
                run.append(mark)
        return run[::-1]


def _period(at: datetime, streak: str) -> int:
    """The number of the day, week (from Monday) or month; the next period has the next number."""
    day = at.date()
    if streak == Streak.MONTH:
        return day.year * 12 + day.month
    return day.toordinal() if streak == Streak.DAY else (day.toordinal() - 1) // 7


class _Path:
    """A learner on the way, one event after another."""

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.tallies = {id_: _Tally(need) for id_, need in goal.needs.items()}
        self.renewal: dict[int, _Tally] | None = None
        """What is done for the next badge, while one is held that may be renewed."""
        self.awards: list[Award] = []

    def take(self, at: datetime, order: int, marks: Sequence[Mark]) -> None:
        """What one event says, and what follows from it."""
        held = self.awards[-1] if self.awards and not self.awards[-1].lost else None
        if held and not self.renewal and self._may_renew(held, at):
            self.renewal = {
                id_: tally if tally.need.badge else _Tally(tally.need) for id_, tally in self.tallies.items()
            }
        for tallies in (self.tallies, self.renewal):
            if tallies:
                self._count(tallies, at, marks)
        if self.goal.policy == Policy.EVERY_TIME:
            self._award_every_time(at, order)
        elif held is None:
            if self._is_complete(at) and not (self.awards and self.goal.policy == Policy.ONCE):
                self._award(at, order)
        elif len(self.kept()) < len(self.goal.groups):
            held.lost, self.renewal = True, None
        elif self.renewal and self._is_complete(at, self.renewal):
            self.tallies, self.renewal = self.renewal, None
            self._award(at, order)

    def kept(self) -> frozenset[str]:
        """The groups in which enough requirements were met, and not undone since, whether expired or not."""
        return self.goal.enough(id_ for id_, tally in self.tallies.items() if tally.met)

    def _count(self, tallies: Mapping[int, _Tally], at: datetime, marks: Sequence[Mark]) -> None:
        before = {id_ for id_, tally in tallies.items() if tally.counts_at(at)} if self.goal.is_ordered else set()
        for mark in marks:
            tally = tallies[mark.need_id]
            if not mark.fulfilled:
                tally.undo(mark)
            elif tally.need.after <= before:
                tally.add(mark)

    def _is_complete(self, at: datetime, tallies: Mapping[int, _Tally] | None = None) -> bool:
        counting = [id_ for id_, tally in (tallies or self.tallies).items() if tally.counts_at(at)]
        return len(self.goal.enough(counting)) == len(self.goal.groups)

    def _may_renew(self, held: Award, at: datetime) -> bool:
        if self.goal.policy != Policy.AGAIN_AFTER_EXPIRY or self.goal.lasts is None:
            return False
        return at >= held.at + self.goal.lasts - self.goal.renewable

    def _award(self, at: datetime, order: int) -> None:
        counting = [tally for tally in self.tallies.values() if tally.counts_at(at)]
        self.awards.append(Award(at, order, tuple(mark for tally in counting for mark in tally.met)))

    def _award_every_time(self, at: datetime, order: int) -> None:
        while self._is_complete(at):
            usable = [tally for tally in self.tallies.values() if tally.counts_at(at) and not tally.need.badge]
            if self.awards and not usable:  # Badges are not used up, so by themselves they make one.
                break
            self._award(at, order)
            for tally in usable:
                tally.use_up()
