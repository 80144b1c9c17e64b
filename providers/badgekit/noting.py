"""What organisers and programs change in the store is written down, once for each request that was carried out.

Of codes, claims and batches, the columns are compared; texts that let in whoever has them are never told.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.http import HttpRequest

from credentials_badges.badges import auditing
from credentials_badges.badges.auditing import Via
from providers.badgekit.models import Batch, Claim, ClaimCode, System

SAFE = {"GET", "HEAD", "OPTIONS"}
KINDS: dict[str, type[models.Model]] = {"code": ClaimCode, "claim": Claim, "batch": Batch}
"""What an address of the desk or of the REST API may be about, besides the system."""
FOR_LEARNERS = re.compile("/(instances|applications|reviews|claim)(/|$)")
API_KINDS = ("system", "issuer", "program", "badge", "milestone")
"""What a path of the BadgeKit API names and may be told: neither codes nor addresses."""


class Watch:
    """Looks at what a request is about, before and after."""

    def __init__(self, request: HttpRequest, system: int, named: Mapping[str, Any]) -> None:
        self.request, self.system, self.named = request, system, named
        self.kind = next((kind for kind in KINDS if kind in named), None)
        self.before = self._columns() if request.method not in SAFE else {}

    def note(self, via: Via, deed: str, by: Any, **changes: Any) -> None:
        """It was carried out: write it down, if it was to change something."""
        if self.request.method in SAFE:
            return
        after = self._columns()
        if self.kind and self.before and after:
            changes |= auditing.differences(self.before, after, KINDS[self.kind])
        if "username" in self.named:
            changes["member"] = self.named["username"]
        thing = self._rows().first() if self.kind and after else System.objects.filter(pk=self.system).first()
        things = [thing] if thing else []
        auditing.note(via, by, deed, *things, label=f"system {self.system}", changes=changes)

    def _rows(self) -> models.QuerySet[Any]:
        return KINDS[self.kind or ""]._default_manager.filter(pk=self.named[self.kind or ""])

    def _columns(self) -> dict[str, Any]:
        return self._rows().values().first() or {} if self.kind else {}


def note_call(caller: str, deed: str, path: str, params: Mapping[str, str]) -> None:
    """A program has carried out a call of the BadgeKit API; `path` is the route's, with the names of its parts.

    What it does for learners is not written down here: that stands with their badges, claims and applications.
    """
    if not FOR_LEARNERS.search(path):
        told = [params[name] for name in API_KINDS if name in params]
        auditing.note(Via.API, caller, deed[:1].lower() + deed[1:], label=" / ".join(told))
