"""The processes that do the work: a Celery worker with its beat, and two drains. They are killed, and come back."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
WORKER = ["-m", "celery", "--quiet", "-A", "credentials_badges", "worker", "--beat", "--loglevel", "WARNING"]
WORKER += ["--pool", "threads", "--concurrency", "4"]
DRAIN = ["manage.py", "drain", "--forever"]
STARTING_SECONDS = 3.0
"""A child that has only begun to start holds nothing that a kill could hurt."""


@dataclass
class Child:
    """One process, in a process group of its own: a worker's beat is a process below it."""

    command: list[str]
    process: subprocess.Popen[bytes]
    since: float


class Children:
    """All of them, until the end of the ``with`` block."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("wb")
        self._children = [self._start(command) for command in (WORKER, DRAIN, DRAIN)]
        self.restarts = 0
        self.fell = 0
        """How many ended by themselves."""

    def __enter__(self) -> "Children":
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        for child in self._children:
            _kill(child)
        self._log.close()

    def start_missing(self) -> None:
        """Start each one again that has ended."""
        for place, child in enumerate(self._children):
            if child.process.poll() is not None:
                self.fell += child.process.returncode != -signal.SIGKILL
                _kill(child)  # Its beat may live on.
                self._children[place] = self._start(child.command)
                self.restarts += 1

    def kill_one(self, dice: random.Random) -> bool:
        """Kill one of those that are at work; False if all are starting."""
        before = time.monotonic() - STARTING_SECONDS
        at_work = [child for child in self._children if child.since < before]
        if at_work:
            _kill(dice.choice(at_work))
        return bool(at_work)

    def _start(self, command: list[str]) -> Child:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=self._log, stderr=self._log, start_new_session=True
        )
        return Child(command, process, time.monotonic())


def _kill(child: Child) -> None:
    """Kill the whole group, in which there may be nobody any more."""
    with suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
