"""Claims by the REST API, as learners make, change and withdraw them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from providers.badgekit import guessing, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import Claim, ClaimCode, ClaimEvidence
from tests.providers.badgekit.api import PNG, badge, hold
from tests.providers.badgekit.claim_page import code, holders, kept, learner
from tests.providers.badgekit.claims_world import claim
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.rest_client import (
    API,
    calling,
    claiming,
    done,
    look,
    send,
    statements,
    working,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]

MINE = f"{API}claims/"


def own(made: Any, below: str = "") -> str:
    return f"{MINE}{made['id'] if isinstance(made, dict) else made.pk}/{below}"


def upload(name: str = "photo.png", content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


class TestClaiming:
    def test_a_code_is_claimed_for_ones_own_address(self) -> None:
        code("open day")
        made = done(claiming(), "POST", MINE, {"code": " OPEN DAY "}, status=201)
        assert (made["state"], made["badge"]["slug"], made["code"]) == ("awarded", "coder", "open day")
        assert holders() == ["ada@example.com"]
        assert look(claiming(), own(made)) == made

    def test_evidence_comes_as_json_or_with_files(self) -> None:
        code("open day", evidence="required", needs_approval=True, multiuse=True)
        sent = {"code": "open day", "text": "I did.", "link": "https://example.org/it", "about": "It."}
        made = done(claiming(), "POST", f"{MINE}?from=mail", sent, status=201)
        assert [(each["kind"], each["text"]) for each in made["evidence"]] == [("text", "I did."), ("link", "It.")]
        assert Claim.objects.get().source == "mail"
        answer = claiming("bob").post(MINE, {"code": "open day", "file": [upload("a.png"), upload("b.png")]})
        assert answer.status_code == 201
        assert [each["filename"] for each in answer.json()["evidence"]] == ["a.png", "b.png"]
        assert answer.json()["state"] == "submitted"

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({}, "non_field_errors"),
            ({"link": "javascript:alert(1)"}, "link"),
            ({"about": "It."}, "link"),
            ({"text": "\0"}, "text"),
            ({"text": "x" * 10_001}, "text"),
            ({"text": ["x"]}, "text"),
            ({"file": ["x"]}, "file"),
            ({"file": "x"}, "file"),
            ({"code": None}, "code"),
            ({"code": "x" * 256}, "code"),
            ({"code": "a\0b"}, "code"),
        ],
    )
    def test_what_is_wrong_is_named(self, sent: Any, field: str) -> None:
        code("open day", evidence="required", needs_approval=True)
        told = done(claiming(), "POST", MINE, {"code": "open day", **sent}, status=400)
        assert [*told] == [field]
        assert not Claim.objects.exists()

    @pytest.mark.parametrize(
        "file", [upload("a.png", b""), upload("a.exe", b"MZ\0\0"), upload("a.html", b"<html>"), upload("x" * 300)]
    )
    def test_files_that_are_not_taken_are_refused(self, file: SimpleUploadedFile, evidence_folder: Any) -> None:
        code("open day", evidence="required", needs_approval=True)
        answer = claiming().post(MINE, {"code": "open day", "file": file})
        if file.size == len(PNG):
            assert len(answer.json()["evidence"][0]["filename"]) <= 255
            return
        assert (answer.status_code, [*answer.json()]) == (400, ["file"])
        assert not [each for each in evidence_folder.rglob("*") if each.is_file()]

    def test_too_many_and_broken_ones_are_refused(self) -> None:
        code("open day", evidence="required", needs_approval=True)
        answer = claiming().post(MINE, {"code": "open day", "file": [upload()] * 6})
        assert (answer.status_code, [*answer.json()]) == (400, ["file"])
        for kind, body in [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=x", b"--x"),
            ("multipart/form-data; boundary=\xc3\xa9", b"--x"),
        ]:
            assert claiming().generic("POST", MINE, body, content_type=kind).status_code == 400, kind
        assert claiming().post(MINE, "x", content_type="text/plain").status_code == 415

    @pytest.mark.parametrize("kind", ["unknown", "used", "deleted", "badge deleted"])
    def test_what_is_not_there_is_not_told(self, kind: str) -> None:
        if kind == "used":
            code("open day", claimed=True)
        if kind == "deleted":
            code("open day", deleted_at=timezone.now())
        if kind == "badge deleted":
            code("open day")
            badge().hide()
        told = done(claiming(), "POST", MINE, {"code": "open day"}, status=404)
        used, unknown = "It has been claimed as often as it could be.", "This code gives no badge."
        assert told["detail"].startswith(used if kind == "used" else unknown)

    def test_guessing_is_throttled_and_claiming_is_not(self) -> None:
        caller = claiming()
        code("open day", multiuse=True)
        for number in range(guessing.BY_ACCOUNT[0].calls):
            done(caller, "POST", MINE, {"code": f"guess {number}"}, status=404)
        answer = send(caller, "POST", MINE, {"code": "open day"})
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 3600
        assert holders() == []
        done(claiming("bob"), "POST", MINE, {"code": "open day"}, status=201)

    def test_what_was_right_is_no_guess(self) -> None:
        caller = claiming()
        code("open day", multiuse=True)
        done(caller, "POST", MINE, {"code": "open day"}, status=201)
        again = [send(caller, "POST", MINE, {"code": "open day"}) for _ in range(guessing.BY_ACCOUNT[0].calls + 1)]
        assert {answer.status_code for answer in again} == {409}

    def test_what_is_held_or_open_is_409(self) -> None:
        code("open day", multiuse=True, needs_approval=True)
        code("held", "reader", multiuse=True)
        hold(badge="reader")
        done(claiming(), "POST", MINE, {"code": "open day"}, status=201)
        assert "open already" in done(claiming(), "POST", MINE, {"code": "open day"}, status=409)["detail"]
        assert "hold" in done(claiming(), "POST", MINE, {"code": "held"}, status=409)["detail"]
        assert ClaimCode.objects.get(code="held").uses == 0

    def test_what_is_for_others_is_403(self) -> None:
        code("open day", bound_to="@example.org")
        assert "other addresses" in done(claiming(), "POST", MINE, {"code": "open day"}, status=403)["detail"]

    def test_whoever_has_no_address_is_told_so(self) -> None:
        code("open day")
        assert "address" in done(claiming("cy", ""), "POST", MINE, {"code": "open day"}, status=409)["detail"]

    def test_what_is_kept_for_a_learner_is_for_nobody_else(self) -> None:
        mine = kept("ada")
        done(claiming("bob"), "POST", MINE, {"code": mine.code}, status=404)
        done(working("owner"), "POST", MINE, {"code": mine.code}, status=404)
        made = done(claiming("ada"), "POST", MINE, {"code": mine.code}, status=201)
        assert (made["state"], made["code"], holders()) == ("awarded", mine.code, ["ada@example.com"])
        done(claiming("ada"), "POST", MINE, {"code": mine.code}, status=409)

    def test_what_is_kept_comes_before_what_is_open(self) -> None:
        mine = kept("ada")
        code("open day")
        made = done(claiming("ada"), "POST", MINE, {"code": "open day"}, status=201)
        assert made["code"] == mine.code
        assert ClaimCode.objects.get(code="open day").uses == 0

    def test_without_credentials_it_is_401(self) -> None:
        made = claim()
        for method, address in [("GET", MINE), ("POST", MINE), ("GET", own(made)), ("POST", own(made, "withdraw/"))]:
            assert send(calling(None), method, address, None if method == "GET" else {}).status_code == 401


class TestOwnClaims:
    def test_nobody_sees_anothers(self) -> None:
        made = claim("ada@example.com", learner=learner())
        for caller in (claiming("bob"), working("owner"), claiming("eve", "ada@example.com")):
            assert look(caller, MINE)["count"] == 0
            assert caller.get(own(made)).status_code == 404
            for below in ("withdraw/", "resubmit/"):
                assert send(caller, "POST", own(made, below), {}).status_code == 404
        assert look(claiming(), MINE)["count"] == 1

    def test_those_of_an_address_alone_are_nobodys(self) -> None:
        made = claim("Sam@example.net")
        caller = claiming("sam", "sam@example.net")
        assert look(caller, MINE)["count"] == 0
        Claim.objects.update(learner=learner("sam"))
        assert look(caller, MINE)["results"][0]["id"] == made.pk

    def test_it_tells_nothing_of_reviewers(self) -> None:
        made = claim("ada@example.com", learner=learner())
        reviewing.send_back(made, member("reviewer"), "More.")
        answer = claiming().get(own(made))
        assert [each["words"] for each in answer.json()["steps"]] == ["", "More."]
        assert "reviewer" not in answer.text

    def test_it_takes_the_same_number_of_statements_for_many(self) -> None:
        claim("ada@example.com", learner=learner())
        few = statements(claiming(), MINE)
        for of_badge in ("reader", "librarian"):
            made = claim("ada@example.com", of_badge, learner=learner())
            made.evidence.create(kind="text", text="One.")
            made.evidence.create(kind="text", text="Two.")
        assert statements(claiming(), MINE) == few

    def test_it_is_withdrawn_and_claimed_again(self) -> None:
        code("open day", needs_approval=True)
        made = done(claiming(), "POST", MINE, {"code": "open day"}, status=201)
        assert done(claiming(), "POST", own(made, "withdraw/"))["state"] == "withdrawn"
        assert "withdrawn by now" in done(claiming(), "POST", own(made, "withdraw/"), status=409)["detail"]
        done(claiming(), "POST", MINE, {"code": "open day"}, status=201)

    def test_it_is_submitted_again_with_other_evidence(self) -> None:
        code("open day", evidence="required", needs_approval=True)
        made = done(claiming(), "POST", MINE, {"code": "open day", "text": "I did."}, status=201)
        again = own(made, "resubmit/")
        done(claiming(), "POST", again, {"text": "Once more."}, status=409)
        reviewing.send_back(Claim.objects.get(), member("reviewer"), "More.")
        gone = made["evidence"][0]["id"]
        assert done(claiming(), "POST", again, {"remove": [gone]}, status=400).keys() == {"non_field_errors"}
        answer = claiming().post(again, {"remove": [gone], "file": [upload()]})
        assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
        assert [each["kind"] for each in answer.json()["evidence"]] == ["file"]
        assert ClaimEvidence.objects.count() == 1

    @pytest.mark.parametrize("removed", ["x", [None], [[]], [10**400], [-1], {"a": 1}, [1] * 101])
    def test_odd_ids_are_refused(self, removed: Any) -> None:
        made = claim("ada@example.com", learner=learner())
        told = done(claiming(), "POST", own(made, "resubmit/"), {"remove": removed}, status=400)
        assert told.keys() == {"remove"}

    def test_it_is_not_resubmitted_with_too_many_pieces(self) -> None:
        used = code("open day", evidence="optional", needs_approval=True)
        made = reviewing.submit(used, "ada@example.com", Claimant(learner=learner(), is_reviewed=True))
        assert made
        for _ in range(5):
            made.evidence.create(kind="text", text="One.")
        reviewing.send_back(made, member("reviewer"), "Less.")
        told = done(claiming(), "POST", own(made, "resubmit/"), {"text": "Six."}, status=400)
        assert told.keys() == {"non_field_errors"}
