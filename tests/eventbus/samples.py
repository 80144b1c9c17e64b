"""Instances of whatever Open edX's signals carry, made from their types alone."""

import io
import types
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Union, get_args, get_origin

import attr
from ccx_keys.locator import CCXLocator
from opaque_keys.edx.keys import CourseKey, UsageKey
from opaque_keys.edx.locator import (
    LibraryCollectionLocator,
    LibraryContainerLocator,
    LibraryLocatorV2,
    LibraryUsageLocatorV2,
)
from openedx_events.learning.data import CourseData, CoursePassingStatusData, UserData, UserPersonalData
from openedx_events.tooling import OpenEdxPublicSignal, load_all_signals

COURSE = "course-v1:Harbour+OneX+2026"
WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SIMPLE: Mapping[Any, Any] = {
    CourseKey: CourseKey.from_string(COURSE),
    UsageKey: UsageKey.from_string("block-v1:Harbour+OneX+2026+type@problem+block@one"),
    CCXLocator: CCXLocator.from_string("ccx-v1:Harbour+OneX+2026+ccx@1"),
    LibraryLocatorV2: LibraryLocatorV2.from_string("lib:Harbour:boats"),
    LibraryUsageLocatorV2: LibraryUsageLocatorV2.from_string("lb:Harbour:boats:problem:one"),
    LibraryCollectionLocator: LibraryCollectionLocator.from_string("lib-collection:Harbour:boats:red"),
    LibraryContainerLocator: LibraryContainerLocator.from_string("lct:Harbour:boats:unit:one"),
    datetime: WHEN,
    uuid.UUID: uuid.UUID(int=7),
    str: "a text",
    int: 7,
    float: 0.5,
    bool: True,
    BinaryIO: io.BytesIO(),
    dict: {"one": "two"},
}


def signals() -> list[Any]:
    """All signals of Open edX."""
    load_all_signals()
    return [each for each in OpenEdxPublicSignal.all_events() if each.event_type.startswith("org.openedx.")]


def arguments(signal: Any) -> dict[str, Any]:
    """What the signal could be sent with; each user in it is named by where it stands."""
    return {name: sample(type_, name) for name, type_ in signal.init_data.items()}


def sample(type_: Any, where: str) -> Any:
    """An instance of the type."""
    if type_ is UserData:
        return user(where)
    if attr.has(type_):
        return type_(**{each.name: sample(each.type, f"{where}.{each.name}") for each in attr.fields(type_)})
    if get_origin(type_) is list:
        return [sample(get_args(type_)[0], f"{where}.0")]
    if get_origin(type_) is dict:
        return {"one": sample(get_args(type_)[1], f"{where}.one")}
    if get_origin(type_) in {Union, types.UnionType}:
        return sample(get_args(type_)[0], where)
    return SIMPLE[type_]


def users(value: Any) -> list[str]:
    """The names of all users in what a signal carries."""
    if isinstance(value, UserData):
        return [value.pii.username]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if attr.has(type(value)):
        parts = [getattr(value, each.name) for each in attr.fields(type(value))]
    return [name for part in parts for name in users(part)]


def user(name: str) -> UserData:
    """A user of that name."""
    return UserData(id=7, is_active=True, pii=UserPersonalData(username=name, email=f"{name}@example.com", name=name))


def passing(name: str, course: str = COURSE, *, is_passing: bool = True) -> dict[str, Any]:
    """What COURSE_PASSING_STATUS_UPDATED is sent with."""
    told = CoursePassingStatusData(
        is_passing=is_passing, course=CourseData(course_key=CourseKey.from_string(course)), user=user(name)
    )
    return {"course_passing_status": told}
