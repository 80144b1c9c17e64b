"""Reading the rules file: strictly, with the line of whatever is wrong, and safely whatever it holds."""

import json
import time

import pytest

from credentials_badges.badges.rules_file import RuleSpec, TemplateName, TemplateSpec, read, write
from credentials_badges.badges.strict_yaml import WrongFile

pytestmark = pytest.mark.once

HEAD = "templates:\n- provider: credly\n  external_id: abc\n"


def one(text: str) -> TemplateSpec:
    """The only template of the file."""
    (spec,) = read(text)
    return spec


def rule_of(text: str) -> RuleSpec:
    """The only rule of the only requirement."""
    return one(text).requirements[0].rules[0]


def with_rule(value: str) -> str:
    """A file with one rule, whose value is written so."""
    rule = f"{{path: p, operator: eq, value: {value}}}"
    return f"{HEAD}  requirements:\n  - id: r\n    event_type: t\n    rules:\n    - {rule}"


def test_what_a_file_does_not_say_is_none() -> None:
    assert one(HEAD) == TemplateSpec(
        line=2,
        template=TemplateName(provider="credly", external_id="abc"),
        active=None,
        award=None,
        requirements=None,
        penalties=None,
    )


def test_an_empty_list_says_that_there_are_none() -> None:
    spec = one(f"{HEAD}  requirements: []\n  penalties: []")
    assert (spec.requirements, spec.penalties) == ((), ())


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", "true"),
        ("Yes", "Yes"),
        ("30", "30"),
        ("030", "030"),
        ("1e2", "1e2"),
        ("2026-11-21", "2026-11-21"),
        ("'null'", "null"),
        ('"~"', "~"),
        ("=", "="),
        ('"åsa 🙂"', "åsa 🙂"),
        (json.dumps("åsa 🙂"), "åsa 🙂"),
        ("' padded '", "padded"),
        ("course-v1:OpenedX+DemoX+Demo_Course", "course-v1:OpenedX+DemoX+Demo_Course"),
    ],
)
def test_a_value_is_the_text_as_it_was_written(written: str, value: str) -> None:
    assert rule_of(with_rule(written)).value == value


@pytest.mark.parametrize("nothing", ["", "null", "~", "''", "Null"])
def test_nothing_is_no_text(nothing: str) -> None:
    spec = one(f"{HEAD}  requirements:\n  - id: r\n    event_type: t\n    group: {nothing}\n    description: {nothing}")
    assert (spec.requirements[0].group, spec.requirements[0].description) == ("", "")
    with pytest.raises(WrongFile, match="line 8: eq needs a value"):
        read(with_rule(nothing))


@pytest.mark.parametrize("options", [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}])
def test_json_is_understood_however_it_is_laid_out(options: dict) -> None:
    rule = {"path": "p", "operator": "ne", "value": "50 % \t🙂"}
    requirement = {"id": "r", "event_type": "t", "group": None, "rules": [rule]}
    body = {"templates": [{"provider": "credly", "name": "N", "active": True, "requirements": [requirement]}]}
    spec = one(json.dumps(body, **options))
    assert (spec.template.name, spec.active) == ("N", True)
    assert spec.requirements[0].group == ""
    assert spec.requirements[0].rules == (RuleSpec(path="p", operator="ne", value="50 % \t🙂"),)


def test_an_alias_may_stand_for_a_text() -> None:
    text = f"{HEAD}  requirements:\n  - {{id: a, event_type: &type t}}\n  - {{id: b, event_type: *type}}"
    assert [requirement.event_type for requirement in one(text).requirements] == ["t", "t"]


REQUIREMENT = f"{HEAD}  requirements:\n"
PENALTY = f"{HEAD}  penalties:\n"
MISTAKES = {
    "": (1, "empty"),
    "# nothing": (1, "empty"),
    "[]": (1, "expected templates"),
    "templates:": (1, "a list is expected"),
    "templates: {}": (1, "a list is expected"),
    "\ntemplate: []": (2, "unknown key 'template'"),
    "templates: []\ntemplates: []": (2, "given twice"),
    "templates: [}": (1, "expected"),
    "templates:\n  - a\n - b": (3, "expected"),
    "a: 1\n---\nb: 2": (2, "document"),
    "templates:\n- credly": (2, "expected provider"),
    "templates:\n- external_id: abc": (2, "provider is missing"),
    "templates:\n- provider: credly": (2, "named by external_id"),
    "templates:\n- provider: credly\n  external_id:\n  name: ~": (2, "named by external_id"),
    "templates:\n- provider: credly\n  external_id: [abc]": (3, "a text is expected"),
    f"{HEAD}  colour: red": (4, "unknown key 'colour'"),
    f"{HEAD}  provider: credly": (4, "provider is given twice"),
    f"{HEAD}  active: maybe": (4, "true or false"),
    f"{HEAD}  active: yes": (4, "true or false"),
    f"{HEAD}  award: often": (4, "award 'often' is not known; known are once"),
    f"{HEAD}  requirements: one": (4, "a list is expected"),
    f"{REQUIREMENT}  - event_type: t": (5, "id is missing"),
    f"{REQUIREMENT}  - id: r": (5, "event_type is missing"),
    f"{REQUIREMENT}  - id: r\n    event_type: ''": (6, "a text is expected"),
    f"{REQUIREMENT}  - id: {'r' * 65}\n    event_type: t": (5, "at most 64"),
    f"{REQUIREMENT}  - id: r\n    event_type: {'t' * 256}": (6, "at most 255"),
    f"{REQUIREMENT}  - {{id: r, event_type: t}}\n  - {{id: r, event_type: u}}": (5, "same requirement id"),
    with_rule("x").replace("operator: eq", "operator: like"): (8, "operator 'like' is not known; known are eq, ne"),
    with_rule("[x]"): (8, "a text is expected"),
    with_rule('"\\ud800"'): (8, "surrogate"),
    with_rule('"\\0"'): (8, "NUL"),
    with_rule("x").replace("path: p, ", ""): (8, "path is missing"),
    with_rule("x") + "\n    - {path: p, operator: eq, value: x}": (8, "same rule"),
    f"{PENALTY}  - event_type: t": (5, "requirements is missing"),
    f"{PENALTY}  - event_type: t\n    requirements: []": (6, "at least one requirement"),
}


@pytest.mark.parametrize(("text", "line", "why"), [(text, *told) for text, told in MISTAKES.items()])
def test_a_mistake_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(WrongFile) as refusal:
        read(text)
    assert str(refusal.value).startswith(f"line {line}: ")
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.system [ls]", "!!python/name:os.system x", "!secret x", "!!str x", "!!binary eA=="],
)
def test_tags_are_refused(value: str) -> None:
    with pytest.raises(WrongFile, match="line 8: tags"):
        read(with_rule(value))


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "a billion laughs": LAUGHS,
    "an alias of a list": f"{HEAD}  requirements: &all []\n  penalties: *all",
    "an alias of itself": "templates: &all [*all]",
    "an unknown alias": "templates: *all",
    "a merge": f"{HEAD}  <<: {{active: true}}",
    "deep lists": "templates: " + "[" * 3_000,
    "deep objects": '{"templates":' * 3_000,
    "a control character": "templates: \x07",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_at_once(text: str) -> None:
    before = time.monotonic()
    with pytest.raises(WrongFile):
        read(text)
    assert time.monotonic() - before < 5


def test_what_is_written_is_read_as_the_same() -> None:
    text = f"""{HEAD}  account: org
  name: "true"
  active: true
  award: once
  requirements:
  - {{id: "1", group: "null", event_type: "~", description: "of: course, #1"}}
  - {{id: three, event_type: t, rules: [{{path: a.b, operator: ne, value: "- x"}}]}}
  - {{id: two, event_type: t}}
  penalties:
  - {{event_type: t, requirements: [two, "1"], rules: [{{path: p, operator: eq, value: "åsa 🙂"}}]}}
"""
    assert read(write(read(text))) == read(text)
