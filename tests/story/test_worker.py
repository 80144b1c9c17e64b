"""The story with real processes: an LMS posts an event, a Celery worker hears the bell, and Credly holds a badge.

Nothing is shared with the test but the database, the broker and HTTP on loopback. It is told of each pair of a database
and a broker, whose addresses stand in TEST_DATABASES and TEST_BROKERS beside what needs no server.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from credentials_badges.demo.stage import PATHS, Stage
from credentials_badges.sandbox import serve
from tests.badges.world import passing, requirement
from tests.story.service import Service, eventually, new_database

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


def each(variable: str, embedded: str) -> pytest.MarkDecorator:
    """Once without a server, and once with each that the environment tells of."""
    addresses = ["", *filter(None, os.environ.get(variable, "").split(","))]
    return pytest.mark.parametrize(
        {"TEST_DATABASES": "database", "TEST_BROKERS": "broker"}[variable],
        addresses,
        ids=[address.partition(":")[0] or embedded for address in addresses],
    )


@pytest.fixture
def service(database: str, broker: str, tmp_path: Path) -> Iterator[Service]:
    with new_database(database, tmp_path) as address:
        yield Service(address, broker)


@each("TEST_DATABASES", "sqlite")
@each("TEST_BROKERS", "on disk")
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
            eventually(lambda: len(list(stage.credly.badges(account["external_id"]))) > 0)
            eventually(lambda: [award["issuance"] for award in service.awards()] == ["delivered"])
        (award,) = service.awards()
        (held,) = stage.credly.badges(account["external_id"])
        assert (award["external_id"], award["external_state"]) == (held["id"], "pending")
