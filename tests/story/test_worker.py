"""The story with real processes: an LMS posts an event, a Celery worker hears the bell, and Credly holds a badge.

Nothing is shared with the test but the database file, the broker and HTTP on loopback.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from credentials_badges.demo.stage import PATHS, Stage
from credentials_badges.sandbox import serve
from tests.badges.world import passing, requirement

ROOT = Path(__file__).resolve().parents[2]
BROKERS = ["", *filter(None, os.environ.get("TEST_BROKERS", "").split(","))]
PATIENCE_SECONDS = 60

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


class Service:
    """The service as an operator has it: commands and processes, with an SQLite file of their own."""

    def __init__(self, folder: Path, broker: str) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'badges.sqlite3'}",
            "BROKER_URL": broker,
            "RETRY_BASE_SECONDS": "0.2",
        }
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *words: str, stdin: str | None = None) -> str:
        """The output of a command."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def awards(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.manage("export_awards").splitlines()]

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Worker and beat in one process, as the embedded default has them."""
        command = ["-m", "celery", "-A", "credentials_badges", "worker", "-B", "--pool", "threads", "-c", "2"]
        command += [
            "-Q",
            "celery,events,issue,sync",
            "-s",
            str(Path(self.environment["DATABASE_URL"][10:]).parent / "beat"),
        ]
        process = subprocess.Popen([sys.executable, *command, "-l", "WARNING"], cwd=ROOT, env=self.environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0


def eventually(what: Callable[[], bool]) -> None:
    stop = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < stop, "it did not happen in time"
        time.sleep(0.3)


@pytest.fixture(params=BROKERS, ids=lambda url: url.partition(":")[0] or "on disk")
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return Service(tmp_path, request.param)


def test_an_event_reaches_credly_through_a_worker_that_hears_the_bell(service: Service, tmp_path: Path) -> None:
    stage = Stage()
    stage.cast()
    account = stage.accounts[0]
    with serve(stage) as address:
        service.manage(
            "add_account",
            "credly",
            *("--external-id", account["external_id"]),
            *("--api-key", account["key"]),
            *("--base-url", address + PATHS["credly"]),
        )
        service.manage("sync_templates")
        template = next(iter(stage.credly.organizations[account["external_id"]].templates))
        rules = tmp_path / "rules.json"
        spec = {"provider": "credly", "external_id": template, "active": True, "requirements": [requirement("r", "X")]}
        rules.write_text(json.dumps({"templates": [spec]}))
        service.manage("configure_badges", str(rules))
        stage.credly.faults.planned.extend(["lost"])
        with service.worker():
            service.manage("ingest_events", "-", stdin=json.dumps(passing("ada", "X")))
            eventually(lambda: [award["issuance"] for award in service.awards()] == ["delivered"])
        (award,) = service.awards()
        (held,) = stage.credly.badges(account["external_id"])
        assert (award["external_id"], award["external_state"]) == (held["id"], "pending")
