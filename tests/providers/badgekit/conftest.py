"""Fixtures of the BadgeKit API's tests."""

from typing import Any

import pytest

from tests.providers.badgekit.api import CONTEXTS, MASTER, Caller, store


@pytest.fixture
def api(db: None, settings: Any) -> Caller:
    """Calls with the master's key to a small store."""
    settings.BADGEKIT_MASTER_SECRET = MASTER
    store()
    return Caller()


@pytest.fixture(params=CONTEXTS)
def context(request: pytest.FixtureRequest) -> str:
    """The beginning of a path, in each of the three contexts."""
    return CONTEXTS[request.param]


@pytest.fixture
def codes(context: str) -> str:
    """The address of a badge's codes."""
    return f"{context}/badges/coder/codes"
