"""Systems, codes, batches and files of codes by the REST API."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from credentials_badges.badges.models import Mail
from providers.badgekit.models import Batch, ClaimCode, Member
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import kept, learner
from tests.providers.badgekit.claims_world import claim
from tests.providers.badgekit.desk import member, system
from tests.providers.badgekit.rest_client import (
    API,
    at,
    calling,
    done,
    everybody,
    expected,
    look,
    make_batch,
    read,
    send,
    statements,
    statuses,
    working,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


@pytest.fixture
def owner(api: object) -> Any:
    return working("owner")


def of(code: ClaimCode, below: str = "") -> str:
    return at(f"claim-codes/{code.pk}/{below}")


class TestSystems:
    def test_each_sees_those_in_which_they_have_a_role(self) -> None:
        found = {
            name: [(each["slug"], each["role"]) for each in look(client, f"{API}systems/")["results"]]
            for name, client in everybody().items()
            if name != "anonymous"
        }
        assert found == {
            "stranger": [],
            "another system's owner": [("village", "owner")],
            **{role: [("city", role)] for role in ("reader", "reviewer", "owner")},
            "administrator": [("city", "owner"), ("village", "owner")],
        }
        assert calling(None).get(f"{API}systems/").status_code == 401

    def test_numbers_leave_out_what_is_kept_for_a_learner_or_deleted(self) -> None:
        make("open day")
        make("gone", deleted_at=timezone.now())
        kept()
        claim("bob@example.com")
        (found,) = look(working("reader"), f"{API}systems/")["results"]
        assert (found["badges"], found["codes"], found["waiting"]) == (4, 2, 1)

    def test_it_takes_the_same_number_of_statements_for_many(self) -> None:
        reader = working("reader")
        few = statements(reader, f"{API}systems/")
        Member.objects.create(system=system("village"), user=member("reader"), role="owner")
        assert statements(reader, f"{API}systems/") == few
        assert len(look(reader, f"{API}systems/")["results"]) == 2

    def test_badges_are_for_members(self) -> None:
        assert statuses("GET", at("badges/")) == expected("reader")
        assert [each["slug"] for each in look(working("reader"), at("badges/"))["results"]] == [
            "coder",
            "librarian",
            "reader",
            "retired",
        ]


class TestWhoMay:
    def test_look(self) -> None:
        code = make("open day")
        made = make_batch()
        for below in ("", "share/", "qr.svg", "qr.png"):
            assert statuses("GET", of(code, below)) == expected("reader"), below
        for below in ("claim-codes/", "claim-codes.csv", "batches/", f"batches/{made['id']}/"):
            assert statuses("GET", at(below)) == expected("reader"), below

    @pytest.mark.parametrize(
        ("below", "body"),
        [("pause/", None), ("resume/", None), ("hand-out/", {"handed_out_to": "The library"})],
    )
    def test_change_a_code(self, below: str, body: Any) -> None:
        code = make("open day", multiuse=True)
        # It is handed out once, by whoever may and comes first.
        second = {"administrator": 409} if body else {}
        assert statuses("POST", of(code, below), body) == {**expected("owner"), **second}
        assert statuses("PATCH", of(code), {"limit": 3}) == expected("owner")

    def test_make_codes(self) -> None:
        sent = {"badge": badge().pk}
        assert statuses("POST", at("claim-codes/"), sent) == expected("owner", 201)
        assert statuses("POST", at("batches/"), {**sent, "label": "x", "number": 1}) == expected("owner", 201)
        address = at(f"claim-codes/import/?badge={badge().pk}&label=x&preview=true")
        found = {
            name: client.post(address, "code\nspring day\n", content_type="text/csv").status_code
            for name, client in everybody().items()
        }
        assert found == expected("owner")

    def test_delete_a_code(self) -> None:
        code = make("open day")
        assert statuses("DELETE", of(code)) == {**expected("owner", 204), "administrator": 409}
        assert code.pk == ClaimCode.objects.get(deleted_at__isnull=False).pk

    def test_mail_a_batch(self) -> None:
        made = make_batch()
        sent = {"addresses": "ada@example.com", "subject": "Come", "message": "All of you."}
        assert statuses("POST", at(f"batches/{made['id']}/mail/"), sent) == expected("owner")
        assert Mail.objects.filter(to="ada@example.com").count() == 1

    def test_another_systems_rows_are_not_there(self, owner: Any) -> None:
        code = make("harvest", "farmer")
        theirs = Batch.objects.create(badge=badge("farmer"), label="Fair")
        for method, address in [
            ("GET", of(code)),
            ("PATCH", of(code)),
            ("DELETE", of(code)),
            *(("POST", of(code, below)) for below in ("pause/", "resume/")),
            *(("GET", of(code, below)) for below in ("share/", "qr.svg", "qr.png")),
            ("GET", at(f"batches/{theirs.pk}/")),
        ]:
            body = {} if method == "PATCH" else None
            assert send(owner, method, address, body).status_code == 404, address
        assert send(owner, "POST", of(code, "hand-out/"), {"handed_out_to": "x"}).status_code == 404
        sent = {"addresses": "ada@example.com", "subject": "Come", "message": "All."}
        assert send(owner, "POST", at(f"batches/{theirs.pk}/mail/"), sent).status_code == 404
        told = done(owner, "POST", at("claim-codes/"), {"badge": badge("farmer").pk}, status=400)
        assert told == {"badge": ["There is no such badge here that can get codes."]}
        assert ClaimCode.objects.get().state == "active"


class TestCodes:
    def test_one_is_made_in_words_of_ones_own(self, owner: Any) -> None:
        sent = {"badge": badge().pk, "code": " Open Day ", "multiuse": True, "limit": 30, "label": "May", "id": 1}
        made = done(owner, "POST", at("claim-codes/"), sent, status=201)
        assert (made["code"], made["limit"], made["state"], made["uses"]) == ("Open Day", 30, "active", 0)
        assert (made["made_by"], made["badge"]["slug"], made["batch"]) == ("owner-of-city", "coder", None)
        assert made["link"].endswith("/claim/Open%20Day/")
        assert look(owner, at(f"claim-codes/{made['id']}/")) == made

    def test_without_words_they_are_made_up(self, owner: Any) -> None:
        made = done(owner, "POST", at("claim-codes/"), {"badge": badge().pk}, status=201)
        assert len(made["code"]) == 12

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"code": "ab"}, "code"),
            ({"code": "open day"}, "code"),
            ({"code": "a\0bc"}, "code"),
            ({"code": "x" * 256}, "code"),
            ({"code": ["open"]}, "code"),
            ({"limit": 0, "multiuse": True}, "limit"),
            ({"limit": 10**400, "multiuse": True}, "limit"),
            ({"limit": 3}, "limit"),
            ({"bound_to": "nobody"}, "bound_to"),
            ({"status": "on"}, "status"),
            ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
            ({"starts_at": "2026-05-21T00:00:00Z", "ends_at": "2026-05-20T00:00:00Z"}, "ends_at"),
            ({"badge": 10**30}, "badge"),
            ({"badge": None}, "badge"),
            ({"badge": {}}, "badge"),
            ({"asks_for": "x" * 501}, "asks_for"),
        ],
    )
    def test_what_is_wrong_is_named(self, owner: Any, told: dict[str, Any], field: str) -> None:
        make("open day")
        assert [*done(owner, "POST", at("claim-codes/"), {"badge": badge().pk, **told}, status=400)] == [field]
        assert ClaimCode.objects.count() == 1

    def test_they_are_listed_and_filtered(self, owner: Any) -> None:
        of_batch = make_batch(label="Spring")
        make("open day", label="May")
        make("read aloud", "reader", status="paused")
        make("gone", deleted_at=timezone.now())
        kept()

        def found(**query: Any) -> int:
            return int(look(owner, at("claim-codes/"), **query)["count"])

        assert (found(), found(search="OPEN"), found(search="may"), found(search="no")) == (4, 1, 1, 0)
        assert (found(badge=badge("reader").pk), found(batch=of_batch["id"])) == (1, 2)
        assert (found(state="paused"), found(state="deleted"), found(state="active")) == (1, 1, 3)
        page = look(owner, at("claim-codes/"), limit=1, offset=1)
        assert len(page["results"]) == 1
        assert page["next"]
        assert page["previous"]
        assert len(look(owner, at("claim-codes/"), limit=1000)["results"]) == 4

    @pytest.mark.parametrize("name", ["badge", "batch", "state"])
    @pytest.mark.parametrize("value", ["x", "9" * 5000, "-1", str(2**70), "\0", "1.5"])
    def test_a_filter_that_means_nothing_is_named(self, owner: Any, name: str, value: str) -> None:
        answer = owner.get(at("claim-codes/"), {name: value})
        assert (answer.status_code, [*answer.json()]) == (400, [name])

    def test_it_takes_the_same_number_of_statements_for_many(self, owner: Any) -> None:
        make_batch(2)
        addresses = [at(below) for below in ("claim-codes/", "claim-codes.csv", "batches/")]
        few = [statements(owner, each) for each in addresses]
        make_batch(30)
        make("open day", "reader", made_by=learner())
        assert [statements(owner, each) for each in addresses] == few

    def test_what_is_kept_for_a_learner_is_nowhere(self, owner: Any) -> None:
        code = kept()
        for method, address in [
            ("GET", of(code)),
            ("DELETE", of(code)),
            *(("POST", of(code, below)) for below in ("pause/", "resume/")),
            *(("GET", of(code, below)) for below in ("share/", "qr.svg", "qr.png")),
        ]:
            assert send(owner, method, address).status_code == 404, address
        assert send(owner, "PATCH", of(code), {"label": "mine"}).status_code == 404
        assert code.code not in owner.get(at("claim-codes/"), {"search": code.code}).content.decode()
        assert code.code not in read(owner.get(at("claim-codes.csv"))).decode()

    def test_only_what_is_sent_changes(self, owner: Any) -> None:
        code = make("open day", multiuse=True, label="May", limit=5)
        changed = done(owner, "PATCH", of(code), {"limit": None, "code": "other", "uses": 7})
        assert (changed["limit"], changed["label"], changed["code"], changed["uses"]) == (None, "May", "open day", 0)
        assert done(owner, "PATCH", of(code), {"multiuse": False, "limit": 3}, status=400).keys() == {"limit"}
        code.refresh_from_db()
        assert code.multiuse

    def test_it_is_paused_and_resumed(self, owner: Any) -> None:
        code = make("open day")
        assert done(owner, "POST", of(code, "pause/"))["state"] == "paused"
        assert done(owner, "POST", of(code, "pause/"))["state"] == "paused"
        assert done(owner, "POST", of(code, "resume/"))["state"] == "active"

    def test_it_is_handed_out(self, owner: Any) -> None:
        code = make("open day")
        sent = {"handed_out_to": "The library", "handed_out_at": "2026-05-21T12:00:00Z"}
        assert done(owner, "POST", of(code, "hand-out/"), sent)["handed_out_to"] == "The library"
        code.refresh_from_db()
        assert code.handed_out_at == datetime(2026, 5, 21, 12, tzinfo=UTC)
        assert done(owner, "POST", of(code, "hand-out/"), {}, status=400).keys() == {"handed_out_to"}

    def test_what_is_deleted_cannot_be_changed(self, owner: Any) -> None:
        code = make("open day")
        done(owner, "DELETE", of(code), status=204)
        assert look(owner, of(code))["state"] == "deleted"
        for method, below, body in [
            ("DELETE", "", None),
            ("PATCH", "", {"label": "x"}),
            ("POST", "pause/", None),
            ("POST", "resume/", None),
            ("POST", "hand-out/", {"handed_out_to": "x"}),
        ]:
            told = done(owner, method, of(code, below), body, status=409)
            assert "deleted" in told["detail"]
        assert owner.get(of(code, "share/")).status_code == 404


class TestSharing:
    def test_links_say_where_they_were_put(self, owner: Any) -> None:
        told = look(owner, of(make("open day"), "share/"))
        assert told["links"]["mail"].endswith("/claim/open%20day/?from=mail")
        assert told["share"].keys() == {"x", "facebook", "linkedin"}
        assert "from=embed" in told["embed"]

    @pytest.mark.parametrize("accept", ["*/*", "image/*", "application/json", "text/html"])
    def test_qr_codes_are_pictures_whatever_is_accepted(self, owner: Any, accept: str) -> None:
        code = make("open day")
        svg = owner.get(of(code, "qr.svg"), headers={"Accept": accept})
        png = owner.get(of(code, "qr.png"), headers={"Accept": accept})
        assert (svg["Content-Type"], svg.content[:4]) == ("image/svg+xml", b"<svg")
        assert (png["Content-Type"], png.content[:4]) == ("image/png", b"\x89PNG")
        assert "no-store" in png["Cache-Control"]
