"""The broker forgets everything, is down, or does not answer: events are taken all the same, and badges go out.

What is to be done stands in the database; the sweep finds what nobody has told of.
"""

import random
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults import cast
from tests.faults.scene import REAL, Scene, installed
from tests.faults.servers import Redis, eventually, missing, needs

pytestmark = REAL

THREADS = ("--pool", "threads", "--concurrency", "2")
MOST_SECONDS = 3.0
"""For which somebody who sends events may be kept waiting by a broker that is away."""
QUEUES = ("events", "issue", "webhooks", "mail", "sync")


@pytest.fixture
def redis(redis: Redis) -> Redis:
    """Running, whatever a test before has done to it."""
    redis.kill()
    redis.start()
    return redis


@pytest.fixture
def vhost() -> Iterator[str]:
    """The address of a part of RabbitMQ that is ours alone."""
    rabbitmqctl, name = needs("rabbitmqctl"), f"faults-{secrets.token_hex(4)}"

    def order(*words: str) -> bool:
        return subprocess.run([rabbitmqctl, "--quiet", *words], capture_output=True, check=False).returncode == 0

    if not order("add_vhost", name):
        missing("needs a RabbitMQ server whose administrator we are")
    try:
        assert order("set_permissions", "--vhost", name, "guest", ".*", ".*", ".*")
        yield f"amqp://guest:guest@127.0.0.1:5672/{name}"
    finally:
        order("delete_vhost", name)


def accepted(scene: Scene, *events: dict[str, Any]) -> float:
    """Post them, which must succeed; how many seconds it took."""
    before = time.monotonic()
    answer = scene.post(*events)
    assert answer is not None
    assert answer.status_code == 202, answer.text
    return time.monotonic() - before


def test_what_redis_has_forgotten_is_found_by_the_sweep(redis: Redis) -> None:
    events = cast.events(40, random.Random(2))
    with installed(broker_url=redis.url) as scene:
        scene.web()
        accepted(scene, *events[:20])
        redis.flush()
        scene.nursery.worker(*THREADS)
        scene.nursery.beat()
        scene.done()
        scene.check(events[:20])

        scene.gate.close()
        accepted(scene, *events[20:])
        eventually(scene.gate.reached.is_set, "no badge was issued")
        redis.flush()
        scene.gate.open.set()
        scene.done()
        scene.check(events)
        assert set(scene.sent().values()) == {1}


def test_what_rabbitmq_has_forgotten_is_found_by_the_sweep(vhost: str) -> None:
    events = cast.events(40, random.Random(3))
    with installed(broker_url=vhost) as scene:
        scene.web()
        accepted(scene, *events[:20])
        scene.nursery.call("tests.faults.setting:delete_queues", *QUEUES)
        worker = scene.nursery.worker(*THREADS)
        scene.nursery.beat()
        scene.done()
        scene.check(events[:20])

        scene.gate.close()
        accepted(scene, *events[20:])
        eventually(scene.gate.reached.is_set, "no badge was issued")
        scene.nursery.call("tests.faults.setting:delete_queues", *QUEUES)
        scene.gate.open.set()
        scene.done()
        scene.check(events)
        assert worker.alive()


@pytest.mark.parametrize("how", ["is down", "does not answer"])
def test_events_are_accepted_while_redis_is_away(redis: Redis, how: str) -> None:
    events = cast.events(10, random.Random(4))
    with installed(broker_url=redis.url) as scene:
        web = scene.web()
        accepted(scene, events[0])
        if how == "is down":
            redis.kill()
        else:
            redis.signal(signal.SIGSTOP)
        waits = [accepted(scene, event) for event in events[1:4]]
        web.kill()
        scene.web()  # One that has never known the broker.
        waits += [accepted(scene, *events[4:])]
        print(f"seconds: {[round(wait, 3) for wait in waits]}")  # noqa: T201 (For the report of the test.)
        assert max(waits) < MOST_SECONDS

        scene.nursery.manage("drain", verbosity=0)
        assert scene.left() == 0
        scene.check(events)
        redis.signal(signal.SIGCONT)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_badges_go_out_by_themselves_when_redis_is_back(redis: Redis, pool: str) -> None:
    events = cast.events(20, random.Random(5))
    with installed(broker_url=redis.url) as scene:
        scene.web()
        worker, beat = scene.nursery.worker("--pool", pool, "--concurrency", "2"), scene.nursery.beat()
        accepted(scene, *events[:10])
        redis.kill()
        accepted(scene, *events[10:])
        redis.start()
        scene.done()
        scene.check(events)
        assert worker.alive()
        assert beat.alive()
