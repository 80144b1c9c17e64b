"""An event that was accepted with 2xx, or acknowledged on the bus, is never lost, whatever is killed after it.

Web server, consumer of the event bus, workers, beat and the brokers are killed by SIGKILL a hundred times at random
moments, while events come in both ways. At the end every event is stored once and processed, and the badges are those
of a run that nobody has disturbed, each asked for exactly once. FAULTS_SEED repeats a run.
"""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.faults import cast
from tests.faults.bus import CONSUME, Bus
from tests.faults.processes import Process
from tests.faults.report import Award
from tests.faults.scene import REAL, Scene, installed
from tests.faults.servers import Redis, Server, eventually

pytestmark = REAL

KILLS = 100
LEARNERS = 50
COUNTED, ENOUGH = "Lamps", 3
"""Of this course, a badge takes so many events; some learners have one less: an event counted twice would show."""
MOST_PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 180
ROLES = ("web", "consumer", "drain", "worker", "beat", "broker", "bus")
WEIGHTS = (4, 4, 4, 4, 1, 1, 1)
LEASE = "5"
"""Seconds: longer than a call takes here on a busy machine, or a promise would be taken from one who is alive."""


def rules() -> str:
    """Those of the cast, but that one takes several events."""
    told = json.loads(cast.rules())
    (counted,) = [template for template in told["templates"] if template["name"] == COUNTED]
    counted["requirements"][0]["count"] = ENOUGH
    return json.dumps(told)


def events(dice: random.Random) -> list[dict[str, Any]]:
    """Learners pass each course once, and the one that is counted once or twice more."""
    once = cast.events(LEARNERS * len(cast.COURSES), dice)
    counted = [event for event in once if event["data"]["course_passing_status"]["course"]["display_name"] == COUNTED]
    more = [event for number, event in enumerate(counted) for _ in range(1 + number % 2)]
    told = once + [{**event, "id": str(UUID(int=dice.getrandbits(128), version=4))} for event in more]
    dice.shuffle(told)
    return told


def undisturbed(told: list[dict[str, Any]]) -> set[Award]:
    """The badges of a run in which nothing goes wrong."""
    with installed(rules=rules()) as scene:
        scene.ingest(*told)
        scene.nursery.manage("drain", verbosity=0)
        assert scene.left() == 0
        return {badge.award for badge in cast.held(scene.stage)}


class Storm:
    """Kills and starts again, and sends events in step with that."""

    def __init__(self, scene: Scene, broker: Server, bus_server: Server, bus: Bus, dice: random.Random) -> None:
        self.scene, self.broker, self.bus_server, self.bus, self.dice = scene, broker, bus_server, bus, dice
        self.killed: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.start: dict[str, Callable[[], Process]] = {
            "web": lambda: scene.nursery.web(scene.port),
            "consumer": lambda: scene.nursery.start("consumer", "command", "consume_events", **CONSUME),
            "drain": scene.nursery.drain,
            "worker": lambda: scene.nursery.worker("--pool", "threads", "--concurrency", "2"),
            "beat": scene.nursery.beat,
        }
        self.processes = {role: start() for role, start in self.start.items()}

    def post(self, told: list[dict[str, Any]]) -> None:
        """Each portion until it was accepted."""
        for start in range(0, len(told), 3):
            self.wait_for(start / len(told))
            portion = told[start : start + 3]
            while (answer := self.scene.post(*portion)) is None or not answer.ok:
                self.sent["refused" if answer is not None else "unanswered"] += 1
                time.sleep(0.02)
            self.sent["accepted"] += len(portion)

    def send(self, told: list[dict[str, Any]]) -> None:
        """Each by the bus."""
        for place, event in enumerate(told):
            self.wait_for(place / len(told))
            self.bus.send(event)
            self.sent["by the bus"] += 1

    def wait_for(self, share: float) -> None:
        """Until so much of the storm is over."""
        stop = time.monotonic() + PATIENCE_SECONDS
        while self.killed.total() < share * KILLS and time.monotonic() < stop:
            time.sleep(0.01)

    def blow(self) -> None:
        """A hundred times."""
        while self.killed.total() < KILLS:
            time.sleep(self.dice.uniform(0, MOST_PAUSE_SECONDS))
            (role,) = self.dice.choices(ROLES, WEIGHTS)
            if role in self.processes:
                self.processes[role].kill()
                self.processes[role] = self.start[role]()
            else:
                server = self.broker if role == "broker" else self.bus_server
                server.kill()
                server.start()
            self.killed[role] += 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whatever_is_killed_no_accepted_event_is_lost(
    kind: str, redis: Redis, lasting_redis: Redis, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("FAULTS_SEED", "") or random.randrange(10**6))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 (By which a failure can be repeated.)
    dice = random.Random(seed)
    told = events(dice)
    expected = undisturbed(told)
    assert len(expected) == LEARNERS * len(cast.COURSES) - LEARNERS // 2
    address = "" if kind == "sqlite" else request.getfixturevalue(kind).fresh("storm")
    lasting_redis.flush()
    bus = Bus(lasting_redis.url)
    with installed(address, redis.url, rules=rules(), LEASE_SECONDS=LEASE, **bus.environment) as scene:
        storm = Storm(scene, redis, lasting_redis, bus, dice)
        half = len(told) // 2
        senders = [
            threading.Thread(target=storm.post, args=(told[:half],)),
            threading.Thread(target=storm.send, args=(told[half:],)),
        ]
        for sender in senders:
            sender.start()
        storm.blow()
        for sender in senders:
            sender.join(PATIENCE_SECONDS)
        print(dict(storm.killed), dict(storm.sent))  # noqa: T201 (For the report of the test.)
        eventually(bus.is_read, "the bus is not read to its end")
        scene.done()
        scene.check(told, expected)
        assert set(scene.sent().values()) == {1}
    bus.redis.close()
