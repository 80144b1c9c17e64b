"""The rules as a file, YAML or JSON: reading it strictly, with the line of whatever is wrong, and writing it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import yaml

from credentials_badges.badges.event_types import kind_of
from credentials_badges.badges.goals import Policy, Streak
from credentials_badges.badges.operators import LISTS, PRESENCE, Operator, problem, values_of
from credentials_badges.badges.strict_yaml import Said, WrongFile, compose, line_of, text_of

LONG = 10_000


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """One comparison; the values of a list stand one on a line."""

    path: str
    operator: str
    value: str


@dataclass(frozen=True, kw_only=True)
class TemplateName:
    """How a template is named: by external id, or by account and name."""

    provider: str
    account: str = ""
    external_id: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class RequirementSpec:
    """One requirement; `id` is unique in its template."""

    line: int = field(default=0, compare=False)
    id: str
    group: str = ""
    badge: TemplateName | None = None
    event_type: str = ""
    description: str = ""
    rules: tuple[RuleSpec, ...] = ()
    count: int = 1
    distinct: str = ""
    within_days: int | None = None
    streak: str = ""
    after: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    expires_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class PenaltySpec:
    """One penalty, with the ids of the requirements that it undoes."""

    event_type: str
    description: str = ""
    requirements: tuple[str, ...]
    rules: tuple[RuleSpec, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TemplateSpec:
    """What the file says about one template; None where it says nothing."""

    line: int = field(default=0, compare=False)
    template: TemplateName
    active: bool | None = None
    award: str | None = None
    expires_days: int | None = None
    renew_days: int | None = None
    limit: int | None = None
    groups: dict[str, int] | None = None
    requirements: tuple[RequirementSpec, ...] | None = None
    penalties: tuple[PenaltySpec, ...] | None = None
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys that it has; one that stands there without a value takes back what was said before."""


def keys_of(spec: type) -> frozenset[str]:
    """The keys that the file may have for it."""
    return frozenset(each.name for each in fields(spec)) - {"line", "said"}


NAME_KEYS = keys_of(TemplateName)
TEMPLATE_KEYS = (keys_of(TemplateSpec) - {"template"}) | NAME_KEYS


def read(text: str) -> list[TemplateSpec]:
    """The templates of the file. Raises WrongFile at the first thing that is not as it should be."""
    top = Said(compose(text), {"templates"}, required={"templates"})
    return list(top.items("templates", _template) or ())


def write(templates: Iterable[TemplateSpec]) -> str:
    """The file that `read` understands, without what it does not say."""
    body = {"templates": [_told(template) for template in templates]}
    return yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """YAML in which texts with line breaks other than a newline are quoted: otherwise they would be read as spaces."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """The text, quoted so that its characters are escaped if need be."""
        quoted = len(text.splitlines()) > 1
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def _told(spec: Any) -> dict[str, Any]:
    """What differs from saying nothing, in the order of the fields."""
    told: dict[str, Any] = {}
    for each in fields(spec):
        value = getattr(spec, each.name)
        if each.name in {"line", "said"} or value in (None, "", (), {}) or (each.name == "count" and value == 1):
            continue
        if isinstance(spec, TemplateSpec) and each.name == "template":
            told |= _told(value)
        elif isinstance(spec, RuleSpec) and each.name == "value" and spec.operator in LISTS:
            told["value"] = list(values_of(spec.operator, value))
        elif isinstance(value, tuple):
            told[each.name] = [item if isinstance(item, str) else _told(item) for item in value]
        elif isinstance(value, datetime):
            told[each.name] = value.isoformat()
        else:
            told[each.name] = _told(value) if isinstance(value, TemplateName) else value
    return told


def _template(node: yaml.Node) -> TemplateSpec:
    said = Said(node, TEMPLATE_KEYS, required={"provider"})
    requirements = said.items("requirements", _requirement)
    ids = [requirement.id for requirement in requirements or ()]
    if len(set(ids)) < len(ids):
        raise said.wrong("requirements", "the same requirement id stands here twice")
    return TemplateSpec(
        line=said.line,
        template=_name(said),
        active=said.boolean("active"),
        award=said.one_of("award", tuple(Policy)) or None,
        expires_days=said.number("expires_days"),
        renew_days=said.number("renew_days", least=0),
        limit=said.number("limit"),
        groups=_groups(said.nodes["groups"]) if "groups" in said else None,
        requirements=requirements,
        penalties=said.items("penalties", _penalty),
        said=frozenset(said.nodes),
    )


def _name(said: Said) -> TemplateName:
    name = TemplateName(**{key: said.optional(key) for key in NAME_KEYS})
    if not name.external_id and not name.name:
        raise WrongFile(said.line, "a template is named by external_id, or by account and name")
    return name


def _groups(node: yaml.Node) -> dict[str, int]:
    if not isinstance(node, yaml.MappingNode):
        raise WrongFile(line_of(node), "the names of groups are expected here, each with a number")
    names = {str(key.value): text_of(key, 64) for key, _ in node.value}
    said = Said(node, names)
    return {name: said.number(written) or 1 for written, name in names.items()}


def _requirement(node: yaml.Node) -> RequirementSpec:
    said = Said(node, keys_of(RequirementSpec), required={"id"})
    if "badge" not in said and "event_type" not in said:
        raise WrongFile(said.line, "event_type is missing, or badge")
    event_type = said.optional("event_type") if "badge" in said else said.text("event_type")
    return RequirementSpec(
        line=said.line,
        id=said.text("id", 64),
        group=said.optional("group", 64),
        badge=_name(Said(said.nodes["badge"], NAME_KEYS, required={"provider"})) if "badge" in said else None,
        event_type=event_type,
        description=said.optional("description", LONG),
        rules=_rules(said, event_type),
        count=said.number("count") or 1,
        distinct=said.optional("distinct"),
        within_days=said.number("within_days"),
        streak=said.one_of("streak", tuple(Streak)),
        after=tuple(sorted(said.items("after", text_of, twice="requirement id") or ())),
        since=said.moment("since"),
        until=said.moment("until"),
        expires_days=said.number("expires_days"),
    )


def _penalty(node: yaml.Node) -> PenaltySpec:
    said = Said(node, keys_of(PenaltySpec), required={"event_type", "requirements"})
    requirements = said.items("requirements", text_of, twice="requirement id")
    if not requirements:
        raise said.wrong("requirements", "a penalty names at least one requirement that it undoes")
    event_type = said.text("event_type")
    return PenaltySpec(
        event_type=event_type,
        description=said.optional("description", LONG),
        requirements=tuple(sorted(requirements)),
        rules=_rules(said, event_type),
    )


def _rules(said: Said, event_type: str) -> tuple[RuleSpec, ...]:
    return said.items("rules", lambda node: _rule(node, event_type), twice="rule") or ()


def _rule(node: yaml.Node, event_type: str) -> RuleSpec:
    said = Said(node, keys_of(RuleSpec), required={"path", "operator"})
    operator, path = said.one_of("operator", tuple(Operator)), said.text("path")
    if not operator:
        raise said.wrong("operator", "an operator is expected here")
    if operator in LISTS and "value" in said:
        values = said.items("value", lambda item: text_of(item, LONG)) or ()
        if broken := [each for each in values if len(each.splitlines()) > 1]:
            raise said.wrong("value", f"a value of a list stands on one line, unlike {broken[0]!r}")
        value = "\n".join(values)
    else:
        value = said.optional("value", LONG)
    if operator not in PRESENCE and not value:
        raise said.wrong("value", f"{operator} needs a value")
    if why := problem(operator, value, kind_of(event_type, path)):
        raise said.wrong("value", f"{path}: {why}")
    return RuleSpec(path=path, operator=operator, value=value)
