"""Lists of codes: how files are read, what is said of each row that cannot be, and what becomes of the others."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.http import Pace
from providers.badgekit import batches, claims, code_list, guessing
from providers.badgekit.batches import Terms
from providers.badgekit.code_list import Row
from providers.badgekit.models import Batch, ClaimCode
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claim_page import kept
from tests.providers.badgekit.desk import member, system

pytestmark = pytest.mark.usefixtures("api")
NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)


def read(*lines: str) -> list[Row]:
    return code_list.read("\n".join(lines).encode())


def error(header: str, row: str) -> str:
    """What is wrong with the only row."""
    (found,) = read(header, row)
    assert found.line == 2
    return found.error


def why(data: str | bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        code_list.read(data.encode() if isinstance(data, str) else data)
    return str(caught.value)


def stored(*lines: str) -> tuple[Batch | None, list[Row]]:
    return code_list.store(badge(), "List", read(*lines), None)


class TestReading:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"], ids=str
    )
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_in_whatever_way_a_spreadsheet_saves_it(self, encoding: str, delimiter: str) -> None:
        text = "code,label\r\nTür zwei,Straße\r\n,Café\r\n".replace(",", delimiter)
        assert [(row.line, row.code, row.terms.label, row.error) for row in code_list.read(text.encode(encoding))] == [
            (2, "Tür zwei", "Straße", ""),
            (3, "", "Café", ""),
        ]

    @pytest.mark.parametrize(
        "word", ["\u200b\u200b\u200b", "a\u2028bc", "\u3164\u3164\u3164", "\u202egnp.exe", "a\u00adbc"]
    )
    def test_what_cannot_be_seen_is_no_code(self, word: str) -> None:
        assert "cannot be seen" in error("code", word)

    def test_marks_of_encodings_are_no_part_of_a_code(self) -> None:
        assert [row.code for row in read("\ufeff\ufeffcode", "\ufeffabc1", "فر\u200cدا")] == ["abc1", "فر\u200cدا"]

    def test_each_column_is_a_term(self) -> None:
        header = "Code,label,limit,multiuse,starts_at,ends_at,bound_to,handed_out_to,evidence,needs_approval,note"
        (row,) = read(header, "winter,Door,5,Yes,2026-05-31 12:00,2026-06-30T12:00+02:00,@a.example,Ada,REQUIRED,1,x")
        assert row == Row(
            line=2,
            code="winter",
            terms=Terms(
                label="Door",
                limit=5,
                multiuse=True,
                starts_at=NOON,
                ends_at=datetime(2026, 6, 30, 10, tzinfo=UTC),
                bound_to="@a.example",
                handed_out_to="Ada",
                evidence="required",
                needs_approval=True,
            ),
        )

    @pytest.mark.parametrize(
        ("header", "row", "said"),
        [
            ("code", "ab", "fewer than 3 characters"),
            ("code", "x" * 256, "256 characters"),
            ("code,limit,multiuse", "abc,many,yes", "limit: Enter a whole number."),
            ("code,limit,multiuse", f"abc,{'9' * 10_000},yes", "limit: "),
            ("code,limit,multiuse", "abc,99999999999,yes", "limit: A limit is between 1 and"),
            ("code,limit,multiuse", "abc,0,yes", "limit: A limit is between 1 and"),
            ("code,limit", "abc,5", "limit: Only a code for many has a limit"),
            ("code,multiuse", "abc,perhaps", "multiuse: Write yes or no."),
            ("code,starts_at", "abc,31.5.2026", "starts_at: Write it like 2026-05-31 17:00."),
            ("code,starts_at", "abc,05/06/2026", "starts_at: Write it like 2026-05-31 17:00."),
            ("code,ends_at", "abc,2026-02-30", "ends_at: Write it like 2026-05-31 17:00."),
            ("code,ends_at", "abc,0001-01-01T00:00+14:00", "ends_at: Enter a time of the years"),
            ("code,starts_at,ends_at", "abc,2026-05-02,2026-05-01", "ends_at: It ends before it starts."),
            ("code,bound_to", "abc,nobody", "bound_to: Enter an e-mail address"),
            ("code,evidence", "abc,much", "evidence: Select a valid choice."),
            ("code,label", "abc,\x07", "label: It holds a character that cannot be printed"),
            ("code,label", 'abc,"two\nlines"', "label: It holds a character that cannot be printed"),
            ("code,label", f"abc,{'x' * 256}", "label: Ensure this value has at most 255 characters"),
            ("code,label", "abc,a,b", "It has more values than the first line has names"),
        ],
    )
    def test_a_wrong_row_says_where_and_why(self, header: str, row: str, said: str) -> None:
        assert said in error(header, row)

    def test_the_same_code_again_says_where_it_was(self) -> None:
        rows = read("code", "Tür", "open", "TUR", "ab", "ab", "", "öpen")
        assert {row.line: row.error for row in rows if row.error and "fewer" not in row.error} == {
            4: "Line 2 has the same code.",
            8: "Line 3 has the same code.",
        }

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ("", "has to name the columns"),
            ("winter\nspring\n", "has to name the columns"),
            ("label,limit\na,1\n", "has to name the columns"),
            ("code,Code\na,b", "names the column code twice"),
            ("code\n\n \n", "has no row"),
            ('code\n"open\n', "is not CSV"),
            (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00", "It is no text"),
            (b"\xff\xfec\x00o", "It is no text"),
            ("code\nab".encode("utf-32"), "It is no text"),
            (b"code\nT\x81r", "It is no text"),
            ("code\n" + "x" * 5_000_000, "larger than 5 MB"),
            (("code\n" + "x" * 10 + "ಅ" * 2_400_000).encode("utf-16"), "larger than 5 MB"),
            ("code,x\n" + ",1\n" * 10_001, "10,001 rows, and at most 10,000"),
        ],
    )
    def test_what_cannot_be_read_at_all_says_what_to_do(self, data: str | bytes, said: str) -> None:
        assert said in why(data)


class TestChecking:
    def test_nobody_finds_the_codes_of_others_by_trying_lists(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guessing, "SHORT_WORDS", (Pace(30, guessing.DAY),))
        short, long = read("code", *(f"a{n:02}" for n in range(20))), read("code", *(f"summer{n}" for n in range(99)))
        code_list.checked(short, system(), member())
        with pytest.raises(ValidationError, match="can be tried in a day"):
            code_list.checked(short, system(), member())
        with pytest.raises(ValidationError, match="can be tried in a day"):
            code_list.store(badge(), "List", short, member())
        assert not ClaimCode.objects.exists()
        code_list.checked(long, system(), member())
        code_list.checked(short, system(), member("owner", "village"))

    def test_rows_whose_codes_are_taken_say_so_in_one_statement(self) -> None:
        make("winter")
        make("spring", "farmer")
        reserved = kept()
        claims.delete(make("autumn"))
        city, rows = system(), read("code", "WINTER", "spring", reserved.code, "autumn", "ab", "", "summer")
        with CaptureQueriesContext(connection) as statements:
            found = code_list.checked(rows, city, None)
        assert len(statements) == 1
        taken = "This code is taken on this server: think of another."
        assert [row.error for row in found if row.code != "ab"] == [
            "“Coder” has this code already.",
            *(taken, taken, "", ""),
        ]


class TestStoring:
    def test_good_rows_become_a_batch_and_the_others_are_named(self) -> None:
        make("winter")
        owner = member()
        rows = read("code,label", "spring,Door", "winter,Door", "ab,Door", ",Gate")
        batch, left = code_list.store(badge("reader"), "List", rows, owner)
        assert [(row.line, row.code) for row in left] == [(3, "winter"), (4, "ab")]
        assert batch is not None
        assert (batch.label, batch.made_by, batch.badge) == ("List", owner, badge("reader"))
        made = dict(batch.codes.values_list("label", "code"))
        assert made["Door"] == "spring"
        assert len(made["Gate"]) == 12

    def test_without_a_good_row_there_is_no_batch(self) -> None:
        assert stored("code", "ab")[0] is None
        assert not Batch.objects.exists()

    def test_a_badge_that_gets_no_codes_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            code_list.store(badge("retired"), "List", read("code", "spring"), None)
        assert not ClaimCode.objects.exists()

    def test_10_000_rows_take_few_statements(self) -> None:
        def cost(name: str, number: int) -> int:
            rows = [Row(line=each, code=f"{name}-{each}") for each in range(number)]
            with CaptureQueriesContext(connection) as statements:
                batch, left = code_list.store(badge(), "List", rows, None)
            assert batch is not None
            assert left == []
            return len(statements)

        few, many = cost("few", 1_000), cost("many", 10_000)
        assert many <= 10 * few
        assert few < 60


class TestWriting:
    def test_what_is_written_can_be_read_when_the_codes_are_gone(self) -> None:
        told = {"multiuse": True, "limit": 3, "starts_at": NOON, "bound_to": "@a.example", "handed_out_to": "=cmd()"}
        batches.make_code(
            badge(), "-winter", Terms(label="'=x", asks_for="One,\ntwo.", evidence="optional", **told), None
        )
        batches.make_code(badge(), "'tis", Terms(status="draft"), None)
        codes = batches.codes_of(system())
        file = "".join(code_list.written(codes)).encode()
        assert {row.error for row in code_list.checked(code_list.read(file), system(), None)} == {
            "“Coder” has this code already."
        }
        before = {code.code: code for code in codes}
        batches.delete(codes)
        batch, left = code_list.store(badge(), "Again", code_list.read(file), None)
        assert left == []
        assert batch is not None
        for code in batch.codes.all():
            for column in code_list.COLUMNS:
                assert getattr(code, column) == getattr(before[code.code], column), column

    def test_it_tells_the_state_the_batch_and_the_link(self) -> None:
        batches.make_these(badge(), "Fair", [("Tür", Terms())], member())
        header, row = "".join(code_list.written(batches.codes_of(system()))).splitlines()
        told = dict(zip(header.removeprefix("\ufeff").split(","), row.split(","), strict=True))
        shown = ("badge", "batch", "state", "uses", "made_by", "link")
        assert tuple(told[column] for column in shown) == (
            *("Coder", "Fair", "active", "0", "owner-of-city"),
            "http://127.0.0.1:8000/claim/T%C3%BCr/",
        )

    def test_it_costs_one_statement_for_any_number(self) -> None:
        batches.make_batch(badge(), "Fair", 30, Terms(), member())
        codes = batches.codes_of(system())
        with CaptureQueriesContext(connection) as statements:
            assert len(list(code_list.written(codes))) == 32
        assert len(statements) == 1
