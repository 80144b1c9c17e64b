"""The desk's pages on which codes are made, changed and read in from a list."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.badgekit import batches, claims
from providers.badgekit.batches import Terms
from providers.badgekit.models import Batch, ClaimCode
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import words
from tests.providers.badgekit.desk import at_desk, member, path, system

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]
TERMS = {"status": "active", "evidence": "none"}


def post(below: str, **sent: Any) -> Any:
    return at_desk().post(path(below), sent)


def make_codes(**sent: Any) -> Any:
    return post("codes/make/", **{"badge": badge().pk, "number": 1, **TERMS, **sent})


def faults(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["form"].errors)


def file(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("codes.csv", text.encode() if isinstance(text, str) else text, "text/csv")


def show_list(text: str | bytes, **sent: Any) -> Any:
    return post("codes/import/", **{"badge": badge().pk, "label": "List", "file": file(text), **sent})


def confirm(preview: Any, **changed: Any) -> Any:
    """Send what the preview would send."""
    sent = {field.name: field.value() for field in preview.context["form"] if field.name != "file"}
    return post("codes/import/", **{**sent, "badge": badge().pk, "confirmed": "yes", **changed})


class TestMaking:
    def test_one_in_words_of_one_s_own_has_all_its_terms(self) -> None:
        told = {
            "label": "Door",
            "multiuse": "on",
            "limit": 5,
            "starts_at": "2026-05-31T12:00",
            "bound_to": "@a.example",
        }
        told |= {"evidence": "required", "asks_for": "A picture.", "needs_approval": "on", "status": "draft"}
        answer = make_codes(code=" Tag der Tür ", **told)
        code = ClaimCode.objects.get(code="Tag der Tür")
        assert answer["Location"] == path(f"codes/{code.pk}/")
        assert (code.label, code.multiuse, code.limit, code.bound_to) == ("Door", True, 5, "@a.example")
        assert (code.evidence, code.asks_for, code.needs_approval, code.status) == (
            "required",
            "A picture.",
            True,
            "draft",
        )
        assert str(code.starts_at) == "2026-05-31 12:00:00+00:00"
        assert (code.made_by, code.batch) == (member(), None)

    def test_many_become_a_batch(self) -> None:
        answer = make_codes(number=3, label="Fair")
        batch = Batch.objects.get(label="Fair")
        assert answer["Location"] == path(f"batches/{batch.pk}/")
        assert batch.codes.count() == 3

    def test_a_single_one_may_be_made_up(self) -> None:
        make_codes()
        assert len(ClaimCode.objects.get().code) == 12

    @pytest.mark.parametrize(
        ("sent", "wrong"),
        [
            ({"code": "ab"}, "code"),
            ({"code": "WINTER"}, "code"),
            ({"code": "x" * 256}, "code"),
            ({"code": "a\0bc"}, "code"),
            ({"code": "mine", "number": 2, "label": "x"}, "code"),
            ({"number": 2}, "label"),
            ({"number": 0}, "number"),
            ({"number": 10_001, "label": "x"}, "number"),
            ({"number": "9" * 5_000}, "number"),
            ({"number": "many"}, "number"),
            ({"limit": 3}, "limit"),
            ({"limit": "9" * 30, "multiuse": "on"}, "limit"),
            ({"bound_to": "nobody"}, "bound_to"),
            ({"starts_at": "soon"}, "starts_at"),
            ({"starts_at": "0001-01-01T00:00+14:00"}, "starts_at"),
            ({"starts_at": "2026-05-02T00:00", "ends_at": "2026-05-01T00:00"}, "ends_at"),
            ({"status": "gone"}, "status"),
            ({"badge": ""}, "badge"),
            ({"badge": "9" * 40}, "badge"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(self, sent: dict[str, Any], wrong: str) -> None:
        make("winter")
        assert faults(make_codes(**sent)).keys() == {wrong}
        assert ClaimCode.objects.count() == 1
        assert not Batch.objects.exists()

    def test_only_for_badges_of_the_system_that_are_live(self) -> None:
        for slug in ("retired", "farmer"):
            assert faults(make_codes(badge=badge(slug).pk)).keys() == {"badge"}
        badge("reader").hide()
        offered = at_desk().get(path("codes/make/")).context["form"].fields["badge"].queryset
        assert sorted(each.slug for each in offered) == ["coder", "librarian"]

    def test_10_000_take_few_statements(self) -> None:
        def cost(number: int) -> int:
            client = at_desk()
            sent = {"badge": badge().pk, "number": number, "label": f"{number}", **TERMS}
            with CaptureQueriesContext(connection) as statements:
                assert client.post(path("codes/make/"), sent).status_code == 302
            return len(statements)

        assert cost(10_000) <= 10 * cost(1_000)
        assert ClaimCode.objects.count() == 11_000


class TestEditing:
    def test_the_terms_change_and_the_words_stay(self) -> None:
        code = make("winter", multiuse=True, limit=9, uses=5, claimed=True)
        answer = post(f"codes/{code.pk}/edit/", **TERMS, code="other", label="Door", multiuse="on", limit=2)
        assert answer["Location"] == path(f"codes/{code.pk}/")
        code.refresh_from_db()
        assert (code.code, code.label, code.limit, code.uses) == ("winter", "Door", 2, 5)
        assert code.state == ClaimCode.State.EXHAUSTED

    def test_what_is_shown_can_be_sent_as_it_is(self) -> None:
        terms = Terms(label="Door", multiuse=True, limit=2, evidence="optional", handed_out_to="Ada")
        code = batches.make_code(badge(), "winter", terms, None)
        form = at_desk().get(path(f"codes/{code.pk}/edit/")).context["form"]
        sent = {field.name: field.value() for field in form if field.value() not in (None, False)}
        before = ClaimCode.objects.filter(pk=code.pk).values().get()
        assert post(f"codes/{code.pk}/edit/", **sent).status_code == 302
        after = ClaimCode.objects.filter(pk=code.pk).values().get()
        assert {name for name in before if before[name] != after[name]} <= {"handed_out_at"}

    def test_only_what_is_changed_on_the_page_is_changed(self) -> None:
        code = make("winter", label="Old", ends_at=datetime(2090, 1, 1, 23, 59, 59, tzinfo=UTC))
        shown = at_desk().get(path(f"codes/{code.pk}/edit/")).text
        sent = dict(re.findall(r'name="(initial-[a-z_]+)" value="([^"]*)"', shown))
        sent |= {name.removeprefix("initial-"): value for name, value in sent.items()}
        ClaimCode.objects.update(status="paused", handed_out_to="ada@example.com", handed_out_at=code.made_at)
        assert post(f"codes/{code.pk}/edit/", **{**sent, **TERMS, "label": "New"}).status_code == 302
        now = ClaimCode.objects.get()
        assert (now.label, now.status, now.handed_out_to) == ("New", "paused", "ada@example.com")
        assert (now.handed_out_at, now.ends_at) == (code.made_at, code.ends_at)

    def test_what_makes_no_sense_is_refused(self) -> None:
        code = make("winter")
        assert faults(post(f"codes/{code.pk}/edit/", **TERMS, limit=2)).keys() == {"limit"}

    def test_a_deleted_one_is_not_changed(self) -> None:
        code = make("winter")
        claims.delete(code)
        assert post(f"codes/{code.pk}/edit/", **TERMS, label="x").status_code == 404


class TestReadingAList:
    LIST = "code,label\nspring,Door\nwinter,Door\nab,Door\n,Gate\n"

    def test_it_is_shown_before_anything_is_stored(self) -> None:
        make("winter")
        shown = words(show_list(self.LIST))
        for told in ("2 rows cannot be taken", "3 winter “Coder” has this code already.", "2 codes would be made"):
            assert told in shown
        assert "4 ab A code of fewer than 3 characters" in shown
        assert ClaimCode.objects.count() == 1

    def test_once_confirmed_the_good_rows_are_stored_and_the_others_named(self) -> None:
        make("winter")
        answer = confirm(show_list(self.LIST))
        batch = Batch.objects.get()
        assert answer["Location"] == path(f"batches/{batch.pk}/")
        assert (batch.label, batch.made_by, batch.codes.count()) == ("List", member(), 2)
        shown = words(answer.client.get(answer["Location"]))
        assert "Made: 2." in shown
        assert "Left out: line 3: “Coder” has this code already. line 4: A code of fewer" in shown

    def test_what_is_sent_again_is_believed_no_more_than_the_file(self) -> None:
        preview = show_list(self.LIST)
        make("spring")
        answer = confirm(preview, text="code,limit\nspring,\nsummer,5\nab,\nautumn,\n")
        assert answer.status_code == 302
        assert list(Batch.objects.get().codes.values_list("code", flat=True)) == ["autumn"]
        assert faults(confirm(preview, text="nothing")).keys() == {"file"}
        assert faults(confirm(preview, text="")).keys() == {"file"}
        assert faults(confirm(preview, text="code\na\0b")).keys() >= {"text"}
        assert faults(confirm(preview, badge=badge("farmer").pk)).keys() == {"badge"}
        assert Batch.objects.count() == 1

    def test_if_nothing_is_left_no_batch_is_made(self) -> None:
        preview = show_list("code\nspring\n")
        make("spring")
        assert confirm(preview)["Location"] == path("codes/import/")
        assert not Batch.objects.exists()

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (b"", "empty"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "It is no text"),
            (b"name\nx\n", "has to name the columns"),
            (b"x" * 5_000_001, "larger than 5 MB"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why(self, text: bytes, why: str) -> None:
        assert why in faults(show_list(text))["file"][0]

    def test_texts_are_escaped(self) -> None:
        shown = show_list("code,label\n<b>x,<script>\n<b>,y\n").text
        assert "<b>" not in shown
        assert "<script>" not in shown

    def test_the_largest_file_can_be_confirmed_with_the_ends_of_lines_that_browsers_send(self) -> None:
        text = "code,label\nspring,\n" + "\n" * 2_490_000
        preview = show_list(text)
        assert confirm(preview, text=text.replace("\n", "\r\n")).status_code == 302
        assert batches.codes_of(system()).get().code == "spring"
        assert "larger than 5 MB" in faults(show_list(text + "\n" * 10_000))["file"][0]
