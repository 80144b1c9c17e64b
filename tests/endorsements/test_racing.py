"""Endorsers, owners and workers race, on whichever database the tests run: each thing happens once."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from credentials_badges.badges import retiring
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import AuditEntry, Mail
from credentials_badges.endorsements import answering, asking, lapsing
from credentials_badges.endorsements.asking import Asked, Refused
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.world import DAY, NOW, ROSA, World, fresh

THREADS = 8
ROUNDS = 6

pytestmark = [pytest.mark.django_db(transaction=True)]
State = Endorsement.State
T = TypeVar("T")


def race(*works: Callable[[], T]) -> list[T]:
    """Do all of it by threads that begin together, one for each."""
    start = Barrier(len(works))

    def do(work: Callable[[], T]) -> T:
        try:
            start.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def accept(row: Endorsement) -> bool:
    return accept_as_read(fresh(row))


def accept_as_read(row: Endorsement) -> bool:
    return answering.accept(row, text="Good.", in_name_of="Rosa", url="", voice=None, now=NOW)


def requests(world: World) -> list[Endorsement]:
    return [world.ask(email=f"r{number}@roth.example") for number in range(ROUNDS)]


def subjects(row: Endorsement) -> Counter[str]:
    return Counter(Mail.objects.filter(topic=str(row.uuid)).values_list("subject", flat=True))


def test_a_request_that_is_accepted_while_it_is_cancelled_is_one_or_the_other(committed: World) -> None:
    for made in requests(committed):
        done = race(lambda made=made: accept(made), lambda made=made: asking.cancel(fresh(made), committed.owner, NOW))
        row = fresh(made)
        assert sum(done) == 1
        assert row.state == (State.ACCEPTED if done[0] else State.CANCELLED)
        assert (row.text == "Good.") is done[0]
        assert (row.open_key is None) is done[1]
        told = [subject for subject in subjects(made) if "no longer" in subject]
        assert len(told) == int(done[1])


def test_whoever_presses_from_everywhere_accepts_once(committed: World) -> None:
    made = committed.ask()
    assert sum(race(*[lambda: accept(made)] * THREADS)) == 1
    assert set(subjects(made).values()) == {1}
    assert Mail.objects.count() == 3  # The request, thanks, and what the owner is told.


def test_whoever_says_yes_and_no_at_once_has_said_one(committed: World) -> None:
    for made in requests(committed):
        done = race(lambda made=made: accept(made), lambda made=made: answering.decline(fresh(made), "No.", NOW))
        assert sum(done) == 1
        assert fresh(made).state == (State.ACCEPTED if done[0] else State.DECLINED)


def test_owners_who_ask_the_same_people_at_once_ask_them_once(committed: World) -> None:
    people = [Asked(name="Rosa", email=f"r{number}@roth.example") for number in range(5)]
    target = committed.target()

    def ask(order: Sequence[Asked]) -> int:
        return len(asking.ask(target, committed.owner, people=order, message="", now=NOW).made)

    works = [lambda n=n: ask(people if n % 2 else people[::-1]) for n in range(THREADS)]
    assert sum(race(*works)) == Endorsement.objects.count() == Mail.objects.count() == 5
    assert AuditEntry.objects.filter(action="asked for an endorsement").count() == 5


def test_workers_who_remind_at_once_remind_once(committed: World) -> None:
    rows = requests(committed)
    done = race(*[lambda: lapsing.lapse(NOW + 7 * DAY)] * THREADS)
    assert sum(done) == ROUNDS
    assert Mail.objects.filter(subject__startswith="A reminder").count() == ROUNDS
    assert {fresh(row).reminders for row in rows} == {1}


def test_an_owner_and_a_worker_who_remind_at_once_remind_once(committed: World) -> None:
    for number, made in enumerate(requests(committed)):
        now = NOW + 7 * DAY
        race(lambda now=now: bool(lapsing.lapse(now)), lambda made=made, now=now: asking.remind(fresh(made), now))
        assert (fresh(made).reminders, subjects(made).total()) == (1, 2), number


def test_workers_who_end_requests_at_once_end_each_once(committed: World) -> None:
    requests(committed)
    assert sum(race(*[lambda: lapsing.lapse(NOW + 30 * DAY)] * THREADS)) == ROUNDS
    assert set(Endorsement.objects.values_list("state", flat=True)) == {State.EXPIRED}


def test_what_is_revoked_while_it_is_hidden_and_shown_is_revoked(committed: World) -> None:
    for number in range(ROUNDS):
        made = committed.accepted(email=f"r{number}@roth.example")
        revoked, _, _ = race(
            lambda made=made: answering.revoke(fresh(made), "", NOW),
            lambda made=made: asking.hide(fresh(made), committed.owner, NOW),
            lambda made=made: asking.show(fresh(made), committed.owner, NOW),
        )
        assert revoked
        assert (fresh(made).state, fresh(made).open_key) == (State.REVOKED, None)
        assert not asking.show(fresh(made), committed.owner, NOW)


def test_what_is_said_of_a_learner_who_is_retired_meanwhile_is_gone(committed: World) -> None:
    target = committed.target("badge")
    made = committed.ask("badge")
    found = fresh(made)
    people = [Asked(name="Eve", email="eve@e.example")]

    def retire() -> bool:
        retiring.retire(committed.ada, datetime.now(NOW.tzinfo), via=Via.COMMAND, by="test")
        return True

    def ask() -> bool:
        try:
            return bool(asking.ask(target, committed.owner, people=people, message="", now=NOW).made)
        except Refused:
            return False

    done = race(retire, lambda: accept_as_read(found), ask)
    assert done[0]
    for left in Endorsement.objects.filter(kind="badge"):
        assert (left.state, left.text, left.endorser_email) == (State.REVOKED, "", "")
    assert not Mail.objects.filter(to__in=(ROSA, "eve@e.example")).exists()
