"""The story with a guest: a package that is installed beside the service, and of which no file of the service knows.

It lies there as an installer leaves it, with its entry point, on the path of each process that is started.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from credentials_badges.sandbox import serve
from tests.badges.world import passing, requirement
from tests.providers.guest.conftest import LaurelStage
from tests.story.service import ROOT, Service, eventually, sqlite

TEMPLATE = "tide-watch-0"
POST_WEBHOOK = """
from django.test import Client
from credentials_badges.badges.models import ProviderAccount
path = ProviderAccount.objects.get(provider="laurel").webhook_path
print(Client(SERVER_NAME="localhost").post(path, {body!r}, content_type="application/json").status_code)
"""
VISIT = """
from django.contrib.auth import get_user_model
from django.test import Client
from laurel_badges.models import Laurel, LaurelHouse, LaurelWreath
client = Client(SERVER_NAME="localhost")
client.force_login(get_user_model().objects.create_superuser("admin", "admin@example.com", "of no worth"))
for model in (Laurel, LaurelHouse, LaurelWreath):
    pages = f"/admin/laurel_badges/{model._meta.model_name}/"
    print(*(client.get(page).status_code for page in (pages, f"{pages}{model.objects.first().pk}/change/")))
print(Laurel.objects.get(external_id="tide-watch-0").name)
"""

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


class ServiceWithGuest(Service):
    """The service on whose path the guest is, until it is sent away."""

    def __init__(self, folder: Path) -> None:
        super().__init__(sqlite(folder), "")
        self.folder = folder

    def configure(self, address: str, key: str) -> str:
        """What an operator does once: an account, its templates, and one that is earned by passing a course."""
        where = ("--api-key", key, "--base-url", f"{address}v1/", "--option", "mail=no")
        added = self.manage("add_account", "laurel", *where)
        self.manage("sync_templates")
        rules = self.folder / "rules.json"
        earned = {"active": True, "requirements": [requirement("r", "X")]}
        rules.write_text(json.dumps({"templates": [{"provider": "laurel", "external_id": TEMPLATE, **earned}]}))
        self.manage("configure_badges", str(rules))
        return added

    def passes(self, learner: str) -> None:
        self.manage("ingest_events", "-", stdin=json.dumps(passing(learner, "X")))

    def stands(self, *issuances: str) -> bool:
        """Whether the promises have come so far after one more round."""
        self.manage("drain")
        return [award["issuance"] for award in self.awards()] == list(issuances)

    def shell(self, script: str) -> list[str]:
        return self.manage("shell", "-v", "0", "-c", script).splitlines()

    def account(self) -> dict[str, Any]:
        (told,) = json.loads(self.manage("status", "--json"))["accounts"]
        return dict(told)


@pytest.fixture
def stage() -> LaurelStage:
    return LaurelStage()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: LaurelStage) -> Iterator[ServiceWithGuest]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests/guest"))
    service = ServiceWithGuest(tmp_path)
    with serve(stage.sandbox) as address:
        assert "external id north-quay" in service.configure(address, stage.secret)
        yield service


def test_a_guest_is_served_like_every_provider(service: ServiceWithGuest, stage: LaurelStage) -> None:
    service.manage("makemigrations", "--check", "--dry-run")
    stage.faults.planned.append("lost")
    service.passes("ada")
    eventually(lambda: service.stands("delivered"))
    (award,), (held,) = service.awards(), stage.sandbox.wreaths.values()
    assert (award["external_id"], award["external_state"]) == (held["slug"], "pending")
    assert [body["mail"] for method, _, body in stage.sandbox.requests if method == "POST"] == [False]

    changed = stage.sandbox.change(TEMPLATE, title="Tide watch, revised")
    assert service.shell(POST_WEBHOOK.format(body=changed.decode())) == ["200"]
    assert service.stands("delivered")
    assert service.shell(VISIT) == ["200 200", "200 200", "200 200", "Tide watch, revised"]


def test_what_is_promised_waits_while_the_guest_is_away(service: ServiceWithGuest, stage: LaurelStage) -> None:
    path = service.environment.pop("PYTHONPATH")
    service.passes("ada")
    assert service.stands("pending")
    assert "no provider is called 'laurel'" in service.account()["paused"]
    assert stage.sandbox.wreaths == {}

    service.environment["PYTHONPATH"] = path
    eventually(lambda: service.stands("delivered"))
    assert service.account()["paused"] == ""
    assert len(stage.sandbox.wreaths) == 1
