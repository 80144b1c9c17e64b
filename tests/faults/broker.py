"""The broker, whose data may be lost at any time: all that is to be done stands in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from credentials_badges.celery import app

ON_DISK = settings.CELERY_BROKER_URL == "filesystem://"


@contextmanager
def borrowed() -> Iterator[None]:
    """Leaves it empty. Raises CommandError if Redis' database holds anything: wiping it must not hurt anybody else."""
    if not ON_DISK and _redis().dbsize():
        raise CommandError("The Redis database that BROKER_URL names is not empty, and this run would wipe it.")
    try:
        yield
    finally:
        wipe()


def wipe() -> int:
    """Delete everything; returns how many files or keys that were."""
    if ON_DISK:
        files = [file for file in (settings.BESIDE / "broker").rglob("*") if file.is_file()]
        for file in files:
            file.unlink(missing_ok=True)
        return len(files)
    number = int(_redis().dbsize())
    _redis().flushdb()
    return number


def _redis() -> Any:
    """The client of Celery's own connection."""
    channel: Any = app.connection_for_write().default_channel
    return channel.client
