"""How transactions that race for the same learners keep out of each other's way."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from django.db import DatabaseError, Error, OperationalError, connection, transaction

from credentials_badges.badges.models import Learner

T = TypeVar("T")
TRIES = 5


class LookAgain(OperationalError):
    """What was found a moment ago is so no longer: the transaction begins anew, as after a deadlock."""


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


def database_answers() -> bool:
    """Whether it does on a new connection, which the next transaction goes on with; the old one may be broken."""
    with suppress(Error):  # It may be closed at the other end, or at this.
        connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def locked_learners(**which: Any) -> list[Learner]:
    """The learners, locked till the end of the transaction; always in the order of their ids, to avoid deadlocks."""
    no_key = connection.features.has_select_for_no_key_update
    return list(Learner.objects.select_for_update(no_key=no_key).filter(**which).order_by("pk"))
