"""Finds and strikes out one person's names in texts that hold anything: webhooks, mails, reports, the audit trail.

A name counts where it stands alone: that of ``ada`` is neither in ``ada2`` nor in ``Ada``. An e-mail address counts in
any case. A full name is looked for if it has two words at least, since of one alone nobody knows whose it is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast

STRUCK = "[retired]"
_BEFORE, _AFTER = r"(?<![\w@+-])(?<!\w\.)", r"(?![\w@+-])(?!\.\w)"
"""What stands beside a name that stands alone; a full stop may end a sentence."""


@dataclass(frozen=True)
class Names:
    """What a person is called here."""

    username: str
    emails: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    """Ids of ours and of providers' that lead to the person."""

    def are_in(self, text: str) -> bool:
        """Whether the text names the person."""
        return any(pattern.search(text) for pattern in self._patterns)

    def struck(self, text: str, by: str = STRUCK) -> str:
        """The text without the names."""
        for pattern in self._patterns:
            text = pattern.sub(lambda _: by, text)
        return text

    def struck_from(self, value: Any, by: str = STRUCK) -> Any:
        """The JSON without the names."""
        if isinstance(value, str):
            return self.struck(value, by)
        if isinstance(value, dict):
            return {self.struck(key, by): self.struck_from(inner, by) for key, inner in value.items()}
        return [self.struck_from(inner, by) for inner in value] if isinstance(value, list) else value

    def named_in(self, rows: QuerySet[Any], *columns: str) -> Iterator[Any]:
        """The rows that name the person in one of these columns, which hold text or JSON; one statement."""
        texts = {f"text_of_{column}": Cast(column, models.TextField()) for column in columns}
        perhaps = Q(*(Q(**{f"{text}__icontains": word}) for text in texts for word in self._written), _connector=Q.OR)
        for row in rows.annotate(**texts).filter(perhaps).iterator(chunk_size=500):
            said = [getattr(row, column) for column in columns]
            if any(self.struck_from(_plain(each)) != _plain(each) for each in said if each):
                yield row

    @cached_property
    def _sought(self) -> tuple[tuple[str, bool], ...]:
        """Each name, and whether upper and lower case matter."""
        full = [name for name in self.full_names if len(name.split()) > 1]
        exact = [name for name in (self.username, *full, *self.ids) if name]
        return (*((email, False) for email in self.emails if email), *((name, True) for name in exact))

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        """Longest first: an address before the username that it begins with."""
        sought = {form: exact for name, exact in self._sought for form in _spellings(name)}
        ordered = sorted(sought.items(), key=lambda each: -len(each[0]))
        return tuple(
            re.compile(f"{_BEFORE}{re.escape(form)}{_AFTER}", 0 if exact else re.IGNORECASE) for form, exact in ordered
        )

    @cached_property
    def _written(self) -> set[str]:
        """How the names may be written in a column of the database."""
        return {form for name, _ in self._sought for form in _spellings(name)}


def _spellings(name: str) -> Iterable[str]:
    """As it is, as JSON writes it, and as it stands in an address."""
    escaped = json.dumps(name)[1:-1]
    quoted = json.dumps(name, ensure_ascii=False)[1:-1]
    return dict.fromkeys((name, quoted, escaped, json.dumps(escaped)[1:-1], quote(name)))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | dict | list) else str(value)
