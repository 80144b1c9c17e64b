"""The database is torn down and comes back while events are posted and badges go out: nothing accepted is lost.

Web server and workers go on by themselves. While it is away, senders of events are told to come again.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.faults import cast
from tests.faults.scene import REAL, Scene, installed
from tests.faults.servers import MariaDB, PostgreSQL, Redis, Server, eventually

pytestmark = REAL

EVENTS = 300
AT_A_TIME = 5
AWAY_SECONDS = 1.0


def post_all(scene: Scene, events: list[dict[str, Any]], answers: Counter[int | None]) -> None:
    """Post them by portions, each until it is accepted, as a sender does."""
    for start in range(0, len(events), AT_A_TIME):
        stop = time.monotonic() + 30
        while time.monotonic() < stop:
            answer = scene.post(*events[start : start + AT_A_TIME])
            answers[answer.status_code if answer is not None else None] += 1
            if answer is not None and answer.ok:
                break
            time.sleep(0.05)


def crash(server: Server) -> None:
    """Killed, away for a while, and started again."""
    server.kill()
    time.sleep(AWAY_SECONDS)
    server.start()


def restart(server: Server) -> None:
    """Told to stop at once, and started again."""
    assert isinstance(server, PostgreSQL)
    server.restart_at_once()


@pytest.mark.parametrize(
    ("kind", "tear_down"),
    [("postgresql", restart), ("postgresql", crash), ("mariadb", crash)],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_workers_go_on_by_themselves_when_the_database_is_back(
    kind: str, tear_down: Callable[[Server], None], redis: Redis, request: pytest.FixtureRequest
) -> None:
    server: MariaDB | PostgreSQL = request.getfixturevalue(kind)
    events, answers = cast.events(EVENTS, random.Random(6)), Counter[int | None]()
    with installed(server.fresh(tear_down.__name__), redis.url) as scene:
        processes = [scene.web(), scene.nursery.beat(), scene.nursery.drain()]
        processes += [scene.nursery.worker("--pool", pool, "--concurrency", "2") for pool in ("prefork", "threads")]
        sender = threading.Thread(target=post_all, args=(scene, events, answers))
        sender.start()
        for enough in (EVENTS // 5, EVENTS * 3 // 5):
            eventually(partial(has_delivered, scene, enough), "badges do not go out")
            tear_down(server)
        sender.join()
        scene.done()
        print(f"answers: {dict(answers)}")  # noqa: T201 (For the report of the test.)
        assert answers.keys() <= {202, 503, None}
        scene.check(events)
        assert [process.name for process in processes if not process.alive()] == []


def has_delivered(scene: Scene, badges: int) -> bool:
    """Whether so many are out."""
    return scene.left() is not None and scene.promises().filter(status="delivered").count() >= badges
