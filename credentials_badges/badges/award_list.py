"""Lists of learners who are to be given a badge: read row by row, and matched with whom we know."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from credentials_badges.badges import csv_file
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.models import Learner

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
COLUMNS = ("username", "email", "name")
LONGEST = {"username": 255, "email": 254, "name": 255}
"""As long as the fields of a learner."""
WRONG = {
    "username": (
        gettext_noop("The username holds a character that cannot be printed, such as a line break or a NUL."),
        gettext_noop("The username has %(number)s characters, and may have %(most)d."),
    ),
    "email": (
        gettext_noop("The address holds a character that cannot be printed, such as a line break or a NUL."),
        gettext_noop("The address has %(number)s characters, and may have %(most)d."),
    ),
    "name": (
        gettext_noop("The name holds a character that cannot be printed, such as a line break or a NUL."),
        gettext_noop("The name has %(number)s characters, and may have %(most)d."),
    ),
}
"""What may be wrong with each."""
NO_COLUMNS = gettext_noop("The first line has to name the columns, such as “username,email,name”; one may be left out.")
NOT_UTF_8 = gettext_noop("It is not UTF-8: save it as “CSV UTF-8”, as spreadsheets call it, and try again.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a list: whom it names, or what is wrong with it."""

    line: int
    username: str = ""
    email: str = ""
    name: str = ""
    error: str = ""

    @property
    def says(self) -> str:
        """What stands there, to be recognized by."""
        return ", ".join(value for value in (self.username, self.email, self.name) if value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A row and its learner, who is not stored yet if nobody knew them; none, if the row has an error."""

    row: Row
    learner: Learner | None = None


def read(data: bytes) -> list[Row]:
    """The rows of a CSV file, whose first line names its columns. Raises Unreadable if it cannot be read at all."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("It is larger than %(megabytes)d MB: split it.") % {"megabytes": MOST_BYTES // 1_000_000})
    lines = csv_file.lines(_decoded(data), COLUMNS, ("username", "email"), _(NO_COLUMNS))
    return _checked([Row(line=number, **said, error=error) for number, said, error in lines])


def read_lines(text: str) -> list[Row]:
    """The rows of a text with a username or an address in each line. Raises Unreadable as `read` does."""
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise Unreadable(_("It is longer than %(megabytes)d MB: split it.") % {"megabytes": MOST_BYTES // 1_000_000})
    said = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return _checked(
        [
            Row(line=number, email=value) if "@" in value else Row(line=number, username=value)
            for number, value in said
            if value
        ]
    )


def _decoded(data: bytes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(_(NOT_UTF_8)) from None
    if text[1:2] == "\0" or text[:1] == "\0":  # Every second byte is one in UTF-16 that does not say so.
        raise Unreadable(_(NOT_UTF_8))
    return text


def _checked(rows: Sequence[Row]) -> list[Row]:
    """The rows with what is wrong with each. Raises Unreadable if there are too many, or none."""
    if len(rows) > MOST_ROWS:
        words = _("It has %(rows)s rows, and at most %(most)s are taken at once: split it.")
        raise Unreadable(words % {"rows": f"{len(rows):,}", "most": f"{MOST_ROWS:,}"})
    if not rows:
        raise Unreadable(_("It names no learner."))
    seen: dict[tuple[str, str], int] = {}
    checked = []
    for row in rows:
        error = row.error or _fault(row)
        key = row.username, "" if row.username else row.email.lower()
        if not error and (earlier := seen.setdefault(key, row.line)) != row.line:
            error = _("Line %(line)d names the same learner.") % {"line": earlier}
        checked.append(replace(row, error=error))
    return checked


def _fault(row: Row) -> str:
    """Why no learner can be like that, if so."""
    if not row.username and not row.email:
        return _("It has neither a username nor an address.")
    for column, (unprintable, too_long) in WRONG.items():
        value = getattr(row, column)
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
            return _(unprintable)
        if len(value) > LONGEST[column]:
            return _(too_long) % {"number": f"{len(value):,}", "most": LONGEST[column]}
    try:
        if row.email:
            validate_email(row.email)
    except ValidationError:
        return _("“%(address)s” is no valid address.") % {"address": row.email}
    return ""


def find(rows: Iterable[Row]) -> list[Candidate]:
    """The learner of each row, by username, else by address; two statements, and nothing is stored."""
    rows = list(rows)
    whole = [row for row in rows if not row.error]
    learners = Learner.objects.filter(username__in={row.username for row in whole if row.username})
    known = {learner.username: learner for learner in learners}
    addresses = {row.email.lower() for row in whole if row.email}
    at_address: dict[str, list[Learner]] = defaultdict(list)
    # SQLite's LOWER leaves letters beyond ASCII as they are.
    written = Q(address__in=addresses) | Q(email__in={row.email for row in whole if row.email})
    for learner in Learner.objects.filter(written).order_by("pk"):
        at_address[learner.email.lower()].append(learner)
    lines: dict[str, int] = {}
    return [_found(row, known, at_address, lines) for row in rows]


def _found(
    row: Row, known: dict[str, Learner], at_address: dict[str, list[Learner]], lines: dict[str, int]
) -> Candidate:
    """The learner of a row; whoever is new, and the lines in which learners were named, are added to what is known."""
    if row.error:
        return Candidate(row=row)
    learner = known.get(row.username)
    others = at_address[row.email.lower()] if row.email else []
    if learner is None and (why := _unclear(row, others)):
        return Candidate(row=replace(row, error=why))
    if learner is None and row.username:
        learner = known[row.username] = Learner(username=row.username, email=row.email, full_name=row.name)
        others.append(learner)
    learner = learner or others[0]
    if (earlier := lines.setdefault(learner.username, row.line)) != row.line:
        words = _("Line %(line)d names the same learner, “%(username)s”.")
        return Candidate(row=replace(row, error=words % {"line": earlier, "username": learner.username}))
    return Candidate(row=row, learner=learner)


def _unclear(row: Row, others: Sequence[Learner]) -> str:
    """Why it cannot be said who is meant by a row whose username nobody has, if so."""
    if row.username and not row.email:
        return _("Nobody has this username. In a CSV file with their address, a new learner is made.")
    if row.username and others:
        names = ", ".join(f"“{learner.username}”" for learner in others[:3])
        words = _("Nobody has this username, but %(names)s has this address: correct the one or the other.")
        return words % {"names": names}
    if not row.username and not others:
        return _("Nobody has this address; add a username, in a CSV file, for a new learner to be made.")
    if not row.username and len(others) > 1:
        return _("Several learners have this address; give the username.")
    return ""


def store(candidates: Iterable[Candidate]) -> list[Learner]:
    """The candidates' learners; who is new is made, without a password, as from an event. At most two statements."""
    learners = [candidate.learner for candidate in candidates if candidate.learner]
    new = {learner.username: learner for learner in learners if learner.pk is None}
    if new:
        password = make_password(None)
        for learner in new.values():
            learner.password = password
        # An event may introduce one of them at this moment: then what it tells counts.
        Learner.objects.bulk_create([new[name] for name in sorted(new)], ignore_conflicts=True)
        stored = {learner.username: learner for learner in Learner.objects.filter(username__in=new)}
        learners = [stored.get(learner.username, learner) for learner in learners]
    return learners
