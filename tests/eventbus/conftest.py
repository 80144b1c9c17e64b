"""Fixtures of the event bus's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from credentials_badges.eventbus import sending, storing
from tests.badges.conftest import credly, earned  # noqa: F401 (The same here.)
from tests.eventbus.bus import Bus, opened


@pytest.fixture(autouse=True)
def _no_producer_is_kept() -> None:
    sending._producer.cache_clear()


@pytest.fixture
def bus(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A bus of the test's own."""
    yield from opened(settings, monkeypatch)


@pytest.fixture
def _database_stays(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is one transaction must not lose its connection."""
    monkeypatch.setattr(storing, "database_answers", lambda: True)


@pytest.fixture
def lms(bus: Bus, _database_stays: None) -> Bus:
    """The bus, beside the test's database."""
    return bus
