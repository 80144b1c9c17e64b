"""Reads the Open edX event bus from Redis Streams, and acknowledges only what the database has.

The package's own consumer acknowledges also what failed, and skips at each start what came while it was down.
"""

import logging
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from edx_event_bus_redis.internal.config import get_full_topic
from openedx_events.event_bus import EventBusConsumer
from openedx_events.tooling import load_all_signals
from redis import DataError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import ClusterDownError, OutOfMemoryError, TryAgainError

from credentials_badges.contract.errors import Misconfigured
from credentials_badges.eventbus import producing, storing, unpacking
from credentials_badges.eventbus.waiting import Patience

log = logging.getLogger(__name__)

BLOCK_MS = 2000
"""How long Redis is asked to wait for messages: so long it takes at most until a consumer stops."""
MOST_BYTES = 2_000_000
"""Of what is stored by one statement: as JSON it is longer, and MariaDB takes 16 MB unless told otherwise."""
AT_A_TIME = 100
"""Messages of each topic that Redis is asked for: what they hold together is in the memory until it is stored."""
LEFT_MS = 60_000
"""A message that its consumer has held for so long is taken over: the consumer must have died, or waits as we would."""
PASSING = (ReadOnlyError, ClusterDownError, OutOfMemoryError, TryAgainError)
"""What a Redis that starts, fails over or is full answers, beside errors of the connection, and these:"""
PASSING_WORDS = re.compile("NOGROUP|UNBLOCKED|BUSY|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|READONLY")
MESSAGE_ID = re.compile("[0-9]{1,20}(-[0-9]{1,20})?")

Message = tuple[bytes, dict[bytes, bytes] | None]


class RedisConsumer(EventBusConsumer):  # type: ignore[misc]
    """One of any number that share a group's messages. `stop` ends it after the batch that it is at."""

    stores_events = True
    """Itself. Other consumers send signals, and `receiving` stores them."""

    def __init__(
        self,
        *,
        topic: str | Sequence[str],
        group_id: str,
        consumer_name: str = "",
        claim_msgs_older_than: int = LEFT_MS,
        last_read_msg_id: str = "",
        check_backlog: bool = True,
    ) -> None:
        """`topic` may be several; `claim_msgs_older_than` is in milliseconds.

        With `last_read_msg_id`, the group reads again from after that message. `check_backlog` is always so: a group
        begins with the oldest message, and goes on where it was. Raises TypeError or ValueError if one of them is
        nothing of the kind, and without the address of a Redis.
        """
        _check(consumer_name, claim_msgs_older_than, last_read_msg_id)
        if not (redis := producing.client()):
            raise ValueError("EVENT_BUS_REDIS_CONNECTION_URL is not set")
        self.redis = redis
        self.streams = [get_full_topic(each) for each in ([topic] if isinstance(topic, str) else topic)]
        self.group = group_id
        self.is_named = bool(consumer_name)
        # A name that nobody else has: what it leaves when it dies is taken over, whoever comes after it.
        self.name = consumer_name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.stop = threading.Event()
        self._left_ms = claim_msgs_older_than
        self._next_look = 0.0
        self._from = last_read_msg_id
        load_all_signals()

    def consume_indefinitely(self) -> None:
        """Until `stop` is set, also while Redis or the database is away. Raises Misconfigured if Redis refuses."""
        log.info("reading %s as %s of the group %s", ", ".join(self.streams), self.name, self.group)
        patience = Patience(self.stop)
        while not self.stop.is_set():
            try:
                self._open_groups()
                self._take_own()
                patience.renew()
                while not self.stop.is_set():
                    self._take_over()
                    self._take(self._read(">"))
            except RedisError as error:
                if _is_refusal(error):
                    raise Misconfigured(f"Redis refuses to read {', '.join(self.streams)}: {error}") from None
                log.warning("the event bus does not answer (%s: %s); trying again", type(error).__name__, error)
                patience.run_out()
        self._leave()

    def _open_groups(self) -> None:
        """Each group begins with the oldest message that there is; one that exists goes on where it was."""
        for stream in self.streams:
            try:
                self.redis.xgroup_create(stream, self.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
            if self._from:
                self.redis.xgroup_setid(stream, self.group, self._from)
        self._from = ""

    def _take_own(self) -> None:
        """What this name was given before, and has not acknowledged."""
        while not self.stop.is_set() and (left := self._read("0")):
            self._take(left)

    def _take_over(self) -> None:
        """From time to time, what other consumers were given and have not acknowledged for too long."""
        if time.monotonic() < self._next_look:
            return
        for stream in self.streams:
            start = b"0-0"
            while not self.stop.is_set():
                start, messages, *gone = self.redis.xautoclaim(
                    stream, self.group, self.name, self._left_ms, start_id=start, count=AT_A_TIME
                )
                # Of what is no longer in the stream, Redis before 7 says nothing, not even the ids.
                trimmed = [(id_, None) for id_ in (gone[0] if gone else [])]
                self._take([(stream, [*(each for each in messages if each[0]), *trimmed])])
                if start == b"0-0":
                    break
        self._next_look = time.monotonic() + self._left_ms / 1000

    def _read(self, after: str) -> list[tuple[str, list[Message]]]:
        """Messages by stream: new ones, or those of our own that come after an id."""
        told: Any = self.redis.xreadgroup(
            self.group, self.name, dict.fromkeys(self.streams, after), count=AT_A_TIME, block=BLOCK_MS
        )
        return [(stream.decode(), messages) for stream, messages in told if messages]

    def _take(self, told: Iterable[tuple[str, list[Message]]]) -> None:
        """Store what was read, and only then acknowledge it."""
        for stream, messages in told:
            for portion in _portions(messages):
                arrived = [unpacking.unpack(stream, id_.decode(), fields) for id_, fields in portion]
                if not storing.store(arrived, self.stop):
                    return
                self.redis.xack(stream, self.group, *[id_ for id_, _ in portion])

    def _leave(self) -> None:
        """Let the group forget a name that never comes back, unless it still holds messages, which would go with it."""
        with suppress(RedisError):
            for stream in [] if self.is_named else self.streams:
                if not self.redis.xpending_range(stream, self.group, "-", "+", 1, consumername=self.name):
                    self.redis.xgroup_delconsumer(stream, self.group, self.name)
        self.redis.close()


def _check(name: object, left_ms: object, from_: object) -> None:
    if not isinstance(name, str):
        raise TypeError("consumer_name is not a text")
    if type(left_ms) is not int or not 0 <= left_ms < 2**31:
        raise ValueError("claim_msgs_older_than is not a number of milliseconds")
    if not isinstance(from_, str) or (from_ and not MESSAGE_ID.fullmatch(from_)):
        raise ValueError('last_read_msg_id is not the id of a message, such as "0" or "1764145347000-0"')


def _is_refusal(error: RedisError) -> bool:
    """Whether it will be the same until a person has changed something."""
    if isinstance(error, ResponseError):
        return not isinstance(error, PASSING) and not PASSING_WORDS.match(str(error))
    return isinstance(error, DataError)


def _portions(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """As many at a time as one statement can hold."""
    portion: list[Message] = []
    held = 0
    for message in messages:
        size = unpacking.size(message[1])
        if portion and held + size > MOST_BYTES:
            yield portion
            portion, held = [], 0
        portion.append(message)
        held += size
    if portion:
        yield portion
