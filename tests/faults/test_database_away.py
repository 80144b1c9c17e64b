"""While the database is away, people and programs are told to come again; nobody is told that it was a mistake."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from credentials_badges.badges import events
from credentials_badges.badges.models import Learner
from tests.badges.world import passing

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def away(*_: Any, **__: Any) -> None:
    raise OperationalError("could not connect to server 10.0.0.7, user badges")


@pytest.fixture
def lms(client: Client) -> Client:
    client.raise_request_exception = False
    client.force_login(Learner.objects.create_superuser("the-lms"))
    return client


def test_a_program_is_told_when_to_come_again(lms: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "accept", away)
    answer = lms.post("/api/v1/events/", passing("ada", "X"), "application/json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["detail"] == answer.json()["message"]
    assert "10.0.0.7" not in answer.content.decode()


def test_a_person_reads_a_sentence(lms: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credentials_badges.badges.pages.render", away)
    answer = lms.get("/my/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")


def test_also_where_no_view_has_failed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Learner.objects.create_user("ada", password="of no worth")
    client.raise_request_exception = False
    monkeypatch.setattr(SessionStore, "save", away)
    answer = client.post("/login/", {"username": "ada", "password": "of no worth"}, headers={"accept": "text/html"})
    assert answer.status_code == 503


def test_another_mistake_is_still_one(lms: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(events, "accept", mistaken)
    assert lms.post("/api/v1/events/", passing("ada", "X"), "application/json").status_code == 500
