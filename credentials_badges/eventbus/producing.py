"""Sends to Redis Streams what edx-event-bus-redis would send there, and says when it could not."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from edx_event_bus_redis.internal.config import get_full_topic
from edx_event_bus_redis.internal.message import RedisMessage
from openedx_events.event_bus import EventBusProducer
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from redis import ConnectionPool, Redis, RedisError
from redis.connection import parse_url

from credentials_badges.contract.errors import Retriable

NO_ADDRESS = (
    "EVENT_BUS_REDIS_CONNECTION_URL is no address of a Redis such as redis://user:password@host:6379/0, or has an "
    "option after ? that the redis package does not take; write @ : / # ? of a password as %40 %3A %2F %23 %3F"
)


def client() -> Redis | None:
    """For EVENT_BUS_REDIS_CONNECTION_URL, not yet connected; None if that is not set.

    Raises ValueError if it is no address. The words of urllib and redis are left out, as they may tell a password.
    """
    url = settings.EVENT_BUS_REDIS_CONNECTION_URL
    if not url:
        return None
    try:
        parts = urlsplit(url)
        if "@" in parts.path + parts.query + parts.fragment:
            raise ValueError("what stands before is no host, but the beginning of a password")
        # Whatever the address says, answers have to be those that the consumer reads.
        pool = ConnectionPool(**parse_url(url) | {"protocol": 2, "decode_responses": False})  # type: ignore[no-untyped-call]
        pool.connection_class(**pool.connection_kwargs)  # It, and not the pool, knows which options there are.
    except (TypeError, ValueError, RedisError):
        raise ValueError(NO_ADDRESS) from None
    return Redis.from_pool(pool)


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
    redis = client()
    return RedisProducer(redis) if redis else None
