"""Fixtures of the engine's tests."""

from collections.abc import Iterator

import pytest

from tests.badges.world import World, passing, penalty, requirement, send, world


@pytest.fixture
def credly(db: None) -> Iterator[World]:
    """A Credly organization with three pulled templates."""
    with world() as built:
        yield built


@pytest.fixture
def earned(credly: World) -> World:
    """Ada has earned a badge that is not pushed yet, and can lose it."""
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(passing("ada", "OneX"))
    return credly
