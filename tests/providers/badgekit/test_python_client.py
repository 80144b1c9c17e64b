"""BadgeKit's own Python client works with our server, unchanged.

The client is badgekit-api-client 0.5.1. It needs a PyJWT of 2018, so it gets an environment of its own, which is kept.
"""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.story.service import ROOT, Service, eventually, sqlite

SETUPTOOLS = "setuptools==80.9.0"
"""Builds the client, and gives it distutils, which newer Pythons lack."""
PINS = [
    "badgekit-api-client==0.5.1",
    "certifi==2026.10.18",
    "charset-normalizer==3.5.2",
    "idna==3.20",
    "pyjwt==1.7.1",
    "requests==2.34.2",
    "requests-jwt==0.4",
    "urllib3==2.8.0",
]
SCRIPT = Path(__file__).with_name("python_client.py")
SECRET = "a long secret that only this test knows"
STORE = {
    "format": "badgekit-fixture/1",
    "images": [{"id": 1, "slug": "knot", "url": "https://harbour.example/knot.png"}],
    "systems": [{"id": 1, "slug": "harbour", "name": "Harbour", "url": "https://harbour.example"}],
    "issuers": [{"id": 1, "slug": "lighthouse", "name": "Lighthouse", "systemId": 1}],
    "programs": [{"id": 1, "slug": "keepers", "name": "Keepers", "issuerId": 1}],
    "badges": [
        {
            "id": 1,
            "slug": "knots",
            "name": "Knots",
            "type": "skill",
            "systemId": 1,
            "imageId": 1,
            "created": "2026-11-21",
        },
        {
            "id": 2,
            "slug": "lamps",
            "name": "Lamps",
            "type": "skill",
            "systemId": 1,
            "issuerId": 1,
            "programId": 1,
            "imageId": 1,
            "created": "2026-11-21",
        },
        {
            "id": 3,
            "slug": "sails",
            "name": "Sails",
            "type": "skill",
            "systemId": 1,
            "archived": True,
            "created": "2026-11-21",
        },
    ],
    "claimCodes": [
        {"id": 1, "code": "foghorn", "multiuse": True, "badgeId": 1},
        {"id": 2, "code": "buoy", "badgeId": 1},
        {"id": 3, "code": "lantern", "claimed": True, "email": "dee@example.com", "badgeId": 2},
    ],
}

pytestmark = [pytest.mark.once, pytest.mark.loopback, pytest.mark.enable_socket]


@pytest.fixture(scope="session")
def python() -> Path:
    """An interpreter that has the client. It stays in `var/clients` until another Python or other pins are wanted."""
    wanted = "\n".join([str(sys.version_info[:2]), SETUPTOOLS, *PINS])
    folder = ROOT / "var/clients" / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    if not (folder / "bin/python").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as building:
            _install(Path(building, "environment"))
            try:
                Path(building, "environment").rename(folder)  # Whole or not at all.
            except OSError:
                assert (folder / "bin/python").exists()  # Another worker was faster.
    return folder / "bin/python"


def _install(folder: Path) -> None:
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation", "--use-pep517"]
    for command in ([sys.executable, "-m", "venv", str(folder)], [*pip, SETUPTOOLS], [*pip, *PINS]):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            said = [line for line in (getattr(error, "stderr", None) or str(error)).splitlines() if line.strip()]
            pytest.skip(f"badgekit-api-client 0.5.1 cannot be installed: {said[-1] if said else error}")


@contextmanager
def server(service: Service) -> Iterator[str]:
    """The web server, at a free port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=service.environment, stdout=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, "the server did not start"
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", port)) == 0

    try:
        eventually(answers)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def told(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each step of the script."""
    folder = tmp_path_factory.mktemp("badgekit")
    service = Service(sqlite(folder), "")
    service.environment["BADGEKIT_MASTER_SECRET"] = SECRET
    (folder / "store.json").write_text(json.dumps(STORE))
    service.manage("load_badgekit", str(folder / "store.json"))
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with server(service) as address:
        command = [str(python), str(SCRIPT), address, SECRET]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {line.pop("step"): line for line in map(json.loads, done.stdout.splitlines())}


def test_it_finds_the_server(told: dict[str, dict[str, Any]]) -> None:
    assert told["ping"] == {"answer": True}
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"]["answer"])
    assert told["new enough"] == {"answer": None}


def test_it_lists_and_gets(told: dict[str, dict[str, Any]]) -> None:
    def slugs(step: str, key: str) -> list[str]:
        return [thing["slug"] for thing in told[step]["answer"][key]]

    assert slugs("systems", "systems") == ["harbour"]
    assert slugs("issuers", "issuers") == ["lighthouse"]
    assert slugs("programs", "programs") == ["keepers"]
    assert slugs("badges", "badges") == ["knots", "lamps"]
    assert slugs("archived badges", "badges") == ["sails"]
    assert told["system"]["answer"]["system"]["name"] == "Harbour"
    assert told["program"]["answer"]["program"]["name"] == "Keepers"
    assert told["badge"]["answer"]["badge"]["imageUrl"] == "https://harbour.example/knot.png"
    assert told["unknown badge"]["raised"] == "ResourceNotFound"
    assert "Could not find badge field: `slug`, value: `nowhere`" in told["unknown badge"]["says"]


def test_it_lists_and_gets_codes(told: dict[str, dict[str, Any]]) -> None:
    foghorn = {"id": 1, "code": "foghorn", "claimed": False, "email": None, "multiuse": True}
    buoy = {"id": 2, "code": "buoy", "claimed": False, "email": None, "multiuse": False}
    assert told["codes"]["answer"]["claimCodes"] == [foghorn, buoy]
    assert told["codes"]["answer"]["badge"]["slug"] == "knots"
    assert [code["code"] for code in told["codes of a program"]["answer"]["claimCodes"]] == ["lantern"]
    page = told["a page of codes"]["answer"]
    assert (page["status"], page["body"]["claimCodes"]) == (200, [buoy])
    assert page["body"]["pageData"] == {"page": 2, "count": 1, "total": 2}
    assert told["code"]["answer"]["claimCode"] == foghorn
    badge = told["badge of a code"]["answer"]["badge"]
    assert (badge["slug"], badge["program"]["slug"], badge["claimed"]) == ("lamps", "keepers", 1)
    assert told["unknown code"]["raised"] == "ResourceNotFound"
    assert "Could not find the request claim code: nowhere" in told["unknown code"]["says"]


def test_it_creates_codes(told: dict[str, dict[str, Any]]) -> None:
    created = told["create"]["answer"]
    assert (created["status"], created["badge"]["slug"]) == ("created", "knots")
    assert {**created["claimCode"], "id": 0} == {"id": 0, "code": "low-tide", "claimed": False, "multiuse": False}
    odd = told["create with all"]["answer"]["claimCode"]
    assert (odd["code"], odd["email"]) == ("Ebbe & Flut: 100 % größer?", "ada@example.com")
    assert told["get it back"]["answer"]["claimCode"] == odd
    random = told["random"]["answer"]["claimCode"]
    assert re.fullmatch("[0-9a-f]{10}", random["code"])
    assert random["multiuse"] is True


def test_it_understands_why_a_code_is_not_created(told: dict[str, dict[str, Any]]) -> None:
    assert told["create again"]["raised"] == "ResourceConflict"
    assert "claimCode with that `code` already exists" in told["create again"]["says"]
    for step, fields in (("create too long", "code"), ("create without code", "code, email")):
        assert told[step]["raised"] == "ValidationError"
        assert told[step]["says"].endswith(f"ValidationError: Could not validate required fields: {fields}")
    assert told["create for no badge"]["raised"] == "ResourceNotFound"


def test_its_signatures_claim_and_delete(told: dict[str, dict[str, Any]]) -> None:
    claimed = told["claim"]["answer"]
    assert (claimed["status"], claimed["body"]["status"]) == (200, "updated")
    assert claimed["body"]["claimCode"]["claimed"] is True
    assert claimed["body"]["claimCode"]["email"] == "ben@example.com"
    again = told["claim again"]["answer"]
    assert (again["status"], again["body"]["code"]) == (400, "CodeAlreadyUsed")
    assert again["body"]["message"] == "Claim code `low-tide` has already been claimed"
    assert told["claim by create"]["raised"] == "APIError"
    assert "'status': 'updated'" in told["claim by create"]["says"]
    assert told["claimed by create"]["answer"]["claimCode"]["email"] == "cy@example.com"
    deleted = told["delete"]["answer"]
    assert (deleted["status"], deleted["body"]["status"]) == (200, "deleted")
    assert deleted["body"]["claimCode"] == claimed["body"]["claimCode"]
    gone = told["delete again"]["answer"]
    assert (gone["status"], gone["body"]["code"]) == (404, "ResourceNotFound")
    assert told["deleted"]["raised"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("how", "says"), [("wrong secret", "Invalid token signature"), ("wrong path", "`path` does not match")]
)
def test_without_the_right_signature_nothing_is_told_or_done(
    told: dict[str, dict[str, Any]], how: str, says: str
) -> None:
    assert told[f"ping with a {how}"] == {"answer": True}
    for step in ("list", "create"):
        refused = told[f"{step} with a {how}"]
        assert refused["raised"] == "APIError"
        assert "NotAuthorized" in refused["says"]
        assert says in refused["says"]
