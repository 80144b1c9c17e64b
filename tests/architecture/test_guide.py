"""The guide to adding a provider tells of every file, every method and every attribute; the guest is made by it."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

from credentials_badges.contract import registry
from credentials_badges.contract.provider import Provider

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "tests/guest"
GUIDE = (ROOT / "docs/adding-a-provider.md").read_text()
FILES = set(re.findall(r"^\| `([\w/]+\.py)` \|", GUIDE, re.MULTILINE))
OF_A_GUEST = {"migrations/0001_initial.py"}
OF_A_REMOTE_ONE = {"client.py", "mapping.py", "sandbox.py"}
ROWS = "".join(re.findall(r"^\| (`.+?) \|", GUIDE, re.MULTILINE))


def test_the_guest_consists_of_the_files_that_the_guide_lists() -> None:
    package = GUEST / "laurel_badges"
    written = {file.relative_to(package).as_posix() for file in package.rglob("*.py") if file.name != "__init__.py"}
    assert written == FILES
    assert len(FILES) == 8


@pytest.mark.parametrize("slug", registry.slugs())
def test_every_provider_is_a_folder_with_the_files_that_the_guide_lists(slug: str) -> None:
    needed = FILES - OF_A_GUEST
    if not registry.get(slug).base_urls:
        needed -= OF_A_REMOTE_ONE
    folder = ROOT / "providers" / slug
    # A provider with much of one kind makes a folder of that file.
    missing = [name for name in needed if not (folder / name).is_file() and not (folder / name[:-3]).is_dir()]
    assert sorted(missing) == []


@pytest.mark.parametrize("name", sorted(name for name in vars(Provider) | Provider.__annotations__ if name[0] != "_"))
def test_everything_of_a_provider_is_in_the_guide(name: str) -> None:
    assert f"`{name}`" in ROWS


def test_the_guide_names_nothing_that_a_provider_has_not() -> None:
    named = set(re.findall(r"`(\w+)`", ROWS)) - {"Provider"}
    assert named <= set(vars(Provider) | Provider.__annotations__)


def test_the_entry_point_of_the_guide_is_the_guests() -> None:
    (snippet,) = re.findall(r"```toml\n(.+?)```", GUIDE, re.DOTALL)
    (guest,) = distributions(path=[str(GUEST)])
    told = tomllib.loads(snippet)["project"]["entry-points"]
    assert told == {point.group: {point.name: point.value} for point in guest.entry_points}


def test_the_suites_that_the_guide_names_are_those_that_there_are() -> None:
    files = (ROOT / "tests").glob("contract_*.py")
    suites = {name for file in files for name in re.findall(r"^class (\w+Contract)\b", file.read_text(), re.MULTILINE)}
    assert suites == set(re.findall(r"`(\w+Contract)`", GUIDE))
