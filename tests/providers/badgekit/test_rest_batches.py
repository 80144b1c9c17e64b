"""Batches, files of codes, and odd bodies by the REST API."""

import base64
import csv
import json
import time
from io import StringIO
from typing import Any

import pytest

from credentials_badges.badges.models import Mail
from providers.badgekit.models import ClaimCode
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.rest_client import (
    API,
    at,
    calling,
    done,
    look,
    make_batch,
    read,
    send,
    working,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


@pytest.fixture
def owner(api: object) -> Any:
    return working("owner")


class TestFiles:
    def test_what_is_exported_is_imported(self, owner: Any) -> None:
        make("open day", label="=1+1")
        exported = read(owner.get(at("claim-codes.csv")))
        (row,) = csv.DictReader(StringIO(exported.decode("utf-8-sig")))
        assert (row["code"], row["label"], row["badge"]) == ("open day", "'=1+1", "Coder")
        ClaimCode.objects.all().delete()
        address = at(f"claim-codes/import/?badge={badge().pk}&label=Again")
        told = owner.post(address, exported, content_type="text/csv").json()
        assert (told["made"], told["rows"]) == (1, [])
        assert ClaimCode.objects.get(batch=told["batch"]).label == "=1+1"

    def test_an_export_is_filtered(self, owner: Any) -> None:
        make("open day")
        make("read aloud", "reader")
        answer = owner.get(at("claim-codes.csv"), {"badge": badge("reader").pk})
        assert read(answer).count(b"\n") == 2
        assert owner.get(at("claim-codes.csv"), {"badge": "x"}).json().keys() == {"badge"}

    def test_a_preview_says_what_is_wrong_and_stores_nothing(self, owner: Any) -> None:
        make("taken")
        address = at(f"claim-codes/import/?badge={badge().pk}&label=May&preview=true")
        sent = "code,limit\nspring day,\ntaken,\nautumn day,0\n"
        told = owner.post(address, sent, content_type="text/csv").json()
        assert (told["batch"], told["made"]) == (None, 1)
        assert [(row["line"], bool(row["error"])) for row in told["rows"]] == [(2, False), (3, True), (4, True)]
        assert ClaimCode.objects.count() == 1

    def test_wrong_rows_are_left_out_and_told(self, owner: Any) -> None:
        make("taken")
        address = at(f"claim-codes/import/?badge={badge().pk}&label=May")
        told = owner.post(address, "code\nspring day\ntaken\n", content_type="text/csv").json()
        assert (told["made"], [row["line"] for row in told["rows"]]) == (1, [3])
        answer = owner.post(address, "code\nspring day\ntaken\n", content_type="text/csv")
        assert (answer.status_code, answer.json()["made"], len(answer.json()["rows"])) == (400, 0, 2)

    @pytest.mark.parametrize("body", [b"", b"\0", b"\xff\xfe\0", b"code", b'code\n"', b"a,b\n1,2", b"code,code\n1,2"])
    def test_what_is_no_list_is_refused(self, owner: Any, body: bytes) -> None:
        address = at(f"claim-codes/import/?badge={badge().pk}&label=May")
        answer = owner.post(address, body, content_type="text/csv")
        assert answer.status_code == 400
        assert answer.json().keys() == {"non_field_errors"}

    def test_what_it_is_for_has_to_be_said(self, owner: Any) -> None:
        answer = owner.post(at("claim-codes/import/"), "code\nabc\n", content_type="text/csv")
        assert (answer.status_code, answer.json().keys()) == (400, {"badge", "label"})

    def test_too_large_and_other_kinds_are_refused(self, owner: Any) -> None:
        address = at(f"claim-codes/import/?badge={badge().pk}&label=May")
        assert owner.post(address, b"x" * 5_000_001, content_type="text/csv").status_code == 413
        assert owner.post(address, b"code\nabc\n", content_type="text/plain").status_code == 415


class TestBatches:
    def test_it_is_made_with_its_numbers(self, owner: Any) -> None:
        made = make_batch(3, needs_approval=True)
        assert (made["made"], made["claimed"], made["free"], made["label"]) == (3, 0, 3, "Open day")
        first = ClaimCode.objects.filter(batch=made["id"]).first()
        assert first
        assert first.needs_approval
        ClaimCode.objects.filter(pk=first.pk).update(claimed=True)
        (listed,) = look(owner, at("batches/"))["results"]
        assert (listed["made"], listed["claimed"], listed["free"]) == (3, 1, 2)
        assert look(owner, at(f"batches/{made['id']}/")) == listed

    def test_ten_thousand_codes_are_made_within_seconds(self) -> None:
        began = time.monotonic()
        assert make_batch(10_000)["free"] == 10_000
        assert time.monotonic() - began < 30

    @pytest.mark.parametrize("number", [0, -1, 10_001, 10**400, "x", None, 1.5])
    def test_other_numbers_are_refused(self, owner: Any, number: Any) -> None:
        sent = {"badge": badge().pk, "label": "May", "number": number}
        assert done(owner, "POST", at("batches/"), sent, status=400).keys() == {"number"}

    def test_codes_are_mailed_once_to_each(self, owner: Any) -> None:
        made = make_batch(2)
        sent = {"addresses": "ada@example.com\nbob@example.com", "subject": "Come", "message": "All of you."}
        address = at(f"batches/{made['id']}/mail/")
        assert done(owner, "POST", address, sent) == {"mailed": 2, "left_out": []}
        assert done(owner, "POST", address, sent) == {"mailed": 0, "left_out": ["ada@example.com", "bob@example.com"]}
        told = done(owner, "POST", address, {**sent, "addresses": "cy@example.com"}, status=409)
        assert "1 codes are missing" in told["detail"]
        assert Mail.objects.count() == 2

    def test_nothing_is_mailed_if_a_line_is_wrong(self, owner: Any) -> None:
        made = make_batch(2)
        sent = {"addresses": "ada@example.com\nnobody", "subject": "Come\nnow", "message": "All."}
        address = at(f"batches/{made['id']}/mail/")
        assert done(owner, "POST", address, sent, status=400).keys() == {"subject"}
        told = done(owner, "POST", address, {**sent, "subject": "Come"}, status=400)
        assert told == {"addresses": ["Line 2: “nobody” is no e-mail address."]}
        assert not Mail.objects.exists()


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[" * 100_000,
            b'{"badge": ' + b"1" * 5000 + b"}",
            b'{"code": "\\ud800"}',
            b"\xff",
            b"[]",
            b"7",
            b"null",
            b'"x"',
            b'{"badge": NaN, "limit": Infinity}',
            b'{"status": {"a": []}, "multiuse": [], "starts_at": 1e400, "label": {}}',
        ],
    )
    def test_odd_ones_are_refused(self, owner: Any, body: bytes) -> None:
        for method, address in [("POST", "claim-codes/"), ("POST", "batches/")]:
            assert send(owner, method, at(address), body).status_code == 400
        assert not ClaimCode.objects.exists()

    def test_other_kinds_and_sizes_are_refused(self, owner: Any) -> None:
        assert owner.post(at("claim-codes/"), {"badge": 1}).status_code == 415
        large = b'{"label": "' + b"x" * 5 * 2**20 + b'"}'
        assert send(owner, "POST", at("claim-codes/"), large).status_code == 413
        assert send(owner, "POST", at("claim-codes/"), b" " * 11 * 2**20).status_code == 413

    def test_a_strange_encoding_changes_nothing(self, owner: Any) -> None:
        sent = json.dumps({"badge": badge().pk}).encode()
        answer = owner.generic("POST", at("claim-codes/"), sent, content_type="application/json; charset=bz2")
        assert answer.status_code == 201

    def test_other_methods_are_refused(self, owner: Any) -> None:
        assert send(owner, "PUT", at("claim-codes/"), {}).status_code == 405
        assert send(owner, "OPTIONS", at("claim-codes/")).status_code == 405

    def test_ids_that_no_database_knows_are_not_there(self, owner: Any) -> None:
        for pk in ("0", "9" * 30, "9" * 5000):
            assert owner.get(at(f"claim-codes/{pk}/")).status_code == 404
            assert owner.get(f"{API}systems/{pk}/claim-codes/").status_code == 404

    def test_a_password_and_a_session_will_do(self) -> None:
        reader = member("reader")
        reader.set_password("a password")
        reader.save()
        basic = base64.b64encode(f"{reader.username}:a password".encode()).decode()
        assert calling(None).get(at("claim-codes/"), headers={"Authorization": f"Basic {basic}"}).status_code == 200
        browser = calling(None)
        browser.force_login(member("reader"))
        assert browser.get(at("claim-codes/")).status_code == 200
