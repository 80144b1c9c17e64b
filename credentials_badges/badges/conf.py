"""The numbers by which the engine runs. Seconds, unless the name says otherwise."""

from django.conf import settings

BATCH = 500
"""Events taken in one transaction."""

RETRY_CAP_SECONDS = 3600.0
MAX_ATTEMPTS = 60
"""Tries before a promise is buried as exhausted: at least two days at an hour each."""

PAUSE_AFTER = 5
"""Calls in a row that fail before an account is paused."""
PAUSE_CAP_SECONDS = 300.0
"""A pause is never longer, unless the provider asks for it: a mended key is found out by then."""

TURN_SECONDS = 20.0
"""How long deliveries go on at a time: whoever else waits for the worker, or for it to stop, waits no longer."""

ARCHIVE_GUARD_SHARE = 0.30
ARCHIVE_GUARD_LEAST = 10
"""What would archive, or mark as gone, more than that share of at least so many rows needs to be forced."""

KEY_WARNING_DAYS = (30, 14, 7, 1)
"""How long before a key expires it is warned about."""

KEEP_DAYS: int = settings.KEEP_DAYS
"""For which webhooks, unreadable events, pulls and sent messages are kept.

Credly repeats a webhook for up to 25 days, and must meet its first row.
"""


def retry_base_seconds() -> float:
    """The first wait before a push is tried again; it doubles from there."""
    return float(settings.RETRY_BASE_SECONDS)


def lease_seconds() -> float:
    """After so long in flight, a promise is taken from its worker, who must have died."""
    return float(settings.LEASE_SECONDS)
