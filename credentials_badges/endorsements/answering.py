"""An endorser answers, by a link that nobody else has: it is good for an answer till the request ends, and for ever to
see what was said, and to take it back.

Each deed is one conditional UPDATE with what follows from it: of two at once, the later one finds nothing to do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from credentials_badges.badges import vouching
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.members import User
from credentials_badges.badges.models import Learner
from credentials_badges.badges.shelves import of_the_web
from credentials_badges.endorsements import letters, marking_down, targets, tidying
from credentials_badges.endorsements.links import link, read
from credentials_badges.endorsements.models import LONGEST_TEXT, Endorsement
from credentials_badges.endorsements.moving import OPEN, State, move, unanswered
from credentials_badges.endorsements.tidying import Refused

__all__ = ["Refused", "Voice", "accept", "decline", "link", "note_view", "read", "revoke", "voices"]

LONGEST_NAME = 255
LONGEST_URL = 500
LONGEST_REASON = 500
MOST_ACCOUNTS = 20


@dataclass(frozen=True, slots=True)
class Voice:
    """An organisation here in whose name somebody may speak."""

    provider: str
    issuer: vouching.Issuer

    @property
    def pair(self) -> tuple[str, str]:
        """Provider and key, as `accept` takes them."""
        return self.provider, self.issuer.key

    @property
    def name(self) -> str:
        """What it is called."""
        return self.issuer.name


def voices(user: User) -> list[Voice]:
    """The organisations here in whose name the user may speak: those that issue in accounts for which they may ask."""
    if not isinstance(user, Learner):
        return []
    return [
        Voice(account.provider, issuer)
        for account in targets.accounts_of(user)[:MOST_ACCOUNTS]
        if (voucher := vouching.voucher_of(account.provider))
        for issuer in voucher.issuers_of(account)
    ]


def note_view(endorsement: Endorsement, now: datetime) -> None:
    """Write down that the endorser has read what is asked, the first time."""
    in_transaction(lambda: move(endorsement, [State.REQUESTED], unanswered(now), state=State.VIEWED, viewed_at=now))


def accept(
    endorsement: Endorsement, *, text: str, in_name_of: str, url: str, voice: tuple[str, str] | None, now: datetime
) -> bool:
    """Say yes. False if the request has ended, or was answered. Raises Refused for what cannot be shown."""
    said = _said(endorsement, text, in_name_of, url, voice)

    def work() -> bool:
        if not move(endorsement, OPEN, unanswered(now), state=State.ACCEPTED, answered_at=now, **said):
            return False
        letters.thank(endorsement)
        letters.tell_answer(endorsement)
        return True

    return in_transaction(work)


def decline(endorsement: Endorsement, reason: str, now: datetime) -> bool:
    """Say no. False if the request has ended, or was answered."""
    told: dict[str, Any] = {"answered_at": now, "reason": tidying.text(reason)[:LONGEST_REASON], "open_key": None}

    def work() -> bool:
        if not move(endorsement, OPEN, unanswered(now), state=State.DECLINED, **told):
            return False
        letters.tell_answer(endorsement)
        return True

    return in_transaction(work)


def revoke(endorsement: Endorsement, reason: str, now: datetime) -> bool:
    """Take it back, whether or not it is shown at the moment. False if there is none."""
    told: dict[str, Any] = {"ended_at": now, "reason": tidying.text(reason)[:LONGEST_REASON], "open_key": None}

    def work() -> bool:
        if not move(endorsement, (State.ACCEPTED, State.HIDDEN), state=State.REVOKED, **told):
            return False
        letters.tell_answer(endorsement)
        return True

    return in_transaction(work)


def _said(
    endorsement: Endorsement, text: str, in_name_of: str, url: str, voice: tuple[str, str] | None
) -> dict[str, Any]:
    """The columns that are public. Raises Refused. An organisation here speaks by the name that it has."""
    text, name, url = tidying.text(text), tidying.line(in_name_of), url.strip()
    if not tidying.is_seen(strip_tags(marking_down.html(text))) or len(text) > LONGEST_TEXT:
        raise Refused(_("Write between 1 and %(most)d characters.") % {"most": LONGEST_TEXT})
    provider, key = voice or ("", "")
    if voice:
        voucher = vouching.voucher_of(provider)
        issuer = voucher.issuer(key) if voucher else None
        if issuer is None:
            raise Refused(_("There is no such organisation any more."))
        site = of_the_web(issuer.url)
        name, url = tidying.line(issuer.name), url or (site if is_shown(site) else "")
    elif name.casefold() in _names_here(endorsement):
        raise Refused(_("That is an organisation here: sign in as somebody who works for it, and choose it."))
    name = name if tidying.is_seen(name) else endorsement.endorser_name
    if len(name) > LONGEST_NAME:
        raise Refused(_("The name is too long."))
    if url and not is_shown(url):
        raise Refused(_("Enter an address that begins with https:// or http://."))
    return {"text": text, "in_name_of": name, "url": url, "voice_provider": provider, "voice_key": key}


def _names_here(endorsement: Endorsement) -> set[str]:
    """What those are called who issue in the account: nobody from outside is to speak in their name."""
    names = (each.name for each in targets.issuers_of(endorsement.account))
    return {tidying.line(name).casefold() for name in (endorsement.organisation, *names)}


def is_shown(url: str) -> bool:
    """Whether a name may lead there."""
    return bool(of_the_web(url)) and len(url) <= LONGEST_URL and url.isprintable() and " " not in url
