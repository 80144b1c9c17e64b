"""Fixtures of the tests of endorsements."""

from typing import Any

import pytest

from tests.endorsements.world import World, build


@pytest.fixture
def world(db: None, settings: Any) -> World:
    """A city, a badge that Ada holds, and an account at Credly."""
    settings.PUBLIC_BASE_URL = "https://badges.example/"
    return build()


@pytest.fixture
def committed(transactional_db: None, settings: Any) -> World:
    """The same, so that all threads see it."""
    settings.PUBLIC_BASE_URL = "https://badges.example/"
    return build()
