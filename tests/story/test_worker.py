"""The story with real processes: an LMS posts an event, a Celery worker hears the bell, and Credly holds a badge.

Nothing is shared with the test but the database file, the broker and HTTP on loopback.
"""

import json
import os
from pathlib import Path

import pytest

from credentials_badges.demo.stage import PATHS, Stage
from credentials_badges.sandbox import serve
from tests.badges.world import passing, requirement
from tests.story.service import Service, eventually

BROKERS = ["", *filter(None, os.environ.get("TEST_BROKERS", "").split(","))]

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


@pytest.fixture(params=BROKERS, ids=lambda url: url.partition(":")[0] or "on disk")
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return Service(tmp_path, request.param)


def test_an_event_reaches_credly_through_a_worker_that_hears_the_bell(service: Service, tmp_path: Path) -> None:
    stage = Stage()
    stage.cast()
    account = stage.accounts[0]
    with serve(stage) as address:
        service.manage(
            "add_account",
            "credly",
            *("--external-id", account["external_id"]),
            *("--api-key", account["key"]),
            *("--base-url", address + PATHS["credly"]),
        )
        service.manage("sync_templates")
        template = next(iter(stage.credly.organizations[account["external_id"]].templates))
        rules = tmp_path / "rules.json"
        spec = {"provider": "credly", "external_id": template, "active": True, "requirements": [requirement("r", "X")]}
        rules.write_text(json.dumps({"templates": [spec]}))
        service.manage("configure_badges", str(rules))
        stage.credly.faults.planned.extend(["lost"])
        with service.worker():
            service.manage("ingest_events", "-", stdin=json.dumps(passing("ada", "X")))
            eventually(lambda: [award["issuance"] for award in service.awards()] == ["delivered"])
        (award,) = service.awards()
        (held,) = stage.credly.badges(account["external_id"])
        assert (award["external_id"], award["external_state"]) == (held["id"], "pending")
