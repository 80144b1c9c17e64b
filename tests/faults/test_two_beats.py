"""Two beats by mistake, two workers and two drains: each sweep comes twice, and nothing is done twice."""

import random

from tests.faults import cast
from tests.faults.scene import REAL, installed

pytestmark = REAL

EVENTS = 200


def test_two_beats_double_nothing() -> None:
    events = cast.events(EVENTS, random.Random(7))
    with installed() as scene:
        for _ in range(2):
            scene.nursery.beat()
            scene.nursery.worker("--pool", "threads", "--concurrency", "2")
            scene.nursery.drain()
        scene.ingest(*events[: EVENTS // 2])
        scene.ingest(*events[EVENTS // 2 :])
        scene.done()
        scene.check(events)
        assert sorted(scene.sent().values()) == [1] * EVENTS
