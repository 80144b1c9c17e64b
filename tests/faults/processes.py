"""The service's processes, as a nursery forks them: killed at will, and looked after till the end."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.faults.servers import eventually

ROOT = Path(__file__).resolve().parents[2]
NURSERY = Path(__file__).with_name("nursery.py")


@dataclass(frozen=True)
class Process:
    """One process and all that it has started."""

    name: str
    pid: int

    def alive(self) -> bool:
        """Whether it has not ended."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send it to all of them."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """At once and for all; returns when it is gone."""
        self.signal(signal.SIGKILL)
        eventually(lambda: not self.alive(), f"{self.name} outlives SIGKILL")


class Nursery:
    """Starts the processes of one installation, until the end of the ``with`` block."""

    def __init__(self, folder: Path, environment: dict[str, str], release: Path = ROOT) -> None:
        self.folder, self.log = folder, folder / "log"
        self._results = count()
        with self.log.open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, str(NURSERY)],
                cwd=release,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        """Its parent's input ends, and it kills all that are left."""
        self._parent.communicate(timeout=30)

    def start(self, name: str, job: str, *words: Any, **options: Any) -> Process:
        """Returns as soon as it is forked."""
        assert self._parent.stdin
        assert self._parent.stdout
        order = {"job": job, "words": words, "options": options, "log": str(self.log)}
        self._parent.stdin.write(f"{json.dumps(order)}\n")
        self._parent.stdin.flush()
        line = self._parent.stdout.readline()
        assert line, f"the nursery has ended:\n{self.said()}"
        return Process(name, int(line))

    def web(self, port: int) -> Process:
        """The web server; it answers within a moment."""
        return self.start("web", "web", port)

    def drain(self) -> Process:
        """The worker without Celery."""
        return self.start("drain", "command", "drain", forever=True)

    def worker(self, *words: str) -> Process:
        """A Celery worker."""
        return self.start("worker", "run_celery", "--quiet", "worker", "--loglevel", "WARNING", *words)

    def beat(self) -> Process:
        """What sends the sweep round."""
        place = str(self.folder / f"beat-{next(self._results)}")
        return self.start("beat", "run_celery", "--quiet", "beat", "--loglevel", "WARNING", "--pidfile", place)

    def manage(self, *words: str, **options: Any) -> None:
        """A command, until it has ended."""
        self.call("django.core.management:call_command", *words, **options)

    def call(self, what: str, *words: Any, **options: Any) -> Any:
        """What a function ``module:name`` of the release or the tests returns, in a process of its own."""
        result = self.folder / f"result-{next(self._results)}"
        process = self.start(what, "call", what, str(result), *words, **options)
        eventually(lambda: not process.alive(), f"{what} takes too long")
        assert result.exists(), f"{what} {words} failed:\n{self.said()}"
        return json.loads(result.read_text())

    def said(self) -> str:
        """The end of the log of all of them."""
        return self.log.read_text(errors="replace")[-4000:]
