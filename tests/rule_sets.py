"""Rules and events made up by hypothesis: few of everything, so that ties, windows, streaks and expiries really happen.

Values of rules are drawn from what events hold, for most events to matter to some requirement. Nothing is drawn that
docs/rules.md leaves to the present: every event is before `NOW`, and no badge ends before it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from math import prod
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
COMMON = settings(
    deadline=None,
    database=None,
    derandomize=not THOROUGH,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PURE = settings(COMMON, max_examples=20_000 if THOROUGH else 1_500)
STORED = settings(COMMON, max_examples=1_500 if THOROUGH else 100)
"""Both try the same cases at each run, so that a change is judged by itself; the thorough profile finds new ones."""

START = datetime(2026, 3, 1, tzinfo=UTC)
"""A Sunday, so that a week begins on the second day."""
DAYS = 60
NOW = START + timedelta(days=DAYS)

TEMPLATES = ("harbour", "island", "lighthouse")
LEARNERS = ("ada", "ben", "cem")
TYPES = ("lesson.finished", "lesson.finished", "exam.graded")
SPRING, AUTUMN, SKY, SUN, CCX = COURSES = (
    "course-v1:Org+Sea+spring",
    "course-v1:Org+Sea+autumn",
    "course-v1:Org+Sky+spring",
    "course-v1:Sun+Sea+spring",
    "ccx-v1:Org+Sea+spring+ccx@1",
)
ANY_SEA = "course-v1:Org+Sea+*"
HELD: dict[str, Sequence[Any]] = {
    "done": (True, True, True, False, None),
    "grade": (0, 30, 30.0, 59.5, 80, 80, None, "A", True),
    "title": ("Sea", "sea", "The deep sea", "30", None),
    "due": ("2026-03-10", "2026-03-10T00:00:00Z", "2026-03-10T01:00:00+02:00", "2026-04-01T12:30:00", "soon"),
    "tags": ([], ["sea", 30, True], ["sea", SPRING], [SKY, None, ["sky"]], "sea", None),
    "block": ("block-v1:Org+Sea+spring+type@problem+block@a", "block-v1:Org+Sky+spring+type@video+block@b", None),
}
"""What events may hold, by key; beside it there is `course.key`, one of `COURSES`."""
COMPARED: dict[str, dict[str, Sequence[Any]]] = {
    "course": {"exists": [None], "ne": ["Sea"]},
    "course.key": {
        "eq": [*COURSES, ANY_SEA],
        "ne": [SKY, ANY_SEA],
        "in": [[SPRING, AUTUMN], [ANY_SEA, CCX], [SUN]],
        "not_in": [[SPRING, SKY], ["course-v1:Org+Sky+*"]],
        "starts_with": ["course-v1:", "course-v1:Org+", "ccx-v1:", "Org"],
        "matches": ["^course-v1:Org", "spring$", "Sea.+(spring|autumn)$", "Sky|Sun", "^Sea"],
    },
    "course.key.org": {"eq": ["Org", "Sun", "org"]},
    "course.key.number": {"ne": ["Sky", "Sea"]},
    "course.key.run": {"in": [["spring"], ["autumn", "winter"]]},
    "course.key.any_run": {"eq": [ANY_SEA, "ccx-v1:Org+Sea+*"]},
    "course.key.ccx": {"missing": [None], "eq": ["1", "2"]},
    "done": {"eq": [True, "true", "yes", "+", False, "no", "-"], "ne": [False, "false", "yes"]},
    "grade": {
        "eq": [30, "30.0", "80", "A", "true"],
        "ge": [30, "30", "30.0", 59.5, "60"],
        "gt": [0, 30, "59.5"],
        "lt": [80, 30, "30.5"],
        "le": [30, "59.5", 80],
        "not_in": [[0, "30.0"], ["A"]],
        "exists": [None],
    },
    "title": {"contains": ["sea", "Sea", "deep"], "eq": ["Sea", "sea", "30", "30.0"], "ge": ["30"], "lt": ["200"]},
    "title.org": {"exists": [None]},
    "due": {
        "lt": ["2026-04-01", "2026-03-10T00:00:00Z", "2026-03-10T02:00:00+02:00"],
        "ge": ["2026-03-10", "2026-04-01T14:30:00+02:00"],
        "eq": ["2026-03-10", "2026-03-09T23:00:00Z", "soon"],
        "in": [["2026-03-10T00:00:00", "soon"]],
    },
    "tags": {
        "contains": ["sea", 30, "30.0", "yes", SPRING, ANY_SEA, "sky"],
        "exists": [None],
        "ne": ["sky"],
    },
    "block": {"missing": [None]},
    "block.number": {"eq": ["Sea", "Sky"]},
    "nowhere": {"missing": [None]},
}
"""What rules may ask, by path and operator."""
RULES = [
    {"path": path, "operator": operator, **({} if value is None else {"value": value})}
    for path, operators in COMPARED.items()
    for operator, values in operators.items()
    for value in values
]
MOMENTS = [
    (START + timedelta(days=day, minutes=minute)).astimezone(timezone(timedelta(hours=zone)))
    for day in [0, 1, 2, 3, 4, 5, 7, 8, 14, 15, 22, 31, 45, DAYS - 1]
    for minute, zone in [(0, 0), (0, 2), (1439, -5)]
]
"""A coarse grid, denser in the first days; some stand there twice, told in different zones."""


def one_of_each(*pools: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    """A value of each pool, all in one draw, since it is draws that take the time."""

    def pick(number: int) -> list[Any]:
        picked = []
        for pool in pools:
            number, index = divmod(number, len(pool))
            picked.append(pool[index])
        return picked

    return st.integers(0, prod(map(len, pools)) - 1).map(pick)


def data_rules(least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rules, each of which asks something else."""
    return st.lists(
        st.sampled_from(RULES), min_size=least, max_size=most, unique_by=lambda rule: (rule["path"], rule["operator"])
    )


def sublists(all_: Sequence[str]) -> st.SearchStrategy[list[str]]:
    """One or two of these."""
    return st.lists(st.sampled_from(all_), min_size=1, max_size=2, unique=True)


COUNTS = one_of_each(
    [1, 1, 1, 2, 2, 3],
    ["", "", "", "", "day", "week", "month"],
    [0, 0, 1, 2, 7, 14],
    ["", "", "course.key", "course.key.any_run", "grade"],
)
LIMITS = one_of_each(
    TYPES,
    [*[""] * 10, "2026-03-04", "2026-03-08T14:00:00+02:00"],
    [*[""] * 10, "2026-03-31", "2026-04-05T12:00:00Z"],
    [0, 0, 0, 0, 1, 7],
    [False, True],
)
ASKED_RULES = st.one_of(data_rules(0, 1), data_rules(0, 2))
UNDOING_RULES = data_rules(1, 2)


@st.composite
def event_requirements(draw: st.DrawFn, others: list[str]) -> dict[str, Any]:
    """What a requirement says that counts events; `others` may be named as what it comes after."""
    count, streak, within_days, distinct = draw(COUNTS)
    type_, since, until, expires_days, is_after = draw(LIMITS)
    optional = {
        "count": count if count > 1 else None,
        "streak": streak if count > 1 else None,
        "within_days": within_days if count > 1 and not streak else None,
        "distinct": distinct if count == 1 or not streak else None,
        "rules": draw(ASKED_RULES),
        "after": draw(sublists(others)) if others and is_after else None,
        "since": since,
        "until": until,
        "expires_days": expires_days,
    }
    return {"event_type": type_, **{key: value for key, value in optional.items() if value}}


@st.composite
def requirement_lists(draw: st.DrawFn, badges: list[str]) -> list[dict[str, Any]]:
    """One to four requirements, some of which are one of these badges."""
    requirements: list[dict[str, Any]] = []
    for number in range(draw(st.sampled_from([1, 1, 2, 2, 3, 4]))):
        group, is_badge = draw(one_of_each(["", "", "A", "A", "B", "C"], [not number, not number, False, True]))
        said: dict[str, Any] = {"id": f"r{number + 1}", **({"group": group} if group else {})}
        if badges and is_badge:
            said["badge"] = {"provider": "credly", "external_id": draw(st.sampled_from(badges))}
        else:
            said |= draw(event_requirements([requirement["id"] for requirement in requirements]))
        requirements.append(said)
    return draw(st.permutations(requirements))


@st.composite
def penalty_lists(draw: st.DrawFn, of_events: list[str]) -> list[dict[str, Any]]:
    """Up to two penalties, which undo only what counts events."""
    return [
        {
            "event_type": draw(st.sampled_from(TYPES)),
            "requirements": draw(sublists(of_events)),
            "rules": draw(UNDOING_RULES),
        }
        for _ in range(draw(st.sampled_from([0, 0, 1, 2])) if of_events else 0)
    ]


@st.composite
def templates(draw: st.DrawFn, external_id: str, earlier: list[str]) -> dict[str, Any]:
    """A template that may ask for the badges of some earlier ones."""
    award, lasts, renewed, asks = draw(
        one_of_each(
            ["", "again_after_revoke", "once", "once", "again_after_expiry", "again_after_expiry", *["every_time"] * 3],
            [*[0] * 4, 1, 10],
            [1, 3, 7, 20],
            [False, True, True],
        )
    )
    requirements = draw(requirement_lists(earlier if asks else []))
    said: dict[str, Any] = {"provider": "credly", "external_id": external_id, "active": True}
    if award:
        said["award"] = award
    if lasts or award == "again_after_expiry":
        # It ends after `NOW` whenever it was earned; yet with so many days before that it can be earned again soon.
        said["expires_days"] = DAYS + lasts + 1
    if award == "again_after_expiry":
        said["renew_days"] = said["expires_days"] - renewed
    grouped = [requirement["group"] for requirement in requirements if "group" in requirement]
    if groups := {group: draw(st.integers(1, grouped.count(group))) for group in sorted(set(grouped))}:
        said["groups"] = groups
    of_events = [requirement["id"] for requirement in requirements if "badge" not in requirement]
    return {**said, "requirements": requirements, "penalties": draw(penalty_lists(of_events))}


@dataclass
class Case:
    """Rules, and what happened, in the order of arrival."""

    templates: list[dict[str, Any]]
    events: list[dict[str, Any]]

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:
        """Shown by hypothesis a line each, since what is told of a learner is long, and always the same."""
        lines = [*map(str, self.templates)]
        for raw in self.events:
            payload = raw["data"].get("passed", raw["data"])
            told = {key: value for key, value in payload.items() if key != "user"}
            who = payload["user"]["pii"]["username"]
            lines.append(f"{raw['time']} {raw['source']} {raw['id']} {who} {raw['type']} {told}")
        printer.text("\n".join(["Case:", *lines]))


def event(
    username: str, at: datetime, payload: dict[str, Any], *, type_: str = "lesson.finished", id_: str = "1", **more: Any
) -> dict[str, Any]:
    """A CloudEvent whose only object is the payload, as Open edX sends them."""
    user = {"id": LEARNERS.index(username) + 1, "pii": {"username": username, "email": f"{username}@example.com"}}
    data = {"passed": {**payload, "user": user}}
    return {
        "specversion": "1.0",
        "source": "/lms",
        "id": id_,
        "type": type_,
        "time": at.isoformat(),
        "data": data,
        **more,
    }


EVENT = st.tuples(one_of_each(MOMENTS, TYPES, COURSES, range(6), range(3)), st.integers(1, 150))
# Several short lists: hypothesis makes them longer than one long list, and can still leave out any of it.
EVENTS = st.tuples(*[st.lists(EVENT, max_size=10)] * 4).map(lambda lists: [*chain(*lists)])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some templates, of which later ones may rest on earlier ones, and up to 40 events of a few learners.

    An event's id may be that of another one: of these, only the first to arrive counts.
    """
    made: list[dict[str, Any]] = []
    for external_id in draw(st.sampled_from([TEMPLATES[:1], TEMPLATES[:2], TEMPLATES[:2], TEMPLATES])):
        made.append(draw(templates(external_id, [template["external_id"] for template in made])))
    payloads = draw(st.lists(one_of_each(*HELD.values()), min_size=1, max_size=6))
    learners = draw(st.sampled_from([1, 1, 2, 3]))
    events = []
    for (at, type_, course, which, who), id_ in draw(EVENTS):
        held = dict(zip(HELD, payloads[which % len(payloads)], strict=True))
        # Null and not being there are the same to every rule, so some of what is null is left out.
        payload = {key: value for key, value in held.items() if value is not None or key not in {"title", "block"}}
        raw = event(LEARNERS[who % learners], at, {**payload, "course": {"key": course}}, type_=type_)
        # Where data hold more than one thing, paths begin there: that makes no difference to these rules.
        data = raw["data"]["passed"] if id_ % 5 == 0 else raw["data"]
        events.append({**raw, "id": str(id_ // 2), "source": f"/lms/{id_ % 2}", "data": data})
    return Case(draw(st.permutations(made)), events)
