"""Promises are kept: whatever goes wrong on the way, each badge is issued once, and what is dead says why."""

import time
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from credentials_badges import http
from credentials_badges.badges import conf, delivering, events, issuing, outbox
from credentials_badges.badges.models import Badge, Issuance, Learner
from credentials_badges.sandbox import serve
from providers.credly.sandbox import CredlySandbox
from tests.badges.world import BASE_URL, World, make_due, passing, requirement, send


def issuance(**which: str) -> Issuance:
    return Issuance.objects.get(**which)


@pytest.mark.parametrize("fault", ["unavailable", "html", "lost"])
def test_a_failure_while_issuing_is_retried_until_the_badge_is_issued_once(earned: World, fault: str) -> None:
    earned.faults.planned.extend([fault])
    delivering.deliver_due()
    postponed = issuance()
    assert (postponed.status, postponed.attempts) == (Issuance.Status.PENDING, 1)
    assert postponed.not_before > timezone.now()
    assert "Credly" in postponed.last_error
    earned.deliver()
    (badge,) = earned.badges()
    (held,) = earned.held()
    assert badge.external_id == held["id"]
    assert (issuance().status, issuance().last_error) == (Issuance.Status.DELIVERED, "")


def test_a_long_outage_loses_nothing(earned: World) -> None:
    earned.faults.planned.extend(["unavailable", "fine", "html", "throttled", "throttled", "fine", "lost"])
    earned.deliver(8)
    assert len(earned.held()) == 1
    assert issuance().status == Issuance.Status.DELIVERED


def test_a_timeout_after_the_provider_stored_the_badge_is_adopted_not_issued_twice(earned: World) -> None:
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    assert issuance().unsure
    (stored,) = earned.held()
    make_due()
    earned.sandbox.requests.clear()
    delivering.deliver_due()
    assert [method for method, *_ in earned.sandbox.requests] == ["GET"]
    assert earned.badges()[0].external_id == stored["id"]
    assert len(earned.held()) == 1


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_a_provider_that_answers_too_late_over_real_http_is_asked_before_it_is_told_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = CredlySandbox()
    with serve(sandbox) as address:
        slow = World(sandbox, 1, base_url=address + "v1/")
        slow.configure(requirements=[requirement("one", "OneX")])
        send(passing("ada", "OneX"))
        monkeypatch.setattr(http, "READ_SECONDS", 0.2)
        sandbox.faults.delay = 0.6
        sandbox.faults.planned.append("slow")
        delivering.deliver_due()
        assert "ReadTimeout" in issuance().last_error
        while not slow.held():  # The late answer is of no use, but the badge is stored when it comes.
            time.sleep(0.05)
        slow.deliver()
    assert slow.badges()[0].external_id == slow.held()[0]["id"]
    assert len(slow.held()) == 1


def test_a_stored_badge_that_the_list_does_not_show_yet_is_adopted_once_it_does(earned: World) -> None:
    now = timezone.now().timestamp()
    earned.sandbox.clock = lambda: now
    earned.sandbox.list_lag = 60
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    for _ in range(2):
        make_due()
        delivering.deliver_due()
    assert issuance().status == Issuance.Status.PENDING
    now += 61
    make_due()
    delivering.deliver_due()
    assert issuance().status == Issuance.Status.DELIVERED
    assert len(earned.sandbox.badges(earned.organization)) == 1


def test_after_a_lost_answer_the_next_try_waits_for_the_list_to_catch_up(earned: World) -> None:
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    assert issuance().not_before >= timezone.now() + timedelta(seconds=earned.account.adapter.lag - 1)


def test_waits_double_up_to_an_hour(earned: World) -> None:
    Issuance.objects.update(attempts=30)
    earned.faults.planned.append("unavailable")
    delivering.deliver_due()
    wait = issuance().not_before - timezone.now()
    assert timedelta(minutes=29) < wait <= timedelta(hours=1)


def test_a_refusal_is_buried_with_its_reason_and_can_be_retried_by_a_person(earned: World) -> None:
    organization = earned.sandbox.organizations[earned.organization]
    template = organization.templates[earned.templates[0].external_id]
    template["state"] = "archived"
    delivering.deliver_due()
    dead = issuance()
    assert (dead.status, dead.failure) == (Issuance.Status.DEAD, Issuance.Failure.REJECTED)
    assert "Invalid or missing Badge Template ID" in dead.last_error
    template["state"] = "active"
    assert outbox.retry(dead)
    assert not outbox.retry(dead)
    delivering.deliver_due()
    assert len(earned.held()) == 1


def test_a_promise_that_was_tried_too_often_is_buried_as_exhausted(earned: World) -> None:
    Issuance.objects.update(attempts=conf.MAX_ATTEMPTS - 1)
    earned.faults.planned.append("unavailable")
    delivering.deliver_due()
    assert (issuance().status, issuance().failure) == (Issuance.Status.DEAD, Issuance.Failure.EXHAUSTED)


def test_a_learner_without_an_address_is_shown_to_the_administrator(earned: World) -> None:
    Learner.objects.update(email="")
    delivering.deliver_due()
    assert issuance().failure == Issuance.Failure.REJECTED
    assert "no e-mail address" in issuance().last_error


def test_two_learners_with_one_address_never_share_a_badge(earned: World) -> None:
    send(passing("ben", "OneX"))
    Learner.objects.update(email="family@example.com")
    earned.deliver()
    ada, ben = earned.badges()
    assert [row["id"] for row in earned.held()] == [ada.external_id]
    assert ben.external_id is None
    dead = Issuance.objects.get(badge=ben)
    assert (dead.status, dead.failure) == (Issuance.Status.DEAD, Issuance.Failure.REJECTED)
    assert "another" in dead.last_error
    assert "family@example.com" not in dead.last_error


def test_a_badge_that_somebody_issued_by_hand_is_adopted(earned: World) -> None:
    requests.post(
        f"{BASE_URL}organizations/{earned.organization}/badges",
        auth=("harbour-key", ""),
        json={
            "recipient_email": "ada@example.com",
            "issued_to_first_name": "Ada",
            "issued_to_last_name": "Doe",
            "badge_template_id": earned.templates[0].external_id,
            "issued_at": "2026-03-01 00:00:00 +0000",
        },
        timeout=5,
    )
    delivering.deliver_due()
    assert earned.badges()[0].external_id == earned.held()[0]["id"]
    assert len(earned.held()) == 1


def test_an_adapter_that_crashes_is_buried_without_stopping_the_others(
    earned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(passing("ben", "OneX"))
    real = type(earned.account.adapter).issue

    def crash_for_ada(self: object, account: object, order: object) -> object:
        if order.recipient.email == "ada@example.com":  # type: ignore[attr-defined]
            raise KeyError("ada@example.com")
        return real(self, account, order)  # type: ignore[arg-type]

    monkeypatch.setattr(type(earned.account.adapter), "issue", crash_for_ada)
    delivering.deliver_due()
    crashed = Issuance.objects.get(badge__learner__username="ada")
    assert (crashed.failure, crashed.unsure) == (Issuance.Failure.CRASHED, True)
    assert "ada@example.com" not in crashed.last_error
    assert Issuance.objects.get(badge__learner__username="ben").status == Issuance.Status.DELIVERED


def test_a_worker_that_died_while_sending_is_followed_by_one_that_looks_first(
    earned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        # As if killed between the provider's answer and our note of it.
        patched.setattr(issuing, "_settle", lambda *_: None)
        delivering.deliver_due()
    assert issuance().status == Issuance.Status.IN_FLIGHT
    assert outbox.reap(timezone.now()) == 0
    assert outbox.reap(timezone.now() + timedelta(seconds=conf.lease_seconds() + 1)) == 1
    assert issuance().unsure
    delivering.deliver_due()
    assert earned.badges()[0].external_id == earned.held()[0]["id"]
    assert len(earned.sandbox.badges(earned.organization)) == 1


def test_a_worker_whose_promise_was_reaped_writes_nothing_any_more(earned: World) -> None:
    (stale,) = outbox.claim([issuance().pk])
    outbox.reap(timezone.now() + timedelta(seconds=conf.lease_seconds() + 1))
    issuing._bury(stale, Issuance.Failure.REJECTED, "too late")
    assert issuance().status == Issuance.Status.PENDING


def test_no_transaction_is_open_while_the_provider_is_called(
    earned: World, monkeypatch: pytest.MonkeyPatch, django_db_blocker: object
) -> None:
    from django.db import connection

    depth = len(connection.savepoint_ids)
    seen = []
    real = type(earned.account.adapter).issue

    def look(self: object, account: object, order: object) -> object:
        seen.append(len(connection.savepoint_ids))
        return real(self, account, order)  # type: ignore[arg-type]

    monkeypatch.setattr(type(earned.account.adapter), "issue", look)
    delivering.deliver_due()
    assert seen == [depth]


def test_a_bell_without_a_broker_loses_nothing(
    earned: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    from kombu.exceptions import OperationalError

    from credentials_badges.badges import doorbell

    def no_broker(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(doorbell.app, "send_task", no_broker)
    with django_capture_on_commit_callbacks(execute=True) as bells:  # type: ignore[operator]
        events.accept([events.read(passing("ben", "OneX"))])
    assert len(bells) == 1
    while events.process_waiting():
        pass
    assert Badge.objects.count() == 2
