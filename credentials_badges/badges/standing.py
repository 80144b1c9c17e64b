"""How a learner stands towards a badge: a pure function of what happened, in the order in which it happened.

Everything that is awarded or taken back follows from `stand`. Therefore late events, repeated events and the size of
batches change nothing: with the same events, everybody ends with the same badges. docs/rules.md says it in words.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from credentials_badges.badges.goals import Award, Goal, Mark, Need, Policy, Standing, Streak


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
        met=path.met(),
        groups_done=len(goal.enough(fulfilled)),
        counts={id_: tally.count() for id_, tally in path.tallies.items()},
    )


_MOMENT = attrgetter("at", "order")


class _Tally:
    """The marks that count towards one requirement at some moment."""

    def __init__(self, need: Need) -> None:
        self.need = need
        self.live: list[Mark] = []
        """In the order of time; where a repetition says nothing new, only the first of each unit."""
        self.latest: dict[object, datetime] = {}
        """By unit: when it happened last."""
        self.spent: set[object] = set()
        self.met: Sequence[Mark] = ()
        """What fulfils it: `count` of the marks that the first event found by which it was fulfilled."""
        self.met_at: datetime | None = None
        """When the last event fulfilled it."""

    def add(self, mark: Mark) -> None:
        unit = self._unit(mark)
        if (self.need.distinct and not mark.value) or unit in self.spent:
            return
        if self.need.within is not None or unit not in self.latest:
            self.live.append(mark)
        self.latest[unit] = mark.at
        self._look_at(len(self.live), mark.at)

    def undo(self, mark: Mark) -> None:
        one_value = self.need.distinct and mark.value
        self._keep([each for each in self.live if each.value != mark.value] if one_value else [])

    def use_up(self) -> None:
        """Take away what a badge rests on."""
        self.spent.update(map(self._unit, self.met))
        self._keep([mark for mark in self.live if self._unit(mark) not in self.spent])

    def counts_at(self, at: datetime) -> bool:
        """Whether it is fulfilled, and has not expired."""
        return self.met_at is not None and (self.need.lasts is None or at - self.met_at < self.need.lasts)

    def count(self) -> int:
        return len(self.met) or len(self._found(len(self.live)))

    def _unit(self, mark: Mark) -> object:
        """What is counted: values, periods, or the events themselves."""
        if self.need.distinct:
            return mark.value
        return _period(mark.at, self.need.streak) if self.need.streak else (mark.at, mark.order)

    def _keep(self, live: list[Mark]) -> None:
        self.live, self.met, self.met_at = live, (), None
        units = set(map(self._unit, live))
        self.latest = {unit: at for unit, at in self.latest.items() if unit in units}
        for end, mark in enumerate(live, 1):
            self._look_at(end, mark.at)
        if len(live) >= self.need.count and self.need.within is None and not self.need.streak:
            # Once there are enough, each repetition fulfils it anew.
            self.met_at = max(self.latest.values())

    def _look_at(self, end: int, at: datetime) -> None:
        """Note whether it is fulfilled at that moment, by the first `end` marks."""
        found = self._found(end)
        if len(found) == self.need.count:
            self.met, self.met_at = self.met or found, at

    def _found(self, end: int) -> Sequence[Mark]:
        """Of the first `end` marks, the oldest that count together with the last, at most as many as needed."""
        need = self.need
        if not end:
            return ()
        if need.streak:
            return self._run(end)
        if (within := need.within) is None:
            return self.live[: min(end, need.count)]
        last = self.live[end - 1].at
        start = bisect_left(self.live, True, hi=end, key=lambda mark: last - mark.at < within)  # noqa: FBT003
        first: dict[object, Mark] = {}
        for number in range(start, end):
            first.setdefault(self._unit(self.live[number]), self.live[number])
            if len(first) == need.count:
                break
        return list(first.values())

    def _run(self, end: int) -> Sequence[Mark]:
        """A mark of each period of the row that the last one ends, at most as many as needed."""
        run: list[Mark] = []
        for number in range(end - 1, -1, -1):
            mark = self.live[number]
            if len(run) == self.need.count or (
                run and _period(run[-1].at, self.need.streak) - _period(mark.at, self.need.streak) > 1
            ):
                break
            run.append(mark)
        return run[::-1]


def _period(at: datetime, streak: str) -> int:
    """The number of the day, week (from Monday) or month; the next period has the next number."""
    day = at.date()
    if streak == Streak.MONTH:
        return day.year * 12 + day.month
    return day.toordinal() if streak == Streak.DAY else (day.toordinal() - 1) // 7


Tallies = Mapping[int, _Tally]
"""By requirement id."""


class _Path:
    """A learner on the way, one event after another."""

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.everything: Tallies = {id_: _Tally(need) for id_, need in goal.needs.items()}
        self.tallies: Tallies = self.everything
        """What the newest badge rests on; until one is renewed, that is everything."""
        self.renewal: Tallies | None = None
        """What is done for the next badge, while one is held that may be renewed."""
        self.awards: list[Award] = []

    def take(self, at: datetime, order: int, marks: Sequence[Mark]) -> None:
        """What one event says, and what follows from it."""
        held = self.awards[-1] if self.awards and not self.awards[-1].lost else None
        if held and not self.renewal and self._may_renew(held, at):
            self.renewal = {id_: _Tally(need) for id_, need in self.goal.needs.items()}
        self._count(at, marks)
        if self.goal.policy == Policy.EVERY_TIME:
            self._award_every_time(at, order)
        elif held is None:
            if self._is_complete(at, self.tallies) and not (self.awards and self.goal.policy == Policy.ONCE):
                self._award(at, order)
        elif len(self.goal.enough(self.met())) < len(self.goal.groups):
            held.lost, self.renewal = True, None
        elif self.renewal and self._is_complete(at, self.renewal):
            self.tallies, self.renewal = self.renewal, None
            self._award(at, order)

    def met(self) -> frozenset[int]:
        """The requirements under the newest badge that were fulfilled, and not undone since, expired or not."""
        return frozenset(id_ for id_, tally in self.tallies.items() if tally.met)

    def _count(self, at: datetime, marks: Sequence[Mark]) -> None:
        before: set[int] = set()
        if self.goal.is_ordered:
            before = {id_ for id_, tally in self.everything.items() if tally.counts_at(at)}
        for mark in marks:
            need = self.goal.needs[mark.need_id]
            # The same tally may stand in several of them.
            for tally in {every[need.id] for every in (self.everything, self.tallies, self.renewal) if every}:
                if not mark.fulfilled:
                    tally.undo(mark)
                elif need.after <= before:
                    tally.add(mark)

    def _is_complete(self, at: datetime, tallies: Tallies) -> bool:
        counting = [id_ for id_, tally in tallies.items() if tally.counts_at(at)]
        return len(self.goal.enough(counting)) == len(self.goal.groups)

    def _may_renew(self, held: Award, at: datetime) -> bool:
        if self.goal.policy != Policy.AGAIN_AFTER_EXPIRY or self.goal.lasts is None:
            return False
        return at >= held.at + self.goal.lasts - self.goal.renewable

    def _award(self, at: datetime, order: int) -> None:
        counting = [tally for tally in self.tallies.values() if tally.counts_at(at)]
        self.awards.append(Award(at, order, tuple(mark for tally in counting for mark in tally.met)))

    def _award_every_time(self, at: datetime, order: int) -> None:
        while self._is_complete(at, self.tallies):
            self._award(at, order)
            for tally in self.tallies.values():
                if tally.counts_at(at):
                    tally.use_up()
