"""Codes are mailed to a list of people: one of a batch to each, or to all the same one that many can claim."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges import csv_file, posting, visiting
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Mail
from credentials_badges.badges.models.addresses import is_address
from providers.badgekit import sharing
from providers.badgekit.models import Badge, Batch, ClaimCode, CodeVisits
from providers.badgekit.models.folding import address

MOST = 5_000
"""Addresses of one list."""
LONGEST_NAME = 255
AT_A_TIME = 500
"""Rows of one statement."""
SHARED = CodeVisits.Kind.SHARED


class TooFew(Exception):
    """There are not enough codes, or uses of the code: nothing has been sent. A plan says how many are missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """A line of a list: who is to get a mail, or what is wrong with the line."""

    line: int
    email: str
    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What an organiser writes to all of them; plain text."""

    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets which code."""

    given: list[tuple[Guest, ClaimCode]]
    had: list[Guest]
    """Those who are left out, since they have been sent a code of the batch, or this code, before."""
    missing: int
    """How many more codes it would take, or uses of the code."""


def read(text: str, giving: Batch | ClaimCode) -> list[Guest]:
    """The lines of a list: an address in each, or a table with the columns “email” and, if wanted, “name”.

    Raises Unreadable if it is neither, is empty, or has too many lines.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    if "@" in first:
        found = [Guest(line=n, email=line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    else:
        otherwise = _("Enter one address in each line, or a table whose first line is “email,name”.")
        table = csv_file.lines(text, ("email", "name"), ("email",), otherwise)
        found = [
            Guest(line=n, email=said.get("email", ""), name=" ".join(said.get("name", "").split()), error=error)
            for n, said, error in table
        ]
    if len(found) > MOST:
        words = _("It has %(number)s addresses, and at most %(most)s are taken at once: split it.")
        raise Unreadable(words % {"number": f"{len(found):,}", "most": f"{MOST:,}"})
    if not found:
        raise Unreadable(_("It names nobody."))
    return _checked(found, giving)


def _checked(guests: Iterable[Guest], giving: Batch | ClaimCode) -> list[Guest]:
    lines: dict[str, int] = {}
    checked = []
    for guest in guests:
        error = guest.error
        if not error and not is_address(guest.email):
            error = _("It has no address.")
            if guest.email:
                error = _("“%(text)s” is no e-mail address.") % {"text": guest.email[:100]}
        elif not error and len(guest.name) > LONGEST_NAME:
            numbers = {"number": f"{len(guest.name):,}", "most": LONGEST_NAME}
            error = _("The name has %(number)s characters, and may have %(most)d.") % numbers
        elif not error and (earlier := lines.setdefault(address(guest.email), guest.line)) != guest.line:
            error = _("Line %(line)d has the same address.") % {"line": earlier}
        elif not error and isinstance(giving, ClaimCode) and not giving.is_for(guest.email):
            error = _("The code is only for %(address)s.") % {"address": giving.bound_to}
        checked.append(replace(guest, error=error))
    return checked


def plan(giving: Batch | ClaimCode, guests: Sequence[Guest], *, is_locked: bool = False) -> Plan:
    """Who would get which code now; `is_locked` keeps the codes till the end of the transaction."""
    before = _mailed_before(giving, guests)
    had = [guest for guest in guests if address(guest.email) in before]
    fresh = [guest for guest in guests if address(guest.email) not in before]
    if isinstance(giving, ClaimCode):
        given = [(guest, giving) for guest in fresh][: _uses_left(giving)]
    else:
        free = _free(giving)
        given = _one_each(free.select_for_update() if is_locked else free, fresh)
    return Plan(given, had, len(fresh) - len(given))


def send(giving: Batch | ClaimCode, guests: Sequence[Guest], letter: Letter) -> Plan:
    """Mail a code to each guest who has not been sent one before, and write down that it was handed out.

    All of it happens, or nothing. Of two who send at once, the second finds what the first has done: nobody is sent
    two codes, and no code of a batch is sent to two people. Raises TooFew.
    """

    def work() -> Plan:
        row = type(giving).objects.select_for_update().get(pk=giving.pk)
        row.badge = giving.badge
        planned = plan(row, guests, is_locked=True)
        if planned.missing:
            raise TooFew
        if planned.given:
            _hand_out(row, planned.given)
            posting.post([write(row.badge, guest, code, letter) for guest, code in planned.given])
        return planned

    return in_transaction(work)


def write(badge: Badge, guest: Guest, code: ClaimCode, letter: Letter) -> Mail:
    """The mail to one of them, not stored yet."""
    told = {
        "badge": badge,
        "system": badge.system,
        "guest": guest,
        "code": code,
        "letter": letter,
        "link": sharing.link(code, "mail"),
        "banner": sharing.picture(badge.system.banner),
        "logo": sharing.picture(badge.system.image),
        "picture": sharing.picture(badge.image),
    }
    return Mail(
        destination=Mail.LISTS,
        topic=_topic(code, guest.email),
        to=guest.email,
        subject=letter.subject,
        text=get_template("badgekit/invitation.txt").render(told),
        html=get_template("badgekit/invitation.html").render(told),
    )


def _mailed_before(giving: Batch | ClaimCode, guests: Sequence[Guest]) -> set[str]:
    """Addresses of guests to whom a code of the batch was handed out; of one code, to whom a mail with it is kept."""
    emails = {address(guest.email) for guest in guests}
    if isinstance(giving, Batch):
        live = giving.codes.filter(deleted_at=None, cancelled_at=None, handed_out_to__in=emails)
        return emails & set(live.values_list("handed_out_to", flat=True))
    topics = {_topic(giving, email): email for email in emails}
    kept = Mail.objects.filter(topic__in=topics).values_list("topic", flat=True)
    return {topics[topic] for topic in kept}


def _topic(code: ClaimCode, email: str) -> str:
    """By which the mails with a code to one address are found; an address itself may be too long for it."""
    return f"code {code.pk} to {hashlib.sha256(address(email).encode()).hexdigest()}"


def _uses_left(code: ClaimCode) -> int | None:
    """How often it can be claimed; None: without an end."""
    if not code.is_free:
        return 0
    return None if code.limit is None else code.limit - code.uses


def _free(batch: Batch) -> QuerySet[ClaimCode]:
    """The codes that one person each can be given."""
    free = batch.codes.filter(ClaimCode.free(), reservation=None, multiuse=False, handed_out_at=None, handed_out_to="")
    return free.order_by("pk")


def _one_each(codes: Iterable[ClaimCode], guests: Iterable[Guest]) -> list[tuple[Guest, ClaimCode]]:
    """A code for each guest, while there are any: one bound to them, or else to their domain, or else to nobody."""
    bound: dict[str, deque[ClaimCode]] = defaultdict(deque)
    for code in codes:
        bound[address(code.bound_to)].append(code)
    given = []
    for guest in guests:
        email = address(guest.email)
        theirs = next((bound[key] for key in (email, email[email.rindex("@") :], "") if bound[key]), None)
        if theirs:
            given.append((guest, theirs.popleft()))
    return given


def _hand_out(giving: Batch | ClaimCode, given: Sequence[tuple[Guest, ClaimCode]]) -> None:
    now = timezone.now()
    if isinstance(giving, ClaimCode):
        ClaimCode.objects.filter(pk=giving.pk, handed_out_at=None).update(handed_out_at=now)
        visiting.count(CodeVisits, SHARED, "mail", code=giving)
        return
    for guest, code in given:
        code.handed_out_to = address(guest.email)
    codes = [code for guest, code in given]
    ClaimCode.objects.filter(pk__in=[code.pk for code in codes]).update(handed_out_at=now)
    ClaimCode.objects.bulk_update(codes, ("handed_out_to",), batch_size=AT_A_TIME)
    # Nobody has mailed these before, so there is nothing yet to which this could be added.
    shared = [CodeVisits(code=code, kind=SHARED, source="mail", count=1) for code in codes]
    CodeVisits.objects.bulk_create(shared, ignore_conflicts=True, batch_size=AT_A_TIME)
