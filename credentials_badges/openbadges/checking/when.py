"""Whether a badge, or an endorsement, is in time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from credentials_badges.badges.verifying import Check
from credentials_badges.openbadges.checking import picking

LEEWAY = timedelta(seconds=60)
"""By which clocks may differ."""


def check(begins: Iterable[object], ends: Iterable[object], now: datetime, *, is_late: bool = False) -> Check:
    """Whether it has begun, and has not ended, by all that is said of that.

    `is_late` if its signature says by itself that it has not, or has.
    """
    question = _("Is it still in time?")
    try:
        start = max(filter(None, map(picking.moment, begins)), default=None)
        end = min(filter(None, map(picking.moment, ends)), default=None)
    except ValueError:
        answer = _("It says so in a way that nobody can read.")
        return Check(question=question, answer=answer, holds=None)
    if end and end < now - LEEWAY:
        answer, holds = _("No: it was valid until %(day)s.") % {"day": date_format(end)}, False
    elif start and start > now + LEEWAY:
        answer, holds = _("No: it is valid only from %(day)s.") % {"day": date_format(start)}, False
    elif is_late:
        answer, holds = _("No: its signature is good for another time than this."), False
    else:
        answer, holds = _("Yes: until %(day)s.") % {"day": date_format(end)} if end else _("Yes: it has no end."), True
    return Check(question=question, answer=answer, holds=holds)
