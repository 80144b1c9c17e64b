"""The catalogue of Open edX's events says what rules can compare, and what it says is true of openedx-events."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional
from uuid import UUID

import pytest

from credentials_badges.badges.event_types import Field, Kind, event_types, kind_of, paths
from tests import catalogue

LEARNING = "org.openedx.learning"
PASSING = f"{LEARNING}.course.passing.status.updated.v1"
CCX_PASSING = f"{LEARNING}.ccx.course.passing.status.updated.v1"
KEY = re.compile(r"(course|ccx|block)-v1:[^\s+]+\+[^\s+]+\+[^\s+]+(\+[a-z]+@[^\s+]+)*")
KEYS_START_WITH = {"course_key": "course", "course_id": "course", "master_course_key": "course"} | {
    "ccx_course_key": "ccx",
    "usage_key": "block",
}
FIELDS = [
    pytest.param(path, field, id=f"{event_type}-{path}")
    for event_type in event_types()
    for path, field in paths(event_type).items()
]


def kinds(event_type: str) -> Mapping[str, str]:
    """The kinds of a type's paths, without those of the people in it."""
    return {path: field.kind.value for path, field in paths(event_type).items() if "user." not in path}


def test_passing_a_course() -> None:
    assert kinds(PASSING) == {
        "is_passing": "bool",
        "course.course_key": "key",
        "course.display_name": "text",
        "course.start": "time",
        "course.end": "time",
    }
    assert paths(PASSING)["is_passing"] == Field(Kind.BOOL, "true")
    assert paths(PASSING)["course.course_key"] == Field(Kind.KEY, "course-v1:OpenedX+DemoX+Demo_Course")


def test_passing_a_ccx() -> None:
    assert kinds(CCX_PASSING) == {
        "is_passing": "bool",
        "course.ccx_course_key": "key",
        "course.master_course_key": "key",
        "course.display_name": "text",
        "course.coach_email": "text",
        "course.start": "text",
        "course.end": "text",
        "course.max_students_allowed": "number",
    }
    assert paths(CCX_PASSING)["course.ccx_course_key"].example == "ccx-v1:OpenedX+DemoX+Demo_Course+ccx@1"


@pytest.mark.parametrize(
    ("event_type", "some"),
    [
        ("badge.awarded.v1", {"uuid": "text", "template.uuid": "text", "template.origin": "text"}),
        ("certificate.created.v1", {"course.course_key": "key", "mode": "text", "grade": "text"}),
        ("course.enrollment.created.v1", {"is_active": "bool", "mode": "text", "creation_date": "time"}),
        ("exam.attempt.submitted.v1", {"course_key": "key", "usage_key": "key", "exam_type": "text"}),
        ("exam.attempt.rejected.v1", {"usage_key": "key"}),
        ("exam.attempt.verified.v1", {"usage_key": "key"}),
        ("exam.attempt.errored.v1", {"usage_key": "key"}),
        ("exam.attempt.reset.v1", {"usage_key": "key"}),
        ("forum.thread.created.v1", {"course_id": "key", "user_forums_roles": "list"}),
    ],
)
def test_other_events(event_type: str, some: dict[str, str]) -> None:
    assert kinds(f"{LEARNING}.{event_type}").items() >= some.items()


def test_a_learner_is_described_by_number_state_and_names() -> None:
    described = {"id": "number", "is_active": "bool", "pii.username": "text", "pii.email": "text", "pii.name": "text"}
    assert kinds(f"{LEARNING}.student.registration.completed.v1") == described
    of_passing = {path: field.kind.value for path, field in paths(PASSING).items()}
    assert of_passing == {**kinds(PASSING), **{f"user.{path}": kind for path, kind in described.items()}}


def test_only_what_can_be_compared_is_in_it() -> None:
    thread = paths(f"{LEARNING}.forum.thread.created.v1")
    assert "title" in thread
    assert not {"discussion", "options", "user", "user.pii"} & thread.keys()


def test_our_own_event_of_a_claimed_code_is_known() -> None:
    texts = ("code", "badge.slug", "badge.name", "badge.type", "system", "issuer", "program")
    assert kinds("badgekit.code.claimed") == dict.fromkeys(texts, "text")
    assert kind_of("badgekit.code.claimed", "user.pii.username") is Kind.TEXT


def test_only_events_that_carry_a_learner_are_in_it() -> None:
    assert len(event_types()) == 30 + len(catalogue.OWN)
    assert event_types() == sorted(event_types())
    assert f"{LEARNING}.course.persistent_grade_summary.changed.v1" not in event_types()
    for event_type in event_types():
        assert [path for path in paths(event_type) if f".{path}".endswith(".pii.username")]


@pytest.mark.parametrize("event_type", ["", "org.example.applause.v1", PASSING.upper()])
def test_of_other_events_nothing_is_known(event_type: str) -> None:
    assert paths(event_type) == {}
    assert kind_of(event_type, "is_passing") is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("is_passing", Kind.BOOL),
        ("user.id", Kind.NUMBER),
        ("course.display_name", Kind.TEXT),
        ("course.start", Kind.TIME),
        ("course.course_key", Kind.KEY),
        ("course.course_key.org", Kind.TEXT),
        ("course.course_key.number", Kind.TEXT),
        ("course.course_key.run", Kind.TEXT),
        ("course.course_key.ccx", Kind.TEXT),
        ("course.course_key.any_run", Kind.KEY),
        ("course.course_key.any_run.org", None),
        ("course.course_key.block", None),
        ("course.course_key.", None),
        ("course.display_name.org", None),
        ("course.org", None),
        ("course", None),
        ("org", None),
        ("", None),
        ("course_passing_status.is_passing", None),
    ],
)
def test_paths_go_on_into_keys_and_into_nothing_else(path: str, kind: Kind | None) -> None:
    assert kind_of(PASSING, path) is kind


def test_every_kind_occurs() -> None:
    assert {field.kind for event_type in event_types() for field in paths(event_type).values()} == set(Kind)


@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_every_example_is_of_its_kind(path: str, field: Field) -> None:
    match field.kind:
        case Kind.BOOL:
            assert field.example in {"true", "false"}
        case Kind.NUMBER:
            assert Decimal(field.example).is_finite()
        case Kind.TIME:
            assert datetime.fromisoformat(field.example).utcoffset() is not None
        case Kind.KEY:
            assert KEY.fullmatch(field.example)
            assert field.example.startswith(f"{KEYS_START_WITH[path.rpartition('.')[2]]}-v1:")
        case Kind.TEXT | Kind.LIST:
            assert field.example.isprintable()
            assert field.example == field.example.strip() != ""


NEEDS_OPENEDX = pytest.mark.skipif(
    catalogue.installed() != catalogue.VERSION,
    reason=f"openedx-events {catalogue.VERSION}, of which the catalogue is made, is not installed",
)


@NEEDS_OPENEDX
def test_the_catalogue_is_what_its_generator_makes() -> None:
    assert catalogue.TARGET.read_text(encoding="utf-8") == catalogue.made()


@NEEDS_OPENEDX
def test_shapes_that_no_event_has_yet_are_understood() -> None:
    import attrs
    from openedx_events.learning.data import UserData

    crew: Any = attrs.make_class("Crew", {"members": attrs.field(type=list[UserData])})
    maybe = Optional[str]  # noqa: UP045 (As openedx-events writes it.)
    plain: list[Any] = [maybe, int | None, float, UUID, list, list[int]]
    assert [catalogue.kind_of(type_) for type_ in plain] == ["text", "number", "number", "text", "list", "list"]
    odd: list[Any] = [dict, dict[str, str], list[dict[str, str]], list[crew], int | str, bytes, None]
    assert [catalogue.kind_of(type_) for type_ in odd] == [None] * len(odd)
    assert [catalogue.carries_learner(type_) for type_ in (crew, crew | None, list[crew], str)] == [True] * 3 + [False]
    assert list(catalogue.fields("any.v1", {"mode": str, "user": UserData})) == [
        *("mode", "user.id", "user.is_active", "user.pii.username", "user.pii.email", "user.pii.name")
    ]
    with pytest.raises(LookupError, match="no example for mood of any"):
        catalogue.fields("any.v1", {"mood": str})
