"""Those who work for an account ask third parties to endorse what is its, and see to what comes of it.

Each deed is one conditional UPDATE with what follows from it: of two at once, the later one finds nothing to do. It is
for the caller to see that whoever does it may.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import Q
from django.utils.translation import gettext as _

from credentials_badges.badges import auditing, posting
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import Learner, ProviderAccount
from credentials_badges.badges.models.addresses import is_address
from credentials_badges.endorsements import letters, tidying
from credentials_badges.endorsements.models import LONGEST_TEXT, Endorsement
from credentials_badges.endorsements.moving import OPEN, State, move, unanswered
from credentials_badges.endorsements.targets import Target
from credentials_badges.endorsements.tidying import Refused

__all__ = ["MOST_AT_ONCE", "Asked", "Outcome", "Refused", "SwitchedOff", "ask", "cancel", "hide", "remind", "show"]

MOST_AT_ONCE = 20
MOST_A_DAY = 200
"""Requests of one account: nobody is to send mails to strangers without end in our name."""
MOST_TO_ONE = 5
"""The same to one mailbox."""
DAYS = 30
"""For which a request can be answered."""
BETWEEN_REMINDERS = timedelta(days=1)
LONGEST_NAME = 255
LONGEST_REASON = 500


class SwitchedOff(Refused):
    """Nobody asks for anything of this account's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Somebody who is to be asked."""

    name: str
    email: str
    language: str = ""
    """Of their mails; one that we do not speak, or none, becomes the service's own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking."""

    made: list[Endorsement] = field(default_factory=list)
    already: list[Asked] = field(default_factory=list)
    """Whom nobody asks again: their request is open, or they have said yes."""


def ask(
    target: Target, by: Learner, *, people: Sequence[Asked], message: str = "", now: datetime, via: Via = Via.DESK
) -> Outcome:
    """Ask each of them by a mail. Raises Refused, and then asks nobody."""
    message = tidying.text(message)
    if len(message) > LONGEST_TEXT:
        raise Refused(_("The message is too long."))
    told = {_open_key(target, each.email): each for each in map(_tidied, people)}
    twice = [each for each in map(_tidied, people) if told[_open_key(target, each.email)] != each]
    if not told:
        raise Refused(_("Say whom to ask."))
    if len(told) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)d people can be asked at once.") % {"most": MOST_AT_ONCE})
    made = in_transaction(lambda: _ask(target, by, told, message, now, via), again_on=IntegrityError)
    asked = {each.open_key for each in made}
    return Outcome(made, [*(each for key, each in told.items() if key not in asked), *twice])


def _ask(
    target: Target, by: Learner, told: dict[str, Asked], message: str, now: datetime, via: Via
) -> list[Endorsement]:
    """The new ones of them; those who ask at the same moment are kept apart by a unique key, and begin anew."""
    _check(target, by, [each.email for each in told.values()], now)
    known = set(Endorsement.objects.filter(open_key__in=told).values_list("open_key", flat=True))
    rows = [
        Endorsement(
            **target.columns(),
            organisation=tidying.line(target.account.name or target.account.external_id)[:LONGEST_NAME],
            asked_by=by,
            endorser_name=each.name,
            endorser_email=each.email,
            message=message,
            language=each.language,
            open_key=key,
            asked_at=now,
            expires_at=now + timedelta(days=DAYS),
        )
        for key, each in told.items()
        if key not in known
    ]
    for row in rows:
        row.save(force_insert=True)
        note(row, by, "asked for an endorsement", via)
    posting.post([mail for row in rows if (mail := letters.request(row))])
    return rows


def _check(target: Target, by: Learner, emails: Sequence[str], now: datetime) -> None:
    """Raises Refused if they cannot be asked now. Whoever is named is locked, and not retired meanwhile."""
    named = {by.pk, *([target.badge.learner_id] if target.badge else [])}
    if any(row.retired_at for row in locked_learners(pk__in=named)):
        raise Refused(_("There is no such badge any more."))
    # Those who ask for the same account at once are counted one after the other.
    no_key = connection.features.has_select_for_no_key_update
    list(ProviderAccount.objects.select_for_update(no_key=no_key).filter(pk=target.account.pk).values_list("pk"))
    if not _is_switched_on(target.account.pk):
        raise SwitchedOff(_("Endorsements are switched off for this account."))
    today = Endorsement.objects.filter(account=target.account, asked_at__gt=now - timedelta(days=1))
    mailed = [email for email in today.values_list("endorser_email", flat=True) if email]
    if today.count() + len(emails) > MOST_A_DAY:
        raise Refused(_("Too many people have been asked today. Go on tomorrow."))
    if max(Counter(map(_mailbox, [*mailed, *emails])).values()) > MOST_TO_ONE:
        raise Refused(_("Somebody of these has been asked too often today. Go on tomorrow."))


def cancel(endorsement: Endorsement, by: Learner, now: datetime, reason: str = "", *, via: Via = Via.DESK) -> bool:
    """Ask no longer; whoever was asked is told. False if they have answered, or it has ended."""
    told: dict[str, Any] = {"ended_at": now, "reason": tidying.text(reason)[:LONGEST_REASON], "open_key": None}

    def work() -> bool:
        if _is_retired(by) or not move(endorsement, OPEN, state=State.CANCELLED, **told):
            return False
        letters.tell_cancelled(endorsement)
        note(endorsement, by, "cancelled a request for an endorsement", via)
        return True

    return in_transaction(work)


def remind(endorsement: Endorsement, now: datetime, by: Learner | None = None, *, via: Via = Via.DESK) -> bool:
    """Remind whoever was asked, at most once a day; `by` is who wants it, if not whoever has asked."""

    def work() -> bool:
        if by and _is_retired(by):
            return False
        if not _is_switched_on(endorsement.account_id) or not has_been_reminded(endorsement, now):
            return False
        note(endorsement, by or endorsement.asked_by or "", "reminded of a request for an endorsement", via)
        return True

    return in_transaction(work)


def has_been_reminded(endorsement: Endorsement, now: datetime, only: Q | None = None) -> bool:
    """Remind them in the caller's transaction, unless it is too early or too late, or not so any more."""
    is_time = Q(reminded_at=None) | Q(reminded_at__lte=now - BETWEEN_REMINDERS)
    number = endorsement.reminders + 1
    if not move(endorsement, OPEN, is_time & unanswered(now) & (only or Q()), reminded_at=now, reminders=number):
        return False
    letters.remind(endorsement)
    return True


def hide(endorsement: Endorsement, by: Learner, now: datetime, *, via: Via = Via.DESK) -> bool:
    """Show it to nobody any more. Whoever has given it is not asked again meanwhile."""
    return _show(endorsement, by, via, State.ACCEPTED, state=State.HIDDEN, ended_at=now)


def show(endorsement: Endorsement, by: Learner, now: datetime, *, via: Via = Via.DESK) -> bool:
    """Show it again, unless the endorser has revoked it."""
    return _show(endorsement, by, via, State.HIDDEN, state=State.ACCEPTED, ended_at=None)


def _show(endorsement: Endorsement, by: Learner, via: Via, since: str, **columns: Any) -> bool:
    def work() -> bool:
        if _is_retired(by) or not move(endorsement, [since], **columns):
            return False
        note(endorsement, by, "hid an endorsement" if since == State.ACCEPTED else "showed an endorsement again", via)
        return True

    return in_transaction(work)


def note(endorsement: Endorsement, by: Learner | str, deed: str, via: Via) -> None:
    """Write down who did it, with what it is about: the endorser, who is a stranger here, is not named."""
    thing = endorsement.badge or endorsement.template or endorsement.account
    auditing.note(via, by, deed, thing, changes={"endorsement": str(endorsement.uuid)})


def _is_retired(by: Learner) -> bool:
    """Whether whoever does it is nobody any more; else they are not retired before it is written down."""
    return not locked_learners(pk=by.pk, retired_at=None)


def _is_switched_on(account_id: int) -> bool:
    return ProviderAccount.objects.filter(pk=account_id, endorsements_enabled=True).exists()


def _tidied(asked: Asked) -> Asked:
    """Raises Refused if nobody can be reached so."""
    name, email = tidying.line(asked.name), asked.email.strip()
    if not email.isascii():  # Of the domain; not every database knows the small letters beyond ASCII.
        email = email.lower()
    if not is_address(email):
        raise Refused(_("This is no valid e-mail address: %(address)s") % {"address": tidying.line(email)[:100]})
    if not tidying.is_seen(name) or len(name) > LONGEST_NAME:
        raise Refused(_("The name that goes with %(address)s is missing, or too long.") % {"address": email})
    is_ours = asked.language in {code for code, _name in settings.LANGUAGES}
    return Asked(name=name, email=email, language=asked.language if is_ours else settings.LANGUAGE_CODE)


def _open_key(target: Target, email: str) -> str:
    """The same for whoever has the address, in any case, whatever else they are asked."""
    return f"{target.key}:{sha256(_mailbox(email).encode()).hexdigest()[:32]}"


def _mailbox(email: str) -> str:
    """Where mails to that address arrive, as far as one can see."""
    local, _at, domain = email.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
