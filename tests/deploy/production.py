"""Production on this machine: the processes of `deploy/Procfile`, with the environment of `deploy/env.example`."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests

ROOT = Path(__file__).resolve().parents[2]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "deploy/Procfile").read_text().splitlines())
FOLDERS = {"/etc/credentials-badges": "etc", "/var/lib/credentials-badges": "state", "/opt/credentials-badges": "opt"}
STOP_SECONDS = 40
"""For how long the files of `deploy/` let a process end what it is at."""
PROXY = {
    "Host": "badges.example.org",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
}
"""What the proxy says that speaks https to the world."""


def environment(folder: Path, **texts: str) -> dict[str, str]:
    """What a process of the service is told; the folders lie in this one, and the secrets in files there."""
    told = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),  # It is not installed.
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
    }
    lines = (ROOT / "deploy/env.example").read_text().splitlines()
    told |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for theirs, ours in FOLDERS.items():
        (folder / ours).mkdir()
        told = {name: value.replace(theirs, str(folder / ours)) for name, value in told.items()}
    texts = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
        "DATABASE_URL": "postgres://badges:of-no-worth@127.0.0.1:5432/badges",
        "BROKER_URL": "redis://127.0.0.1:6379/0",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        **texts,
    }
    (folder / "etc/secrets").mkdir()
    for name, text in texts.items():
        Path(told[f"{name}_FILE"]).write_text(f"{text}\n")
    return told


class Production:
    """The service as it is deployed, on a database server and a broker that are there."""

    def __init__(self, folder: Path, database: str, broker: str) -> None:
        self.folder, self.database = folder, database
        self.working_folder = folder / "state"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.environment = environment(folder, DATABASE_URL=database, BROKER_URL=broker) | {
            "GUNICORN_CMD_ARGS": f"--bind {self.address}",
            "EVENT_BUS_REDIS_CONNECTION_URL": f"{broker}?socket_timeout=120",
            "EVENT_BUS_TOPIC_PREFIX": folder.name,
        }

    def run(self, command: str, **more: str) -> None:
        """A command, to its end."""
        words, told = shlex.split(command), self.environment | more
        done = subprocess.run(
            words, cwd=self.working_folder, env=told, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode()).fetchall()

    def ask(self, path: str, **more: Any) -> requests.Response:
        """An answer of the web, as the proxy gets it."""
        headers = PROXY | more.pop("headers", {})
        method = "POST" if "data" in more else "GET"
        url = f"http://{self.address}{path}"
        return requests.request(method, url, headers=headers, allow_redirects=False, timeout=30, **more)

    @contextmanager
    def processes(self) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
        """All that go on, each with a log of its own."""
        running = {}
        for name, command in PROCFILE.items():
            if name != "release":
                with (self.folder / f"{name}.log").open("wb") as log:
                    running[name] = subprocess.Popen(
                        shlex.split(command),
                        cwd=self.working_folder,
                        env=self.environment,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )
        try:
            yield running
        finally:
            for process in running.values():
                process.kill()
                process.wait()


def stop(running: dict[str, subprocess.Popen[bytes]]) -> dict[str, int]:
    """Ask all of them to end, and their exit statuses."""
    until = time.monotonic() + STOP_SECONDS
    for process in running.values():
        process.send_signal(signal.SIGTERM)
    return {name: process.wait(max(0.1, until - time.monotonic())) for name, process in running.items()}
