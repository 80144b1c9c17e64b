"""What machines ask: whether the service lives, whether it is ready, and its numbers."""

from typing import Any

import pytest
from django.test import Client

from credentials_badges.operations import readiness

pytestmark = pytest.mark.once

TOKEN = "a-long-and-random-token"


@pytest.mark.parametrize("host", ["10.4.0.7:8000", "strange.example", "not a host"])
@pytest.mark.parametrize("secure", [False, True])
def test_life_is_told_to_whoever_asks_without_the_database(settings: Any, host: str, secure: bool) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client(headers={"host": host}).get("/healthz", secure=secure)
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_probes_change_nothing(address: str) -> None:
    answer = Client().post(address)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def found(monkeypatch: pytest.MonkeyPatch, **wrong: str) -> None:
    """Let the checks find this."""
    checks = dict.fromkeys(("database", "broker", "beat", "queues"), "") | wrong
    monkeypatch.setattr(readiness, "look", lambda now: checks)


def test_who_is_ready_says_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch)
    answer = Client(headers={"host": "10.4.0.7"}).get("/readyz")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "broker": "ok", "beat": "ok", "queues": "ok"},
    }


def test_who_is_not_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, queues="late", beat="none")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["checks"] == {"database": "ok", "broker": "ok", "beat": "none", "queues": "late"}


@pytest.mark.parametrize(("query", "status"), [("queues,beat", 200), ("queues&exclude=beat", 200), ("queues", 503)])
def test_a_check_may_be_left_out(monkeypatch: pytest.MonkeyPatch, query: str, status: int) -> None:
    found(monkeypatch, queues="late", beat="none")
    answer = Client().get(f"/readyz?exclude={query}")
    assert answer.status_code == status
    assert "queues" not in answer.json()["checks"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asking", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"}, 403),
        ({"REMOTE_ADDR": "10.0.0.4"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"REMOTE_ADDR": "10.0.0.4", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, 200),
        ({"REMOTE_ADDR": "10.0.0.4", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}é"}, 403),
        ({"REMOTE_ADDR": "10.0.0.4", "HTTP_AUTHORIZATION": TOKEN}, 403),
        ({"REMOTE_ADDR": "10.0.0.4", "HTTP_AUTHORIZATION": "Bearer "}, 403),
    ],
)
def test_numbers_are_told_on_this_machine_and_to_whoever_has_the_token(
    settings: Any, asking: dict[str, Any], status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = Client().get("/metrics", **asking)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert (b"METRICS_TOKEN" in answer.content) is (status == 403)


@pytest.mark.django_db
@pytest.mark.parametrize("told", ["Bearer ", "Bearer"])
def test_without_a_token_none_is_right(settings: Any, told: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.4", HTTP_AUTHORIZATION=told).status_code == 403
