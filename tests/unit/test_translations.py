"""The catalogues of translations: each has all that is marked, nothing else, and is compiled."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(each for app in ("credentials_badges", "providers") for each in (ROOT / app).rglob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sdr]|\{\w*\}|</?\w+")
"""What is put in when the message is shown, and the tags around parts of it."""
TOOLS = ("xgettext", "msgmerge", "msguniq", "msgattrib")

of_each = pytest.mark.parametrize("path", CATALOGUES, ids=[str(each.relative_to(ROOT)) for each in CATALOGUES])


def entries(path: Path) -> dict[tuple[str | None, str], polib.POEntry]:
    return {(each.msgctxt, each.msgid): each for each in polib.pofile(str(path)) if not each.obsolete}


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return [*entry.msgstr_plural.values()] if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_each_app_that_people_meet_has_a_catalogue() -> None:
    having = {path.relative_to(ROOT).parent.parent.parent.parent.as_posix() for path in CATALOGUES}
    assert having == {"credentials_badges", *(f"providers/{name}" for name in ("accredible", "badgekit", "credly"))}


@of_each
def test_every_message_is_translated_for_good(path: Path) -> None:
    fuzzy = [entry.msgid for entry in entries(path).values() if entry.fuzzy]
    empty = [entry.msgid for entry in entries(path).values() if not all(translations(entry))]
    assert (fuzzy, empty) == ([], [])


@of_each
def test_every_translation_puts_in_the_same(path: Path) -> None:
    other = [
        entry.msgid
        for entry in entries(path).values()
        for text in translations(entry)
        if placeholders(text) not in [placeholders(each) for each in (entry.msgid, entry.msgid_plural or entry.msgid)]
    ]
    assert other == []


@of_each
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    compiled = {(each.msgctxt, each.msgid): translations(each) for each in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == {key: translations(entry) for key, entry in entries(path).items()}


def test_no_two_say_the_same_message_differently() -> None:
    """Django reads them as one."""
    said: dict[tuple[str | None, str, str], set[tuple[str, ...]]] = {}
    for path in CATALOGUES:
        for entry in entries(path).values():
            key = (entry.msgctxt, entry.msgid, entry.msgid_plural)
            said.setdefault(key, set()).add(tuple(translations(entry)))
    assert [key for key, found in said.items() if len(found) > 1] == []


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="gettext's tools are not here")
@of_each
def test_it_has_what_is_marked_and_nothing_else(path: Path, tmp_path: Path) -> None:
    app = path.parents[3]
    copy = tmp_path / app.name
    shutil.copytree(app, copy, ignore=shutil.ignore_patterns("static", "__pycache__"))
    asked = [sys.executable, "-m", "django", "makemessages", "-l", path.parts[-3], "--no-location", "--no-obsolete"]
    told = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    made = subprocess.run(asked, cwd=copy, env=told, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    marked = entries(copy / path.relative_to(app)).keys()
    assert sorted(map(str, marked - entries(path).keys())) == []
    assert sorted(map(str, entries(path).keys() - marked)) == []
