"""The model of the rules, held against sentences of docs/rules.md, each of which stands above its examples."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from tests import rule_sets
from tests.reference import Outcome, outcomes
from tests.reference_comparing import holds
from tests.rule_sets import AUTUMN, CCX, SKY, SPRING, SUN

_ids = itertools.count(1)
LESSON, EXAM = "lesson.finished", "exam.graded"


def lesson(day: float, course: str = SPRING, **payload: Any) -> dict[str, Any]:
    """Ada finishes a lesson of that course, so many days after the start."""
    return happening(day, LESSON, {"course": {"key": course}, **payload})


def exam(day: float, *, done: bool = True, **payload: Any) -> dict[str, Any]:
    """Ada takes an exam."""
    return happening(day, EXAM, {"done": done, **payload})


def happening(day: float, type_: str, payload: dict[str, Any]) -> dict[str, Any]:
    """An event of its own."""
    at = rule_sets.START + timedelta(days=day)
    return rule_sets.event("ada", at, payload, type_=type_, id_=f"event-{next(_ids)}")


def lessons(id_: str = "lessons", **said: Any) -> dict[str, Any]:
    """A requirement of lessons."""
    return {"id": id_, "event_type": LESSON, **said}


def exams(id_: str = "exams", **said: Any) -> dict[str, Any]:
    """A requirement of exams that are passed."""
    rules = [{"path": "done", "operator": "eq", "value": "true"}]
    return {"id": id_, "event_type": EXAM, "rules": rules, **said}


def badge(of: str, id_: str = "badge", **said: Any) -> dict[str, Any]:
    """A requirement of another badge."""
    return {"id": id_, "badge": {"provider": "credly", "external_id": of}, **said}


def template(*requirements: dict[str, Any], external_id: str = "harbour", **said: Any) -> dict[str, Any]:
    """A template as a rules file has it."""
    return {"provider": "credly", "external_id": external_id, "active": True, "requirements": [*requirements], **said}


def undoing(*ids: str) -> list[dict[str, Any]]:
    """A failed exam undoes these requirements."""
    failed = [{"path": "done", "operator": "eq", "value": "false"}]
    return [{"event_type": EXAM, "requirements": [*ids], "rules": failed}]


def days(events: list[dict[str, Any]], *templates: dict[str, Any], of: str = "harbour") -> list[float]:
    """On which days the badges were earned that Ada holds in the end."""
    outcome = outcomes(templates, events).get(("ada", of), Outcome([], set()))
    return [(at - rule_sets.START) / timedelta(days=1) for at in outcome.badges]


def fulfilled(events: list[dict[str, Any]], rules: dict[str, Any]) -> set[str]:
    """Which requirements are fulfilled in the end."""
    outcome = outcomes([rules], events).get(("ada", "harbour"))
    return outcome.fulfilled if outcome else set()


def rule(path: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A rule as a file has it."""
    return {"path": path, "operator": operator, **({} if value is None else {"value": value})}


class TestWhatARuleCompares:
    PAYLOAD = {
        "course": {"key": SPRING, "ccx": CCX},
        "done": True,
        "grade": 30,
        "title": "The deep Sea",
        "score": "9.5",
        "due": "2026-03-10T01:00:00+02:00",
        "tags": ["sea", 30, SPRING, None, ["deep"]],
        "empty": None,
    }

    @pytest.mark.parametrize(
        "said",
        [
            # A boolean is compared with true, yes, + or false, no, -; a number with a number (30 is 30.0).
            *[rule("done", "eq", word) for word in (True, "true", "yes", "+")],
            rule("done", "ne", "no"),
            *[rule("grade", "eq", number) for number in (30, "30", "30.0")],
            *[rule("grade", *less) for less in (("lt", 30.5), ("le", 30), ("gt", "29"), ("ge", "30.0"), ("ne", 31))],
            # Less, at most, more, at least: numbers, also those that the event writes as texts, and moments.
            *[rule("score", operator, 10) for operator in ("lt", "le")],
            # A moment with a moment, whatever the zones (without one it is UTC; a bare date is its midnight).
            rule("due", "eq", "2026-03-09T23:00:00Z"),
            rule("due", "eq", "2026-03-09T23:00:00"),
            rule("due", "lt", "2026-03-10"),
            # A text with the text as it is written, case and all. Any run of that course, also in lists.
            rule("title", "eq", "The deep Sea"),
            rule("title", "ne", "the deep sea"),
            rule("course.key", "eq", "course-v1:Org+Sea+*"),
            rule("course.key", "in", [SKY, "course-v1:Org+Sea+*"]),
            rule("course.key", "not_in", [SKY, AUTUMN]),
            rule("tags", "contains", "course-v1:Org+Sea+*"),
            # A path may go on into a course key, CCX key or block key.
            rule("course.key.org", "eq", "Org"),
            rule("course.ccx.ccx", "eq", "1"),
            rule("course.key.any_run", "eq", "course-v1:Org+Sea+*"),
            rule("course.ccx.any_run", "eq", "ccx-v1:Org+Sea+*"),
            # A text that has this in it, or a list that has this as an element.
            rule("title", "contains", "deep"),
            rule("tags", "contains", "30.0"),
            rule("title", "starts_with", "The"),
            rule("title", "matches", "^The .+ Sea$"),
            # Is there, whatever it is; or is not there, or null.
            *[rule(path, "exists") for path in ("course", "tags", "done")],
            *[rule(path, "missing") for path in ("empty", "nowhere", "done.deeper", "course.key.ccx")],
        ],
        ids=str,
    )
    def test_it_holds(self, said: dict[str, Any]) -> None:
        assert holds(said, self.PAYLOAD)

    @pytest.mark.parametrize(
        "said",
        [
            # A path that the event does not have, or that leads to null, an object or a list, fails every operator.
            *[
                rule(path, operator, "x")
                for path in ("nowhere", "empty", "course", "tags")
                for operator in ("ne", "lt")
            ],
            *[rule(path, "not_in", ["x"]) for path in ("nowhere", "empty", "course", "tags")],
            *[rule(path, "exists") for path in ("nowhere", "empty")],
            *[rule(path, "missing") for path in ("course", "tags", "grade")],
            rule("course.ccx", "eq", "course-v1:Org+Sea+*"),
            rule("course.key", "ne", "course-v1:Org+Sea+*"),
            rule("done", "eq", "1"),
            rule("done", "contains", "true"),
            rule("grade", "lt", "2026-03-10"),
            rule("score", "eq", "9.50"),
            rule("title", "eq", "the deep sea"),
            rule("title", "gt", "A"),
            rule("tags", "contains", "deep"),
            rule("course.key.run", "eq", "Spring"),
        ],
        ids=str,
    )
    def test_it_does_not_hold(self, said: dict[str, Any]) -> None:
        assert not holds(said, self.PAYLOAD)


class TestWhenARequirementIsFulfilled:
    def test_by_the_event_that_makes_it_so_many_in_the_order_of_their_own_time(self) -> None:
        assert days([lesson(7), lesson(1), lesson(4)], template(lessons(count=2))) == [4]

    def test_of_two_with_the_same_time_in_the_order_of_their_arrival(self) -> None:
        rules = template(exams(), penalties=undoing("exams"))
        assert days([exam(1), exam(1, done=False)], rules) == []
        assert days([exam(1, done=False), exam(1)], rules) == [1]

    def test_a_repeated_event_counts_once(self) -> None:
        first, rules = lesson(1), template(lessons(count=2))
        assert days([first, {**first, "time": lesson(2)["time"]}], rules) == []
        assert days([first, {**first, "source": "/other"}], rules) == [1]

    def test_with_distinct_events_with_the_same_value_count_once_and_those_without_one_do_not_count(self) -> None:
        rules = template(lessons(count=3, distinct="course.key"))
        happened = [lesson(1, SPRING), lesson(2, SPRING), lesson(3, None), lesson(4, AUTUMN)]  # type: ignore[arg-type]
        assert [days(happened, rules), days([*happened, lesson(5, SUN)], rules)] == [[], [5]]

    def test_only_events_less_than_so_many_days_older_than_the_last_one(self) -> None:
        rules = template(lessons(count=2, within_days=3))
        assert days([lesson(0), lesson(2.99)], rules) == [2.99]
        assert days([lesson(0), lesson(3)], rules) == []

    @pytest.mark.parametrize(
        ("streak", "happened", "earned"),
        [
            ("day", [0, 2, 3, 4], [4]),
            ("day", [0, 0.5, 1, 3], []),
            ("week", [0, 1, 8], [8]),  # The first day is a Sunday, and weeks start on Monday.
            ("week", [1, 7, 15], []),
            ("month", [0, 30.9, 31, 61], [61]),
        ],
    )
    def test_a_streak_is_of_periods_in_a_row(self, streak: str, happened: list[float], earned: list[float]) -> None:
        assert days([lesson(day) for day in happened], template(lessons(count=3, streak=streak))) == earned

    def test_after_counts_events_only_while_the_others_are_fulfilled_by_an_earlier_event(self) -> None:
        rules = template(exams(), lessons(after=["exams"]), penalties=undoing("exams"))
        assert days([lesson(1), exam(2)], rules) == []
        assert days([lesson(1), exam(2), lesson(3)], rules) == [3]
        assert fulfilled([exam(1), exam(2, done=False), lesson(3)], rules) == set()
        assert fulfilled([exam(1), lesson(2), exam(3, done=False)], rules) == {"lessons"}
        itself = template(lessons("first"), lessons("then", after=["first"]))
        assert days([lesson(1)], itself) == []
        assert days([lesson(1), lesson(1)], itself) == [1]

    def test_since_and_until(self) -> None:
        rules = template(lessons(count=2, since="2026-03-02", until="2026-03-04T02:00:00+02:00"))
        assert days([lesson(0.9), lesson(1), lesson(3)], rules) == []
        assert days([lesson(1), lesson(2.9)], rules) == [2.9]

    def test_so_many_days_after_the_event_it_no_longer_counts_and_every_further_one_begins_anew(self) -> None:
        rules = template(lessons(expires_days=2), exams())
        assert days([lesson(0), exam(1.9)], rules) == [1.9]
        assert days([lesson(0), exam(2)], rules) == []
        assert days([lesson(0), lesson(1), exam(2)], rules) == [2]

    def test_a_badge_while_the_learner_holds_it_from_the_event_that_earned_it(self) -> None:
        first = template(exams(), expires_days=1, penalties=undoing("exams"))
        second = template(badge("harbour"), lessons(), external_id="island")
        assert days([lesson(1), exam(2)], second, first, of="island") == [2]
        assert days([exam(2), lesson(9)], first, second, of="island") == [9]
        assert days([lesson(1), exam(2), exam(3, done=False)], first, second, of="island") == []
        assert days([lesson(1), exam(2), exam(3, done=False), exam(4)], first, second, of="island") == [4]

    def test_a_badge_that_is_revoked_counts_as_if_it_had_never_been(self) -> None:
        first = template(exams(), penalties=undoing("exams"))
        second = template(lessons(count=2, after=["badge"]), badge("harbour"), external_id="island")
        assert days([exam(1), lesson(2), lesson(3)], first, second, of="island") == [3]
        happened = [exam(1), lesson(2), exam(3, done=False), exam(4), lesson(5)]
        assert days(happened, first, second, of="island") == []
        assert days([*happened, lesson(6)], first, second, of="island") == [6]

    def test_a_penalty_undoes_what_was_up_to_then(self) -> None:
        rules = template(exams(count=2), penalties=undoing("exams"))
        assert days([exam(1), exam(2, done=False), exam(3)], rules) == []
        assert days([exam(1), exam(2, done=False), exam(3), exam(4)], rules) == [4]
        itself = template(lessons(), penalties=[{"event_type": LESSON, "requirements": ["lessons"]}])
        assert days([lesson(1)], itself) == []

    def test_with_distinct_only_the_events_with_the_penaltys_value_if_it_has_one(self) -> None:
        rules = template(exams(count=2, distinct="course"), penalties=undoing("exams"))
        happened = [exam(1, course="a"), exam(2, course="b"), exam(3, done=False, course="a")]
        assert days([*happened, exam(4, course="c")], rules) == [4]
        assert days([*happened, exam(4, course="b")], rules) == []
        assert days([*happened, exam(4, done=False), exam(5, course="c")], rules) == []


class TestWhenABadgeIsAwardedAndTakenBack:
    def test_every_group_needs_as_many_as_it_is_said(self) -> None:
        members = [exams("exams", group="A"), lessons("spring", group="A", count=2), lessons("any", group="B")]
        assert days([exam(1), lesson(2)], template(*members)) == [2]
        assert days([exam(1), lesson(2), lesson(3)], template(*members, groups={"A": 2})) == [3]

    def test_it_is_lost_only_if_a_penalty_leaves_a_group_without_enough(self) -> None:
        happened, penalties = [exam(1), lesson(1), exam(2, done=False)], undoing("exams")
        assert days(happened, template(exams(), penalties=penalties)) == []
        assert days(happened, template(exams(group="A"), lessons(group="A"), penalties=penalties)) == [1]

    def test_that_a_requirement_expires_takes_no_badge_away(self) -> None:
        rules = template(exams(), lessons(expires_days=1), penalties=undoing("exams"))
        assert days([exam(0), lesson(0), exam(9)], rules) == [0]
        either = template(exams(group="A"), lessons(group="A", expires_days=1), penalties=undoing("exams"))
        assert days([exam(0), lesson(0), exam(9, done=False)], either) == [0]

    def test_a_lost_badge_is_earned_again_unless_it_is_awarded_once(self) -> None:
        happened, rules = [exam(1), exam(2, done=False), exam(3)], template(exams(), penalties=undoing("exams"))
        assert days(happened, rules) == [3]
        assert days(happened, {**rules, "award": "once"}) == []

    def test_a_new_one_if_everything_is_fulfilled_from_so_many_days_before_its_end(self) -> None:
        rules = template(lessons(), exams(), award="again_after_expiry", expires_days=10, renew_days=3)
        held = [lesson(0), exam(0)]
        assert days([*held, lesson(6), exam(6.9), exam(8)], rules) == [0]
        assert days([*held, lesson(7), exam(8), lesson(9), exam(9)], rules) == [0, 8]
        assert days([*held, lesson(7), exam(8), lesson(15), exam(15)], rules) == [0, 8, 15]
        assert days([*held, lesson(7), exam(8)], {**rules, "award": "again_after_revoke"}) == [0]

    def test_of_several_that_were_renewed_the_newest_is_lost(self) -> None:
        rules = template(exams(), award="again_after_expiry", expires_days=4, penalties=undoing("exams"))
        assert days([exam(0), exam(4), exam(8), exam(9, done=False), exam(10, done=False)], rules) == [0, 4]

    def test_each_completion_uses_up_what_it_rests_on_and_what_is_left_over_counts(self) -> None:
        rules = template(lessons(count=2), exams(), award="every_time", penalties=undoing("exams", "lessons"))
        assert days([lesson(1), lesson(2), lesson(3), exam(4), exam(5), lesson(6)], rules) == [4, 6]
        assert days([lesson(1), lesson(2), lesson(3), exam(4), exam(5, done=False), lesson(6), exam(7)], rules) == [4]

    def test_each_completion_uses_up_distinct_values_and_periods_for_good(self) -> None:
        rules = template(lessons(count=2, distinct="course.key"), award="every_time")
        happened = [lesson(1, SPRING), lesson(2, AUTUMN), lesson(3, SPRING), lesson(4, SKY)]
        assert days(happened, rules) == [2]
        assert days([*happened, lesson(5, AUTUMN), lesson(6, SUN)], rules) == [2, 6]
        rules = template(lessons(count=2, streak="day"), award="every_time")
        assert days([lesson(1), lesson(2), lesson(2.5), lesson(3)], rules) == [2]
        assert days([lesson(1), lesson(2), lesson(2.5), lesson(3), lesson(4)], rules) == [2, 4]

    def test_of_several_badges_that_are_held_each_counts_like_an_event(self) -> None:
        first = template(exams(), award="every_time")
        second = template(badge("harbour"), lessons(), external_id="island", award="every_time")
        assert days([lesson(1), lesson(2), exam(3), lesson(4), exam(5)], first, second, of="island") == [3, 5]
