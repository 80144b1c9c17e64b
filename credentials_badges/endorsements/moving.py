"""An endorsement goes from one state to the next, if it is still where it was thought to be."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from credentials_badges.endorsements.models import Endorsement

State = Endorsement.State
OPEN = (State.REQUESTED, State.VIEWED)
ONLY_IF_SO = Q()


def move(endorsement: Endorsement, states: Collection[str], only: Q = ONLY_IF_SO, **columns: Any) -> bool:
    """Write the columns by one conditional UPDATE, which locks the row; whether it was in one of the states."""
    if not Endorsement.objects.filter(only, pk=endorsement.pk, state__in=states).update(**columns):
        return False
    for name, value in columns.items():
        setattr(endorsement, name, value)
    return True


def unanswered(now: datetime) -> Q:
    """Whether it can still be answered, as far as time goes."""
    return Q(expires_at__gt=now)
