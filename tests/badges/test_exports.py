"""``export_awards`` and ``status``: what is there, for programs and for people."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import Badge, Issuance, Learner, ProviderAccount
from tests.badges.world import World, passing, requirement, send

COLUMNS = [
    "learner",
    "email",
    "provider",
    "account",
    "template",
    "ordinal",
    "status",
    "awarded_at",
    "external_id",
    "external_state",
    "external_state_raw",
    "external_url",
    "issuance",
    "attempts",
    "last_error",
]


def say(command: str, *arguments: str) -> str:
    """What the command writes."""
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def awarded(credly: World) -> World:
    """Ada's badge is delivered, Ben's is not yet."""
    credly.configure(requirements=[requirement("one", "OneX")])
    send(passing("ada", "OneX"))
    credly.deliver(1)
    send(passing("ben", "OneX"))
    return credly


def test_there_is_one_json_line_for_each_badge(awarded: World) -> None:
    text = say("export_awards")
    assert text.count("\n") == 2
    ada, ben = (json.loads(line) for line in text.splitlines())
    assert list(ada) == list(ben) == COLUMNS
    badge = awarded.badges()[0]
    assert ada == {
        "learner": "ada",
        "email": "ada@example.com",
        "provider": "credly",
        "account": awarded.organization,
        "template": awarded.templates[0].external_id,
        "ordinal": 1,
        "status": "awarded",
        "awarded_at": badge.awarded_at.isoformat(),
        "external_id": badge.external_id,
        "external_state": "pending",
        "external_state_raw": "pending",
        "external_url": badge.external_url,
        "issuance": "delivered",
        "attempts": 1,
        "last_error": "",
    }
    assert (ben["external_id"], ben["issuance"], ben["attempts"]) == (None, "pending", 0)


def test_the_issuance_is_the_newest_of_the_badge(awarded: World) -> None:
    Issuance.objects.filter(badge=awarded.badges()[0]).update(last_error="old")
    Issuance.objects.create(
        badge=awarded.badges()[0],
        account=awarded.account,
        action=Issuance.Action.REVOKE,
        status=Issuance.Status.DEAD,
        last_error="refused",
        not_before=awarded.badges()[0].awarded_at,
        created_at=awarded.badges()[0].awarded_at,
    )
    ada = json.loads(say("export_awards").splitlines()[0])
    assert (ada["issuance"], ada["last_error"]) == ("dead", "refused")


def test_csv_has_the_same_columns_and_rows(awarded: World) -> None:
    header, ada, ben = csv.reader(io.StringIO(say("export_awards", "--format", "csv")))
    assert header == COLUMNS
    assert (ada[0], ada[5], ada[12]) == ("ada", "1", "delivered")
    assert (ben[0], ben[8]) == ("ben", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_csv_has_no_formulas(awarded: World, name: str) -> None:
    Learner.objects.filter(username="ada").update(username=name)
    rows = list(csv.reader(io.StringIO(say("export_awards", "--format", "csv"), newline="")))
    assert rows[1][0] == f"'{name}"


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_a_file_holds_what_standard_output_would(awarded: World, tmp_path: Path, format_: str) -> None:
    Learner.objects.filter(username="ada").update(username="åsa")
    file = tmp_path / "awards"
    assert say("export_awards", "--format", format_, "--output", str(file)) == ""
    assert file.read_bytes().decode() == say("export_awards", "--format", format_)


@pytest.mark.parametrize("command", ["export_awards", "export_rules"])
def test_a_file_that_cannot_be_written_is_one_sentence(db: None, tmp_path: Path, command: str) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        call_command(command, "--output", str(tmp_path / "missing" / "file"))


def test_an_export_takes_one_statement(awarded: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        say("export_awards")


def test_status_counts_everything_as_json(awarded: World) -> None:
    send({**passing("ada", "OneX"), "data": {}})
    told = json.loads(say("status", "--json"))
    account = {
        "provider": "credly",
        "external_id": awarded.organization,
        "name": "Harbour Point",
        "paused": "",
        "paused_until": None,
        "key_expires": None,
        "open": 1,
    }
    assert 0 <= told["accounts"][0].pop("oldest_open") < 60
    assert told["accounts"] == [account]
    assert told["templates"] == {"pulled": 3, "active": 1, "archived": 0}
    assert told["events"] == {"stored": 3, "waiting": 0, "failed": 1, "unreadable": 0, "oldest_waiting": None}
    assert told["progress"] == 2
    assert told["badges"] == {
        "by_status": {"awarded": 2},
        "by_external_state": {"none yet": 1, "pending": 1},
        "disagreeing": 0,
    }
    issuances = told["issuances"]
    assert (issuances["by_status"], issuances["by_failure"]) == ({"delivered": 1, "pending": 1}, {})
    assert 0 <= issuances["oldest_open"] < 60
    assert told["oldest_due"].keys() >= {"events", "promises", "mail"}
    assert told["heartbeat_age"] is None
    assert {(each["host"], each["outcome"]) for each in told["calls"]} == {("api.credly.com", "ok")}


def test_status_of_nothing_is_no_error(db: None) -> None:
    assert json.loads(say("status", "--json"))["badges"] == {"by_status": {}, "by_external_state": {}, "disagreeing": 0}
    assert "Badges" in say("status")


def test_status_is_readable_too(awarded: World) -> None:
    text = say("status")
    assert "credly Harbour Point" in text
    assert "delivered 1, pending 1" in text
    assert "1 promises open" in text
    assert "calls to api.credly.com ok" in text


def test_status_shows_names_and_reasons_as_they_are(awarded: World) -> None:
    ProviderAccount.objects.update(name="[/red] :smile:", paused_reason="[key] of [address]")
    text = say("status")
    assert "[/red] :smile:" in text
    assert "[key] of [address]" in text


def test_status_takes_as_many_statements_for_many_badges(awarded: World) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            say("status")
        return len(caught)

    few = statements()
    send(*[passing(f"learner-{number}", "OneX") for number in range(20)])
    assert Badge.objects.count() == 22
    assert statements() == few
