"""Requests that nobody answers: endorsers are reminded twice, and then left alone.

The periodic sweep sees to it, in portions; how often it comes, and how many workers do so at once, changes nothing.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q

from credentials_badges.badges.locking import in_transaction
from credentials_badges.endorsements.asking import BETWEEN_REMINDERS, has_been_reminded
from credentials_badges.endorsements.links import WHOLE
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.moving import OPEN, State, move

PORTION = 200
"""Reminders, and endings, that are seen to at a time."""
FIRST_AFTER = timedelta(days=7)
LAST_BEFORE = timedelta(days=3)


def lapse(now: datetime) -> int:
    """Remind those who were asked a week ago, or whose time is nearly over; end what was not answered in time.

    Returns how many of all these there were.
    """
    over = Endorsement.objects.filter(state__in=OPEN, expires_at__lte=now).order_by("expires_at", "pk")
    ended = sum(_end(each, now) for each in over[:PORTION])
    due = Endorsement.objects.filter(_due(now), state__in=OPEN, account__endorsements_enabled=True)
    waiting = due.select_related(*WHOLE).order_by("expires_at", "pk")
    return ended + sum(_remind(each, now) for each in waiting[:PORTION])


def _due(now: datetime) -> Q:
    """Which are reminded: those that were not since it was time to. A reminder by hand is as good."""
    a_week_ago = Q(asked_at__lte=now - FIRST_AFTER) & _not_since(F("asked_at") + FIRST_AFTER)
    soon_over = Q(expires_at__lte=now + LAST_BEFORE) & _not_since(F("expires_at") - LAST_BEFORE)
    is_time = Q(reminded_at=None) | Q(reminded_at__lte=now - BETWEEN_REMINDERS)
    return (a_week_ago | soon_over) & is_time & Q(expires_at__gt=now)


def _not_since(moment: object) -> Q:
    return Q(reminded_at=None) | Q(reminded_at__lt=moment)


def _remind(endorsement: Endorsement, now: datetime) -> bool:
    """Unless another worker has just done so: then it was reminded at another moment than was read."""
    as_read = Q(reminded_at=endorsement.reminded_at)
    return in_transaction(lambda: has_been_reminded(endorsement, now, as_read))


def _end(endorsement: Endorsement, now: datetime) -> bool:
    late = Q(expires_at__lte=now)
    return in_transaction(lambda: move(endorsement, OPEN, late, state=State.EXPIRED, ended_at=now, open_key=None))
