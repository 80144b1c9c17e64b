"""The disk is full, below SQLite: whoever sends events is told to come again (503), and what was accepted stays.

When there is room again, everything goes on by itself.
"""

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from credentials_badges.badges.models import Learner, LearningEvent
from tests.badges.world import passing
from tests.faults import cast
from tests.faults.scene import installed

EVENTS_URL = "/api/v1/events/"
PADDING_BYTES = 20_000


def padded(event: dict[str, Any]) -> dict[str, Any]:
    """The event, with much that no rule asks for."""
    ((name, facts),) = event["data"].items()
    return {**event, "data": {name: {**facts, "padding": "x" * PADDING_BYTES}}}


@pytest.fixture
def sender(transactional_db: None, client: Client) -> Client:
    lms = Learner.objects.create_user("the-lms")
    lms.user_permissions.add(Permission.objects.get(codename="add_learningevent"))
    client.force_login(lms)
    return client


@pytest.fixture
def full() -> Iterator[None]:
    """SQLite may not add a page."""
    if connection.vendor != "sqlite":
        pytest.skip("is about SQLite")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # Pages that other tests have left free would be room.
        (most,) = cursor.execute("PRAGMA max_page_count").fetchone()
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        yield
        cursor.execute(f"PRAGMA max_page_count = {most}")


@pytest.mark.once
def test_nothing_is_accepted_for_which_there_is_no_room(sender: Client, request: pytest.FixtureRequest) -> None:
    assert sender.post(EVENTS_URL, padded(passing("ada", "X")), "application/json").status_code == 202
    request.getfixturevalue("full")
    answer = sender.post(EVENTS_URL, [padded(passing("bo", "X")) for _ in range(20)], "application/json")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "database" in answer.json()["detail"]
    assert LearningEvent.objects.count() == 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one, in memory."""
    if not mounted(tmp_path, "size=12m"):
        pytest.skip("needs leave to mount a tmpfs")
    yield tmp_path
    subprocess.run([shutil.which("umount") or "false", str(tmp_path)], check=True)


def mounted(folder: Path, *options: str) -> bool:
    """Whether that was allowed: only root may."""
    command = [shutil.which("mount") or "false", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.once
def test_web_and_worker_go_on_when_there_is_room_again(disk: Path) -> None:
    waiting = [padded(event) for event in cast.events(600, random.Random(8))]
    accepted, refused = [], 0
    with installed(f"sqlite:///{disk / 'badges.sqlite3'}") as scene:
        processes = [scene.web(), scene.nursery.drain()]
        while waiting:
            answer = scene.post(*waiting[:10])
            assert answer is not None
            if answer.status_code == 202:
                accepted += waiting[:10]
                del waiting[:10]
            else:
                assert answer.status_code == 503, answer.text
                assert answer.headers["Retry-After"]
                refused += 1
            if refused == 5:
                assert mounted(disk, "remount", "size=100m")
        assert refused >= 5
        scene.done()
        scene.check(accepted)
        assert [process.name for process in processes if not process.alive()] == []
