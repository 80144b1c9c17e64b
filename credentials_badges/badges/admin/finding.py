"""Finds learners by whatever somebody has at hand: a name, any address that they have used here, an id of theirs."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Contains
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from credentials_badges.badges.models import BadgeTemplate, Learner, ProviderAccount

MOST = 20
"""Rows of one kind that are shown; the lists show the others."""
ASCII = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
LARGEST = 2**63
FOUND = 1_000
"""Rows that the search of a list finds, at most."""
SOURCES = 1_000
"""Senders of events that are gone through for one by its id."""
_known_as: list[Callable[[str], Iterable[int]]] = []


def also_known_as(find: Callable[[str], Iterable[int]]) -> None:
    """From now on, learners are also found by what `find` makes their ids of; apps say so in their admin."""
    _known_as.append(find)


def by_identity(text: str) -> set[int]:
    """The ids of learners who are exactly this: by username, address, uuid or number in the LMS.

    Where nobody is, apps are asked who is known to them so. A constant number of statements.
    """
    identities = Q(username=text) | Q(address__in=spellings(text))
    if uuid := as_uuid(text):
        identities |= Q(uuid=uuid)
    if text.isascii() and text.isdecimal() and int(text) < LARGEST:
        identities |= Q(lms_user_id=int(text))
    found = set(Learner.objects.filter(identities).order_by("pk").values_list("pk", flat=True)[:MOST])
    return found or {pk for find in _known_as for pk in find(text)}


def spellings(address: str) -> set[str]:
    """What the column `address` may hold of it: SQLite leaves letters beyond ASCII as they were written."""
    return {address.lower(), address.translate(ASCII), address.upper().translate(ASCII)}


def beginning_with(column: str, text: str) -> Q:
    """Whether the column begins so, byte for byte, in a way that finds its index on each database."""
    if connection.vendor != "sqlite":
        return Q(**{f"{column}__startswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": f"{text}\U0010ffff"})


def containing(column: str, text: str) -> Q:
    """Whether the column has the text in it, in any case; a scan. SQLite folds ASCII alone, so the usual cases of other
    letters are looked for one by one; MariaDB folds none in columns that tell cases apart, unless it is asked to.
    """
    cases = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
    asked = Q(Contains(Lower(column), text.lower()))
    for case in sorted(cases):
        asked |= Q(**{f"{column}__icontains": case})
    return asked


def as_uuid(text: str) -> UUID | None:
    """The text as a uuid, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def named(text: str) -> set[int]:
    """The ids of learners, no more than `FOUND`: of whoever an address or id belongs to, and else of all who are called
    so, in parts. That goes through the learners, however many rows of another list are about them.
    """
    exact = by_identity(text)
    if exact and ("@" in text or as_uuid(text) or text.isdecimal()):
        return exact
    called = Learner.objects.order_by()
    for word in text.split():
        called = called.filter(containing("username", word) | containing("full_name", word) | containing("email", word))
    return exact | set(called.values_list("pk", flat=True)[:FOUND])


def named_badges(text: str) -> Q:
    """Badges with that id at the provider; with all accounts, the index of both columns serves."""
    accounts = list(ProviderAccount.objects.values_list("pk", flat=True))
    return Q(account__in=accounts, external_id=text)


def named_templates(text: str, seen: Q) -> list[int]:
    """The keys of the first templates that are called so, of those that the user sees."""
    rows = BadgeTemplate.objects.filter(seen, containing("name", text)).order_by()
    return list(rows.values_list("pk", flat=True)[:FOUND])


class FindsLearners(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that is searched by whoever its rows are about, or belong to: a large one, along its indexes."""

    learner_path = ""
    """Leads from a row to its learner; with two underscores at its end."""
    search_help_text = gettext_lazy("By address, name or id. At most 1,000 are found.")

    def otherwise(self, request: HttpRequest, text: str) -> list[Q]:
        """What else the text may mean: each is looked up by an index."""
        return []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of whoever is called so, and what else the text means: the newest of each."""
        if not (text := search_term.strip()):
            return queryset, False
        found = set[int]()
        for way in (Q(**{f"{self.learner_path}pk__in": named(text)}), *self.otherwise(request, text)):
            found |= set(queryset.filter(way).order_by("-pk").values_list("pk", flat=True)[:FOUND])
        return queryset.filter(pk__in=sorted(found)[-FOUND:]), False
