"""Keeps all processes together within the pace that a provider allows, by a row that they share."""

import time

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from credentials_badges.badges.models import CallWindow
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace

AHEAD = 10
"""Windows; one that is further ahead was written by a clock that has been set back."""


def take_turn(host: str, pace: Pace) -> None:
    """Count one call. Raises `RateLimited`, saying for how long, if there have been enough in this window of time."""
    now = time.time()
    number = int(now // pace.seconds)
    window = CallWindow.objects.filter(host=host)
    # Clocks of several machines differ a little: whoever is behind counts in the window of whoever is ahead.
    present = Q(number__gte=number, number__lte=number + AHEAD)
    for _ in range(2):  # Whoever loses the race to begin a window counts in it the second time.
        if window.filter(present, calls__lt=pace.calls).update(calls=F("calls") + 1):
            return
        if window.exclude(present).update(number=number, calls=1) or _first(host, number):
            return
    raise RateLimited(
        f"{host} takes {pace.calls} calls in {pace.seconds} s, which we keep to",
        after=(number + 1) * pace.seconds - now,
    )


def _first(host: str, number: int) -> bool:
    """Count the first call ever; False if there has been one."""
    if CallWindow.objects.filter(host=host).exists():
        return False
    try:
        with transaction.atomic():
            CallWindow.objects.create(host=host, number=number, calls=1)
    except IntegrityError:
        return False
    return True
