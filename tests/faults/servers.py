"""Real servers of our own, on free ports of loopback, which may be killed: PostgreSQL, MariaDB and Redis.

Their data lie in a temporary folder and are never synced to the disk: what is killed here is a process, not a machine.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/sbin", "/usr/local/sbin", "/usr/local/bin")
"""Where programs of servers are that are not on the path of everybody."""
PATIENCE_SECONDS = 90


def needs(program: str) -> str:
    """Where it is; without it, the test is skipped by name, or fails where REQUIRE_SERVICES=1."""
    if os.environ.get("TEST_SERVICES") == "none":
        pytest.skip(f"needs {program}, and TEST_SERVICES=none")
    places = sorted(place for pattern in PLACES for place in glob(pattern))
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(reversed(places)))
    return found or missing(f"needs {program}")


def missing(what: str) -> str:
    """Skip the test, or let it fail where nothing may be missing."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)


def free_port() -> int:
    """One on which nobody listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def eventually(what: Callable[[], object], why: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it is true. Fails with the reason after so many seconds."""
    stop = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < stop, why
        time.sleep(0.02)


S = TypeVar("S", bound="Server")


class Server(ABC):
    """One server, which may be killed and started again; its port and data stay the same."""

    user: ClassVar[str]
    """As whom it runs where we are root, who may not run it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.log = folder / "log"
        self.as_user = {"user": self.user, "group": self.user, "extra_groups": ()} if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(folder, self.user, self.user)
        self.process: subprocess.Popen[bytes] | None = None
        self.prepare()

    def prepare(self) -> None:  # noqa: B027 (Not every server needs them.)
        """Make the files that it needs before its first start."""

    @abstractmethod
    def command(self) -> list[str]:
        """What runs it in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it does what is asked, and not merely listens."""

    def run(self, *command: str) -> str:
        """The output of a program that ends by itself, as the server's own user."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, **self.as_user)  # type: ignore[call-overload]
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return str(done.stdout)

    def start(self) -> None:
        """Returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self.as_user
            )  # type: ignore[call-overload]
        eventually(self.answers, f"{self.command()[0]} does not answer")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and all of its processes."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """As if somebody pulled its plug."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()


class PostgreSQL(Server):
    """Each test takes a database of its own."""

    user = "postgres"

    def fresh(self, name: str) -> str:
        """The address of a new database."""
        self.run(needs("createdb"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def prepare(self) -> None:
        """An empty cluster, which trusts everybody on this machine."""
        data = str(self.folder / "data")
        self.run(needs("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--no-instructions")

    def command(self) -> list[str]:
        """Small; what it has confirmed outlives the process, though not the machine."""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "max_connections": 100,
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [needs("postgres"), "-D", str(self.folder / "data"), *words]

    def answers(self) -> bool:
        """Not while it recovers."""
        ready = [needs("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def restart_at_once(self) -> None:
        """Without a checkpoint, and without waiting for anybody."""
        self.run(needs("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        if self.process:
            self.process.wait()
        self.start()


class MariaDB(Server):
    """As it is installed."""

    user = "mysql"

    def fresh(self, name: str) -> str:
        """The address of a new database; root has no password, on loopback only."""
        words = ("-h", "127.0.0.1", "-P", str(self.port), "-u", "root", "create", name)
        self.run(needs("mariadb-admin"), "--no-defaults", "--default-character-set=utf8mb4", *words)
        return f"mysql://root@127.0.0.1:{self.port}/{name}"

    def prepare(self) -> None:
        """An empty one."""
        words = ("--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
        self.run(needs("mariadb-install-db"), *words, f"--datadir={self.folder / 'data'}")

    def command(self) -> list[str]:
        """Small; what it has confirmed outlives the process, though not the machine."""
        own = {name: self.folder / name for name in ("socket", "pid-file")}
        options = {
            "datadir": self.folder / "data",
            "port": self.port,
            "bind-address": "127.0.0.1",
            **own,
            "innodb-flush-log-at-trx-commit": 2,
            "innodb-flush-method": "nosync",
            "innodb-doublewrite": 0,
            "innodb-file-per-table": 0,
            "sync-frm": 0,
            "innodb-buffer-pool-size": "32M",
            "skip-name-resolve": 1,
            "character-set-server": "utf8mb4",
        }
        return [needs("mariadbd"), "--no-defaults", *(f"--{name}={value}" for name, value in options.items())]

    def answers(self) -> bool:
        """To a ping of its own."""
        ping = [needs("mariadb-admin"), "--no-defaults", "-h", "127.0.0.1", "-P", str(self.port), "-u", "root", "ping"]
        return subprocess.run(ping, check=False, capture_output=True).returncode == 0


class Redis(Server):
    """A broker without a disk, or a bus that writes down each entry before it answers."""

    user = "redis"
    lasting = False

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """Nothing but what is asked for."""
        disk = (
            ["--appendonly", "yes", "--appendfsync", "always"] if self.lasting else ["--save", "", "--appendonly", "no"]
        )
        return [
            needs("redis-server"),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            *disk,
        ]

    def answers(self) -> bool:
        """To a ping."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def flush(self) -> None:
        """Forget everything."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(16).startswith(b"+OK")


class LastingRedis(Redis):
    """Keeps what it has confirmed, also when it is killed."""

    lasting = True


@contextmanager
def running(kind: type[S]) -> Iterator[S]:
    """A new one, until the end of the ``with`` block."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    server = None
    try:
        server = kind(folder)
        server.start()
        yield server
    finally:
        if server:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
