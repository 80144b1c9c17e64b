"""Nobody finds passwords by trying, and nobody is kept out by others who try."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate, hashers
from django.db import connection, connections
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import limiting, passwords
from credentials_badges.badges.models import CallWindow, Learner
from credentials_badges.badges.passwords import TooManyFailures

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "a long word of nobody's", "another word"
NOON = datetime(2026, 5, 21, 12, 0, tzinfo=UTC)
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
Door = Callable[..., Any]


def by_page(password: str, username: str = "ada", address: str = HERE) -> Any:
    return Client(REMOTE_ADDR=address).post("/login/", {"username": username, "password": password})


def by_admin(password: str, username: str = "ada", address: str = HERE) -> Any:
    return Client(REMOTE_ADDR=address).post("/admin/login/", {"username": username, "password": password})


def by_basic(password: str, username: str = "ada", address: str = HERE) -> Any:
    told = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return Client(REMOTE_ADDR=address).get("/api/v1/systems/", headers={"Authorization": told})


DOORS = pytest.mark.parametrize("door", [by_page, by_admin, by_basic])


@pytest.fixture(autouse=True)
def ada(db: None, settings: Any) -> Learner:
    settings.LOGIN_FAILURES = 3
    return Learner.objects.create_superuser("ada", "ada@example.com", RIGHT)


@DOORS
def test_after_so_many_wrong_ones_nobody_is_told_even_of_a_right_one(door: Door) -> None:
    with time_machine.travel(NOON, tick=False):
        wrong = {door(WRONG).status_code for _ in range(3)}
        assert wrong == ({401} if door is by_basic else {200})
        refused = door(RIGHT)
        assert refused.status_code == 429
        assert 800 < int(refused["Retry-After"]) <= 900
        assert "ada" not in refused.text
        assert door(WRONG).content == refused.content
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        assert door(RIGHT).status_code in {200, 302}


def test_all_doors_count_together() -> None:
    with time_machine.travel(NOON, tick=False):
        for door in (by_page, by_admin, by_basic):
            door(WRONG)
        assert [door(RIGHT).status_code for door in (by_page, by_admin, by_basic)] == [429] * 3


def test_spaces_at_the_end_make_no_other_name() -> None:
    with time_machine.travel(NOON, tick=False):
        assert by_basic(RIGHT, "ada  ").status_code == 200
        statuses = [by_basic(WRONG, "ada" + " " * number).status_code for number in range(5)]
    assert statuses == [401] * 3 + [429] * 2


def test_a_page_tells_people_and_json_tells_programs() -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            by_page(WRONG)
        page, json = by_page(RIGHT), by_basic(RIGHT)
    assert "Try again in 15 minutes" in page.text
    assert json.json() == {"detail": "There were too many wrong passwords. Expected available in 900 seconds."}


@DOORS
def test_nobody_is_kept_out_from_elsewhere(door: Door) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(4):
            door(WRONG)
        assert door(RIGHT, address=ELSEWHERE).status_code in {200, 302}


def test_who_comes_through_our_proxies_is_told_apart(settings: Any) -> None:
    settings.PROXIES = 1
    told = {"username": "ada", "password": WRONG}
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            Client(headers={"X-Forwarded-For": f"{ELSEWHERE}, {HERE}"}).post("/login/", told)
        statuses = [
            Client(headers={"X-Forwarded-For": seen}).post("/login/", told).status_code
            for seen in (HERE, ELSEWHERE, f"{HERE}, {ELSEWHERE}")
        ]
    assert statuses == [429, 200, 200]


def test_a_list_of_names_cannot_be_tried_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PEOPLE", 2)
    with time_machine.travel(NOON, tick=False):
        statuses = [by_page(WRONG, f"user-{number}").status_code for number in range(8)]
    assert statuses == [200] * 6 + [429] * 2


@DOORS
def test_right_ones_are_not_counted(door: Door) -> None:
    with time_machine.travel(NOON, tick=False):
        assert {door(RIGHT).status_code for _ in range(6)} <= {200, 302}
        assert not CallWindow.objects.exists()


def test_what_is_kept_does_not_tell_who_it_was() -> None:
    by_page(WRONG)
    kept = " ".join(CallWindow.objects.values_list("host", flat=True))
    assert kept.startswith("password ")
    assert "ada" not in kept
    assert HERE not in kept


def test_it_is_forgotten_with_the_other_windows() -> None:
    with time_machine.travel(NOON, tick=False):
        by_page(WRONG)
    limiting.forget(NOON + timedelta(days=1))
    assert not CallWindow.objects.exists()


@pytest.mark.parametrize("username", ["ada", "nobody", "away", "never set", "Ada", "x" * 254])
def test_whether_somebody_exists_is_told_neither_by_words_nor_by_time(
    username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Learner.objects.create_user("away", "away@example.com", RIGHT, is_active=False)
    Learner.objects.create_user("never set", "never@example.com")
    hashed = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    answer = by_page(WRONG, username)
    assert len(hashed) == 1
    assert "Please enter a correct username and password." in answer.text
    with CaptureQueriesContext(connection) as queries:
        by_basic(WRONG, username)
    assert len(queries) == 4  # A look, the user, and a count each for name and network.


def test_a_right_one_costs_two_looks() -> None:
    request = RequestFactory(REMOTE_ADDR=HERE).get("/")
    with CaptureQueriesContext(connection) as queries:
        assert authenticate(request, username="ada", password=RIGHT)
    assert len(queries) == 3


def test_without_a_visitor_nothing_is_counted() -> None:
    assert authenticate(username="ada", password=WRONG) is None
    assert not CallWindow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_told() -> None:
    """Twelve try at the same moment, of whom three may be told that they are wrong."""
    start = Barrier(12)

    def try_it(_: int) -> str:
        start.wait(timeout=30)
        try:
            user = authenticate(RequestFactory(REMOTE_ADDR=HERE).get("/"), username="ada", password=WRONG)
        except TooManyFailures:
            return "refused"
        finally:
            connections.close_all()
        return "in" if user else "wrong"

    with time_machine.travel(NOON), ThreadPoolExecutor(12) as pool:
        told = list(pool.map(try_it, range(12)))
    assert sorted(told) == ["refused"] * 9 + ["wrong"] * 3


def test_a_right_one_that_is_found_while_others_reach_the_limit_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory(REMOTE_ADDR=HERE).get("/")
    look = limiting.look

    def look_late(turns: Any) -> None:
        monkeypatch.setattr(limiting, "look", look)
        for _ in range(3):
            authenticate(RequestFactory(REMOTE_ADDR=HERE).get("/"), username="ada", password=WRONG)

    monkeypatch.setattr(limiting, "look", look_late)
    with time_machine.travel(NOON), pytest.raises(TooManyFailures):
        authenticate(request, username="ada", password=RIGHT)
    assert CallWindow.objects.count() == 2
