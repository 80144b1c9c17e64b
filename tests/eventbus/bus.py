"""A real Redis with topics of one test alone, the package's own producer, and consumers of ours."""

import logging
import os
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from edx_event_bus_redis.internal.message import RedisMessage
from edx_event_bus_redis.internal.producer import RedisEventProducer
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.learning.signals import COURSE_PASSING_STATUS_UPDATED
from openedx_events.tooling import OpenEdxPublicSignal
from redis import Redis
from walrus import Database

from credentials_badges.badges.models import LearningEvent
from credentials_badges.eventbus import consuming, waiting
from credentials_badges.eventbus.consuming import RedisConsumer
from tests.eventbus import samples

URL = os.environ.get("TEST_REDIS_URL", "")
PATIENCE_SECONDS = 30
TOPIC, GROUP = "learning-badges-lifecycle", "badges"


class Bus:
    """The event bus, and what an LMS does with it."""

    def __init__(self, prefix: str) -> None:
        self.stream = f"{prefix}-{TOPIC}"
        self.redis = Redis.from_url(URL, protocol=2)
        self._producer = RedisEventProducer(Database.from_url(URL))
        logging.getLogger("edx_event_bus_redis").setLevel(logging.WARNING)  # It tells of every message.

    def send(self, signal: Any, told: dict[str, Any], at: datetime | None = None) -> Any:
        """The package's own producer sends it; returns its metadata."""
        metadata = signal.generate_signal_metadata(time=at)
        self._producer.send(signal=signal, topic=TOPIC, event_key_field="", event_data=told, event_metadata=metadata)
        return metadata

    def send_passing(self, *names: str, **told: Any) -> None:
        """Each of them passes the course."""
        for name in names:
            self.send(COURSE_PASSING_STATUS_UPDATED, samples.passing(name, **told))

    def send_raw(self, **fields: bytes) -> None:
        """Whatever somebody puts there."""
        self.redis.xadd(self.stream, fields)  # type: ignore[arg-type]

    def consumer(self, **more: Any) -> RedisConsumer:
        """One of ours, which takes over at once what others have left."""
        return RedisConsumer(topic=TOPIC, group_id=GROUP, **{"claim_msgs_older_than": 0, **more})

    def pending(self) -> int:
        """Messages that were given to a consumer and not acknowledged."""
        return int(self.redis.xpending(self.stream, GROUP)["pending"])

    def names(self) -> list[str]:
        """The group's consumers."""
        return [each["name"].decode() for each in self.redis.xinfo_consumers(self.stream, GROUP)]

    def told(self, *types: str) -> list[tuple[Any, Any]]:
        """What the package reads of the stream: metadata and data of the messages of these types."""
        messages = [RedisMessage.parse(each, self.stream) for each in self.redis.xrange(self.stream)]
        return [
            (
                each.event_metadata,
                deserialize_bytes_to_event_data(
                    each.event_data, OpenEdxPublicSignal.get_signal_by_type(each.event_metadata.event_type)
                ),
            )
            for each in messages
            if each.event_metadata.event_type in types
        ]


def opened(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A bus that is used by one test, and forgotten afterwards; without a Redis, the test is skipped."""
    if not URL:
        pytest.skip("TEST_REDIS_URL names no Redis")
    settings.EVENT_BUS_REDIS_CONNECTION_URL = URL
    settings.EVENT_BUS_TOPIC_PREFIX = f"test-{uuid.uuid4().hex}"
    settings.EVENT_BUS_PRODUCER = "credentials_badges.eventbus.producing.create_producer"
    monkeypatch.setattr(consuming, "BLOCK_MS", 1)
    monkeypatch.setattr(waiting, "FIRST_SECONDS", 0.01)
    bus = Bus(settings.EVENT_BUS_TOPIC_PREFIX)
    yield bus
    bus.redis.delete(bus.stream)
    bus.redis.close()
    bus._producer.client.close()


def read_all(consumer: RedisConsumer) -> None:
    """Run the consumer until there is nothing new."""
    read = consumer._read

    def last(after: str) -> Any:
        told = read(after)
        if after == ">" and not told:
            consumer.stop.set()
        return told

    consumer._read = last  # type: ignore[method-assign]
    late = threading.Timer(PATIENCE_SECONDS, consumer.stop.set)
    late.start()
    try:
        consumer.consume_indefinitely()
        assert late.is_alive(), "it did not come to an end in time"
    finally:
        late.cancel()


def stored() -> list[str]:
    """Who the stored events are about, oldest first."""
    return list(LearningEvent.objects.order_by("pk").values_list("learner__username", flat=True))
