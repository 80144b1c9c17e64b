"""A Credly organization, a store, and a folder for evidence that is empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.badgekit.models.claims import evidence_storage
from tests.badges.world import World, world
from tests.providers.badgekit.stage import Stage


@pytest.fixture(autouse=True)
def _own_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(evidence_storage()), "location", str(tmp_path / "evidence"))


@pytest.fixture
def credly(db: None) -> Iterator[World]:
    """Three templates, and a store beside it."""
    with world() as built:
        Stage()
        yield built
