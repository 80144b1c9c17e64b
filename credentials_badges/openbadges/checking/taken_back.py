"""Whether a badge, or an endorsement, of Open Badges 2.0 was taken back."""

from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking, telling
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.picking import Document
from credentials_badges.openbadges.checking.telling import Broken


def says_so(document: Document) -> bool:
    """Whether it says so itself; whoever writes anything odd there does not mean that it stands."""
    told = document.get("revoked")
    return told is not None and told is not False


def in_list(assertion: Document, issuer: Document, fetch: Fetcher) -> Check:
    """Whether the issuer's list of what was taken back names it."""
    question, told = _("Does it still stand?"), issuer.get("revocationList")
    if told is None:
        words = _("Yes: its issuer has no way to take it back.")
        return Check(question=question, answer=words, holds=True)
    if not picking.identifier(told):
        return _unread()
    try:
        gone = _names(telling.document(told, _("what was taken back"), fetch))
    except Broken as broken:
        return Check(question=question, answer=str(broken), holds=None)
    if gone is None:
        return _unread()
    called = _called(assertion)
    if called & gone:
        return Check(question=question, answer=_("No: its issuer has taken it back."), holds=False)
    if not called:
        words = _("Nobody can say: it has no name that its issuer’s list could hold.")
        return Check(question=question, answer=words, holds=None)
    return Check(question=question, answer=_("Yes: its issuer has not taken it back."), holds=True)


def _unread() -> Check:
    words = _("Nobody can say, since its issuer’s list cannot be read.")
    return Check(question=_("Does it still stand?"), answer=words, holds=None)


def _names(document: Document) -> set[str] | None:
    """What the list names; None if it is none, or names something in a way that is not known here."""
    told = document.get("revokedAssertions")
    if not isinstance(told, list):
        return None
    names = [{each} if isinstance(each, str) else _called(each) if isinstance(each, dict) else set() for each in told]
    return set().union(*names) if all(names) else None


def _called(assertion: Document) -> set[str]:
    """Its name, and the one that it may bear from before there were such names."""
    return {each for each in (assertion.get("id"), assertion.get("uid")) if isinstance(each, str) and each}
