"""Finds and strikes out one person's names in texts that hold anything: webhooks, mails, reports, the audit trail.

A name counts where it stands alone: that of ``ada`` is neither in ``ada2`` nor in ``Ada``. An e-mail address counts
everywhere, and in any case. Other names may be words that texts are full of, such as ``pending`` or ``Your badge``, and
count anywhere only if they cannot be; else where it is said that somebody is named. Keys of JSON are never names.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, quote_plus

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast

NAMING = re.compile(r"user(_?name)?s?|learners?|earners|losers|\w+_by")
"""Keys under which the whole of a value is a username, be it any word."""
MACHINES = re.compile(r"(.*_)?(type|kind|action|status|state|id|uuid|slug|deed|event)")
"""Keys of what machines go by, and not people: no bare name is looked for there."""
_BEFORE = r"(?:(?<=\\[bfnrt])|(?<=\\u[\da-fA-F]{4})|(?<=%[\da-fA-F]{2})|(?<![\w@+-])(?<!\w\.))"
_AFTER = r"(?![\w@+\u0300-\u036f-])(?!\.\w)"
"""What stands beside a name that stands alone: escapes, or a full stop that ends a sentence, but no part of a word."""
_ESCAPES = r"\\{0,8}"
"""JSON within JSON within JSON; without a bound, a long run of them would be gone through from each of its places."""
_AT_A_TIME = 40
"""Names that are looked for by one statement: SQLite takes expressions of a thousand parts."""


@dataclass(frozen=True)
class Names:
    """What a person is called here."""

    username: str
    emails: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()

    def struck_from(self, value: Any, by: str, key: str = "") -> Any:
        """The text or JSON without the names; `key` is the column, or the key in JSON, under which it stands."""
        if isinstance(value, str):
            return self._struck(value, by, key)
        if isinstance(value, dict):
            return {name: self.struck_from(inner, by, name) for name, inner in value.items()}
        return [self.struck_from(inner, by, key) for inner in value] if isinstance(value, list) else value

    def named_in(self, rows: QuerySet[Any], *columns: str) -> Iterator[Any]:
        """The rows that name the person in one of these columns, which hold text or JSON.

        One statement for every few names; each row comes once.
        """
        texts = {f"text_of_{column}": Cast(column, models.TextField()) for column in columns}
        seen, sought = set[Any](), sorted(self._clues)
        for start in range(0, len(sought), _AT_A_TIME):
            perhaps = Q()
            for text in texts:
                for words in sought[start : start + _AT_A_TIME]:
                    perhaps |= Q(*((f"{text}__icontains", word) for word in words))
            for row in rows.annotate(**texts).filter(perhaps).iterator(chunk_size=500):
                said = {column: getattr(row, column) for column in columns}
                if row.pk not in seen and any(self.struck_from(each, "", name) != each for name, each in said.items()):
                    seen.add(row.pk)
                    yield row

    def _struck(self, text: str, by: str, key: str) -> str:
        if NAMING.fullmatch(key) and text == self.username:
            return by
        if text.lstrip()[:1] in {"{", "[", '"'}:
            with suppress(ValueError, RecursionError):
                said = json.loads(text)
                struck = self.struck_from(said, by, key)
                return text if struck == said else json.dumps(struck)
        pattern = self._addresses if MACHINES.fullmatch(key) else self._anything
        return pattern.sub(lambda _: by, text)

    @cached_property
    def _telling(self) -> list[str]:
        """The bare names that can be no ordinary words."""
        return [name for name in (self.username, *self.full_names) if _is_telling(name)]

    @cached_property
    def _addresses(self) -> re.Pattern[str]:
        return _pattern({f"(?i:{_spelt(email)})": email for email in self.emails if email})

    @cached_property
    def _anything(self) -> re.Pattern[str]:
        # A host, which stands behind two slashes, is nobody's name.
        bare = {f"(?<!//){_spelt(name)}": name for name in self._telling}
        return _pattern({f"(?i:{_spelt(email)})": email for email in self.emails if email} | bare)

    @cached_property
    def _clues(self) -> set[tuple[str, ...]]:
        """Words of which all have to be in a text of the database that holds a name, however that is written there."""
        clues = {clue for name in (*self.emails, *self._telling) if name for clue in _clues(name)}
        quoted = {(json.dumps(self.username),), (json.dumps(self.username, ensure_ascii=False),)}
        return clues | quoted


def _is_telling(name: str) -> bool:
    """Whether it can be no ordinary word: ``ada_l`` and ``Vincent van Gogh`` are, ``12`` and ``Your badge`` are not."""
    words = name.split()
    if len(words) > 1:
        return sum(not word[0].islower() for word in words) > 1
    return len(name) > 4 and any(map(str.isalpha, name)) and any(each.isdigit() or each in "_@." for each in name)


def _pattern(names: dict[str, str]) -> re.Pattern[str]:
    """Longest first: an address before the username that it begins with."""
    ordered = sorted(names, key=lambda pattern: -len(names[pattern]))
    return re.compile(f"{_BEFORE}(?:{'|'.join(ordered)}){_AFTER}" if ordered else "(?!)")


def _spelt(name: str) -> str:
    """A pattern of the name as it is, as JSON and HTML escape it, and as it stands in an address or a form."""
    return "".join(map(_spelt_letter, normalize("NFC", " ".join(name.split()))))


def _spelt_letter(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return letter
    if letter == " ":
        return r"(?:\s|\+|%20)+"
    units = letter.encode("utf-16-be").hex()
    escaped = "".join(rf"\\{{1,8}}u{units[start : start + 4]}" for start in range(0, len(units), 4))
    plain = [re.escape(form) for form in (letter, normalize("NFD", letter))]
    coded = [re.escape(form) for form in (quote(letter, safe=""), html.escape(letter))]
    entities = [f"&#{ord(letter)};", f"&#x{ord(letter):x};"]
    return rf"(?:{_ESCAPES}(?:{'|'.join(plain)})|(?i:{'|'.join([escaped, *coded, *entities])}))"


def _clues(name: str) -> Iterable[tuple[str, ...]]:
    """The parts that no escape changes, if they say enough; else each way to write the name."""
    parts = re.findall(r"[a-zA-Z\d]{2,}", normalize("NFC", name))
    if sum(map(len, parts)) > 3:
        return [tuple(parts)]
    escaped = json.dumps(name)[1:-1]
    forms = (name, normalize("NFD", name), escaped, json.dumps(escaped)[1:-1], quote(name), quote_plus(name))
    return [(form,) for form in forms]
