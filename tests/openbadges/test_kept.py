"""What is brought here from elsewhere is brought once, whole or not at all; without it, tests say what they lack."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.openbadges import kept

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where things are kept in a test."""
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    return tmp_path / "kept"


def test_it_is_brought_once_even_if_many_want_it_at_the_same_time() -> None:
    brought = []

    def bring(place: Path) -> None:
        place.mkdir()
        (place / "it").write_text("here")
        brought.append(place)

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda _: kept.kept("thing", "one", bring), range(8)))
    assert len(brought) == len(set(places)) == 1
    assert (places[0] / "it").read_text() == "here"
    assert kept.kept("thing", "another", bring) != places[0]
    assert len(brought) == 2


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_what_cannot_be_brought_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", required)

    def bring(place: Path) -> None:
        place.mkdir()
        kept.run(sys.executable, "-c", "import sys; sys.exit('no index answers')")

    with pytest.raises(outcome, match="thing cannot be brought here: no index answers"):
        kept.kept("thing", "one", bring)
    assert [each.name for each in folder.iterdir()] == ["thing.lock"]


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        kept.kept("thing", "one", lambda _: kept.run("no-such-program"))
    with pytest.raises(subprocess.CalledProcessError):
        kept.run(sys.executable, "-c", "raise SystemExit(1)")
