"""A deploy: web server and workers of the previous release go on beside the new ones, on the migrated database.

Events are posted to both, and all of them are awarded once. Its code is taken from the history.
"""

import random
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.faults import cast
from tests.faults.processes import ROOT, Nursery
from tests.faults.scene import REAL, installed
from tests.faults.servers import Redis, free_port

pytestmark = REAL

PREVIOUS = "9d7f821"
"""The release before this one."""
OLD_QUEUES = "celery,events,issue,sync"
"""Those that its documents name."""
EVENTS = 160


@pytest.fixture(scope="module")
def previous() -> Iterator[Path]:
    """The files of the previous release."""
    git = shutil.which("git")
    archived = subprocess.run([git or "false", "-C", str(ROOT), "archive", PREVIOUS], capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(f"needs git, and a history that has {PREVIOUS}")
    folder = tempfile.mkdtemp(prefix="faults-")
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as files:
        files.extractall(folder, filter="data")
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_old_and_new_workers_share_the_work_of_a_deploy(
    kind: str, previous: Path, redis: Redis, request: pytest.FixtureRequest
) -> None:
    told = cast.events(EVENTS, random.Random(9))
    address = request.getfixturevalue(kind).fresh("deploy")
    with installed(address, redis.url) as scene, Nursery(scene.folder, scene.environment, previous) as nursery:
        new_port, old_port = scene.port, free_port()
        processes = [scene.web(), scene.nursery.beat(), scene.nursery.worker("--pool", "threads", "-c", "2")]
        scene.port = old_port
        processes.append(nursery.web(old_port))
        processes.append(nursery.worker("--pool", "threads", "-c", "2", "--queues", OLD_QUEUES))
        processes += [nursery.beat(), nursery.drain()]
        for start in range(0, EVENTS, 8):
            scene.port = (new_port, old_port)[start // 8 % 2]
            scene.await_web()
            answer = scene.post(*told[start : start + 8])
            assert answer is not None
            assert answer.status_code == 202, answer.text
        scene.done()
        scene.check(told)
        assert set(scene.sent().values()) == {1}
        assert [process for process in processes if not process.alive()] == []
