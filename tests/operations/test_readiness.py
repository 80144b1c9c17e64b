"""The checks behind ``/readyz``, with a real database and brokers that are not there."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from credentials_badges.badges import events, heartbeat, posting, status, tasks
from credentials_badges.badges.management.commands import drain
from credentials_badges.badges.models import Heartbeat, Mail
from credentials_badges.celery import app
from credentials_badges.operations import readiness
from tests.badges.world import World, passing, requirement, send

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_else_asks() -> None:
    readiness._at_work.clear()


@pytest.mark.django_db(transaction=True)
def test_all_is_well_where_somebody_looks_for_work() -> None:
    heartbeat.beat(timezone.now())
    assert set(readiness.look(timezone.now()).values()) == {""}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_breaks_off_is_told_by_the_kind_of_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("no password for postgres://ada:hunter2@db")

    monkeypatch.setattr(heartbeat, "last", fail)
    found = readiness.look(NOW)
    assert found["database"].startswith("it cannot be asked (OperationalError); look whether")
    assert (found["beat"], found["queues"], found["broker"]) == (readiness.UNKNOWN, readiness.UNKNOWN, "")
    assert "hunter2" not in str(found)


@pytest.mark.django_db
def test_a_heartbeat_is_one_row() -> None:
    for second in range(3):
        heartbeat.beat(NOW + timedelta(seconds=second))
    assert Heartbeat.objects.get().at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (None, "nobody has ever looked for work; start celery beat"),
        (61.0, "nobody has looked for work for 61 s; start celery beat"),
        (59.0, ""),
        (-3.0, ""),
    ],
)
def test_a_heart_that_stopped_is_told_with_its_cure(age: float | None, said: str) -> None:
    assert readiness._beat(age).startswith(said)
    assert bool(readiness._beat(age)) is bool(said)


def test_what_waits_too_long_is_told_with_its_age(settings: Any) -> None:
    settings.QUEUE_AGE_SECONDS = 300.0
    said = readiness._queues({"events": 301.0, "promises": 299.0, "mail": None})
    assert said.startswith("due and not dealt with: events for 301 s; look whether workers run")
    assert readiness._queues({"events": None, "promises": 0.1}) == ""


@pytest.mark.django_db
def test_the_oldest_of_each_kind_counts(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    posting.post([Mail(to="ada@example.com", subject="Hello", text="You.")])
    later = timezone.now() + timedelta(seconds=400)
    events.accept([events.read(passing("ben", "OneX"))])
    ages = status.oldest_due(later)
    assert all(400 <= (age or 0) < 460 for kind, age in ages.items() if kind in {"events", "promises", "mail"})
    credly.account.paused_until = later + timedelta(seconds=60)
    credly.account.save()
    assert status.oldest_due(later)["promises"] is None


@pytest.mark.django_db
def test_the_sweep_gives_a_sign_of_life() -> None:
    tasks.sweep()
    assert heartbeat.last() is not None


@pytest.mark.django_db
def test_so_does_a_drain_that_goes_on_for_ever_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("drain")
    assert heartbeat.last() is None

    def enough(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drain.time, "sleep", enough)
    with pytest.raises(KeyboardInterrupt):
        call_command("drain", "--forever")
    assert heartbeat.last() is not None


def broker(monkeypatch: pytest.MonkeyPatch, **options: str) -> str:
    """What is found of the broker on disk."""
    monkeypatch.setitem(app.conf, "broker_transport_options", options)
    return readiness._broker()["broker"]


def test_the_broker_on_disk_is_a_folder_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert broker(monkeypatch, data_folder_in=str(tmp_path), data_folder_out=str(tmp_path)) == ""
    gone = str(tmp_path / "gone")
    assert broker(monkeypatch, data_folder_in=gone, data_folder_out=gone).startswith("its folder cannot be written")


def test_a_check_that_hangs_is_not_waited_for_and_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, asked = threading.Event(), []

    def hang() -> dict[str, str]:
        asked.append(1)
        hanging.wait(30)
        return {"broker": ""}

    monkeypatch.setattr(readiness, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(readiness, "_broker", hang)
    monkeypatch.setattr(readiness, "_database", lambda now: {"database": "", "beat": "", "queues": ""})
    began = time.monotonic()
    for _ in range(3):
        assert readiness.look(NOW)["broker"] == "no answer within 0.2 s; look whether its server is up"
    assert time.monotonic() - began < 2
    assert len(asked) == 1
    readiness._at_work["broker"].began -= readiness.LOST_SECONDS
    assert readiness.look(NOW)["broker"].startswith("no answer")
    assert len(asked) == 2
    hanging.set()
    readiness._at_work["broker"].join()
    assert readiness.look(NOW)["broker"] == ""


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_takes_calls_and_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(readiness, "_database", lambda now: {"database": "", "beat": "", "queues": ""})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://user:hunter2@127.0.0.1:{silent.getsockname()[1]}//"
        monkeypatch.setattr(app, "connection_for_write", partial(app.connection_for_write, url))
        began = time.monotonic()
        said = readiness.look(NOW)["broker"]
        assert time.monotonic() - began < 3
        assert said.startswith(("no answer within 2 s", "no connection ("))
        assert "hunter2" not in said
    readiness._at_work["broker"].join(10)
