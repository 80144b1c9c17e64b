"""``python nursery.py``, in the folder of a release: Django is loaded once, and each process is a fork of this one.

So a process is there within a tenth of a second, however often it is killed. The nursery itself has neither threads nor
connections. It reads orders from its standard input, one JSON object a line, and answers each with the id of the
process. When the input ends, it kills all that are left. It imports nothing of the tests, so it serves older releases
of the service as well.
"""

import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

PRELOADED = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "credentials_badges.badges.schedule",
    "credentials_badges.eventbus.consuming",
    "credentials_badges.wsgi",
    "django_celery_beat.schedulers",
    "gunicorn.app.base",
    "gunicorn.workers.gthread",
)
"""All of it is needed sooner or later, where the release has it, and loaded once."""


def load() -> None:
    """The release in whose folder we are, and not that of this file."""
    sys.path[0] = str(Path.cwd())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credentials_badges.settings")
    import django

    django.setup()
    for name in PRELOADED:
        with suppress(ImportError):
            import_module(name)
    import_module("django.urls").get_resolver().url_patterns  # noqa: B018 (To read it is what loads all views.)


def web(port: int) -> None:
    """The web server, as it runs in earnest: a process with threads, and one that watches over it."""
    from gunicorn.app.base import BaseApplication

    class Web(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            told = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "threads": 4, "loglevel": "warning"}
            for name, value in told.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return import_module("credentials_badges.wsgi").application

    Web().run()


def command(*words: str, **options: Any) -> None:
    """One of `manage.py`, which goes on until it is killed."""
    import_module("django.core.management").call_command(*words, **options)


def run_celery(*words: str) -> None:
    """Celery's own command line."""
    import_module("credentials_badges.celery").app.start(argv=list(words))


def call(what: str, result: str, *words: Any, **options: Any) -> None:
    """A function ``module:name``; what it returns is written to the file `result` as JSON."""
    module, _, name = what.partition(":")
    told = getattr(import_module(module), name)(*words, **options)
    import_module("django.db").connections.close_all()  # So that an SQLite file is whole without its journal.
    unfinished = Path(f"{result}.unfinished")
    unfinished.write_text(json.dumps(told))
    unfinished.rename(result)


JOBS: dict[str, Callable[..., object]] = {job.__name__: job for job in (web, command, run_celery, call)}


def fork(order: dict[str, Any]) -> int:
    """Start one process, in a group of its own; returns its id."""
    if pid := os.fork():
        with suppress(OSError):  # Whoever of the two comes first; it may have ended already.
            os.setpgid(pid, pid)
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        JOBS[order["job"]](*order["words"], **order["options"])
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        os._exit(status)


def lives(pid: int) -> bool:
    """Whether that is a child of ours: the id of one that has ended may be anybody's by now."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def main() -> None:
    """Until nobody orders any more."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for them, so none becomes a zombie.
    born = []
    for line in iter(sys.stdin.readline, ""):
        born.append(fork(json.loads(line)))
        sys.stdout.write(f"{born[-1]}\n")
        sys.stdout.flush()
    for pid in filter(lives, born):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
