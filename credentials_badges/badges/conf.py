"""The numbers by which the engine runs. Seconds, unless the name says otherwise."""

from django.conf import settings

BATCH = 500
"""Events taken in one transaction."""

RETRY_CAP_SECONDS = 3600.0
MAX_ATTEMPTS = 60
"""Tries before a promise is buried as exhausted: at least two days at an hour each."""

LEASE_SECONDS = 300.0
"""After this long in flight, a promise is taken from its worker, who must have died: longer than all calls of one try
can take together, at 45 s each."""

ARCHIVE_GUARD_SHARE = 0.30
ARCHIVE_GUARD_LEAST = 10
"""A pull that would archive more than that share of at least so many templates needs to be forced."""


def retry_base_seconds() -> float:
    """The first wait before a push is tried again; it doubles from there."""
    return float(settings.RETRY_BASE_SECONDS)
