"""Four processes over one shuffled stream that is delivered three times end where one process ends that reads it once.

One of the four is killed on the way.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from openedx_events.learning.signals import COURSE_PASSING_STATUS_UPDATED

from credentials_badges.badges import events
from credentials_badges.badges.models import Badge, BadgeProgress, Fulfillment, Issuance, Learner, LearningEvent
from tests.badges.by_hand import on_badge
from tests.badges.world import START, World, key, penalty, requirement, world
from tests.eventbus import samples
from tests.eventbus.bus import GROUP, URL, Bus, read_all

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parents[2]
DELIVERIES, LEARNERS = 3, 25
COURSES = ("OneX", "TwoX", "ThreeX")
PATIENCE_SECONDS = 90


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    """Two badges that are only earned, one of which rests on the other, and one that can be lost as well."""
    with world() as built:
        first = built.configure(0, requirements=[requirement("one", "OneX", "a"), requirement("two", "TwoX", "b")])
        built.configure(1, requirements=[on_badge(first)])
        built.configure(2, requirements=[requirement("three", "ThreeX")], penalties=[penalty("ThreeX", "three")])
        yield built


def send_all(bus: Bus, chance: random.Random) -> int:
    """Learners pass and fail courses, no two of them at the same moment; returns how many events that were."""
    told = [(f"learner{number}", course) for number in range(LEARNERS) for course in COURSES for _ in range(4)]
    chance.shuffle(told)
    for minute, (name, course) in enumerate(told):
        is_passing = chance.random() < 0.6
        data = samples.passing(name, key(course), is_passing=is_passing)
        bus.send(COURSE_PASSING_STATUS_UPDATED, data, START + timedelta(minutes=minute))
    return len(told)


def dump(lost: int) -> dict[str, Any]:
    """What has become of it, by names.

    Whoever passes and fails within one batch never had a row of progress, and in two batches has one that says 0; and
    the template that can be lost may have been held more or less often on the way.
    """
    kept = Badge.objects.exclude(template=lost)
    own = ("learner__username", "template__external_id")
    return {
        "events": sorted(LearningEvent.objects.values_list("source", "event_id", "error")),
        "progress": sorted(
            BadgeProgress.objects.filter(groups_done__gt=0).values_list("groups_done", "groups_needed", *own)
        ),
        "badges": sorted(kept.values_list("ordinal", "status", *own)),
        "held": sorted(Badge.objects.filter(template=lost, status="awarded").values_list(*own)),
        "issuances": sorted(
            Issuance.objects.exclude(badge__template=lost).values_list(
                "action", "status", *(f"badge__{name}" for name in own)
            )
        ),
    }


def forget() -> None:
    """As if none of it had happened."""
    for model in (Issuance, Badge, BadgeProgress, Fulfillment, LearningEvent, Learner):
        model.objects.all().delete()


def database_url() -> str:
    """The address of the test's database."""
    name = str(connection.settings_dict["NAME"])
    if django_settings.EMBEDDED:
        return f"sqlite:///{quote(name)}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def process(topic: str, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own, which has to end well unless it was killed."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "BROKER_URL": "amqp://",  # The worker has another, which the settings would refuse.
        "SECRET_KEY": django_settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "EVENT_BUS_REDIS_CONNECTION_URL": URL,
        "EVENT_BUS_TOPIC_PREFIX": prefix,
    }
    command = [sys.executable, "-m", "tests.eventbus.worker", topic, GROUP]
    running = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) in {0, -signal.SIGKILL}


def is_done(bus: Bus, stream: str) -> bool:
    """Whether everything was read, acknowledged and processed."""
    groups: Any = bus.redis.xinfo_groups(stream)
    told = [group for group in groups if group["lag"] or group["pending"]]
    return bool(groups) and not told and not LearningEvent.objects.filter(processed_at=None).exists()


def wait_until(what: Any) -> None:
    stop = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < stop, "it did not happen in time"
        time.sleep(0.1)


def test_many_processes_that_hear_everything_three_times_end_as_one_that_hears_it_once(
    bus: Bus, credly: World, settings: Any
) -> None:
    chance = random.Random(7)
    lost = credly.templates[2].pk
    sent = send_all(bus, chance)
    read_all(bus.consumer())
    while events.process_waiting():
        pass
    alone = dump(lost)
    assert len(alone["events"]) == sent
    assert min(len(alone[what]) for what in ("progress", "badges", "held", "issuances")) > 5
    forget()

    again = [fields for _, fields in bus.redis.xrange(bus.stream)] * DELIVERIES
    chance.shuffle(again)
    stream = f"{bus.stream}-shuffled"
    for fields in again:
        bus.redis.xadd(stream, fields)
    topic = stream.removeprefix(f"{settings.EVENT_BUS_TOPIC_PREFIX}-")
    try:
        with (
            process(topic, settings.EVENT_BUS_TOPIC_PREFIX) as victim,
            process(topic, settings.EVENT_BUS_TOPIC_PREFIX),
            process(topic, settings.EVENT_BUS_TOPIC_PREFIX),
            process(topic, settings.EVENT_BUS_TOPIC_PREFIX),
        ):
            wait_until(lambda: LearningEvent.objects.count() > sent // 4)
            victim.kill()
            wait_until(lambda: is_done(bus, stream))
        assert dump(lost) == alone
    finally:
        bus.redis.delete(stream)
