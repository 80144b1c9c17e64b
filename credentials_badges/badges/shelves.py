"""What stands on the learner's page: sections of cards, of which apps add their own.

Every source of cards is a query whose rows come in the section's order; only as many are read as are shown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet

from credentials_badges.badges.models import Learner


class Shelf(StrEnum):
    """The sections, in the order in which they stand."""

    WAITING = "waiting"
    EARNED = "earned"
    REVIEW = "review"
    UNDERWAY = "underway"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One thing that the learner has, or may have."""

    name: str
    issuer: str
    at: datetime
    """When it came to be so, by which cards stand in order: the newest first."""
    at_words: str
    """What happened then, such as “Earned”."""
    picture: str = ""
    until: datetime | None = None
    state: str = ""
    tone: str = "plain"
    """``good``, ``bad``, ``wait`` or ``plain``: how the state is coloured."""
    words: str = ""
    reasons: Sequence[str] = ()
    """What it rests on."""
    page: str = ""
    """Where it is shown here."""
    elsewhere: str = ""
    """Where it is shown at its provider."""
    act: str = ""
    """Where the learner does what is theirs to do."""
    act_words: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows, newest first, and how each is shown."""

    rows: QuerySet[Any]
    card: Callable[[Any], Card]


_sources: dict[Shelf, list[Callable[[Learner], Source]]] = {shelf: [] for shelf in Shelf}


def also_on(shelf: Shelf, source: Callable[[Learner], Source]) -> None:
    """From now on, the section holds what the source has, too; apps say so when they are ready."""
    _sources[shelf].append(source)


def sources(shelf: Shelf, learner: Learner) -> list[Source]:
    """All that stands in the section."""
    return [source(learner) for source in _sources[shelf]]


def count(found: Iterable[Source]) -> int:
    """How many cards there are."""
    return sum(source.rows.count() for source in found)


def cards(found: Iterable[Source], start: int, stop: int) -> list[Card]:
    """Those from one place to another, of all sources together, the newest first."""
    first = [source.card(row) for source in found for row in source.rows[:stop]]
    return list(islice(sorted(first, key=lambda card: card.at, reverse=True), start, stop))


def of_the_web(url: str) -> str:
    """The address, if it is a whole one of the web; else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""
