"""How transactions that race for the same learners keep out of each other's way."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction

from credentials_badges.badges.models import Learner

T = TypeVar("T")
TRIES = 5


def in_transaction(work: Callable[[], T], *, again_on: type[DatabaseError] = OperationalError) -> T:
    """Run `work` in a transaction, and again if the database broke it off, as it does to end a deadlock.

    `work` must be safe to repeat. Inside an outer transaction it runs once: only the outermost can be repeated.
    """
    for tries_left in reversed(range(TRIES)):
        nested = connection.in_atomic_block
        try:
            with transaction.atomic():
                return work()
        except (OperationalError, again_on):
            if nested or not tries_left:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def locked_learners(**which: Any) -> list[Learner]:
    """The learners, locked till the end of the transaction; always in the order of their ids, to avoid deadlocks."""
    no_key = connection.features.has_select_for_no_key_update
    return list(Learner.objects.select_for_update(no_key=no_key).filter(**which).order_by("pk"))
