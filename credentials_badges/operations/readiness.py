"""Whether what the service rests on is there: the database, the broker, somebody who looks for work, and their pace."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import Error, connections

from credentials_badges.badges import status
from credentials_badges.celery import app

log = logging.getLogger(__name__)

MOST_SECONDS = 2.0
BEAT_SECONDS = 60.0
"""The sweep is due every ten seconds."""
LOST_SECONDS = 60.0
"""After so long, an answer is no longer hoped for: it may be that of a server that has been away and is back."""
UNKNOWN = "unknown, as long as the database does not answer"
START = "start celery beat and a worker, or manage.py drain --forever"

Found = Mapping[str, str]
"""What is wrong, and what to do, by the names of checks; empty where all is well."""

_at_work: dict[str, "_Asking"] = {}
_lock = threading.Lock()


class _Asking(threading.Thread):
    """Asks in a thread of its own, which is left alone if it takes too long: no driver promises to give up in time."""

    def __init__(self, ask: Callable[[], Found]) -> None:
        super().__init__(daemon=True)
        self.ask, self.began = ask, time.monotonic()
        self.found: Found | None = None

    def run(self) -> None:
        """Ask once."""
        try:
            self.found = self.ask()
        except Exception:
            log.exception("a check of readiness crashed")


def look(now: datetime) -> dict[str, str]:
    """Make all checks, none of which is waited for longer than `MOST_SECONDS`."""
    stop = time.monotonic() + MOST_SECONDS
    asked = {"database": _ask("database", partial(_database, now)), "broker": _ask("broker", _broker)}
    found = {"database": "", "broker": "", "beat": UNKNOWN, "queues": UNKNOWN}
    for name, asking in asked.items():
        asking.join(max(0.0, stop - time.monotonic()))
        found |= asking.found or {name: f"no answer within {MOST_SECONDS:g} s; look whether its server is up"}
    return found


def _ask(name: str, ask: Callable[[], Found]) -> _Asking:
    """Ask, or wait with others for the answer to what was asked before: callers are many, and each thread costs."""
    with _lock:
        asking = _at_work.get(name)
        if asking is None or not asking.is_alive() or time.monotonic() - asking.began > LOST_SECONDS:
            asking = _at_work[name] = _Asking(ask)
            asking.start()
        return asking


def _database(now: datetime) -> Found:
    try:
        seen, waiting = status.heartbeat_age(now), status.oldest_due(now)
    except Error as error:
        cure = "look whether its server is up, and whether manage.py migrate has been run"
        return {"database": f"it cannot be asked ({type(error).__name__}); {cure}"}
    finally:
        connections.close_all()  # They belong to this thread.
    return {"database": "", "beat": _beat(seen), "queues": _queues(waiting)}


def _beat(age: float | None) -> str:
    if age is None:
        return f"nobody has ever looked for work; {START}"
    return f"nobody has looked for work for {age:.0f} s; {START}" if age > BEAT_SECONDS else ""


def _queues(waiting: Mapping[str, float | None]) -> str:
    late = {kind: age for kind, age in waiting.items() if age is not None and age > settings.QUEUE_AGE_SECONDS}
    if not late:
        return ""
    said = ", ".join(f"{kind} for {age:.0f} s" for kind, age in late.items())
    return f"due and not dealt with: {said}; look whether workers run, start more of them, and see manage.py status"


def _broker() -> Found:
    options = app.conf.broker_transport_options
    folders = [options[name] for name in ("data_folder_in", "data_folder_out") if name in options]
    if folders:
        return {"broker": "" if all(map(_is_writable, folders)) else "its folder cannot be written; mend its owner"}
    try:
        with closing(app.connection_for_write()) as connection:
            # One try: whatever asks Celery itself would go on trying.
            transport = connection.transport
            transport.close_connection(transport.establish_connection())
    except Exception as error:  # Each transport has its own errors, whose words may hold the password.
        cure = "look whether the server of BROKER_URL is up and takes its user and password"
        return {"broker": f"no connection ({type(error).__name__}); {cure}"}
    return {"broker": ""}


def _is_writable(folder: str) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
