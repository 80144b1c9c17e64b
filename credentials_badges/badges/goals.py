"""What it takes to earn a badge, and what events say about that: the words in which `standing` thinks. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

MOST = 100_000
"""The greatest number of days, events or learners; a moment so many days from now is still one."""


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
    is_required: bool = False
    """Whether badges of it count for others, which may ask when it was earned."""

    @cached_property
    def is_plain(self) -> bool:
        """Whether the newest event about each requirement says all: then nothing older has to be kept."""
        if self.policy != Policy.AGAIN_AFTER_REVOKE or self.lasts or self.is_required:
            return False
        return all(need == Need(need.id, need.group, badge=need.badge) for need in self.needs.values())

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
    met: frozenset[int] = frozenset()
    """The requirements that bear a badge: they were fulfilled, and not undone since, whether expired or not."""
    groups_done: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    """By requirement id: how many events count towards it, at most as many as it needs."""
