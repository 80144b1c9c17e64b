"""The rules as a file, YAML or JSON: reading it strictly, with the line of whatever is wrong, and writing it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from credentials_badges.badges.models import BadgeTemplate, DataRule

AWARDS = tuple(BadgeTemplate.Award.values)
OPERATORS = tuple(DataRule.Operator.values)


class WrongFile(ValueError):
    """The file cannot be used; the message names the line and the reason."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """One comparison."""

    path: str
    operator: str
    value: str


@dataclass(frozen=True, kw_only=True)
class RequirementSpec:
    """One requirement; `id` is unique in its template."""

    id: str
    group: str
    event_type: str
    description: str
    rules: tuple[RuleSpec, ...]


@dataclass(frozen=True, kw_only=True)
class PenaltySpec:
    """One penalty, with the ids of the requirements that it undoes."""

    event_type: str
    description: str
    requirements: tuple[str, ...]
    rules: tuple[RuleSpec, ...]


@dataclass(frozen=True, kw_only=True)
class TemplateSpec:
    """What the file says about one template; None where it says nothing."""

    line: int
    provider: str
    account: str | None
    external_id: str | None
    name: str | None
    active: bool | None
    award: str | None
    requirements: tuple[RequirementSpec, ...] | None
    penalties: tuple[PenaltySpec, ...] | None


class _Loader(yaml.SafeLoader):
    """YAML without tags, and with aliases of texts only: those of lists could make a short file say endlessly much."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse either with its line."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = int(event.start_mark.line) + 1
        if getattr(event, "tag", None):
            raise WrongFile(line, "tags (!) are not understood; every value is read as it is written")
        node = super().compose_node(parent, index)
        if isinstance(event, yaml.AliasEvent) and not isinstance(node, yaml.ScalarNode):
            raise WrongFile(line, "an alias (*) may stand for a text only; write the list out")
        return node


def read(text: str) -> list[TemplateSpec]:
    """The templates of the file. Raises WrongFile at the first thing that is not as it should be."""
    if text.lstrip().startswith("{"):  # JSON may be indented with tabs, which YAML may not, and has them nowhere else.
        text = text.replace("\t", " ")
    try:
        root = yaml.compose(text, Loader=_Loader)
    except RecursionError:
        raise WrongFile(1, "the file is nested too deep") from None
    except yaml.MarkedYAMLError as error:
        raise WrongFile(error.problem_mark.line + 1 if error.problem_mark else 1, f"{error.problem}") from None
    except yaml.YAMLError as error:
        raise WrongFile(1, " ".join(str(error).split())) from None
    if root is None:
        raise WrongFile(1, "the file is empty; it should begin with templates:")
    top = _mapping(root, {"templates"}, required={"templates"})
    return [_template(node) for node in _items(top["templates"])]


def write(templates: Iterable[TemplateSpec]) -> str:
    """The file that `read` understands, without what it does not say."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(inner) for key, inner in value.items() if inner not in (None, "", ()) and key != "line"}
        return [told(inner) for inner in value] if isinstance(value, list | tuple) else value

    body = {"templates": [told(asdict(template)) for template in templates]}
    return str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=120))


def _template(node: yaml.Node) -> TemplateSpec:
    keys = {"provider", "account", "external_id", "name", "active", "award", "requirements", "penalties"}
    said = _mapping(node, keys, required={"provider"})
    external_id, name = _optional(said, "external_id") or None, _optional(said, "name") or None
    if not external_id and not name:
        raise WrongFile(_line(node), "a template is named by external_id, or by account and name")
    award = _text(said["award"]) if "award" in said else None
    if award is not None and award not in AWARDS:
        raise WrongFile(_line(said["award"]), f"award {award!r} is not known; known are {', '.join(AWARDS)}")
    requirements = tuple(map(_requirement, _items(said["requirements"]))) if "requirements" in said else None
    _unique(said.get("requirements"), [requirement.id for requirement in requirements or ()], "requirement id")
    return TemplateSpec(
        line=_line(node),
        provider=_text(said["provider"]),
        account=_optional(said, "account") or None,
        external_id=external_id,
        name=name,
        active=_boolean(said["active"]) if "active" in said else None,
        award=award,
        requirements=requirements,
        penalties=tuple(map(_penalty, _items(said["penalties"]))) if "penalties" in said else None,
    )


def _requirement(node: yaml.Node) -> RequirementSpec:
    keys = {"id", "group", "event_type", "description", "rules"}
    said = _mapping(node, keys, required={"id", "event_type"})
    return RequirementSpec(
        id=_text(said["id"], 64),
        group=_optional(said, "group", 64),
        event_type=_text(said["event_type"]),
        description=_optional(said, "description", 10_000),
        rules=_rules(said),
    )


def _penalty(node: yaml.Node) -> PenaltySpec:
    keys = {"event_type", "description", "requirements", "rules"}
    said = _mapping(node, keys, required={"event_type", "requirements"})
    requirements = tuple(sorted(_text(item, 64) for item in _items(said["requirements"])))
    if not requirements:
        raise WrongFile(_line(said["requirements"]), "a penalty names at least one requirement that it undoes")
    return PenaltySpec(
        event_type=_text(said["event_type"]),
        description=_optional(said, "description", 10_000),
        requirements=requirements,
        rules=_rules(said),
    )


def _rules(said: dict[str, yaml.Node]) -> tuple[RuleSpec, ...]:
    rules = []
    for node in _items(said["rules"]) if "rules" in said else ():
        rule = _mapping(node, {"path", "operator", "value"}, required={"path", "operator", "value"})
        operator = _text(rule["operator"])
        if operator not in OPERATORS:
            raise WrongFile(
                _line(rule["operator"]), f"operator {operator!r} is not known; known are {', '.join(OPERATORS)}"
            )
        rules.append(RuleSpec(path=_text(rule["path"]), operator=operator, value=_text(rule["value"])))
    _unique(said.get("rules"), rules, "rule")
    return tuple(rules)


def _mapping(node: yaml.Node, keys: set[str], *, required: set[str]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise WrongFile(_line(node), f"expected {', '.join(sorted(required))} here, with values")
    said: dict[str, yaml.Node] = {}
    for key_node, value in node.value:
        key = str(key_node.value)
        if key not in keys:
            raise WrongFile(_line(key_node), f"unknown key {key!r}; known are {', '.join(sorted(keys))}")
        if key in said:
            raise WrongFile(_line(key_node), f"{key} is given twice")
        said[key] = value
    if missing := sorted(required - said.keys()):
        raise WrongFile(_line(node), f"{', '.join(missing)} is missing")
    return said


def _items(node: yaml.Node) -> Iterator[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise WrongFile(_line(node), "a list is expected here")
    return iter(node.value)


def _text(node: yaml.Node, length: int = 255) -> str:
    """The words as they were written: a rule's value ``true`` is the text *true*, whatever YAML makes of it."""
    if not isinstance(node, yaml.ScalarNode) or _is_null(node) or not (text := str(node.value).strip()):
        raise WrongFile(_line(node), "a text is expected here")
    try:
        # JSON writes a character beyond the first 65,536 as a pair of surrogates, which YAML leaves apart.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise WrongFile(_line(node), "the text holds half a surrogate pair") from None
    if "\0" in text:
        raise WrongFile(_line(node), "the text holds a NUL")
    if len(text) > length:
        raise WrongFile(_line(node), f"a text of at most {length} characters is expected here, not {len(text)}")
    return text


def _optional(said: dict[str, yaml.Node], key: str, length: int = 255) -> str:
    """The words under that key; none if it is missing, or stands there without a value."""
    node = said.get(key)
    if node is None or _is_null(node) or (isinstance(node, yaml.ScalarNode) and not node.value):
        return ""
    return _text(node, length)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _boolean(node: yaml.Node) -> bool:
    word = _text(node).lower()
    if word not in {"true", "false"}:
        raise WrongFile(_line(node), f"true or false is expected here, not {word!r}")
    return word == "true"


def _unique(node: yaml.Node | None, things: list[Any], noun: str) -> None:
    if node is not None and len(set(things)) < len(things):
        raise WrongFile(_line(node), f"the same {noun} stands here twice")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
