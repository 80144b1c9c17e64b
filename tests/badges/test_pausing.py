"""An account in trouble rests, says why, and goes on by itself; the others notice nothing."""

import logging
import threading
import time
from datetime import timedelta

import pytest
import responses
from django.db import connection
from django.utils import timezone

from credentials_badges.badges import conf, delivering, pausing
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, ProviderAccount
from credentials_badges.contract.errors import Misconfigured, NotYet, OutcomeUnknown, RateLimited, Retriable
from credentials_badges.sandbox import serve
from providers.credly.sandbox import CredlySandbox
from tests.badges.world import BASE_URL, World, make_due, passing, requirement, send


def pause_of(world: World) -> tuple[str, float]:
    """Why the account is paused, and for how many seconds more."""
    world.account.refresh_from_db()
    until = world.account.paused_until
    return world.account.paused_reason, (until - timezone.now()).total_seconds() if until else 0.0


def throttle(world: World, **headers: str) -> None:
    with responses.RequestsMock() as mock:
        mock.post(f"{BASE_URL}organizations/{world.organization}/badges", status=429, headers=headers)
        delivering.deliver_due()


def test_the_providers_own_wish_to_wait_is_obeyed_for_the_whole_account(earned: World) -> None:
    throttle(earned, **{"Retry-After": "900"})
    reason, seconds = pause_of(earned)
    assert "429" in reason
    assert 890 < seconds <= 900
    promise = Issuance.objects.get()
    assert (promise.status, promise.attempts, promise.unsure) == (Issuance.Status.PENDING, 0, False)
    send(passing("ben", "OneX"))
    assert delivering.deliver_due() == 0


def test_without_a_wish_the_pause_grows(earned: World) -> None:
    seconds = []
    for _ in range(12):
        throttle(earned)
        seconds.append(pause_of(earned)[1])
        make_due()
    assert 2 < seconds[0] <= 5
    assert seconds[4] < seconds[6] < seconds[8]
    assert conf.PAUSE_CAP_SECONDS / 2 - 1 < seconds[-1] <= conf.PAUSE_CAP_SECONDS


def test_a_wrong_key_pauses_the_account_and_loses_nothing(earned: World, caplog: pytest.LogCaptureFixture) -> None:
    earned.sandbox.expired_keys.add("harbour-key")
    with caplog.at_level(logging.DEBUG):
        delivering.deliver_due()
    assert "401" in pause_of(earned)[0]
    waiting = Issuance.objects.get()
    assert (waiting.status, waiting.attempts) == (Issuance.Status.PENDING, 0)
    earned.sandbox.requests.clear()
    assert delivering.deliver_due() == 0
    assert earned.sandbox.requests == []
    assert "harbour-key" not in caplog.text
    assert "harbour-key" not in waiting.last_error + repr(earned.account)


def test_a_paused_account_resumes_by_itself_once_its_key_works_again(earned: World) -> None:
    earned.sandbox.expired_keys.add("harbour-key")
    delivering.deliver_due()
    make_due()
    delivering.deliver_due()
    assert pause_of(earned)[0]
    earned.sandbox.expired_keys.clear()
    make_due()
    delivering.deliver_due()
    assert len(earned.held()) == 1
    earned.account.refresh_from_db()
    account = earned.account
    assert (account.paused_reason, account.paused_until, account.failures) == ("", None, 0)


def test_repeated_failures_pause_the_account_and_say_so(earned: World, caplog: pytest.LogCaptureFixture) -> None:
    earned.faults.planned.extend(["unavailable"] * conf.PAUSE_AFTER)
    for _ in range(conf.PAUSE_AFTER):
        assert pause_of(earned)[0] == ""
        delivering.deliver_due()
        Issuance.objects.update(not_before=timezone.now())
    reason, seconds = pause_of(earned)
    assert reason.startswith(f"{conf.PAUSE_AFTER} calls in a row failed, the last one: Credly answered 50")
    assert 2 < seconds <= 5
    assert "is paused: 5 calls in a row failed" in caplog.text
    earned.deliver(1)
    earned.deliver(1)
    assert pause_of(earned)[0] == ""
    assert len(earned.held()) == 1


def test_one_that_has_to_wait_is_no_trouble_of_the_account(earned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_yet(*_: object) -> None:
        raise NotYet("it is still in the way", after=900)

    with monkeypatch.context() as patched:
        patched.setattr(type(earned.account.adapter), "issue", not_yet)
        for _ in range(conf.PAUSE_AFTER + 1):
            delivering.deliver_due()
            Issuance.objects.update(not_before=timezone.now())
    assert pause_of(earned) == ("", 0.0)
    earned.deliver(1)
    assert len(earned.held()) == 1


@pytest.mark.parametrize("wish", ["999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wish_to_wait_for_ever_is_not_obeyed(earned: World, wish: str) -> None:
    throttle(earned, **{"Retry-After": wish})
    assert pause_of(earned)[1] <= conf.RETRY_CAP_SECONDS


def test_one_account_that_breaks_off_stops_no_other(
    earned: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = earned.second_account()
    other.configure(requirements=[requirement("two", "TwoX")])
    send(passing("zoe", "TwoX"))
    real = delivering.turn

    def turn(account_id: int, enough: threading.Event) -> int:
        if account_id == earned.account.pk:
            raise RuntimeError("a slip of ours")
        return real(account_id, enough)

    monkeypatch.setattr(delivering, "turn", turn)
    assert delivering.deliver_due() == 1
    assert "broke off" in caplog.text
    assert Issuance.objects.get(account=other.account).status == Issuance.Status.DELIVERED


def test_calls_from_before_a_pause_neither_lengthen_nor_lift_it(earned: World) -> None:
    before = ProviderAccount.objects.get()
    for _ in range(20):
        pausing.note(before, OutcomeUnknown("lost"))
    assert pause_of(earned)[1] <= 5
    under_way = ProviderAccount.objects.get()
    pausing.note(before, RateLimited("slowly", after=900))
    pausing.note(before, RateLimited("slowly", after=1))
    assert pause_of(earned)[1] > 890
    pausing.note(under_way, None)
    assert pause_of(earned)[1] > 890
    assert ProviderAccount.objects.get().failures == 0


def test_failures_between_successes_do_not_add_up(earned: World) -> None:
    send(*[passing(f"learner{number}", "OneX") for number in range(3)])
    for _ in range(conf.PAUSE_AFTER):
        pausing.note(ProviderAccount.objects.get(), Retriable("no"))
        pausing.note(ProviderAccount.objects.get(), None)
    assert pause_of(earned) == ("", 0.0)


def test_a_refusal_is_no_trouble_of_the_account(earned: World) -> None:
    BadgeTemplate.objects.filter(badges__isnull=False).update(external_id="6f1c1b62-0000-4000-8000-000000000000")
    delivering.deliver_due()
    assert Issuance.objects.get().failure == Issuance.Failure.REJECTED
    assert pause_of(earned) == ("", 0.0)


@pytest.mark.parametrize("error", [Misconfigured("401"), OutcomeUnknown("lost")])
def test_a_mended_account_is_not_blamed_for_calls_from_before(earned: World, error: Exception) -> None:
    used = ProviderAccount.objects.get()
    ProviderAccount.objects.update(options={"locale": "fr"})
    pausing.note(used, error)
    assert pause_of(earned) == ("", 0.0)


def test_a_pause_written_by_a_clock_that_was_ahead_holds_nothing_up(earned: World) -> None:
    ProviderAccount.objects.update(paused_until=timezone.now() + timedelta(days=365))
    assert delivering.deliver_due() == 1


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_an_account_that_does_not_answer_delays_no_other(transactional_db: None) -> None:
    slow, quick = CredlySandbox(), CredlySandbox()
    with serve(slow) as slow_address, serve(quick) as quick_address:
        # The slow one comes first in every order, and has more to send.
        lazy = World(slow, 1, "A Slow One", "slow-key", f"{slow_address}v1/")
        brisk = World(quick, 1, "A Quick One", "quick-key", f"{quick_address}v1/")
        lazy.configure(requirements=[requirement("slow", "SlowX")])
        brisk.configure(requirements=[requirement("quick", "QuickX")])
        send(*[passing(f"learner{number}", "SlowX") for number in range(4)])
        send(*[passing(f"learner{number}", "QuickX") for number in range(20)])
        slow.faults.slow, slow.faults.delay = 1.0, 2.0

        def work() -> None:
            delivering.deliver_due(seconds=3)
            connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        stop = time.monotonic() + 2.0
        while len(brisk.held()) < 20 and time.monotonic() < stop:
            time.sleep(0.05)
        served_meanwhile, of_the_slow = len(brisk.held()), len(lazy.held())
        worker.join(timeout=20)
    assert (served_meanwhile, of_the_slow) == (20, 0)
    assert Badge.objects.filter(account=lazy.account, external_id=None).count() < 4
