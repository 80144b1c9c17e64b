"""YAML (or JSON) that is read strictly: nothing unknown, nothing guessed, and every mistake told with its line."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

import yaml

from credentials_badges.badges.goals import MOST
from credentials_badges.badges.values import moment_of

T = TypeVar("T")
LONGEST = 20
"""Digits of a number; Python refuses to read very many."""


class WrongFile(ValueError):
    """The file cannot be used; the message names the line and the reason."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


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


def compose(text: str) -> yaml.Node:
    """The whole text as a tree. Raises WrongFile."""
    if text.lstrip().startswith("{"):  # JSON may be indented with tabs, which YAML may not, and has them nowhere else.
        text = text.replace("\t", " ")
    try:
        root = yaml.compose(text, Loader=_Loader)
    except WrongFile:
        raise
    except RecursionError:
        raise WrongFile(1, "the file is nested too deep") from None
    except yaml.MarkedYAMLError as error:
        raise WrongFile(error.problem_mark.line + 1 if error.problem_mark else 1, f"{error.problem}") from None
    except yaml.YAMLError as error:
        raise WrongFile(1, " ".join(str(error).split())) from None
    except (ValueError, OverflowError):  # Of an escape or a version that no number can be that great for.
        raise WrongFile(1, "it is no YAML: an escape or a number in it is out of range") from None
    if root is None:
        raise WrongFile(1, "the file is empty; it should begin with templates:")
    return root


class Said:
    """A mapping: what it says under the keys that it may have. Whatever is wrong raises WrongFile."""

    def __init__(self, node: yaml.Node, keys: Collection[str], *, required: Collection[str] = ()) -> None:
        self.line = line_of(node)
        if not isinstance(node, yaml.MappingNode):
            raise WrongFile(self.line, f"expected {', '.join(sorted(required or keys))} here, with values")
        self.nodes: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key not in keys:
                raise WrongFile(line_of(key_node), f"unknown key {key!r}; known are {', '.join(sorted(keys))}")
            if key in self.nodes:
                raise WrongFile(line_of(key_node), f"{key} is given twice")
            self.nodes[key] = value
        if missing := sorted(set(required) - self.nodes.keys()):
            raise WrongFile(self.line, f"{', '.join(missing)} is missing")

    def __contains__(self, key: str) -> bool:
        return key in self.nodes

    def line_of(self, key: str) -> int:
        """Where it says this, or where it should."""
        return line_of(self.nodes[key]) if key in self.nodes else self.line

    def wrong(self, key: str, why: str) -> WrongFile:
        """The error that tells the line of this key."""
        return WrongFile(self.line_of(key), why)

    def text(self, key: str, length: int = 255) -> str:
        """The words, of which there must be some."""
        return text_of(self.nodes[key], length)

    def optional(self, key: str, length: int = 255) -> str:
        """The words; none if the key is missing, or stands there without a value."""
        return "" if self._is_empty(key) else self.text(key, length)

    def number(self, key: str, least: int = 1) -> int | None:
        """The whole number; None if the key is missing, or stands there without a value."""
        if self._is_empty(key):
            return None
        word = self.text(key)
        if not (word.isascii() and word.isdigit() and len(word) <= LONGEST and least <= int(word) <= MOST):
            raise self.wrong(key, f"a whole number from {least} to {MOST} is expected here, not {word!r}")
        return int(word)

    def moment(self, key: str) -> datetime | None:
        """The moment, in UTC; None if the key is missing, or stands there without a value."""
        if self._is_empty(key):
            return None
        word = self.text(key)
        if (moment := moment_of(word)) is None:
            raise self.wrong(key, f"a moment such as 2027-02-01 or 2027-02-01T09:00:00+01:00 is expected, not {word!r}")
        return moment

    def boolean(self, key: str) -> bool | None:
        """True or false; None if the key is missing."""
        if key not in self.nodes:
            return None
        word = self.text(key).lower()
        if word not in {"true", "false"}:
            raise self.wrong(key, f"true or false is expected here, not {word!r}")
        return word == "true"

    def one_of(self, key: str, words: Collection[str]) -> str:
        """One of these words; none if the key is missing, or stands there without a value."""
        word = self.optional(key)
        if word and word not in words:
            raise self.wrong(key, f"{key} {word!r} is not known; known are {', '.join(words)}")
        return word

    def items(self, key: str, read: Callable[[yaml.Node], T], *, twice: str = "") -> tuple[T, ...] | None:
        """What the list holds, None if the key is missing; `twice` is what to call an item that may stand once."""
        if key not in self.nodes:
            return None
        node = self.nodes[key]
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(key, "a list is expected here")
        things = tuple(read(item) for item in node.value)
        if twice and len(set(things)) < len(things):
            raise self.wrong(key, f"the same {twice} stands here twice")
        return things

    def _is_empty(self, key: str) -> bool:
        node = self.nodes.get(key)
        return node is None or _is_null(node) or (isinstance(node, yaml.ScalarNode) and not node.value)


def text_of(node: yaml.Node, length: int = 255) -> str:
    """The words as they were written: a rule's value ``true`` is the text *true*, whatever YAML makes of it."""
    if not isinstance(node, yaml.ScalarNode) or _is_null(node) or not (words := str(node.value).strip()):
        raise WrongFile(line_of(node), "a text is expected here")
    try:
        # JSON writes a character beyond the first 65,536 as a pair of surrogates, which YAML leaves apart.
        words = words.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise WrongFile(line_of(node), "the text holds half a surrogate pair") from None
    if "\0" in words:
        raise WrongFile(line_of(node), "the text holds a NUL")
    if len(words) > length:
        raise WrongFile(line_of(node), f"a text of at most {length} characters is expected here, not {len(words)}")
    return words


def line_of(node: yaml.Node) -> int:
    """Its line, counted from 1."""
    return int(node.start_mark.line) + 1


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")
