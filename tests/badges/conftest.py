"""Fixtures of the engine's tests."""

from collections.abc import Iterator

import pytest

from tests.badges.world import World, world


@pytest.fixture
def credly(db: None) -> Iterator[World]:
    """A Credly organization with three pulled templates."""
    with world() as built:
        yield built
