"""Counts calls to providers, for all processes together."""

from django.db import IntegrityError, transaction
from django.db.models import F

from credentials_badges.badges.models import CallCount


def tally(host: str, outcome: str, seconds: float) -> None:
    """Count one more call to the host that ended so: one statement, but for the first one ever."""
    row = CallCount.objects.filter(host=host[:255], outcome=outcome)
    for _ in range(2):  # Whoever loses the race to count the first one counts the second.
        if row.update(calls=F("calls") + 1, seconds=F("seconds") + seconds):
            return
        try:
            with transaction.atomic():
                CallCount.objects.create(host=host[:255], outcome=outcome, calls=1, seconds=seconds)
        except IntegrityError:
            continue
        return
