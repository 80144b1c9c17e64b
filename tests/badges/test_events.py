"""Reading events: what is taken, what is refused, and who the learner is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credentials_badges.badges.events import Event, InvalidEvent, Person, parse, read
from tests.badges.world import passing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def with_data(data: Any, **attributes: Any) -> Event:
    """An event with these data, read at noon."""
    return read({"id": "1", "source": "/lms", "type": "t", "data": data, **attributes}, now=NOW)


def username(data: Any) -> str | None:
    """Whom these data are about."""
    person = with_data(data).person
    return person.username if person else None


def user(username: Any, **pii: Any) -> dict[str, Any]:
    """Open edX's UserData."""
    return {"pii": {"username": username, **pii}}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"specversion": "0.3"}, "specversion is '0.3'"),
        ({"specversion": 1.0}, "specversion is missing or is not a text"),
        ({"id": ""}, "id is missing"),
        ({"id": "  "}, "id is missing"),
        ({"id": 7}, "id is missing or is not a text"),
        ({"id": "x" * 256}, "id is longer than 255"),
        ({"source": None}, "source is missing"),
        ({"source": "a\0b"}, "source .* NUL"),
        ({"type": ["t"]}, "type is missing or is not a text"),
        ({"type": "\ud800"}, "type .* surrogate"),
        ({"data": None}, "data must be a JSON object"),
        ({"data": [1]}, "data must be a JSON object"),
        ({"data": {"a": float("nan")}}, "data holds a number"),
        ({"data": {"a": "\0"}}, "data holds a NUL"),
        ({"time": "yesterday"}, "time is not"),
        ({"time": "2026-02-30T12:00:00Z"}, "time is not"),
        ({"time": "9999-12-31T23:59:59-23:59"}, "time is not"),
        ({"time": 1700000000}, "time is not"),
        ({"time": ""}, "time is not"),
    ],
)
def test_a_refusal_names_the_attribute_and_the_reason(change: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidEvent, match=why):
        read({**passing("ada", "OneX"), **change}, now=NOW)


@pytest.mark.parametrize("raw", [None, 7, "text", [], [{}]])
def test_what_is_no_object_is_no_event(raw: object) -> None:
    with pytest.raises(InvalidEvent, match="must be a JSON object"):
        read(raw)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"id": }', "at column 8"),
        (b'"\xff"', "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"1" * 5_000, "too many digits"),
    ],
)
def test_what_is_no_json_is_refused_with_the_true_reason(body: bytes, why: str) -> None:
    with pytest.raises(InvalidEvent, match=why):
        parse(body)


def test_specversion_source_data_and_time_may_be_missing() -> None:
    event = read({"id": " 1 ", "type": "t"}, source="events.jsonl", now=NOW)
    assert (event.id, event.source, event.type) == ("1", "events.jsonl", "t")
    assert (event.occurred_at, event.person, event.payload) == (NOW, None, {})


@pytest.mark.parametrize(
    ("time", "then"),
    [
        ("2026-11-21T11:00:00Z", NOW - timedelta(hours=1)),
        ("2026-11-21T12:00:00+02:00", NOW - timedelta(hours=2)),
        ("2026-11-20T23:30:00-12:00", NOW - timedelta(minutes=30)),
        ("2026-11-21T11:59:59.5Z", NOW - timedelta(seconds=0.5)),
        (" 2026-11-21T11:00:00Z ", NOW - timedelta(hours=1)),
        ("2026-11-21T11:00:00", NOW - timedelta(hours=1)),
        ("2026-11-21T12:00:01Z", NOW),
        ("2999-01-01T00:00:00Z", NOW),
        (None, NOW),
    ],
)
def test_a_time_is_read_in_its_zone_or_utc_and_is_never_in_the_future(time: str | None, then: datetime) -> None:
    assert with_data({}, time=time).occurred_at == then


def test_a_single_object_in_the_data_is_the_payload() -> None:
    assert with_data({"course": {"id": "c", "done": True}}).payload == {"id": "c", "done": True}
    assert with_data({"course": {"id": "c"}, "more": {}}).payload == {"course": {"id": "c"}, "more": {}}
    assert with_data({"course": ["c"]}).payload == {"course": ["c"]}


@pytest.mark.parametrize(
    "data",
    [
        user("ada"),
        {"user": user("ada")},
        {"a": {"b": [0, None, [{"c": user("ada")}]]}, "d": {"pii": "none"}},
        {"pii": {"pii": {"username": "ada"}}},
        {"members": [{"pii": {}}, user("ada"), user("ben")]},
        {"deep": {"deeper": {"user": user("ben")}}, "user": user("ada")},
        {"first": user(" "), "then": {"inside": user("ada")}},
    ],
)
def test_the_learner_is_found_wherever_they_stand_nearest_to_the_surface_first(data: dict[str, Any]) -> None:
    assert username(data) == "ada"


@pytest.mark.parametrize("name", ["", "  ", 7, None, True, ["ada"], "x" * 256, "\u3000", "bad" + "\u3000" * 260])
def test_an_impossible_username_names_nobody(name: Any) -> None:
    assert username({"user": user(name)}) is None


@pytest.mark.parametrize("name", ["x" * 255, "åsa", "愛", "мария", "ada@example.com", "ada doe", "عائشة", "🙂"])
def test_a_username_may_be_in_any_script(name: str) -> None:
    assert username({"user": user(name)}) == name


def test_a_learner_is_not_taken_for_another_by_a_nul_in_the_name() -> None:
    with pytest.raises(InvalidEvent, match="NUL"):
        username({"user": user("a\0da")})


def test_name_address_and_id_are_taken_over_trimmed() -> None:
    data = {"user": {"id": 7, **user(" ada ", email=" ada@example.com ", name=" Ada L ")}}
    assert with_data(data).person == Person(username="ada", email="ada@example.com", full_name="Ada L", lms_user_id=7)


@pytest.mark.parametrize("id_", [0, -1, 2**63, True, "7", 7.0, None])
def test_an_impossible_id_is_no_id(id_: Any) -> None:
    assert with_data({"user": {"id": id_, **user("ada")}}).person == Person(
        username="ada", email="", full_name="", lms_user_id=None
    )


def test_an_address_that_is_too_long_is_none_rather_than_another_ones() -> None:
    person = with_data(user("ada", email=f"ada@{'x' * 247}.com.example", name="N" * 300)).person
    assert person == Person(username="ada", email="", full_name="N" * 255, lms_user_id=None)
