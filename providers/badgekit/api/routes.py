"""Which calls there are. A path that begins with ``{context}`` exists for systems, for issuers and for programs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.http import HttpResponse

from providers.badgekit.api.calls import Call
from providers.badgekit.api.columns import Column

Handler = Callable[[Call], HttpResponse]

CONTEXT = "/systems/{system}(/issuers/{issuer}(/programs/{program})?)?"
WITH_SLASHES = ("code", "email")
"""What may hold a slash: some servers hand an escaped one on as if it were a slash of the path."""


@dataclass(frozen=True)
class Route:
    """One call: its method and path, who answers it, and what the OpenAPI description says of it."""

    method: str
    path: str
    handle: Handler
    summary: str
    answers: str = ""
    """The shape of its answer, by its name in `schema_shapes`. Where 301 is a refusal, it is the shape of that."""
    takes: tuple[Column, ...] = ()
    """The fields of its body."""
    also_takes: tuple[tuple[str, Any], ...] = ()
    """Fields that are lists or files, each with its OpenAPI schema."""
    needs: tuple[str, ...] = ()
    """Those of them of which one has to be there."""
    paged: bool = False
    query: tuple[tuple[str, Any], ...] = ()
    """Further parameters of the query, each with its OpenAPI schema."""
    status: int = 200
    refusals: tuple[int, ...] = ()
    """The statuses of its refusals, besides those that every call has."""

    @property
    def is_open(self) -> bool:
        """Whether anybody may make the call, without a signature."""
        return self.path.startswith("/public") or self.shows_picture

    @property
    def shows_picture(self) -> bool:
        """Whether the answer need not be JSON."""
        return "/images/" in self.path

    @cached_property
    def strict(self) -> re.Pattern[str]:
        """What the path looks like."""
        return self._pattern("")

    @cached_property
    def loose(self) -> re.Pattern[str]:
        """What it looks like where a name in it has a slash."""
        return self._pattern("/")

    def _pattern(self, within: str) -> re.Pattern[str]:
        path = self.path.replace("{context}", CONTEXT)
        for name in set(re.findall(r"{(\w+)}", path)):
            anything = ".+" if within and name in WITH_SLASHES else "[^/]+"
            path = path.replace(f"{{{name}}}", f"(?P<{name}>{anything})")
        return re.compile(path, re.DOTALL)


def match(routes: tuple[Route, ...], path: str) -> dict[str, tuple[Route, dict[str, str]]]:
    """The routes of the path by method, each with what the path names; the first one of a method wins.

    The path is escaped: a slash is then one of the path, unless nobody has told how it was sent.
    """
    for pattern in ("strict", "loose"):
        found: dict[str, tuple[Route, dict[str, str]]] = {}
        for route in routes:
            if matched := getattr(route, pattern).fullmatch(path):
                named = {name: unquote(value) for name, value in matched.groupdict().items() if value is not None}
                found.setdefault(route.method, (route, named))
        if found:
            return found
    return {}
