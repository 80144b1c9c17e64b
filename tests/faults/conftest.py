"""Servers live as long as the tests of one file; what they hold is each test's own."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults.servers import LastingRedis, MariaDB, PostgreSQL, Redis, running


@pytest.fixture(autouse=True)
def _databases_are_read(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Of installations of our own, not the one that pytest makes."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running(PostgreSQL) as server:
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with running(MariaDB) as server:
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with running(Redis) as server:
        yield server


@pytest.fixture(scope="module")
def lasting_redis() -> Iterator[LastingRedis]:
    with running(LastingRedis) as server:
        yield server
