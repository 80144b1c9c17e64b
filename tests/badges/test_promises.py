"""Promises in bad company: re-earned badges, exhausted tries, keys mended meanwhile, clocks set back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from credentials_badges.badges import conf, delivering, issuing, outbox
from credentials_badges.badges.models import Badge, Issuance, ProviderAccount
from credentials_badges.contract.data import IssueOrder, Receipt
from credentials_badges.contract.errors import Misconfigured
from credentials_badges.contract.states import BadgeState
from tests.badges.world import World, make_due, passing, send


def lose_and_earn_again() -> None:
    send(passing("ada", "OneX", is_passing=False, minute=1))
    send(passing("ada", "OneX", minute=2))


def one_live_badge(world: World) -> bool:
    """Whether the second award, and nothing else, is live on both sides."""
    first, second = world.badges()
    live = [row["id"] for row in world.held()]
    return first.status == Badge.Status.REVOKED and live == [second.external_id]


def test_a_badge_earned_again_waits_until_the_first_is_revoked(earned: World) -> None:
    delivering.deliver_due()
    lose_and_earn_again()
    earned.faults.planned.extend(["throttled"] * 6)
    earned.deliver(12)
    assert one_live_badge(earned)


def test_a_badge_earned_again_never_adopts_the_first_whose_answer_was_lost(earned: World) -> None:
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    lose_and_earn_again()
    make_due()
    assert outbox.due(timezone.now()).count() == 1
    earned.deliver(12)
    assert one_live_badge(earned)


def test_a_badge_that_may_have_arrived_at_the_last_try_is_revoked_when_it_is_lost(earned: World) -> None:
    Issuance.objects.update(attempts=conf.MAX_ATTEMPTS - 1)
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    assert Issuance.objects.get().failure == Issuance.Failure.EXHAUSTED
    send(passing("ada", "OneX", is_passing=False, minute=1))
    earned.deliver()
    assert [row["state"] for row in earned.sandbox.badges(earned.organization)] == ["revoked"]


def test_failed_tries_do_not_count_as_looks_that_showed_nothing(earned: World) -> None:
    now = timezone.now().timestamp()
    earned.sandbox.clock = lambda: now
    earned.sandbox.list_lag = 60
    earned.faults.planned.extend(["throttled"] * issuing.UNSEEN_TRIES + ["lost"])
    for _ in range(issuing.UNSEEN_TRIES + 3):
        delivering.deliver_due()
        make_due()
    assert Issuance.objects.get().status == Issuance.Status.PENDING
    now += 61
    earned.deliver(2)
    assert Issuance.objects.get().status == Issuance.Status.DELIVERED


def test_a_key_that_was_mended_during_a_call_is_not_blamed_for_the_old_one(
    earned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    earned.sandbox.expired_keys.add("harbour-key")
    real = issuing._send

    def mend_meanwhile(issuance: Issuance) -> object:
        earned.account.api_key = "new-key"
        earned.account.save()
        return real(issuance)

    with monkeypatch.context() as patched:
        patched.setattr(issuing, "_send", mend_meanwhile)
        promise = Issuance.objects.get()
        issuing.deliver(promise.pk)
    earned.account.refresh_from_db()
    assert earned.account.paused_reason == ""
    assert Issuance.objects.get().status == Issuance.Status.PENDING


def test_an_old_promise_is_not_opened_beside_a_newer_one(earned: World) -> None:
    earned.faults.planned.extend(["lost"])
    delivering.deliver_due()
    Issuance.objects.update(status=Issuance.Status.DEAD, failure="exhausted", open_key=None)
    dead = Issuance.objects.get()
    lose_and_earn_again()
    assert outbox.retry(dead) is False
    earned.deliver(4)
    assert one_live_badge(earned)


def test_an_answer_does_not_overwrite_what_was_heard_meanwhile(earned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    delivering.deliver_due()
    (badge,) = earned.badges()
    outbox.promise_updates([badge], timezone.now())
    real = issuing._send

    def hear_meanwhile(issuance: Issuance) -> object:
        receipt = real(issuance)
        assert receipt is not None
        later = receipt.as_of + timedelta(minutes=1) if receipt.as_of else None
        revoked = replace(receipt, state=BadgeState.REVOKED, raw_state="revoked", as_of=later)
        Badge.objects.get(pk=badge.pk).observe(revoked)
        return receipt

    monkeypatch.setattr(issuing, "_send", hear_meanwhile)
    delivering.deliver_due()
    assert earned.badges()[0].external_state == "revoked"


def test_an_adopted_badge_is_recorded_even_if_it_is_older(earned: World) -> None:
    delivering.deliver_due()
    (badge,) = earned.badges()
    now = timezone.now()
    older = Receipt(external_id="older", state=BadgeState.ACCEPTED, raw_state="accepted", as_of=now - timedelta(days=9))
    badge.observe(older)
    assert (earned.badges()[0].external_id, earned.badges()[0].external_state) == ("older", "accepted")


def test_a_correction_during_a_correction_is_not_swallowed(earned: World) -> None:
    delivering.deliver_due()
    (badge,) = earned.badges()
    outbox.promise_updates([badge], timezone.now())
    (first,) = outbox.claim([Issuance.objects.latest("pk").pk])
    outbox.promise_updates([badge], timezone.now())
    assert Issuance.objects.filter(action="update", status__in=Issuance.OPEN).count() == 2
    assert first.pk not in outbox.due(timezone.now()).values_list("pk", flat=True)


def test_one_promise_that_is_forbidden_keeps_no_other_waiting(earned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send(*[passing(f"learner{number}", "OneX") for number in range(10)])
    real = type(earned.account.adapter).issue

    def issue(self: object, account: object, order: IssueOrder) -> Receipt:
        if order.recipient.email.startswith("ada@"):
            raise Misconfigured("Credly answered 403: a firewall does not like the name")
        return real(self, account, order)  # type: ignore[arg-type]

    def issue_many(_self: object, _account: object, orders: list[IssueOrder]) -> list[Receipt]:
        raise Misconfigured("Credly answered 403: a firewall does not like a name")

    monkeypatch.setattr(type(earned.account.adapter), "issue", issue)
    monkeypatch.setattr(type(earned.account.adapter), "issue_many", issue_many)
    for _ in range(4):
        delivering.deliver_due()
        ProviderAccount.objects.update(paused_until=None)
    assert len(earned.held()) == 10


def test_a_clock_that_was_ahead_and_is_set_back_holds_nothing_up(earned: World) -> None:
    far = timezone.now() + timedelta(days=365)
    Issuance.objects.update(not_before=far)
    assert delivering.deliver_due() == 1
    Issuance.objects.update(status=Issuance.Status.IN_FLIGHT, claimed_at=far)
    assert outbox.reap(timezone.now()) == 0  # Its worker may be alive: from now on, it has a whole lease.
    assert outbox.reap(timezone.now() + timedelta(seconds=conf.lease_seconds() + 1)) == 1
