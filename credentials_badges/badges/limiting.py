"""Keeps all processes together within a pace, by a row that they share: that of a provider, or of guesses."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from credentials_badges.badges.models import CallWindow
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace

AHEAD = 10
"""Windows; one that is further ahead was written by a clock that has been set back."""


def take_turn(host: str, pace: Pace, number: int = 1) -> None:
    """Count so many calls to the host, or whatever else has this name; all of them or none.

    Raises `RateLimited`, saying for how long, if there have been enough in this window of time.
    """
    now = time.time()
    now_is = int(now // pace.seconds)
    ends_at = (now_is + 1) * pace.seconds
    window = CallWindow.objects.filter(host=host)
    # Clocks of several machines differ a little: whoever is behind counts in the window of whoever is ahead.
    present = Q(number__gte=now_is, number__lte=now_is + AHEAD)
    for _ in range(2):  # Whoever loses the race to begin a window counts in it the second time.
        if window.filter(present, calls__lte=pace.calls - number).update(calls=F("calls") + number):
            return
        if number <= pace.calls and (
            window.exclude(present).update(number=now_is, calls=number, ends_at=ends_at)
            or _first(host, now_is, number, ends_at)
        ):
            return
    raise RateLimited(
        f"{host} takes {pace.calls} calls in {pace.seconds} s, which we keep to",
        after=ends_at - now,
    )


def look(turns: Sequence[tuple[str, Pace]]) -> None:
    """Count nothing. Raises `RateLimited` if one of these names has had its turns in this window of time."""
    now = time.time()
    counted = {window.host: window for window in CallWindow.objects.filter(host__in=[name for name, _ in turns])}
    for name, pace in turns:
        window, now_is = counted.get(name), int(now // pace.seconds)
        if window and now_is <= window.number <= now_is + AHEAD and window.calls >= pace.calls:
            raise RateLimited(f"{name} has had its turns", after=(now_is + 1) * pace.seconds - now)


def hidden(what: str, who: object, paces: Iterable[Pace]) -> list[tuple[str, Pace]]:
    """Names under which somebody's tries are counted, one for each pace; only this server's key can make them."""
    name = salted_hmac("credentials_badges.badges.limiting", f"{what} {who}", algorithm="sha256").hexdigest()
    return [(f"{what} {name} in {pace.seconds} s", pace) for pace in paces]


def give_back(host: str) -> None:
    """Take back what was counted last, in vain."""
    CallWindow.objects.filter(host=host, calls__gt=0).update(calls=F("calls") - 1)


def drop(names: Iterable[str]) -> None:
    """Forget what was counted under these names."""
    CallWindow.objects.filter(host__in=list(names)).delete()


def forget(before: datetime) -> None:
    """Forget the windows that ended before that."""
    CallWindow.objects.filter(ends_at__lt=int(before.timestamp())).delete()


def _first(host: str, window: int, calls: int, ends_at: int) -> bool:
    """Count the first calls ever; False if there have been some."""
    if CallWindow.objects.filter(host=host).exists():
        return False
    try:
        with transaction.atomic():
            CallWindow.objects.create(host=host, number=window, calls=calls, ends_at=ends_at)
    except IntegrityError:
        return False
    return True
