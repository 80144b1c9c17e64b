"""What clients may send about a thing: which fields, of what kind, and in BadgeKit's words what is wrong with one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.dateparse import parse_datetime

from credentials_badges.badges.models.addresses import LONGEST_ADDRESS, is_address
from providers.badgekit.api.errors import detail, invalid
from providers.badgekit.models.folding import snake

OUT_OF_RANGE = "String is not in range"
UNEXPECTED = "Unexpected value or invalid argument"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""A NUL and halves of surrogate pairs, which PostgreSQL cannot hold."""
LARGEST = 2**31 - 1
SECONDS_UP_TO = 10**11
"""A larger number is a time in milliseconds: as seconds it would be later than the year 5000."""
BLANK = frozenset({"", "0", "false"})
_is_url = URLValidator(schemes=["http", "https", "ftp"])


class Wrong(ValueError):
    """The value cannot be taken; the message says why, in BadgeKit's words."""


def text_of(value: object) -> str:
    """A JSON scalar as JavaScript writes it. Raises Wrong for anything else, and for what cannot be stored."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        value = int(value)
    if not isinstance(value, str | int | float):
        raise Wrong(OUT_OF_RANGE)
    text = str(value)
    if UNSTORABLE.search(text):
        raise Wrong(OUT_OF_RANGE)
    return text


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of a length."""

    least: int = 0
    most: int = 100_000

    def read(self, value: object) -> str:
        """The text. Raises Wrong."""
        text = text_of(value)
        if not self.least <= len(text) <= self.most:
            raise Wrong(OUT_OF_RANGE)
        return text

    @property
    def schema(self) -> dict[str, Any]:
        """Its OpenAPI schema."""
        return {"type": "string", "minLength": self.least, "maxLength": self.most}


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address of at most 254 characters."""

    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "email", "maxLength": LONGEST_ADDRESS}

    def read(self, value: object) -> str:
        """The address as it was sent. Raises Wrong."""
        text = text_of(value)
        if not is_address(text):
            raise Wrong("Invalid email")
        return text


@dataclass(frozen=True, slots=True)
class Url:
    """An address of the web. BadgeKit does not insist on its scheme."""

    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "uri", "maxLength": 2048}

    def read(self, value: object) -> str:
        """The address as it was sent. Raises Wrong."""
        text = Text(most=2048).read(value)
        try:
            _is_url(text if "://" in text else f"http://{text}")
        except ValidationError:
            raise Wrong("Invalid URL") from None
        return text


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, also written as text."""

    least: int = -LARGEST - 1

    def read(self, value: object) -> int:
        """The number. Raises Wrong."""
        try:
            text = text_of(value)
        except (Wrong, ValueError):  # A number of too many digits cannot even be written.
            raise Wrong("Invalid integer") from None
        if not re.fullmatch(r"-?(?:0|[1-9][0-9]{0,9})", text) or not self.least <= int(text) <= LARGEST:
            raise Wrong("Invalid integer")
        return int(text)

    @property
    def schema(self) -> dict[str, Any]:
        """Its OpenAPI schema."""
        return {"type": "integer", "minimum": self.least, "maximum": LARGEST}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false. `strict`: only 0, 1, true and false; otherwise whatever forms send."""

    strict: bool = False
    schema: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def read(self, value: object) -> bool:
        """Whether it is true. Raises Wrong."""
        try:
            text = text_of(value).lower()
        except Wrong:
            raise Wrong(UNEXPECTED) from None
        if self.strict and text not in {"0", "1", "true", "false"}:
            raise Wrong(UNEXPECTED)
        return text not in BLANK


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def read(self, value: object) -> str:
        """The word. Raises Wrong."""
        if value not in self.words:
            raise Wrong(UNEXPECTED)
        return str(value)

    @property
    def schema(self) -> dict[str, Any]:
        """Its OpenAPI schema."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: seconds or milliseconds since 1970, or ISO 8601, in UTC unless it says otherwise."""

    schema: ClassVar[dict[str, Any]] = {
        "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": 0, "maximum": 2**42}]
    }

    def read(self, value: object) -> datetime:
        """The time, in UTC. Raises Wrong."""
        try:
            text = text_of(value).strip()
            if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", text):
                number = float(text)
                return datetime.fromtimestamp(number if number < SECONDS_UP_TO else number / 1000, tz=UTC)
            moment = parse_datetime(text) or datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise Wrong("Invalid date") from None
        if moment.year < 1970:
            raise Wrong("Invalid date")
        return moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A field that clients may send, and the attribute that it becomes."""

    name: str
    kind: Text | Email | Url | Integer | Boolean | Choice | Moment
    required: bool = False
    empty: Any = field(default=None)
    """What the attribute becomes where nothing or null is sent."""

    @property
    def attribute(self) -> str:
        """The name in our tables."""
        return snake(self.name)


def read(columns: Sequence[Column], sent: Mapping[str, Any], *, partly: bool = False) -> dict[str, Any]:
    """What was sent, by attribute; `partly`: only what was sent. Raises ApiError that names every wrong field.

    A field that is null counts as missing; in part of a thing, it empties the attribute.
    """
    values, details = check(columns, sent, partly=partly)
    if details:
        raise invalid(details)
    return values


def check(
    columns: Sequence[Column], sent: Mapping[str, Any], *, partly: bool = False
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What was sent, by attribute, and what is wrong with it."""
    values: dict[str, Any] = {}
    details: list[dict[str, Any]] = []
    for column in columns:
        if partly and column.name not in sent:
            continue
        value = sent.get(column.name)
        if value is None:
            if column.required:
                details.append(detail(column.name, None))
            values[column.attribute] = column.empty
            continue
        try:
            values[column.attribute] = column.kind.read(value)
        except Wrong as wrong:
            details.append(detail(column.name, value, str(wrong)))
    return values, details
