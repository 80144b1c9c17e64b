"""A whole installation for one test: web, workers, database and broker, before sandbox providers in this process."""

import atexit
import json
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
from django.conf import settings
from django.db import DatabaseError, connections

from credentials_badges.badges.models import Issuance, LearningEvent
from credentials_badges.env import database
from credentials_badges.sandbox import serve
from tests.faults import cast, recorded
from tests.faults.processes import Nursery, Process
from tests.faults.report import Award, amiss, judge
from tests.faults.servers import eventually, free_port

REAL = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.once]
"""Marks of tests that start processes."""
ALIAS = "faults"
"""Under which this process reads the installation's database."""
QUICKLY = {"LEASE_SECONDS": "2", "RETRY_BASE_SECONDS": "0.1", "LOG_LEVEL": "WARNING"}
MOST_HELD_SECONDS = 20


class Gate:
    """Lets all answers of the providers pass, or keeps those back by which a badge was issued."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.open, self.reached = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.application(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and not self.open.is_set():
            self.reached.set()
            self.open.wait(MOST_HELD_SECONDS)
        return answer

    def close(self) -> None:
        """From now on, whoever issues a badge waits for the answer."""
        self.reached.clear()
        self.open.clear()


class Scene:
    """One installation, from an empty database on. `installed` makes and ends it."""

    def __init__(self, folder: Path, environment: dict[str, str], nursery: Nursery, stage: Any, gate: Gate) -> None:
        self.folder, self.environment, self.nursery = folder, environment, nursery
        self.stage, self.gate = stage, gate
        self.port, self.token = free_port(), ""

    def set_up(self, address: str, rules: str) -> None:
        """What an operator does before anything can be earned."""
        file = self.folder / "rules.json"
        file.write_text(rules)
        self.token = self.nursery.call("tests.faults.setting:set_up", address, self.stage.accounts, str(file))

    def web(self) -> Process:
        """The web server, once it answers."""
        process = self.nursery.web(self.port)
        self.await_web()
        return process

    def await_web(self) -> None:
        """Until it answers."""
        eventually(self.answers, "the web server does not answer")

    def answers(self) -> bool:
        """Whether the web server does."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/login/", timeout=5).ok
        except requests.RequestException:
            return False

    def post(self, *events: dict[str, Any], timeout: float = 30) -> requests.Response | None:
        """The answer to these events; None if there was none."""
        try:
            return requests.post(
                f"http://127.0.0.1:{self.port}/api/v1/events/",
                json=events,
                headers={"Authorization": f"Token {self.token}"},
                timeout=timeout,
            )
        except requests.RequestException:
            return None

    def ingest(self, *events: dict[str, Any]) -> None:
        """Take events in without the web server."""
        file = self.folder / "events.jsonl"
        file.write_text("".join(f"{json.dumps(event)}\n" for event in events))
        self.nursery.manage("ingest_events", str(file), verbosity=0)

    def left(self) -> int | None:
        """How much there is still to be done; None if the database does not say."""
        try:
            return recorded.left(ALIAS)
        except DatabaseError:
            connections[ALIAS].close()
            return None

    def done(self) -> None:
        """Wait until nothing is left."""
        eventually(lambda: self.left() == 0, "something is left to be done")

    def promises(self) -> Any:
        """The rows of the outbox."""
        return Issuance.objects.using(ALIAS)

    def sent(self) -> Counter[Award]:
        """How often each badge was asked for."""
        return cast.sent(self.stage)

    def check(self, events: Iterable[dict[str, Any]], earned: set[Award] | None = None) -> None:
        """Each of these events is stored once and processed, and exactly what they earn is held and recorded."""
        events = list(events)
        stored = LearningEvent.objects.using(ALIAS)
        here, sent = Counter(stored.values_list("event_id", flat=True)), Counter(event["id"] for event in events)
        assert {"lost": list(sent - here), "stored twice": list(here - sent)} == {"lost": [], "stored twice": []}
        assert list(stored.exclude(error="").values_list("error", flat=True)) == []
        earned = cast.earned(self.stage, events) if earned is None else earned
        verdict = judge(earned, cast.held(self.stage), recorded.badges(ALIAS))
        dead = self.promises().filter(status=Issuance.Status.DEAD).count()
        assert amiss(verdict, stuck=dead + recorded.left(ALIAS), missing=[]) == [], asdict(verdict)


@contextmanager
def installed(database_url: str = "", broker_url: str = "", *, rules: str = "", **environment: str) -> Iterator[Scene]:
    """An installation on an empty database (without an address: SQLite) and a broker (without one: on disk)."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    if not database_url:
        database_url = f"sqlite:///{shutil.copy(_migrated(), folder)}"
    told = {**_environment(database_url), "BROKER_URL": broker_url, **QUICKLY, **environment}
    stage = cast.stage()
    stage.credly.list_lag = stage.accredible.search_lag = 0.0
    gate = Gate(stage)
    with ExitStack() as until:
        until.callback(shutil.rmtree, folder, ignore_errors=True)
        until.enter_context(_read_here(database_url))
        address = until.enter_context(serve(gate))
        nursery = until.enter_context(Nursery(folder, told))
        scene = Scene(folder, told, nursery, stage, gate)
        nursery.manage("migrate", verbosity=0)
        scene.set_up(address, rules or cast.rules())
        until.callback(gate.open.set)
        try:
            yield scene
        except BaseException:
            print(nursery.said())  # noqa: T201 (pytest shows it with the failure.)
            raise


def _environment(database_url: str) -> dict[str, str]:
    """With which processes read what this one has encrypted, and the other way round."""
    keys = ",".join(settings.FIELD_ENCRYPTION_KEYS)
    return {"DATABASE_URL": database_url, "SECRET_KEY": settings.SECRET_KEY, "FIELD_ENCRYPTION_KEYS": keys}


@cache
def _migrated() -> Path:
    """An SQLite database without rows, made once for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    atexit.register(shutil.rmtree, folder)
    file = folder / "badges.sqlite3"
    with Nursery(folder, _environment(f"sqlite:///{file}")) as nursery:
        nursery.manage("migrate", verbosity=0)
    return file


@contextmanager
def _read_here(url: str) -> Iterator[None]:
    """Let this process read the database under the name `ALIAS`."""
    told = connections.configure_settings({"default": database(url)})
    connections.settings[ALIAS] = told["default"]
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.settings[ALIAS]
