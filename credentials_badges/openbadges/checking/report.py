"""What is told of a badge once it was looked into."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from credentials_badges.badges import verifying
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking
from credentials_badges.openbadges.checking.picking import Document


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
        return urlsplit(self.criteria_url).hostname or ""

    @property
    def issuer_site(self) -> str:
        """The same of the issuer's."""
        return urlsplit(self.issuer_url).hostname or ""


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
    unseen: int = 0
    """Endorsements that were not looked into, since there are so many."""

    @property
    def holds(self) -> bool | None:
        """What follows from all that was to be checked."""
        return verifying.holds([*self.checks, *([self.whose] if self.whose and self.is_compared else [])])


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


def is_about(endorsed: str, about: str) -> Check:
    """Whether an endorsement belongs to where it stands."""
    question = _("Is it about this badge?")
    if endorsed and endorsed == about:
        return Check(question=question, answer=_("Yes: about it, or about what it is part of."), holds=True)
    return Check(question=question, answer=_("No: it says what it says of something else."), holds=False)
