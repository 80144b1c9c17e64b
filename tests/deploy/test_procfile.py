"""`deploy/Procfile` run for real, on PostgreSQL and Redis: an event becomes a badge, and a stop loses nothing."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from credentials_badges.demo.stage import PATHS, Stage
from credentials_badges.sandbox import serve
from tests.__main__ import BROKERS, DATABASES
from tests.badges.world import passing, requirement
from tests.deploy.production import Production, stop
from tests.story.service import eventually, new_database

pytestmark = [pytest.mark.once, pytest.mark.loopback, pytest.mark.enable_socket]

TOKEN = "0123456789abcdef0123456789abcdef01234567"
SET_UP = """
import json, os
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from rest_framework.authtoken.models import Token
told = json.loads(os.environ["TOLD"])
account = told["account"]
call_command("add_account", "credly", external_id=account["external_id"], api_key=account["key"], base_url=told["at"])
call_command("sync_templates")
call_command("configure_badges", told["rules"])
lms = get_user_model().objects.create_superuser("lms", "lms@example.org", "of no worth")
Token.objects.create(user=lms, key=told["token"])
"""


@pytest.fixture
def stage() -> Iterator[tuple[Stage, str]]:
    stage = Stage()
    stage.cast()
    with serve(stage) as address:
        yield stage, address


@pytest.fixture
def production(tmp_path: Path, stage: tuple[Stage, str]) -> Iterator[Production]:
    """Ready to be started: tables, styles, an account, and a rule by which whoever passes X earns a badge."""
    postgres, broker = DATABASES[0], BROKERS[0]
    for server in (postgres, broker):
        if not server.answers():
            pytest.skip(f"{server.name} does not answer")
    url = re.sub(r"/\d+$", "/12", broker.url)
    redis.from_url(url).flushdb()
    played, address = stage
    account = played.accounts[0]
    template = next(iter(played.credly.organizations[account["external_id"]].templates))
    rule = {"provider": "credly", "external_id": template, "active": True, "requirements": [requirement("r", "X")]}
    (tmp_path / "rules.json").write_text(json.dumps({"templates": [rule]}))
    (tmp_path / "set_up.py").write_text(SET_UP)
    with new_database(postgres.url, tmp_path) as database:
        production = Production(tmp_path, database, url)
        production.run("python -m credentials_badges migrate --no-input")
        production.run("python -m credentials_badges collectstatic --no-input")
        told = {"account": account, "at": address + PATHS["credly"], "rules": f"{tmp_path}/rules.json", "token": TOKEN}
        production.run(
            f"python {tmp_path / 'set_up.py'}",
            TOLD=json.dumps(told),
            DJANGO_SETTINGS_MODULE="credentials_badges.settings",
        )
        yield production


def post(production: Production, username: str) -> requests.Response:
    """An LMS tells that this learner has passed X, in chunks, as a proxy may pass it on."""
    event = json.dumps(passing(username, "X")).encode()
    headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
    return production.ask("/api/v1/events/", data=iter([event[:100], event[100:]]), headers=headers)


def test_what_is_deployed_gives_badges_and_stops_without_losing_any(
    production: Production, stage: tuple[Stage, str]
) -> None:
    credly, account = stage[0].credly, stage[0].accounts[0]["external_id"]

    def earners() -> list[str]:
        return sorted(badge["recipient_email"] for badge in credly.badges(account))

    with production.processes() as running:
        eventually(lambda: is_ready(production))
        assert post(production, "ada").json() == {"accepted": 1, "duplicate": 0}
        eventually(lambda: earners() == ["ada@example.com"])
        check_pages(production)

        credly.faults.slow, credly.faults.delay = 1.0, 0.3
        accepted: list[str] = []
        sender = threading.Thread(target=send_until_nobody_answers, args=(production, accepted))
        sender.start()
        eventually(lambda: len(earners()) > 3)
        assert stop(running) == dict.fromkeys(running, 0)
        sender.join()
    logs = {name: (production.folder / f"{name}.log").read_text() for name in running}
    assert [name for name, log in logs.items() if "Traceback" in log] == []
    assert production.rows("SELECT count(*) FROM badges_issuance WHERE status = 'in_flight'") == [(0,)]

    credly.faults.slow = 0.0
    production.run("python -m credentials_badges drain")
    stored = {name for (name,) in production.rows("SELECT DISTINCT username FROM badges_learner") if name != "lms"}
    assert {"ada", *accepted} <= stored
    assert earners() == sorted(f"{username}@example.com" for username in stored)


def is_ready(production: Production) -> bool:
    try:
        return production.ask("/readyz").status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False


def check_pages(production: Production) -> None:
    """Styles come compressed and for ever, and whoever comes without https is sent there."""
    page = production.ask("/admin/login/")
    (style,) = re.findall(r'href="(/static/admin/css/base\.\w+\.css)"', page.text)
    answer = production.ask(style)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    plain = production.ask("/admin/login/", headers={"X-Forwarded-Proto": "http"})
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://badges.example.org/admin/login/")


def send_until_nobody_answers(production: Production, accepted: list[str]) -> None:
    """Who is accepted is written down; nobody promises anything to those whose connection breaks."""
    for number in range(10_000):
        try:
            if post(production, f"learner-{number}").status_code == 202:
                accepted.append(f"learner-{number}")
        except (requests.ConnectionError, requests.Timeout):
            return
