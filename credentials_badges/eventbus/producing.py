"""Sends to Redis Streams what edx-event-bus-redis would send there, and says when it could not."""

from typing import Any

from django.conf import settings
from edx_event_bus_redis.internal.config import get_full_topic
from edx_event_bus_redis.internal.message import RedisMessage
from openedx_events.event_bus import EventBusProducer
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from redis import Redis, RedisError

from credentials_badges.contract.errors import Retriable


class RedisProducer(EventBusProducer):  # type: ignore[misc]
    """Its sibling in the package logs an error and goes on, which loses the event."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def send(
        self, *, signal: Any, topic: str, event_key_field: str, event_data: dict[str, Any], event_metadata: Any
    ) -> None:
        """Append it to the topic's stream. Raises Retriable unless Redis says that it has it."""
        stream = get_full_topic(topic)
        data = serialize_event_data_to_bytes(event_data, signal)
        message = RedisMessage(topic=stream, event_data=data, event_metadata=event_metadata)
        longest = settings.EVENT_BUS_REDIS_STREAM_MAX_LEN
        try:
            self.redis.xadd(stream, message.to_binary_dict(), maxlen=longest, approximate=True)
        except RedisError as error:
            raise Retriable(f"Redis did not take the event ({type(error).__name__})") from None


def create_producer() -> RedisProducer | None:
    """What EVENT_BUS_PRODUCER names; None without the address of a Redis. Raises ValueError if that is no address."""
    url = settings.EVENT_BUS_REDIS_CONNECTION_URL
    return RedisProducer(Redis.from_url(url)) if url else None
