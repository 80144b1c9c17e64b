"""Threads that race for the same rows, on whichever database the tests run."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import delivering, events, limiting, outbox
from credentials_badges.badges.models import (
    Badge,
    BadgeProgress,
    Fulfillment,
    Issuance,
    Learner,
    LearningEvent,
    RulesVersion,
    WebhookDelivery,
)
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace
from tests.badges.world import World, make_due, passing, penalty, requirement, send, world

THREADS = 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    with world() as built:
        yield built


def race(work: Callable[[int], object]) -> list[object]:
    """Run `work` in threads that start together; returns what each returned."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> object:
        try:
            start.wait(timeout=10)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_one_of_many_workers_claims_a_promise(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    promise = Issuance.objects.get()
    claims = race(lambda _: outbox.claim([promise.pk]))
    assert sum(map(len, claims)) == 1  # type: ignore[arg-type]


def test_many_workers_issue_each_badge_once(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(*[passing(f"learner{number}", "OneX") for number in range(40)])
    credly.faults.lost = 0.2
    credly.faults.unavailable = 0.2
    for _ in range(12):
        race(lambda _: delivering.deliver_due())
        make_due()
    assert {promise.status for promise in Issuance.objects.all()} == {Issuance.Status.DELIVERED}
    held = sorted(row["id"] for row in credly.held())
    assert len(held) == 40
    assert held == sorted(Badge.objects.values_list("external_id", flat=True))


def test_the_same_webhook_sent_at_once_is_stored_once(credly: World) -> None:
    notice = {"id": "6f1c1b62-0000-4000-8000-0000000000aa", "organization_id": credly.organization}

    def post(_: int) -> int:
        return Client().post("/badges/credly/webhook/", notice, content_type="application/json").status_code

    assert set(race(post)) == {200}
    assert WebhookDelivery.objects.count() == 1


def test_all_processes_together_keep_to_the_pace(credly: World) -> None:
    def call(_: int) -> list[float | None]:
        waits: list[float | None] = []
        for _ in range(5):
            try:
                limiting.take_turn("api.example", Pace(calls=12, seconds=3600))
            except RateLimited as error:
                waits.append(error.after)
        return waits

    waits = [wait for waits in race(call) for wait in waits]  # type: ignore[attr-defined]
    assert len(waits) == THREADS * 5 - 12
    assert all(0 < wait <= 3600 for wait in waits)


def test_clocks_that_differ_do_not_loosen_the_pace(credly: World) -> None:
    allowed = 0
    for step in range(40):
        with time_machine.travel(1_800_000_000 + (step % 2) * 9, tick=False), suppress(RateLimited):
            limiting.take_turn("api.example", Pace(calls=12, seconds=6))
            allowed += 1
    assert allowed == 1 + 12  # Then the first window is over, for everybody.


def test_the_same_event_sent_at_once_is_stored_and_counted_once(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    event = events.read(passing("ada", "OneX"))

    def take_in(_: int) -> None:
        events.accept([event])
        events.process_waiting()

    race(take_in)
    events.process_waiting()
    assert (LearningEvent.objects.count(), Learner.objects.filter(username="ada").count()) == (1, 1)
    assert (BadgeProgress.objects.count(), Fulfillment.objects.count(), Badge.objects.count()) == (1, 1, 1)
    assert Issuance.objects.count() == 1


def test_two_requirements_met_at_once_award_once(credly: World) -> None:
    courses = [f"Course{number}X" for number in range(THREADS)]
    credly.configure(requirements=[requirement(course, course) for course in courses])
    learners = [f"learner{number}" for number in range(10)]

    def pass_one_course(number: int) -> None:
        events.accept([events.read(passing(learner, courses[number])) for learner in learners])
        while events.process_waiting(3):
            pass

    race(pass_one_course)
    while events.process_waiting():
        pass
    assert LearningEvent.objects.filter(processed_at=None).count() == 0
    assert Badge.objects.count() == len(learners) == Issuance.objects.count()
    assert {progress.groups_done for progress in BadgeProgress.objects.all()} == {THREADS}


def test_passing_and_failing_in_any_order_end_as_their_times_say(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    learners = [f"learner{number}" for number in range(6)]

    def take_in(number: int) -> None:
        # The even minutes pass and the odd ones fail; the last of all is a pass.
        minute = THREADS - number
        events.accept(
            [events.read(passing(name, "OneX", is_passing=minute % 2 == 0, minute=minute)) for name in learners]
        )
        while events.process_waiting(2):
            pass

    race(take_in)
    while events.process_waiting():
        pass
    assert {row.fulfilled for row in Fulfillment.objects.all()} == {THREADS % 2 == 0}
    live = Badge.objects.filter(status=Badge.Status.AWARDED)
    assert sorted(live.values_list("learner__username", flat=True)) == sorted(learners)


def test_a_withdrawal_and_a_worker_that_claims_at_once_never_leave_a_badge_there(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    names = [f"learner{number}" for number in range(THREADS * 3)]
    send(*[passing(name, "OneX") for name in names])

    def deliver_or_withdraw(number: int) -> None:
        if number % 2:
            delivering.deliver_due()
            return
        mine = names[number // 2 :: THREADS // 2]
        events.accept([events.read(passing(name, "OneX", is_passing=False, minute=1)) for name in mine])
        while events.process_waiting(2):
            pass

    race(deliver_or_withdraw)
    while events.process_waiting():
        pass
    credly.deliver()
    assert {badge.status for badge in Badge.objects.all()} == {Badge.Status.REVOKED}
    assert credly.held() == []
    assert not Issuance.objects.filter(status__in=[*Issuance.OPEN, Issuance.Status.DEAD]).exists()


def test_a_dead_promise_is_opened_once_by_many_hands(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    Issuance.objects.update(status=Issuance.Status.DEAD, open_key=None, not_before=timezone.now())
    dead = Issuance.objects.get()
    assert sum(bool(opened) for opened in race(lambda _: outbox.retry(dead))) == 1


def test_a_learner_whom_two_senders_introduce_at_once_keeps_name_and_address(credly: World) -> None:
    names = [f"new{number}" for number in range(12)]

    def introduce(number: int) -> None:
        told = [passing(name, "OneX", minute=number) for name in names]
        for event in told if number % 2 else []:
            del event["data"]["course_passing_status"]["user"]["pii"]["email"]
        events.accept([events.read(event) for event in told])

    race(introduce)
    assert {learner.email for learner in Learner.objects.all()} == {f"{name}@example.com" for name in names}


def test_one_file_sent_by_many_at_once_is_counted_once(credly: World) -> None:
    told = [events.read(passing(f"learner{number}", "OneX")) for number in range(30)]
    accepted = race(lambda _: events.accept(told).accepted)
    assert sum(map(int, map(str, accepted))) == LearningEvent.objects.count() == 30


def test_every_change_of_the_rules_counts_also_the_first_ones_at_once(credly: World) -> None:
    RulesVersion.objects.all().delete()
    race(lambda _: RulesVersion.bump())
    assert RulesVersion.current() == THREADS
