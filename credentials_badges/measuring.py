"""Tells of each call to a provider how long it took and what came of it, to whoever counts."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from credentials_badges.contract.errors import (
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)

log = logging.getLogger(__name__)

OUTCOMES: tuple[tuple[type[ProviderError], str], ...] = (
    (OutcomeUnknown, "lost"),
    (RateLimited, "throttled"),
    (Retriable, "failed"),
    (Misconfigured, "misconfigured"),
    (Rejected, "refused"),
)
"""The finer errors stand first. Besides these, a call is `ok`, or `crashed`, which is our own mistake."""


def _nobody(host: str, outcome: str, seconds: float) -> None:
    """Who counts calls until `measure_by` names somebody."""


_count: Callable[[str, str, float], None] = _nobody


def measure_by(count: Callable[[str, str, float], None]) -> None:
    """From now on, `count` is told of each call, after it: its host, its outcome, and the seconds that it took."""
    global _count  # noqa: PLW0603 (One process has one count, as it has one limiter.)
    _count = count


@contextmanager
def measured(host: str) -> Iterator[None]:
    """Measure the call that is made within. Counting that fails is logged, and does the call no harm."""
    began, outcome = time.monotonic(), "crashed"
    try:
        yield
        outcome = "ok"
    except ProviderError as error:
        outcome = next((word for kind, word in OUTCOMES if isinstance(error, kind)), outcome)
        raise
    finally:
        seconds = time.monotonic() - began
        try:
            _count(host, outcome, seconds)
        except Exception as error:
            log.warning("a call to %s could not be counted (%s)", host, type(error).__name__)
