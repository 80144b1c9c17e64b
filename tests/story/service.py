"""The service as an operator has it: real commands and processes, with a database of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


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

    @contextmanager
    def server(self, **environment: str) -> Iterator[int]:
        """The web server; its port, on which it answers by then."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
        told = {**self.environment, **environment}
        process = subprocess.Popen(command, cwd=ROOT, env=told, stderr=subprocess.DEVNULL)
        try:
            stop = time.monotonic() + PATIENCE_SECONDS
            while not _answers(port):
                assert time.monotonic() < stop, "the server does not answer"
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def eventually(what: Callable[[], bool]) -> None:
    stop = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < stop, "it did not happen in time"
        time.sleep(0.3)
