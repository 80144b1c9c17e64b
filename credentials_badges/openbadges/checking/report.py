"""What is told of a badge once it was looked into."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from credentials_badges.badges import verifying
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking
from credentials_badges.openbadges.checking.picking import Document

PLAIN_HOST = re.compile(r"[a-z0-9.:-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What the badge says of itself."""

    name: str = ""
    description: str = ""
    criteria: str = ""
    criteria_url: str = ""
    issuer: str = ""
    issuer_url: str = ""

    @property
    def criteria_site(self) -> str:
        """Where the link leads, so that nobody is surprised."""
        return _site(self.criteria_url)

    @property
    def issuer_site(self) -> str:
        """The same of the issuer's."""
        return _site(self.issuer_url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Endorsed:
    """What somebody else says of it."""

    name: str
    """In whose name."""
    comment: str
    checks: list[Check]

    @property
    def holds(self) -> bool | None:
        """Whether they really said so."""
        return verifying.holds(self.checks)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All of it."""

    checks: list[Check]
    address: str = ""
    """What it is called, which may be where it is kept."""
    whose: Check | None = None
    is_compared: bool = False
    """Whether somebody wanted to know whether it is a certain person's: only then does that count."""
    about: About = field(default_factory=About)
    endorsements: list[Endorsed] = field(default_factory=list)
    is_ours: bool = False
    """Whether it is certain that this service has issued it."""
    unseen: int = 0
    """Endorsements that were not looked into, since there are so many."""

    @property
    def holds(self) -> bool | None:
        """What follows from all that was to be checked."""
        return verifying.holds([*self.checks, *([self.whose] if self.whose and self.is_compared else [])])


def _site(address: str) -> str:
    """The host that a browser opens; nothing if it may take another one out of the address than we do."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return host if PLAIN_HOST.fullmatch(host) and not {"@", "\\"} & set(parts.netloc) else ""


def readable(standard: str) -> Check:
    """That it is what it should be."""
    answer = _("Yes: it is a badge by the standard %(standard)s.") % {"standard": standard}
    return Check(question=_("Can it be read?"), answer=answer, holds=True)


def about(achievement: Document, issuer: Document) -> About:
    """What it says of what it is given for, and by whom; both standards call that alike."""
    criteria = achievement.get("criteria")
    told = picking.one(criteria)
    return About(
        name=picking.name(achievement.get("name")),
        description=picking.text(achievement.get("description")),
        criteria=picking.text(told.get("narrative")),
        criteria_url=of_the_web(picking.identifier(criteria)),
        issuer=picking.name(issuer.get("name")),
        issuer_url=of_the_web(picking.identifier(issuer.get("url"))),
    )


def is_about(endorsed: str, about: str, *, is_own: bool) -> Check:
    """Whether an endorsement belongs to where it stands. `is_own` if nobody but the issuer can have named that so.

    Whoever else names it in a badge of theirs would have the praise that somebody else has earned.
    """
    question = _("Is it about this badge?")
    if not endorsed or endorsed != about:
        return Check(question=question, answer=_("No: it says what it says of something else."), holds=False)
    if not is_own:
        words = _("Nobody can say: it is about something that others may name, too.")
        return Check(question=question, answer=words, holds=None)
    return Check(question=question, answer=_("Yes: about it, or about what it is part of."), holds=True)
