"""The Open edX event bus on a Redis of our own, with whatever an LMS sends there."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

from edx_event_bus_redis.internal.message import RedisMessage
from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.learning.data import CourseData, CoursePassingStatusData, UserData, UserPersonalData
from openedx_events.learning.signals import COURSE_PASSING_STATUS_UPDATED
from redis import Redis, RedisError

TOPIC, GROUP = "learning", "badges"
CONSUME = {"topic": [TOPIC], "group_id": GROUP, "extra": '{"claim_msgs_older_than": 500}'}
"""What the consumer's command is told: it takes over soon what another has left."""


class Bus:
    """What is sent there, and what has become of it."""

    def __init__(self, url: str) -> None:
        self.environment = {"EVENT_BUS_REDIS_CONNECTION_URL": url}
        self.redis = Redis.from_url(url, protocol=2)

    def send(self, event: dict[str, Any]) -> None:
        """Returns once Redis has it; if that took several tries, it may have it several times."""
        message = as_message(event)
        while True:
            try:
                self.redis.xadd(TOPIC, message)  # type: ignore[arg-type]
            except RedisError:
                time.sleep(0.05)
            else:
                return

    def is_read(self) -> bool:
        """Whether every message was given to a consumer, and acknowledged by it."""
        try:
            groups: Any = self.redis.xinfo_groups(TOPIC)
        except RedisError:
            return False
        return [(group["lag"], group["pending"]) for group in groups] == [(0, 0)]


def as_message(event: dict[str, Any]) -> dict[bytes, bytes]:
    """The event, as edx-event-bus-redis writes it."""
    told = event["data"]["course_passing_status"]
    passing = CoursePassingStatusData(
        is_passing=told["is_passing"],
        course=CourseData(CourseKey.from_string(told["course"]["course_key"]), told["course"]["display_name"]),
        user=UserData(
            id=told["user"]["id"], is_active=told["user"]["is_active"], pii=UserPersonalData(**told["user"]["pii"])
        ),
    )
    metadata = EventsMetadata(
        event_type=event["type"],
        id=UUID(event["id"]),
        source=event["source"],
        sourcehost="lms",
        time=datetime.fromisoformat(event["time"]),
    )
    data = serialize_event_data_to_bytes({"course_passing_status": passing}, COURSE_PASSING_STATUS_UPDATED)
    return dict(RedisMessage(topic=TOPIC, event_data=data, event_metadata=metadata).to_binary_dict())
