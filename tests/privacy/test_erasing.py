"""Whatever a worker is doing while a learner is retired, the badge is erased in the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from credentials_badges.badges import (
    auditing,
    delivering,
    erasing,
    granting,
    issuing,
    outbox,
    retaining,
    retiring,
    syncing,
)
from credentials_badges.badges.models import Badge, Issuance, Learner, ProviderAccount
from credentials_badges.contract.errors import Rejected
from providers.badgekit import claims
from providers.badgekit.models import Badge as StoreBadge
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode
from providers.badgekit.reviewing import award
from providers.credly.client import CredlyClient
from providers.credly.provider import CredlyProvider
from tests.badges.world import World, make_due, passing, penalty, requirement, send
from tests.privacy.people import QUILL, configure, where_named

Action, Status = Issuance.Action, Issuance.Status


def retire() -> None:
    retiring.retire(QUILL.learner, timezone.now(), via=auditing.Via.COMMAND, by="operator")


def there(credly: World) -> int:
    """How many badges Credly holds, in any state."""
    return len(credly.sandbox.badges(credly.organization))


def the_erasure() -> Issuance:
    return Issuance.objects.get(action=Action.ERASE)


@pytest.fixture
def promised(credly: World) -> World:
    """A badge that has not been sent yet."""
    configure(credly)
    send(QUILL.event("OneX"))
    return credly


def in_the_middle_of(method: str, credly: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The learner is retired once while Credly is being called, before the call is carried out.

    Returns a list that will say how many badges are there afterwards.
    """
    call: Callable[..., Any] = getattr(CredlyClient, method)
    seen: list[int] = []

    def called(*arguments: Any) -> Any:
        monkeypatch.setattr(CredlyClient, method, call)
        retire()
        try:
            return call(*arguments)
        finally:
            seen.append(there(credly))

    monkeypatch.setattr(CredlyClient, method, called)
    return seen


def test_what_never_left_is_called_off(promised: World) -> None:
    retire()
    promised.deliver(3)
    assert [(each.action, each.status) for each in Issuance.objects.all()] == [(Action.ISSUE, Status.CANCELLED)]
    assert there(promised) == 0
    assert not any(method == "POST" for method, *_ in promised.sandbox.requests)


@pytest.mark.parametrize("fault", ["", "lost", "unavailable", "throttled"])
def test_one_that_is_being_issued_is_erased(promised: World, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    seen = in_the_middle_of("issue", promised, monkeypatch)
    if fault:
        promised.faults.planned.append(fault)
    delivering.deliver_due()
    assert seen == [1 if fault in {"", "lost"} else 0]
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        promised.deliver()
    assert there(promised) == 0
    assert the_erasure().status == Status.DELIVERED
    assert where_named(QUILL) == set()


def test_one_whose_worker_has_died_is_erased(promised: World) -> None:
    (issuance,) = outbox.claim([Issuance.objects.get().pk])
    issuance.account.adapter.issue(issuance.account.as_data(), _order(issuance))
    retire()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        outbox.reap(timezone.now())
        promised.deliver()
    assert there(promised) == 0
    assert the_erasure().status == Status.DELIVERED
    assert where_named(QUILL) == set()


def _order(issuance: Issuance) -> Any:
    return issuing._orders([issuance])[issuance.badge_id]


def test_one_whose_answer_was_lost_is_looked_for_until_it_must_be_seen(promised: World) -> None:
    promised.faults.planned.append("lost")
    delivering.deliver_due()
    promised.sandbox.list_lag = 3600
    retire()
    make_due()
    delivering.deliver_due()
    waiting = the_erasure()
    assert (waiting.status, there(promised)) == (Status.PENDING, 1)
    assert "may not show it yet" in waiting.last_error
    promised.sandbox.list_lag = 0
    promised.deliver()
    assert (the_erasure().status, there(promised)) == (Status.DELIVERED, 0)


def test_one_that_is_not_there_after_all_is_done_with(promised: World) -> None:
    promised.faults.planned.append("unavailable")
    delivering.deliver_due()
    retire()
    with time_machine.travel(timezone.now() + timedelta(seconds=erasing.LAGS * CredlyProvider.lag + 1)):
        promised.deliver(2)
    assert (the_erasure().status, there(promised)) == (Status.DELIVERED, 0)


def test_one_that_is_being_corrected_is_erased_with_what_it_was(
    promised: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised.deliver(2)
    badge = Badge.objects.get()
    outbox.promise_updates([badge], timezone.now())
    type(badge.learner).objects.update(full_name="Quillon Xarafax-Newname")
    seen = in_the_middle_of("replace", promised, monkeypatch)
    delivering.deliver_due()
    assert seen == [2]
    promised.deliver()
    assert there(promised) == 0
    assert where_named(QUILL) == set()


def test_one_that_was_taken_back_is_erased_too(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])
    send(QUILL.event("OneX"))
    credly.deliver(2)
    send(passing(QUILL.username, "OneX", is_passing=False, minute=5))
    retire()
    credly.deliver()
    assert there(credly) == 0
    assert Issuance.objects.get(action=Action.REVOKE).status == Status.CANCELLED


def test_a_dead_erasure_is_retried_by_a_person_and_nothing_else_is(
    promised: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised.deliver(2)
    with monkeypatch.context() as broken:
        broken.setattr(CredlyClient, "erase", lambda *_: (_ for _ in ()).throw(Rejected("Credly says no")))
        retire()
        promised.deliver(2)
    dead = the_erasure()
    assert (dead.status, dead.last_error, there(promised)) == (Status.DEAD, "Credly says no", 1)
    issue = Issuance.objects.get(action=Action.ISSUE)
    Issuance.objects.filter(pk=issue.pk).update(status=Status.DEAD)
    assert not outbox.retry(issue)
    assert outbox.retry(dead)
    promised.deliver(2)
    assert (the_erasure().status, there(promised)) == (Status.DELIVERED, 0)


def test_where_nothing_can_be_erased_it_is_revoked_and_that_is_said(
    promised: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised.deliver(2)
    external_id = Badge.objects.get().external_id
    monkeypatch.setattr(CredlyProvider, "erases", False)
    retire()
    promised.deliver(2)
    assert [row["state"] for row in promised.sandbox.badges(promised.organization)] == ["revoked"]
    done = the_erasure()
    said = f"Credly deletes nothing: {external_id} was revoked there. Ask Credly to erase it."
    assert (done.status, done.last_error) == (Status.DELIVERED, said)
    assert Badge.objects.get().external_id == external_id


def test_a_badge_of_another_learner_is_left_alone(promised: World, monkeypatch: pytest.MonkeyPatch) -> None:
    promised.faults.planned.append("lost")
    delivering.deliver_due()
    find = CredlyProvider.find
    monkeypatch.setattr(
        CredlyProvider,
        "find",
        lambda *arguments: (found := find(*arguments)) and replace(found, recipient_id="somebody-else"),
    )
    retire()
    promised.deliver(3)
    assert (the_erasure().status, there(promised)) == (Status.DEAD, 1)


def test_what_an_older_release_has_only_revoked_is_erased_the_next_day(promised: World) -> None:
    promised.deliver(2)
    retire()
    Issuance.objects.filter(action=Action.ERASE).update(status=Status.DELIVERED, open_key=None)
    retaining.purge(timezone.now())
    promised.deliver(2)
    assert there(promised) == 0
    assert [each.status for each in Issuance.objects.filter(action=Action.ERASE)] == [Status.DELIVERED] * 2
    retaining.purge(timezone.now())
    assert Issuance.objects.filter(action=Action.ERASE).count() == 2


@pytest.mark.parametrize("give", ["code", "at once"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_store_forgets_codes_and_instances(credly: World, give: str, when: str) -> None:
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", options={"give": give})
    syncing.pull(account)
    template = account.templates.get(external_id="reader")
    granting.grant(
        template,
        [Learner.objects.create(username=QUILL.username, email=QUILL.email, full_name=QUILL.name)],
        by=Learner.objects.create(username="boss"),
        reason="Why not?",
        now=timezone.now(),
    )
    if when == "after":
        credly.deliver(2)
        assert BadgeInstance.objects.count() == (give == "at once")
        assert ClaimCode.objects.count() == (give == "code")
    retire()
    credly.deliver(2)
    assert where_named(QUILL) == set()
    assert not BadgeInstance.objects.exists()
    assert not ClaimCode.objects.filter(cancelled_at=None).exists()
    assert not Issuance.objects.filter(status__in=(*Issuance.OPEN, Status.DEAD)).exists()


def test_whoever_claimed_before_their_name_was_known_is_retired_with_them(credly: World) -> None:
    code = ClaimCode.objects.create(badge=StoreBadge.objects.get(slug="reader"), code="fair", multiuse=True)
    claims.claim(code, award(QUILL.email))
    send(QUILL.event("TwoX"))
    assert Learner.objects.filter(email__iexact=QUILL.email).count() == 2
    retire()
    assert where_named(QUILL) == set()
    assert Learner.objects.exclude(retired_at=None).count() == 2
    assert [claim.state for claim in Claim.objects.all()] == [Claim.State.AWARDED]
