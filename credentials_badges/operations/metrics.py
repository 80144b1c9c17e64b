"""Numbers for Prometheus, all from the database, so that every process tells the same.

However many accounts there are, the number of statements is the same.
"""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from credentials_badges.badges import status

__all__ = ["CONTENT_TYPE", "text"]

DAY = 86_400
Rows = Iterable[tuple[Sequence[str], float | None]]
"""The values of the labels, and the number; without one, nothing is told."""


def text(now: datetime) -> bytes:
    """All of it, as Prometheus reads it."""
    registry = CollectorRegistry()
    registry.register(_Told([*_accounts(now), *_work(now), *_calls()]))
    return generate_latest(registry)


class _Told(Collector):
    """What has been found out already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Tell."""
        return self.metrics


def _gauge(name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    gauge = GaugeMetricFamily(f"badges_{name}", words, labels=labels)
    for values, number in rows:
        if number is not None:
            gauge.add_metric(values, number)
    return gauge


def _accounts(now: datetime) -> list[Metric]:
    accounts = [((told["provider"], told["external_id"]), told) for told in status.accounts(now)]

    def each(name: str, words: str, read: Any) -> Metric:
        return _gauge(name, words, ("provider", "account"), ((who, read(told)) for who, told in accounts))

    return [
        each("outbox_depth", "Open promises", lambda told: told["open"]),
        each("outbox_oldest_seconds", "Age of the oldest open promise", lambda told: told["oldest_open"]),
        each("account_paused", "1: nothing is sent at present", lambda told: bool(told["paused"])),
        each("account_key_days", "Days until the key expires", lambda told: _days(told["key_expires"], now)),
    ]


def _days(expires: str | None, now: datetime) -> float | None:
    moment = parse_datetime(expires or "")
    return (moment - now).total_seconds() / DAY if moment else None


def _by(counts: Mapping[str, int]) -> Rows:
    return (((word,), number) for word, number in counts.items())


def _work(now: datetime) -> list[Metric]:
    told = status.work(now)
    messages = (((kind, word), number) for kind, counts in told["messages"].items() for word, number in counts.items())
    return [
        _gauge("promises", "Promises to providers", ("status",), _by(told["issuances"]["by_status"])),
        _gauge(
            "promises_dead", "Dead promises, by what they died of", ("failure",), _by(told["issuances"]["by_failure"])
        ),
        _gauge("events_waiting", "Events to be processed", (), [((), told["events"]["waiting"])]),
        _gauge("events_failed", "Events of which nothing came", (), [((), told["events"]["failed"])]),
        _gauge("webhooks", "Webhooks of providers", ("status",), _by(told["webhooks"])),
        _gauge("messages", "Mails and other messages", ("kind", "status"), messages),
        _gauge("badges", "Badges", ("status",), _by(status.badges_by_status())),
        _gauge("oldest_due_seconds", "How long the oldest one has been due", ("of",), _by(told["oldest_due"])),
        _gauge("heartbeat_age_seconds", "Since somebody last looked for work", (), [((), told["heartbeat_age"])]),
        _gauge("build_info", "What runs", ("version", "python"), [((settings.VERSION, platform.python_version()), 1)]),
    ]


def _calls() -> list[Metric]:
    calls = CounterMetricFamily("badges_provider_calls", "Calls to providers", labels=("host", "outcome"))
    seconds = CounterMetricFamily("badges_provider_seconds", "What they took together", labels=("host", "outcome"))
    for told in status.calls():
        calls.add_metric((told["host"], told["outcome"]), told["calls"])
        seconds.add_metric((told["host"], told["outcome"]), told["seconds"])
    return [calls, seconds]
