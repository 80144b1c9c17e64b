"""``consume_events``: what it takes on its command line, and what it says if it cannot."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openedx_events.event_bus import EventBusConsumer
from openedx_events.learning.signals import COURSE_PASSING_STATUS_UPDATED

from credentials_badges.badges.models import LearningEvent
from credentials_badges.eventbus import receiving
from credentials_badges.eventbus.consuming import RedisConsumer
from tests.eventbus import samples

pytestmark = pytest.mark.once
URL = "redis://127.0.0.1:1/0"


class Other(EventBusConsumer):  # type: ignore[misc]
    """Another package's consumer: it sends one signal."""

    def __init__(self, topic: str, group_id: str) -> None:
        self.told = (topic, group_id)

    def consume_indefinitely(self) -> None:
        """For a short while."""
        assert self.told == ("one", "badges")
        COURSE_PASSING_STATUS_UPDATED.send_event(**samples.passing("ada"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[RedisConsumer]:
    """The consumers that were made; none of them runs."""
    settings.EVENT_BUS_REDIS_CONNECTION_URL = URL
    settings.EVENT_BUS_TOPIC_PREFIX = "stage"
    consumers: list[RedisConsumer] = []

    def note(consumer: RedisConsumer) -> None:
        consumers.append(consumer)

    monkeypatch.setattr(RedisConsumer, "consume_indefinitely", note)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return consumers


def consume(*words: str) -> None:
    call_command("consume_events", *words)


def test_topics_are_said_several_times_or_joined_by_commas(made: list[RedisConsumer]) -> None:
    consume("-t", "one,two", "--topic", "three", "-g", "badges")
    (consumer,) = made
    assert consumer.streams == ["stage-one", "stage-two", "stage-three"]
    assert (consumer.group, consumer.is_named) == ("badges", False)


def test_each_consumer_has_a_name_of_its_own_unless_it_is_told_one(made: list[RedisConsumer]) -> None:
    for extra in ("{}", "{}", '{"consumer_name": "one", "claim_msgs_older_than": 5, "check_backlog": false}'):
        consume("-t", "one", "-g", "badges", "--extra", extra)
    assert len({each.name for each in made}) == 3
    assert made[2].name == "one"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["-t", ","], "--topic names none"),
        (["-t", "one", "--extra", "[]"], "--extra is not a JSON object"),
        (["-t", "one", "--extra", "{"], "--extra is not a JSON object"),
        (["-t", "one", "--extra", '"abc"'], "--extra is not a JSON object"),
        (["-t", "one", "--extra", '{"last_read_msg_id": "abc"}'], "last_read_msg_id is not the id of a message"),
        (["-t", "one", "--extra", '{"last_read_msg_id": null}'], "last_read_msg_id is not the id of a message"),
        (["-t", "one", "--extra", '{"claim_msgs_older_than": null}'], "claim_msgs_older_than is not a number"),
        (["-t", "one", "--extra", '{"claim_msgs_older_than": "abc"}'], "claim_msgs_older_than is not a number"),
        (["-t", "one", "--extra", '{"claim_msgs_older_than": true}'], "claim_msgs_older_than is not a number"),
        (["-t", "one", "--extra", '{"claim_msgs_older_than": -1}'], "claim_msgs_older_than is not a number"),
        (["-t", "one", "--extra", '{"consumer_name": ["a"]}'], "consumer_name is not a text"),
        (["-t", "one", "--extra", '{"count": 1}'], "--extra holds count; this consumer knows check_backlog"),
    ],
)
def test_wrong_words_are_told(made: list[RedisConsumer], words: list[str], why: str) -> None:
    with pytest.raises(CommandError) as error:
        consume(*words, "-g", "badges")
    assert why in str(error.value)
    assert made == []


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("EVENT_BUS_REDIS_CONNECTION_URL", None, "EVENT_BUS_REDIS_CONNECTION_URL is not set"),
        ("EVENT_BUS_REDIS_CONNECTION_URL", "http://nowhere", "is no address of a Redis"),
        ("EVENT_BUS_CONSUMER", "edx_event_bus_kafka.KafkaEventConsumer", "edx_event_bus_kafka is not installed"),
        ("EVENT_BUS_CONSUMER", "credentials_badges.eventbus.consuming.NoSuch", "NoSuch"),
        ("EVENT_BUS_CONSUMER", "", "EVENT_BUS_CONSUMER"),
    ],
)
def test_wrong_settings_are_told(made: list[RedisConsumer], settings: Any, setting: str, value: Any, why: str) -> None:
    setattr(settings, setting, value)
    with pytest.raises(CommandError) as error:
        consume("-t", "one", "-g", "badges")
    assert why in str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "redis://:12secret/34@host",
            "redis://:12/secret@host",
            "redis://u:12#secret@host",
            "redis://u:12?secret@host",
        ),
        *(
            "redis://host?secret=1",
            "redis://host?socket_timeout=secret",
            "redis://[secret",
            "rediss://h?ssl_cert_reqs=secret",
        ),
    ],
)
def test_a_wrong_address_tells_nothing_of_a_password(made: list[RedisConsumer], settings: Any, address: str) -> None:
    settings.EVENT_BUS_REDIS_CONNECTION_URL = address
    with pytest.raises(CommandError) as error:
        consume("-t", "one", "-g", "badges")
    assert "is no address of a Redis" in str(error.value)
    assert "secret" not in str(error.value)


def test_another_consumers_complaint_tells_nothing_of_a_password(
    made: list[RedisConsumer], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("no port: secret")

    settings.EVENT_BUS_CONSUMER = f"{__name__}.Other"
    monkeypatch.setattr(Other, "__init__", refuse)
    try:
        with pytest.raises(CommandError, match=r"cannot be made: ValueError\.$"):
            consume("-t", "one", "-g", "badges")
    finally:
        receiving.disconnect()


def test_the_address_cannot_change_what_the_consumer_reads(made: list[RedisConsumer], settings: Any) -> None:
    settings.EVENT_BUS_REDIS_CONNECTION_URL = f"{URL}?protocol=3&decode_responses=True&socket_timeout=120"
    consume("-t", "one", "-g", "badges")
    options = made[0].redis.connection_pool.connection_kwargs
    assert (options["protocol"], options["decode_responses"], options["socket_timeout"]) == (2, False, 120)


def test_without_the_packages_it_says_what_to_install(
    made: list[RedisConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "credentials_badges.eventbus.consuming")
    monkeypatch.setitem(sys.modules, "openedx_events", None)
    for name in [name for name in sys.modules if name.startswith("openedx_events.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(CommandError) as error:
        consume("-t", "one", "-g", "badges")
    assert "pip install 'credentials-badges[openedx]'" in str(error.value)
    assert error.value.returncode == 1


def test_a_service_without_a_bus_imports_none_of_its_packages() -> None:
    program = """
import sys, django
django.setup()
print([name for name in sys.modules if name.partition(".")[0] in {"openedx_events", "edx_event_bus_redis", "fastavro"}])
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "credentials_badges.settings"}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.django_db
def test_what_another_consumer_sends_is_stored(settings: Any) -> None:
    settings.EVENT_BUS_CONSUMER = f"{__name__}.Other"
    try:
        consume("-t", "one", "-g", "badges")
        with pytest.raises(CommandError, match="reads one topic"):
            consume("-t", "one,two", "-g", "badges")
    finally:
        receiving.disconnect()
    assert LearningEvent.objects.get().type == COURSE_PASSING_STATUS_UPDATED.event_type
