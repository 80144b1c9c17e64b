"""The numbers that Prometheus is told, and what they cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from credentials_badges import measuring
from credentials_badges.badges import heartbeat, status, tallying
from credentials_badges.badges.models import CallCount, Issuance, LearningEvent, ProviderAccount
from credentials_badges.contract.errors import Misconfigured, NotFound, OutcomeUnknown, RateLimited, Retriable
from credentials_badges.operations import metrics
from tests.badges.world import World, passing, requirement, send

pytestmark = pytest.mark.django_db

Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(now: Any = None) -> Samples:
    """Each number by its name and the values of its labels, as a reader of the format finds them."""
    text = metrics.text(now or timezone.now()).decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_numbers_are_told_by_account(credly: World) -> None:
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"), passing("ben", "OneX"))
    now = timezone.now() + timedelta(hours=1)
    heartbeat.beat(now - timedelta(seconds=5))
    who = (credly.organization, "credly")  # Labels are sorted by their names.
    ProviderAccount.objects.update(key_expires_at=now + timedelta(days=3))
    told = samples(now)
    assert told["badges_outbox_depth", who] == 2
    assert 3600 <= told["badges_outbox_oldest_seconds", who] < 3700
    assert told["badges_account_paused", who] == 0
    assert told["badges_account_key_days", who] == pytest.approx(3)
    assert told["badges_promises", ("pending",)] == 2
    assert told["badges_badges", ("awarded",)] == 2
    assert told["badges_events_waiting", ()] == 0
    assert told["badges_heartbeat_age_seconds", ()] == 5
    assert 3600 <= told["badges_oldest_due_seconds", ("promises",)] < 3700
    Issuance.objects.update(status=Issuance.Status.DEAD, failure=Issuance.Failure.REJECTED)
    ProviderAccount.objects.update(paused_reason="Credly answered 401", paused_until=now + timedelta(hours=1))
    told = samples(now)
    assert told["badges_promises_dead", ("rejected",)] == 2
    assert told["badges_outbox_depth", who] == 0
    assert ("badges_outbox_oldest_seconds", who) not in told
    assert told["badges_account_paused", who] == 1


def test_events_that_wait_and_that_failed_are_told() -> None:
    now = timezone.now()
    event: dict[str, Any] = {"source": "lms", "type": "t", "occurred_at": now, "received_at": now}
    LearningEvent.objects.create(event_id="1", **event)
    LearningEvent.objects.create(event_id="2", processed_at=now, error="no learner", **event)
    told = samples(now + timedelta(seconds=9))
    assert (told["badges_events_waiting", ()], told["badges_events_failed", ()]) == (1, 1)
    assert told["badges_oldest_due_seconds", ("events",)] == 9


def test_fifty_accounts_cost_no_more_than_one() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            metrics.text(timezone.now())
        return len(queries)

    ProviderAccount.objects.create(provider="credly", external_id="first")
    one = cost()
    for number in range(49):
        ProviderAccount.objects.create(provider="credly", external_id=str(number))
    assert cost() == one <= 22


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (RateLimited("429"), "throttled"),
        (OutcomeUnknown("reset"), "lost"),
        (Retriable("502"), "failed"),
        (NotFound("404"), "refused"),
        (Misconfigured("401"), "misconfigured"),
        (KeyError("ours"), "crashed"),
    ],
)
def test_a_call_is_counted_by_what_came_of_it(error: Exception | None, outcome: str) -> None:
    for _ in range(2):
        try:
            with measuring.measured("api.example"):
                if error:
                    raise error
        except (KeyError, Retriable, NotFound, Misconfigured):
            pass
    row = CallCount.objects.get()
    assert (row.host, row.outcome, row.calls) == ("api.example", outcome, 2)
    assert 0 < row.seconds < 5
    told = samples()
    assert told["badges_provider_calls_total", ("api.example", outcome)] == 2
    assert told["badges_provider_seconds_total", ("api.example", outcome)] == row.seconds


def test_counting_that_fails_breaks_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(measuring, "_count", fail)
    with measuring.measured("api.example"):
        answered = True
    assert answered


def test_a_call_to_a_provider_is_counted_with_one_statement(credly: World) -> None:
    (before,) = status.calls()
    credly.account.adapter.check(credly.account.as_data())
    (after,) = status.calls()
    assert (after["host"], after["outcome"]) == ("api.credly.com", "ok")
    assert after["calls"] > before["calls"]
    with CaptureQueriesContext(connection) as queries:
        tallying.tally("api.credly.com", "ok", 0.1)
    assert len(queries) == 1


def test_a_database_that_is_away_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(now: object) -> bytes:
        raise OperationalError("postgres://ada:hunter2@db is away")

    monkeypatch.setattr(metrics, "text", fail)
    answer = Client().get("/metrics")
    assert (answer.status_code, answer.content) == (503, b"The database does not answer; /readyz says more.\n")
