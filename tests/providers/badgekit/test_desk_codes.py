"""The desk's lists of codes and batches: who sees what, what is found, and what is done with many at once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.badgekit import batches, claims
from providers.badgekit.batches import Terms
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, Claim, ClaimCode
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import kept, words
from tests.providers.badgekit.desk import LOOKING, OWNING, at_desk, member, path, statuses
from tests.providers.badgekit.desk_codes import change, fair, listed, said

pytestmark = pytest.mark.usefixtures("api")


class TestWhoMayWhat:
    def test_every_member_may_look_and_only_owners_may_change(self) -> None:
        code, batch = make("winter"), fair()
        for below in ("codes/", f"codes/{code.pk}/", "codes/export/", "batches/", f"batches/{batch.pk}/"):
            assert statuses(path(below)) == LOOKING, below
        for below in ("codes/make/", "codes/import/", f"codes/{code.pk}/edit/"):
            assert statuses(path(below)) == OWNING, below
            assert statuses(path(below), {}) == OWNING, below
        done = {**OWNING, "owner": 302, "administrator": 302}
        for below in ("codes/change/", f"codes/{code.pk}/change/"):
            assert statuses(path(below), {"action": "pause", "codes": code.pk}) == done, below
            assert statuses(path(below)) == dict.fromkeys(OWNING, 405), below

    def test_only_owners_are_shown_what_changes(self) -> None:
        code = make("winter")
        for role in ("reader", "reviewer", "owner"):
            for below in ("codes/", f"codes/{code.pk}/"):
                shown = at_desk(role).get(path(below)).text
                assert ('name="action"' in shown) == (role == "owner")

    def test_codes_that_are_kept_or_of_another_system_are_nowhere(self) -> None:
        reserved, other = kept(), make("theirs", "farmer")
        shown = [at_desk().get(path(below)).text for below in ("codes/", "codes/?state=active")]
        assert not [text for text in shown if reserved.code in text or "theirs" in text]
        assert b"".join(at_desk().get(path("codes/export/"))).count(b"\n") == 1
        for code in (reserved, other):
            for below in (f"codes/{code.pk}/", f"codes/{code.pk}/edit/"):
                assert at_desk().get(path(below)).status_code == 404
            assert at_desk().post(path(f"codes/{code.pk}/change/"), {"action": "pause"}).status_code == 404
            change(code)
        change(every="yes")
        assert set(ClaimCode.objects.values_list("status", flat=True)) == {"active"}
        theirs = batches.make_batch(badge("farmer"), "Theirs", 1, Terms(), None)
        assert at_desk().get(path(f"batches/{theirs.pk}/")).status_code == 404
        assert "Theirs" not in at_desk().get(path("batches/")).text

    def test_home_leads_to_the_codes(self) -> None:
        assert f'href="{path("codes/")}"' in at_desk("reader").get("/desk/").text


class TestTheList:
    def test_it_is_searched_in_any_script_and_case(self) -> None:
        make("Tag der Tür", label="Spring")
        make("李小龍", handed_out_to="The Library")
        make("winter", bound_to="ada@example.org")
        for query, found in (
            ("tur", "Tag der Tür"),
            ("SPRING", "Tag der Tür"),
            ("小", "李小龍"),
            ("library", "李小龍"),
            ("ada@", "winter"),
        ):
            assert listed(f"?q={query}") == {found}, query

    def test_it_is_filtered_by_badge_batch_and_state(self) -> None:
        gone = make("gone")
        claims.delete(gone)
        make("winter", "reader", status="paused")
        batch = fair(2)
        mine = set(batch.codes.values_list("code", flat=True))
        assert listed() == {"winter", *mine}
        assert listed(f"?badge={badge('reader').pk}") == {"winter"}
        assert listed(f"?batch={batch.pk}") == mine
        assert listed("?state=paused") == {"winter"}
        assert listed("?state=active") == mine
        assert listed("?state=deleted") == {"gone"}
        numbers = at_desk().get(path("codes/")).context["states"]
        assert [(state, number) for state, _, number in numbers] == [("active", 2), ("paused", 1), ("deleted", 1)]

    @pytest.mark.parametrize(
        "query", ["?state=x", "?badge=9" + "9" * 30, "?batch=x", "?q=%00", "?q=" + "x" * 300, "?badge=-1", "?badge=%00"]
    )
    def test_what_cannot_be_understood_finds_nothing_and_changes_nothing(self, query: str) -> None:
        code = make("winter")
        answer = at_desk().get(path(f"codes/{query}"))
        assert answer.status_code == 200
        assert "errorlist" in answer.text
        assert list(answer.context["page"]) == []
        change(action="delete", every="yes", confirmed="1", query=query)
        code.refresh_from_db()
        assert code.deleted_at is None

    @pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=" + "9" * 40, "?q=😀", "?q=%D8%A7%E2%80%AE"])
    def test_odd_questions_are_answered(self, query: str) -> None:
        make("winter")
        assert at_desk().get(path(f"codes/{query}")).status_code == 200

    def test_texts_are_escaped(self) -> None:
        code = make("<b>x", label="<script>", handed_out_to="<i>", bound_to="<u>")
        for below in ("codes/", f"codes/{code.pk}/", f"codes/{code.pk}/edit/"):
            shown = at_desk().get(path(below)).text
            assert not [tag for tag in ("<b>x", "<script>", "<i>", "<u>") if tag in shown]

    def test_50_are_on_a_page_and_each_costs_the_same(self) -> None:
        def cost(below: str) -> int:
            client = at_desk("owner")
            with CaptureQueriesContext(connection) as statements:
                assert client.get(path(below)).status_code == 200
            return len(statements)

        first = fair(2)
        code = first.codes.first()
        assert code is not None
        pages = (
            "codes/",
            f"batches/{first.pk}/",
            "batches/",
            f"codes/{code.pk}/",
            f"codes/?state=active&badge={badge().pk}",
        )
        few = [cost(below) for below in pages]
        for number in range(60):
            fair(1, f"Fair {number}")
            make(f"of-it-{number}", batch=first, made_by=member(), handed_out_to="x")
            told = {"code": code, "badge": code.badge, "email": f"{number}@a.example", "state": "awarded"}
            Claim.objects.create(**told)
        assert [cost(below) for below in pages] == few
        assert len(listed()) == 50
        assert len(listed("?page=3")) == 22
        assert len(at_desk().get(path(f"codes/{code.pk}/")).context["claims"]) == 50


class TestOneCode:
    def test_its_page_says_how_it_stands_and_who_claimed_it(self) -> None:
        code = batches.make_code(badge(), "Tür", Terms(label="Door", multiuse=True, limit=3, ends_at=None), member())
        claims.claim(code, Award(email="ada@example.com", base_url="http://testserver/"))
        answer = at_desk("reader").get(path(f"codes/{code.pk}/"))
        shown = words(answer)
        for told in ("Active. It can be claimed.", "Door", "1 of 3", "anybody", "by owner-of-city", "ada@example.com"):
            assert told in shown
        assert 'href="http://127.0.0.1:8000/claim/T%C3%BCr/"' in answer.text
        claim = Claim.objects.get()
        assert f'href="{path(f"claims/{claim.pk}/")}"' in answer.text

    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ({"status": "draft"}, "Draft. Nobody"),
            ({"status": "paused"}, "Paused. Nobody"),
            ({"claimed": True}, "Used up. It has"),
            ({"deleted_at": "2026-01-01T00:00Z"}, "Deleted. Nobody"),
            ({"ends_at": "2020-01-01T00:00Z"}, "Expired. It could"),
            ({"starts_at": "2090-01-01T00:00Z"}, "Scheduled. It can"),
        ],
    )
    def test_each_state_is_said_in_words(self, told: dict[str, Any], state: str) -> None:
        assert state in words(at_desk().get(path(f"codes/{make('winter', **told).pk}/")))

    def test_of_a_deleted_badge_it_says_so(self) -> None:
        code = make("winter")
        Badge.objects.get(slug="coder").hide()
        assert "Its badge has been deleted" in words(at_desk().get(path(f"codes/{code.pk}/")))
        assert "Coder (deleted)" in words(at_desk().get(path("codes/")))

    def test_it_is_changed_on_its_page(self) -> None:
        code, other = make("winter"), make("spring")
        address = path(f"codes/{code.pk}/")
        answer = at_desk().post(f"{address}change/", {"action": "pause", "codes": code.pk})
        assert answer["Location"] == address
        assert "Paused: 1." in said(answer)
        at_desk().post(f"{address}change/", {"action": "pause", "codes": [code.pk, other.pk]})
        other.refresh_from_db()
        assert other.status == "active"


class TestManyAtOnce:
    def test_they_are_paused_resumed_and_handed_out(self) -> None:
        one, two, three = (make(text) for text in ("one", "two", "three"))
        assert "Paused: 2." in said(change(one, two))
        assert "Active from now on: 2. Left as they were: 1." in said(change(one, two, three, action="resume"))
        told = {"handed_out_to": "The fair", "handed_out_at": "2026-05-01T10:00"}
        assert "Marked as handed out: 1." in said(change(one, action="hand_out", **told))
        one.refresh_from_db()
        assert (one.handed_out_to, str(one.handed_out_at)) == ("The fair", "2026-05-01 10:00:00+00:00")

    def test_all_that_are_listed_are_meant_if_that_is_said(self) -> None:
        fair(60)
        other = make("winter", "reader")
        answer = change(every="yes", query=f"?badge={badge().pk}")
        assert answer["Location"].endswith(f"/codes/?badge={badge().pk}")
        assert "Paused: 60." in said(answer)
        other.refresh_from_db()
        assert other.status == "active"

    def test_to_delete_is_asked_twice(self) -> None:
        one, two = make("one"), make("two")
        answer = change(one, two, action="delete")
        assert "Delete 2 codes?" in words(answer)
        assert listed() == {"one", "two"}
        assert "Deleted: 2." in said(change(one, two, action="delete", confirmed="2"))
        assert listed() == set()

    def test_of_all_only_as_many_as_were_confirmed_are_deleted(self) -> None:
        make("one")
        assert "Delete 1 code?" in words(change(action="delete", every="yes"))
        make("two")
        assert "Delete 2 codes?" in words(change(action="delete", every="yes", confirmed="1"))
        assert listed() == {"one", "two"}

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            ({"action": "pause"}, "Choose codes first."),
            ({"action": "explode", "every": "yes"}, "Select a valid choice."),
            ({"every": "yes"}, "This field is required."),
            ({"action": "pause", "codes": "x"}, "is not a valid value"),
            ({"action": "pause", "codes": "99999"}, "is not one of the available choices"),
            ({"action": "hand_out", "every": "yes"}, "Say where, or to whom"),
            ({"action": "hand_out", "every": "yes", "handed_out_to": "x" * 256}, "at most 255 characters"),
            ({"action": "hand_out", "every": "yes", "handed_out_to": "\0"}, "Null characters"),
            ({"action": "hand_out", "every": "yes", "handed_out_to": "a", "handed_out_at": "x"}, "valid date/time"),
            ({"action": "delete", "every": "yes", "confirmed": "x"}, "Enter a whole number."),
        ],
    )
    def test_what_cannot_be_done_is_told_and_changes_nothing(self, sent: dict[str, str], why: str) -> None:
        make("winter")
        before = ClaimCode.objects.values().get()
        answer = at_desk().post(path("codes/change/"), sent)
        assert why in said(answer)
        assert ClaimCode.objects.values().get() == before

    @pytest.mark.parametrize("codes", ["9" * 40, "\0", "-1", "١"])
    def test_ids_that_no_browser_sends_change_nothing(self, codes: str) -> None:
        make("winter")
        before = ClaimCode.objects.values().get()
        assert at_desk().post(path("codes/change/"), {"action": "pause", "codes": codes}).status_code in {302, 400}
        assert ClaimCode.objects.values().get() == before
