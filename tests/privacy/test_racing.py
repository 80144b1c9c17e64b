"""Retiring, beside threads that are at work for the same learner."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import auditing, delivering, events, recomputing, retaining, retiring
from credentials_badges.badges.models import AuditEntry, Badge, Fulfillment, Issuance, Learner, LearningEvent
from providers.badgekit import claims, giving
from providers.badgekit.models import Badge as StoreBadge
from providers.badgekit.models import ClaimCode
from providers.badgekit.reviewing import award
from tests.badges.test_racing import THREADS, race
from tests.badges.world import World, passing, requirement, send, world
from tests.privacy.people import QUILL, Traces, configure, where_named
from tests.providers.badgekit.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    with world() as built:
        Stage()
        yield built


def retire(learner: Learner) -> None:
    with suppress(retiring.Unknown):
        retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by="operator")


def test_of_many_who_retire_somebody_one_does(credly: World) -> None:
    configure(credly)
    send(QUILL.event("OneX"))
    learner = QUILL.learner
    race(lambda _: retire(learner))
    assert AuditEntry.objects.count() == 1
    assert where_named(QUILL) == set()


def test_two_who_share_a_row_are_both_retired(credly: World) -> None:
    boss = Learner.objects.create(username="boss", is_superuser=True)
    for number in range(8):
        send(passing(f"q{number}", "OneX"))
        Learner.objects.create(username=f"q{number}@example.com", email=f"q{number}@example.com")
        names, codes = (f"q{number}", f"q{number}@example.com"), []

        def ask(place: int, names: tuple[str, str] = names, codes: list[int] = codes) -> None:
            client = Client()
            client.force_login(boss)
            body = {"username": names[place % 2]}
            codes.append(client.post("/api/v1/retire_user/", body, content_type="application/json").status_code)

        race(ask)
        assert set(codes) == {204}
        assert not Learner.objects.filter(username__in=names).exists()


def test_two_who_are_named_in_one_row_are_both_struck(credly: World) -> None:
    two = [Traces("anna.x9", "anna@example.com", "Anna Xo"), Traces("bert.y9", "bert@example.com", "Bert Yo")]
    send(*(person.event("OneX") for person in two))
    for _ in range(20):
        changes = {"to": [person.email for person in two]}
        auditing.note(auditing.Via.ADMIN, "boss", "gave", label="anna.x9 and bert.y9", changes=changes)
    learners = [person.learner for person in two]
    race(lambda number: retire(learners[number % 2]))
    assert [where_named(person) for person in two] == [set(), set()]


def test_events_that_come_meanwhile_are_of_the_old_learner_or_of_a_new_one(credly: World) -> None:
    configure(credly)
    send(QUILL.event("OneX"))
    old = QUILL.learner

    def work(number: int) -> None:
        if number == 0:
            retire(old)
        else:
            events.accept([events.read(QUILL.event(f"Course{number}"))])
            events.process_waiting()

    race(work)
    while events.process_waiting():
        pass
    assert LearningEvent.objects.count() == THREADS
    assert not LearningEvent.objects.filter(learner=old.pk, purged_at=None).exists()
    assert not Fulfillment.objects.filter(learner=old.pk).exists()
    new = Learner.objects.filter(username=QUILL.username).first()
    assert LearningEvent.objects.filter(purged_at=None).count() == (new.events.count() if new else 0)
    assert Badge.objects.filter(learner=old.pk).count() == 1


def test_a_badge_that_is_being_sent_is_erased(credly: World) -> None:
    configure(credly)
    send(QUILL.event("OneX"))
    old = QUILL.learner
    race(lambda number: retire(old) if number == 0 else delivering.deliver_due())
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        credly.deliver()
    assert credly.sandbox.badges(credly.organization) == []
    assert not Issuance.objects.filter(status__in=Issuance.OPEN).exists()
    assert where_named(QUILL) == set()


def test_a_code_that_is_being_claimed_leaves_nothing_behind(credly: World) -> None:
    code = ClaimCode.objects.create(badge=StoreBadge.objects.get(slug="reader"), code="fair", multiuse=True)
    send(QUILL.event("TwoX"))
    old = QUILL.learner

    def work(number: int) -> None:
        if number == 0:
            retire(old)
        else:
            with suppress(OperationalError, giving.NotTheirs):
                claims.claim(ClaimCode.objects.get(pk=code.pk), award(QUILL.email))

    race(work)
    assert Badge.objects.filter(learner=old.pk).count() == 0
    for learner in Learner.objects.filter(retired_at=None):  # Whoever claimed a moment later is somebody new.
        retire(learner)
    assert where_named(QUILL) == set()


def test_judging_again_and_forgetting_old_events_at_once_loses_no_mark(credly: World, settings: object) -> None:
    settings.KEEP_EVENTS_DAYS = 1  # type: ignore[attr-defined]
    template = credly.configure(award="every_time", requirements=[requirement("one", "OneX")])
    send(*(passing(f"learner{number}", "OneX", minute=number) for number in range(40)))
    LearningEvent.objects.update(received_at=timezone.now() - timedelta(days=9))
    jobs = [recomputing.ask([template], timezone.now(), applies=True, revokes=True).pk for _ in range(3)]

    def work(number: int) -> None:
        try:
            if number < len(jobs):
                recomputing.carry_on(jobs[number])
            else:
                retaining.purge(timezone.now() - timedelta(days=30))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert Badge.objects.filter(status=Badge.Status.AWARDED).count() == 40
    assert Fulfillment.objects.filter(event=None).count() == 40
