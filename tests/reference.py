"""The rules of docs/rules.md told a second time, slowly and plainly, for the engine to be compared with.

It takes the templates of a rules file and CloudEvents in the order of their arrival, both as plain dicts, and shares no
code with the engine. Whether a requirement is fulfilled is found out anew from all its events whenever it is asked.
What depends on the present or on an administrator is left out: limits, badges given or revoked by hand, recomputing.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.reference_comparing import Plain, holds, moment, value_at


@dataclass(frozen=True)
class Event:
    """Something that a learner did; `place` is its place among all events, in the order in which they are taken."""

    place: int
    at: datetime
    type: str
    username: str
    payload: Plain


def in_order(arrived: Sequence[Plain]) -> list[Event]:
    """Each event once, in the order of their own time, and of two with the same time in that of their arrival."""
    first: dict[tuple[str, str], Plain] = {}
    for raw in arrived:
        first.setdefault((raw["source"], raw["id"]), raw)
    events = []
    for place, raw in enumerate(sorted(first.values(), key=lambda raw: moment(raw["time"]))):
        inside = next(iter(raw["data"].values())) if len(raw["data"]) == 1 else None
        payload = inside if isinstance(inside, dict) else raw["data"]
        username = payload["user"]["pii"]["username"]
        events.append(Event(place, moment(raw["time"]), raw["type"], username, payload))
    return events


def meets(event: Event, condition: Plain) -> bool:
    """Whether the event is one of those that this requirement or penalty is about."""
    return (
        event.type == condition["event_type"]
        and ("since" not in condition or moment(condition["since"]) <= event.at)
        and ("until" not in condition or event.at < moment(condition["until"]))
        and all(holds(rule, event.payload) for rule in condition.get("rules", []))
    )


# When a requirement is fulfilled


def unit(requirement: Plain, event: Event) -> Hashable:
    """What is counted: the event itself or, in its stead, the value that has to be distinct, or the period."""
    if "distinct" in requirement:
        value = value_at(event.payload, requirement["distinct"])
        return None if value is None or isinstance(value, dict | list) else (isinstance(value, bool), value)
    if "streak" in requirement:
        return period(requirement["streak"], event.at)
    return event.place


def period(streak: str, at: datetime) -> int:
    """The number of the day, week or month; that of the next one is greater by 1."""
    if streak == "month":
        return at.year * 12 + at.month
    day = at.toordinal() - 1  # The first day of the calendar was a Monday.
    return day if streak == "day" else day // 7


def fulfilments(requirement: Plain, events: Sequence[Event]) -> Iterator[tuple[Event, list[Hashable]]]:
    """Each event that fulfils the requirement, with the units on which that rests; `events` are those that count."""
    count = requirement.get("count", 1)
    for index, last in enumerate(events):
        so_far = events[: index + 1]
        if "within_days" in requirement:
            so_far = [event for event in so_far if last.at - event.at < timedelta(days=requirement["within_days"])]
        units = list(dict.fromkeys(unit(requirement, event) for event in so_far))
        if "streak" in requirement:
            newest = period(requirement["streak"], last.at)
            units = [wanted for wanted in range(newest - count + 1, newest + 1) if wanted in units]
        if len(units) >= count:
            yield last, units[:count]


# When a badge is awarded, and taken back


@dataclass
class Way:
    """One learner's way to one template."""

    template: Plain
    earned: Mapping[str, Sequence[Event]]
    """By the id of a requirement that is a badge: the events that earned it. What was revoked has never been."""
    badges: list[Event] = field(default_factory=list)
    """The events that earned the badges that are held by now."""
    since: datetime | None = None
    """What the newest badge rests on happened from then on; None if it was not renewed."""
    is_lost: bool = False
    """Whether the newest badge has been lost; those before it have ended, and stay."""
    was_awarded: bool = False
    last: Event | None = None
    """The last event that this way has anything to do with."""

    def __post_init__(self) -> None:
        self.requirements = {requirement["id"]: requirement for requirement in self.template["requirements"]}
        self.counting: dict[str, list[Event]] = {id_: [] for id_ in self.requirements}
        self.used: dict[str, set[Hashable]] = {id_: set() for id_ in self.requirements}

    def take(self, event: Event) -> None:
        """Let the learner go on by this event."""
        met = [id_ for id_ in self.requirements if self.is_met(id_, event)]
        penalties = [penalty for penalty in self.template.get("penalties", []) if meets(event, penalty)]
        if not met and not penalties:
            return
        self.last = event
        was_enough = self.is_enough(self.fulfilled(since=self.since))
        undone = {id_ for penalty in penalties for id_ in penalty["requirements"]}
        counts = [id_ for id_ in met if id_ not in undone and self.may_count(id_, event)]
        for id_ in undone:
            self.undo(id_, event)
        for id_ in counts:
            self.counting[id_].append(event)
        if self.template.get("award") == "every_time":
            self.earn_every_time(event)
            return
        if self.badges and not self.is_lost and was_enough and not self.is_enough(self.fulfilled(since=self.since)):
            self.badges.pop()
            self.is_lost = True
        else:
            self.earn(event)

    def is_met(self, id_: str, event: Event) -> bool:
        """Whether the event is one that the requirement is about, or earned the badge that it is."""
        requirement = self.requirements[id_]
        return event in self.earned[id_] if "badge" in requirement else meets(event, requirement)

    def undo(self, id_: str, penalty: Event) -> None:
        """Let what happened up to the penalty's event no longer count; with `distinct`, only what has its value."""
        requirement = self.requirements[id_]
        undone = unit(requirement, penalty) if "distinct" in requirement else None
        self.counting[id_] = [
            event for event in self.counting[id_] if undone is not None and unit(requirement, event) != undone
        ]

    def may_count(self, id_: str, event: Event) -> bool:
        """Whether it has a value where one is needed, and comes after what it has to come after."""
        requirement = self.requirements[id_]
        return unit(requirement, event) is not None and all(
            self.is_fulfilled(other, at=event.at, until=event.place) for other in requirement.get("after", [])
        )

    def left(self, id_: str) -> list[Event]:
        """What counts towards the requirement, and is not used up."""
        return [event for event in self.counting[id_] if unit(self.requirements[id_], event) not in self.used[id_]]

    def is_fulfilled(
        self, id_: str, *, at: datetime | None = None, since: datetime | None = None, until: int | None = None
    ) -> bool:
        """Whether it is, and at that moment has not expired, by events from `since` on and before the place `until`."""
        requirement = self.requirements[id_]
        events = [event for event in self.left(id_) if until is None or event.place < until]
        events = [event for event in events if since is None or since <= event.at]
        lasting = timedelta(days=requirement.get("expires_days", 0))
        return any(at is None or not lasting or at < by.at + lasting for by, _ in fulfilments(requirement, events))

    def fulfilled(self, *, at: datetime | None = None, since: datetime | None = None) -> set[str]:
        """The ids of all requirements that are fulfilled."""
        return {id_ for id_ in self.requirements if self.is_fulfilled(id_, at=at, since=since)}

    def is_enough(self, fulfilled: Iterable[str]) -> bool:
        """Whether every group has as many as it needs; a requirement without a group is one of its own."""
        fulfilled = set(fulfilled)
        groups: dict[str, list[str]] = {}
        for id_, requirement in self.requirements.items():
            groups.setdefault(requirement.get("group") or f"only {id_}", []).append(id_)
        needed = self.template.get("groups", {})
        return all(len(fulfilled.intersection(ids)) >= needed.get(group, 1) for group, ids in groups.items())

    def earn(self, event: Event) -> None:
        """Award a badge if it is earned by this event, and may be."""
        award = self.template.get("award", "again_after_revoke")
        since = self.since
        if award == "once" and self.was_awarded:
            return
        if self.badges and not self.is_lost:
            if award != "again_after_expiry":
                return
            end = self.badges[-1].at + timedelta(days=self.template["expires_days"])
            since = end - timedelta(days=self.template.get("renew_days", 0))
        if self.is_enough(self.fulfilled(at=event.at, since=since)):
            self.badges.append(event)
            self.since, self.is_lost, self.was_awarded = since, False, True

    def earn_every_time(self, event: Event) -> None:
        """Award a badge for each time that everything is fulfilled, and use up what it rests on."""
        while self.is_enough(fulfilled := self.fulfilled(at=event.at)):
            for id_ in fulfilled:
                _, units = next(fulfilments(self.requirements[id_], self.left(id_)))
                self.used[id_].update(units)
            self.badges.append(event)


@dataclass(frozen=True)
class Outcome:
    """What a learner has of one template in the end."""

    badges: list[datetime]
    """When each of the badges that are held was earned."""
    fulfilled: set[str]
    """The ids of what is fulfilled at the time of the last event that had to do with it."""


def outcomes(templates: Sequence[Plain], arrived: Sequence[Plain]) -> dict[tuple[str, str], Outcome]:
    """What each learner has of each template, by username and external id, where there is anything."""
    events = in_order(arrived)
    found = {}
    for username in {event.username for event in events}:
        badges: dict[str, list[Event]] = {}
        for template in badges_before_their_badges(templates):
            asked_for = [requirement for requirement in template["requirements"] if "badge" in requirement]
            way = Way(template, {one["id"]: badges[one["badge"]["external_id"]] for one in asked_for})
            for event in events:
                if event.username == username:
                    way.take(event)
            badges[template["external_id"]] = way.badges
            fulfilled = way.fulfilled(at=way.last.at, since=way.since) if way.last else set()
            if way.badges or fulfilled:
                outcome = Outcome([event.at for event in way.badges], fulfilled)
                found[username, template["external_id"]] = outcome
    return found


def badges_before_their_badges(templates: Sequence[Plain]) -> list[Plain]:
    """Every template after those whose badges it asks for."""
    sorted_: list[Plain] = []
    while len(sorted_) < len(templates):
        for template in templates:
            asked_for = {one["badge"]["external_id"] for one in template["requirements"] if "badge" in one}
            if template not in sorted_ and asked_for <= {one["external_id"] for one in sorted_}:
                sorted_.append(template)
    return sorted_
