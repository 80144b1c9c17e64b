"""The service as an operator has it: real commands and processes, with a database of their own."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import psycopg
import pymysql

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180


def sqlite(folder: Path) -> str:
    """The address of a database that is a file."""
    return f"sqlite:///{folder / 'badges.sqlite3'}"


@contextmanager
def new_database(server: str, folder: Path) -> Iterator[str]:
    """The address of an empty database: on the server whose address was given, or an SQLite file without one."""
    if not server:
        yield sqlite(folder)
        return
    name = f"story_{secrets.token_hex(6)}"
    parts = urlsplit(server)
    with _cursor(parts) as cursor:
        cursor.execute(f"CREATE DATABASE {name}{' CHARACTER SET utf8mb4' if parts.scheme == 'mysql' else ''}")
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        with _cursor(parts) as cursor:
            cursor.execute(f"DROP DATABASE {name}{'' if parts.scheme == 'mysql' else ' WITH (FORCE)'}")


@contextmanager
def _cursor(server: SplitResult) -> Iterator[Any]:
    """Each statement for itself, on the server's own database."""
    where = {"host": server.hostname, "port": server.port, "user": server.username, "password": server.password or ""}
    if server.scheme == "mysql":
        with closing(pymysql.connect(**where, autocommit=True)) as connection, connection.cursor() as cursor:
            yield cursor
    else:
        with psycopg.connect(**where, dbname=server.path[1:], autocommit=True) as connection:
            yield connection.cursor()


class Service:
    """The service as an operator has it: commands and processes, with a database of their own."""

    def __init__(self, database: str, broker: str) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": database,
            "BROKER_URL": broker,
            "RETRY_BASE_SECONDS": "0.2",
            "SECRET_KEY": "of no worth: a test's",
            "FIELD_ENCRYPTION_KEYS": "of no worth either",
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
