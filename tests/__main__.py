"""``python -m tests``: the whole suite, on every database and broker that can be reached.

SQLite runs everything. PostgreSQL and MariaDB run what is about rows, locks and races. Real workers are tried with each
pair of a database and a broker that answer. What cannot be reached is named in the closing lines; with
REQUIRE_SERVICES=1 that is a failure.
TEST_SERVICES=none tries without any. Other arguments go to pytest (``python -m tests -k story``).
"""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

ROWS = [
    *("tests/badges", "tests/endorsements", "tests/eventbus", "tests/openbadges/test_racing_keys.py", "tests/privacy"),
    *("tests/providers/badgekit", "tests/security"),
]
"""The tests that are run again on each database server."""


@dataclass(frozen=True)
class Service:
    """Something that a test may need."""

    name: str
    variable: str
    default: str

    @property
    def url(self) -> str:
        """Where it is, unless the environment says otherwise."""
        return os.environ.get(self.variable, self.default)

    def answers(self) -> bool:
        """Whether anybody listens there."""
        parts = urlsplit(self.url)
        try:
            place = parts.hostname or "127.0.0.1", parts.port or urlsplit(self.default).port or 0
            socket.create_connection(place, timeout=2).close()
        except OSError:
            return False
        return os.environ.get("TEST_SERVICES") != "none"


DATABASES = (
    Service("PostgreSQL", "TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test"),
    Service("MariaDB", "TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/test"),
)
BROKERS = (
    Service("Redis", "TEST_REDIS_URL", "redis://127.0.0.1:6379/9"),
    Service("RabbitMQ", "TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
)


def main(arguments: list[str]) -> int:
    """Run the suite; the exit status is 0 only if every run of it is green."""
    missing = [service for service in DATABASES + BROKERS if not service.answers()]
    brokers = ",".join(service.url for service in BROKERS if service not in missing)
    databases = ",".join(service.url for service in DATABASES if service not in missing)
    redis = BROKERS[0].url if BROKERS[0] not in missing else ""
    failed = run("SQLite", [*arguments], TEST_BROKERS=brokers, TEST_REDIS_URL=redis, TEST_DATABASES=databases)
    for database in DATABASES:
        if database not in missing:
            secrets = {"SECRET_KEY": "of no worth: a test's", "FIELD_ENCRYPTION_KEYS": "of no worth either"}
            # A driver in pure Python opens its sockets here; the run on SQLite has shown that nothing else does.
            options = ["--force-enable-socket", "-m", "not once", *ROWS, *arguments]
            failed |= run(database.name, options, DATABASE_URL=database.url, TEST_REDIS_URL=redis, **secrets)
    required = os.environ.get("REQUIRE_SERVICES") == "1"
    for service in missing:
        print(f"{'MISSING' if required else 'SKIPPED'}: the tests with {service.name}, which does not answer")
    return int(failed or (required and bool(missing)))


def run(name: str, arguments: list[str], **environment: str) -> bool:
    """One run of pytest in a process of its own, since a database is chosen when Django starts. Whether it failed."""
    print(f"\n== {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses", "2", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
