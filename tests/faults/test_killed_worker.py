"""A worker that is killed while a provider carries out what it asked for: the badge is found, and not issued again."""

import random

import pytest

from tests.faults import cast
from tests.faults.scene import REAL, installed
from tests.faults.servers import eventually

pytestmark = REAL


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_badge_whose_worker_was_killed_in_mid_issue_is_found_and_not_issued_again(pool: str) -> None:
    events = cast.events(10, random.Random(1))
    with installed() as scene:
        workers = ("--pool", pool, "--concurrency", "2")
        scene.gate.close()
        scene.ingest(*events)
        first = scene.nursery.worker(*workers)
        beat = scene.nursery.beat()
        eventually(scene.gate.reached.is_set, "no badge was issued")
        assert scene.promises().filter(status="in_flight").exists()
        first.kill()
        scene.gate.open.set()
        assert scene.sent()

        scene.nursery.worker(*workers)
        scene.done()
        assert beat.alive()
        scene.check(events)
        assert scene.promises().filter(unsure=True, status="delivered").exists()
        assert set(scene.sent().values()) == {1}
