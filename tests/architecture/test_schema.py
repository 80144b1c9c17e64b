"""The published schema of rules files says what is really read."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from credentials_badges.badges.goals import Policy, Streak
from credentials_badges.badges.operators import Operator
from credentials_badges.badges.rules_file import (
    NAME_KEYS,
    TEMPLATE_KEYS,
    PenaltySpec,
    RequirementSpec,
    RuleSpec,
    keys_of,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/rules.schema.json").read_text())
DEFINED = SCHEMA["$defs"]
FILES = [*sorted((ROOT / "docs/examples").glob("*.yaml")), ROOT / "credentials_badges/demo/rules.yaml"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("template", TEMPLATE_KEYS),
        ("template_name", NAME_KEYS),
        ("requirement", keys_of(RequirementSpec)),
        ("penalty", keys_of(PenaltySpec)),
        ("rule", keys_of(RuleSpec)),
    ],
)
def test_it_knows_the_keys_that_are_read(name: str, keys: frozenset[str]) -> None:
    assert set(DEFINED[name]["properties"]) == keys


def test_it_knows_the_words_that_are_read() -> None:
    def words(definition: str, key: str) -> set[str]:
        return set(DEFINED[definition]["properties"][key]["enum"]) - {None}

    assert words("rule", "operator") == set(Operator)
    assert words("template", "award") == set(Policy)
    assert words("requirement", "streak") == set(Streak)


def refusals(text: str) -> list[str]:
    """What the schema has against a file."""
    said: Any = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(said)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_files_that_are_read_are_valid(file: Path) -> None:
    assert refusals(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("provider:", "supplier:"),
        ("operator: eq", "operator: equals"),
        ("- id: demo", "- nothing: demo"),
        ("event_type:", "kind:"),
        ("active: true", "active: perhaps"),
    ],
)
def test_wrong_files_are_refused(right: str, wrong: str) -> None:
    text = (ROOT / "docs/examples/one_course.yaml").read_text(encoding="utf-8")
    assert right in text
    assert refusals(text) == []
    assert refusals(text.replace(right, wrong)) != []
