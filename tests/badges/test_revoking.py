"""Badges are taken back at the provider, too: after the issue, once, and whatever goes wrong."""

import pytest
from django.utils import timezone

from credentials_badges.badges import delivering, outbox
from credentials_badges.badges.models import Issuance
from tests.badges.world import World, passing, send


def test_a_revocation_waits_for_the_issue_before_it(earned: World) -> None:
    earned.faults.planned.append("lost")
    delivering.deliver_due()
    send(passing("ada", "OneX", is_passing=False, minute=1))
    issue, revoke = Issuance.objects.order_by("pk")
    assert (issue.action, revoke.action) == (Issuance.Action.ISSUE, Issuance.Action.REVOKE)
    assert not outbox.due(timezone.now()).exists()
    earned.deliver()
    assert [row["state"] for row in earned.sandbox.badges(earned.organization)] == ["revoked"]
    assert earned.badges()[0].external_state == "revoked"


def test_a_badge_withdrawn_before_an_unsure_issue_arrived_is_not_issued_at_all(earned: World) -> None:
    earned.faults.planned.append("unavailable")
    delivering.deliver_due()
    send(passing("ada", "OneX", is_passing=False, minute=1))
    earned.deliver()
    assert earned.sandbox.badges(earned.organization) == []
    assert [promise.status for promise in Issuance.objects.order_by("pk")] == [
        Issuance.Status.CANCELLED,
        Issuance.Status.DELIVERED,
    ]


@pytest.mark.parametrize("fault", ["lost", "unavailable", "throttled", "html"])
def test_a_failure_while_revoking_is_retried(earned: World, fault: str) -> None:
    delivering.deliver_due()
    send(passing("ada", "OneX", is_passing=False, minute=1))
    earned.faults.planned.append(fault)
    earned.deliver()
    assert earned.badges()[0].external_state == "revoked"
    assert {promise.status for promise in Issuance.objects.all()} == {Issuance.Status.DELIVERED}


def test_a_badge_deleted_at_the_provider_counts_as_revoked(earned: World) -> None:
    delivering.deliver_due()
    earned.sandbox.organizations[earned.organization].badges.clear()
    send(passing("ada", "OneX", is_passing=False, minute=1))
    delivering.deliver_due()
    assert earned.badges()[0].external_state_raw == "gone"
