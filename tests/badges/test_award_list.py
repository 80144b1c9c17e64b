"""Lists of learners, as spreadsheets and people write them, and whom they name."""

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges import award_list
from credentials_badges.badges.award_list import Row
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.models import Learner

pytestmark = pytest.mark.once

NAMES = ["Ada Lovelace", "Søren Ærø", "Ελένη", "Дарья", "李小龍", "あべ・さくら", "محمد", "दीपिका", "👩🏽‍🚀 Zoë"]


def told(data: bytes | str) -> list[tuple[str, str, str]]:
    """What the rows say, none of which is wrong."""
    rows = award_list.read(data.encode() if isinstance(data, str) else data)
    assert [row.error for row in rows] == [""] * len(rows)
    return [(row.username, row.email, row.name) for row in rows]


def errors(*lines: str, header: str = "username,email,name") -> dict[int, str]:
    """What is wrong, by line."""
    return {row.line: row.error for row in award_list.read("\n".join([header, *lines]).encode()) if row.error}


def why_unreadable(data: bytes | str) -> str:
    with pytest.raises(Unreadable) as caught:
        award_list.read(data.encode() if isinstance(data, str) else data)
    return str(caught.value)


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            "username,email,name\nada,ada@example.com,Ada\n",
            "name,USERNAME,Email\nAda,ada,ada@example.com",
            "username;email;name\r\nada;ada@example.com;Ada\r\n",
            "username\temail\tname\rada\tada@example.com\tAda\r",
            '"username", "email" ,"name"\n"ada", "ada@example.com" ,"Ada"'.replace(" ", ""),
            " Username , Email , Name \n  ada , ada@example.com , Ada ",
            "\n\n,,\nusername,email,name\n\n , ,\nada,ada@example.com,Ada\n,,\n\n",
            "id,email,country,username,name\n7,ada@example.com,GB,ada,Ada",
            "username,email,name\nada,ada@example.com,Ada,,,\n",
        ],
    )
    def test_columns_stand_in_any_order_and_are_delimited_in_several_ways(self, text: str) -> None:
        assert told(text) == [("ada", "ada@example.com", "Ada")]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_names_of_any_script_are_read_in_each_encoding(self, encoding: str, delimiter: str) -> None:
        lines = [f"名{number}{delimiter}{name}" for number, name in enumerate(NAMES)]
        text = "\r\n".join([f"Username{delimiter}Name", *lines])
        assert told(text.encode(encoding)) == [(f"名{number}", "", name) for number, name in enumerate(NAMES)]

    def test_one_column_is_enough(self) -> None:
        assert told("username\nada\nben\n") == [("ada", "", ""), ("ben", "", "")]
        assert told("Email\nada@example.com") == [("", "ada@example.com", "")]

    def test_a_quoted_value_may_hold_the_delimiter(self) -> None:
        assert told('username,name\nada,"Lovelace, ""Ada"""') == [("ada", "", 'Lovelace, "Ada"')]

    def test_a_row_knows_its_line(self) -> None:
        rows = award_list.read(b'username,note\n\nada,"two\nlines"\n\nben,\n')
        assert [(row.line, row.username) for row in rows] == [(3, "ada"), (6, "ben")]

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            (",,Ada", "It has neither a username nor an address."),
            ("a\0da,,", "The username holds a character that cannot be printed"),
            ('"a\nda",,', "The username holds a character that cannot be printed"),
            ('ada,,"A\vda"', "The name holds a character that cannot be printed"),
            ("x" * 256 + ",,", "The username has 256 characters, and may have 255."),
            (f"ada,{'x' * 250}@example.com,", "The address has 262 characters, and may have 254."),
            ("ada,," + "x" * 256, "The name has 256 characters, and may have 255."),
            ("ada,nobody,", "“nobody” is no valid address."),
            (",a b@example.com,", "“a b@example.com” is no valid address."),
            ("ada,,Lovelace, Ada", "It has more values than the first line has names"),
        ],
    )
    def test_a_wrong_row_is_named_and_the_others_are_read(self, row: str, why: str) -> None:
        found = errors("ben,ben@example.com,Ben", row, "cem,,")
        assert list(found) == [3]
        assert found[3].startswith(why)

    def test_as_long_as_the_database_takes_it(self) -> None:
        for column, field in (("username", "username"), ("email", "email"), ("name", "full_name")):
            assert award_list.LONGEST[column] == Learner._meta.get_field(field).max_length  # type: ignore[union-attr]
        assert errors("x" * 255 + ",," + "n" * 255) == {}

    def test_rows_that_name_the_same_learner_again_say_where_the_first_is(self) -> None:
        found = errors("ada,ada@example.com,Ada", "ben,,", "ada,,", ",X@example.com,", ",x@EXAMPLE.com,", ",,", ",,x")
        assert found == {
            4: "Line 2 names the same learner.",
            6: "Line 5 names the same learner.",
            8: "It has neither a username nor an address.",
        }

    def test_usernames_differ_by_case(self) -> None:
        assert errors("ada,,", "Ada,,") == {}


class TestUnreadable:
    @pytest.mark.parametrize(
        "data",
        [
            "username,name\nada,Søren".encode("latin-1"),
            "username,name\nada,Ελένη".encode("cp1253"),
            "username\nada".encode("utf-16-le"),
            "username\nada".encode("utf-16-be"),
            "username\nada".encode("utf-32"),
            b"\xff\xfeu\x00s\x00e",
            b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xb5U0#",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ],
    )
    def test_another_encoding_or_kind_of_file_is_told_from_utf_8(self, data: bytes) -> None:
        assert why_unreadable(data) == award_list.NOT_UTF_8

    @pytest.mark.parametrize(
        "text", ["", "\n \n", "ada,ada@example.com,Ada\n", "name\nAda", "user name,mail\nada,a@example.com", "\n,,,\n"]
    )
    def test_the_first_line_has_to_name_the_columns(self, text: str) -> None:
        assert "has to name the columns" in why_unreadable(text)

    def test_a_column_is_named_once(self) -> None:
        assert why_unreadable("email,Email\na@example.com,b@example.com").startswith("The first line names the column")

    @pytest.mark.parametrize("text", ["username", "username,email\n\n,,\n , \n"])
    def test_a_list_without_a_row_names_nobody(self, text: str) -> None:
        assert why_unreadable(text) == "It names no learner."

    def test_a_quotation_mark_that_is_not_closed_is_found(self) -> None:
        assert why_unreadable('username\nada\n"ben\ncem\n').startswith("Line 4 is not CSV: unexpected end of data.")
        assert why_unreadable('username\n"ada" the first,\n').startswith("Line 2 is not CSV")
        assert why_unreadable("username\n" + "x" * 200_000).startswith("Line 2 is not CSV: field larger")

    def test_too_many_rows_are_refused(self) -> None:
        rows = [f"learner{number}" for number in range(award_list.MOST_ROWS)]
        assert len(told("\n".join(["username", *rows]))) == 5_000
        refused = "It has 5,001 rows, and at most 5,000 are taken at once: split it."
        assert why_unreadable("\n".join(["username", *rows, "one-more"])) == refused
        with pytest.raises(Unreadable, match="5,001 rows"):
            award_list.read_lines("\n".join([*rows, "one-more"]))

    def test_too_large_a_file_is_refused(self) -> None:
        assert why_unreadable(b"x" * 1_000_001) == "It is larger than 1 MB: split it."
        with pytest.raises(Unreadable, match="1 MB"):
            award_list.read_lines("ü" * 500_001)


class TestLines:
    def test_a_line_with_an_at_sign_is_an_address(self) -> None:
        assert award_list.read_lines("ada\r\n\n  ben@example.com \n李小龍\n") == [
            Row(line=1, username="ada"),
            Row(line=3, email="ben@example.com"),
            Row(line=4, username="李小龍"),
        ]

    def test_wrong_and_repeated_lines_are_named(self) -> None:
        rows = award_list.read_lines("ada\na@b\nada\nx\0y\n" + "u" * 256)
        assert [(row.line, bool(row.error)) for row in rows] == [(1, False), (2, True), (3, True), (4, True), (5, True)]

    @pytest.mark.parametrize("text", ["", " \n\t\n"])
    def test_an_empty_text_names_nobody(self, text: str) -> None:
        with pytest.raises(Unreadable, match="It names no learner"):
            award_list.read_lines(text)


@pytest.mark.django_db
class TestFinding:
    @pytest.fixture(autouse=True)
    def _learners(self) -> None:
        for username, email in (
            ("ada", "Ada@Example.com"),
            ("Ada", "other@example.com"),
            ("ben", "shared@example.com"),
            ("cem", "shared@example.com"),
            ("dan", ""),
        ):
            Learner.objects.create(username=username, email=email, full_name=username.upper())

    def found(self, *rows: Row) -> list[str]:
        """The username of each, with a star if new, or the error."""
        return [
            (each.learner.username + "*" * (each.learner.pk is None)) if each.learner else each.row.error
            for each in award_list.find(rows)
        ]

    def test_by_username_exactly_whatever_the_address(self) -> None:
        rows = [
            Row(line=1, username="ada", email="shared@example.com"),
            Row(line=2, username="Ada"),
            Row(line=3, username="dan", email="new@example.com"),
        ]
        assert self.found(*rows) == ["ada", "Ada", "dan"]

    def test_else_by_address_in_any_case_if_it_is_one_learners(self) -> None:
        rows = [
            Row(line=1, email="aDA@example.COM"),
            Row(line=2, email="shared@example.com"),
            Row(line=3, email="nobody@example.com"),
        ]
        ada, shared, nobody = self.found(*rows)
        assert ada == "ada"
        assert shared == "Several learners have this address; give the username."
        assert nobody.startswith("Nobody has this address; add a username")

    def test_an_unknown_username_with_an_address_makes_a_new_learner(self) -> None:
        rows = [Row(line=1, username="ÉVA", email="eva@example.com", name="Éva"), Row(line=2, username="ADA")]
        new, unknown = self.found(*rows)
        assert new == "ÉVA*"
        assert unknown.startswith("Nobody has this username.")
        assert not Learner.objects.filter(username="ÉVA").exists()

    def test_an_unknown_username_with_somebodys_address_is_not_guessed_at(self) -> None:
        rows = [
            Row(line=1, username="ADA", email="ada@example.com"),
            Row(line=2, username="new", email="new@example.com"),
            Row(line=3, username="newer", email="NEW@example.com"),
        ]
        known, new, newer = self.found(*rows)
        assert known.startswith("Nobody has this username, but “ada” has this address")
        assert new == "new*"
        assert newer.startswith("Nobody has this username, but “new” has this address")

    def test_two_rows_that_lead_to_the_same_learner_are_one(self) -> None:
        rows = [
            Row(line=4, username="ada"),
            Row(line=5, email="ada@example.com"),
            Row(line=6, username="new", email="new@example.com"),
            Row(line=7, email="new@example.com"),
        ]
        assert self.found(*rows) == [
            "ada",
            "Line 4 names the same learner, “ada”.",
            "new*",
            "Line 6 names the same learner, “new”.",
        ]

    def test_wrong_rows_stay_wrong(self) -> None:
        assert self.found(Row(line=1, username="ada", error="No.")) == ["No."]

    def test_accents_are_not_overlooked(self) -> None:
        Learner.objects.create(username="zoe", email="zoë@example.com")
        (each,) = self.found(Row(line=1, email="zoe@example.com"))
        assert each.startswith("Nobody has this address")

    def test_new_learners_are_stored_without_a_password(self) -> None:
        rows = [
            Row(line=number, username=f"名{number}", email=f"n{number}@example.com", name=name)
            for number, name in enumerate(NAMES)
        ]
        learners = award_list.store(award_list.find([Row(line=99, username="ada"), *rows]))
        assert [learner.username for learner in learners] == ["ada", *[row.username for row in rows]]
        stored = Learner.objects.in_bulk([learner.pk for learner in learners])
        assert [stored[learner.pk].full_name for learner in learners] == ["ADA", *NAMES]
        assert not any(is_password_usable(stored[learner.pk].password) for learner in learners[1:])
        assert stored[learners[1].pk].identity_as_of is None  # Whatever an event tells, is newer.

    def test_one_whom_an_event_introduces_meanwhile_is_taken_as_the_event_says(self) -> None:
        candidates = award_list.find([Row(line=1, username="new", email="list@example.com")])
        Learner.objects.create(username="new", email="event@example.com")
        (learner,) = award_list.store(candidates)
        assert (learner.pk is not None, learner.email) == (True, "event@example.com")

    def test_many_rows_cost_as_many_statements_as_few(self) -> None:
        counts = []
        for number in (3, 300):
            rows = [Row(line=n, username=f"u{n}", email=f"{number}-{n}@example.com") for n in range(number)]
            rows += [Row(line=1000 + n, email=f"mail-{n}@example.com") for n in range(number)]
            with CaptureQueriesContext(connection) as captured:
                award_list.find(rows)
            counts.append(len(captured))
        assert counts == [2, 2]
