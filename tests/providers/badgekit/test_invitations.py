"""Codes that are mailed to lists of people: who gets which, what the mail holds, and that nobody gets two."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.models import Mail
from providers.badgekit import invitations
from providers.badgekit.invitations import Letter
from providers.badgekit.models import Batch, ClaimCode, CodeVisits
from tests.badges.test_racing import race
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import code, kept, words
from tests.providers.badgekit.mailed import ADA, BEN, CYD, NOW, look, press, read, whose
from tests.providers.badgekit.test_printing import filled


class TestTheList:
    def test_it_has_an_address_in_each_line_or_is_a_table(self) -> None:
        assert read(f"\n {ADA} \r\n\n{BEN}") == [(2, ADA, "", ""), (4, BEN, "", "")]
        table = f'Name;id;EMAIL\n"Lovelace,  Ada";1;{ADA}\n;2;{BEN}\n'
        assert read(table) == [(2, ADA, "Lovelace, Ada", ""), (3, BEN, "", "")]

    def test_what_is_wrong_is_said_with_its_line(self) -> None:
        said = read(f"{ADA}\nnobody\nADA@Example.com\nzoë@example.com\na@b\0.example")
        assert [(line, error) for line, _, _, error in said] == [
            (1, ""),
            (2, "“nobody” is no e-mail address."),
            (3, "Line 1 has the same address."),
            (4, "“zoë@example.com” is no e-mail address."),
            (5, "“a@b\0.example” is no e-mail address."),
        ]
        table = read(f"email,name\n,Ada\n{ADA},{'x' * 256}\n{BEN},Ben,junk")
        assert [error.partition(":")[0] for *_, error in table] == [
            "It has no address.",
            "The name has 256 characters, and may have 255.",
            "It has more values than the first line has names",
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "Enter one address"),
            (" \n ", "Enter one address"),
            ("nobody\nnothing", "Enter one address"),
            ("email,name\n", "It names nobody."),
            ('email\n"a', "Line 2 is not CSV"),
            ("a@b.example\n" * 5_001, "It has 5,001 addresses, and at most 5,000 are taken at once"),
        ],
    )
    def test_what_is_no_list_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(Unreadable, match=said):
            read(text)

    def test_a_code_that_is_bound_is_for_its_own_people(self) -> None:
        bound = ClaimCode(multiuse=True, bound_to="@Example.org")
        assert [error for *_, error in read(f"{ADA}\n{BEN}", bound)] == ["The code is only for @Example.org.", ""]


class TestABatch:
    def test_each_gets_a_code_of_their_own(self, batch: Batch) -> None:
        first, second, third = filled(batch, 3)
        assert "Mails written: 2. They leave one after the other, 60 of them a minute." in press(
            batch, ADA, "Ben@Example.org"
        )
        assert whose() == {first.code: ADA, second.code: BEN}
        mails = {mail.to: mail.text for mail in Mail.objects.all()}
        assert first.code in mails[ADA]
        assert second.code in mails["Ben@Example.org"]
        assert not any(third.code in text for text in mails.values())
        assert not ClaimCode.objects.filter(handed_out_to=ADA, handed_out_at=None).exists()
        shared = CodeVisits.objects.values_list("code__code", "kind", "source", "count")
        assert set(shared) == {(each.code, "shared", "mail", 1) for each in (first, second)}

    def test_only_codes_that_are_free_and_were_given_to_nobody_are_used(self, batch: Batch) -> None:
        code("used", batch=batch, claimed=True)
        code("paused", batch=batch, status="paused")
        code("later", batch=batch, starts_at=NOW + timedelta(days=1))
        code("gone", batch=batch, deleted_at=NOW)
        code("printed", batch=batch, handed_out_to="The fair", handed_out_at=NOW)
        code("shared", batch=batch, handed_out_at=NOW)
        code("many", batch=batch, multiuse=True)
        code("hers", batch=batch, bound_to=ADA)
        code("another")
        ClaimCode.objects.filter(pk=kept().pk).update(batch=batch)
        assert "1 more would be needed. Nothing has been sent." in press(batch, BEN)
        assert not Mail.objects.filter(destination=Mail.LISTS).exists()
        code("free", batch=batch)
        press(batch, BEN)
        assert whose() == {"printed": "The fair", "free": BEN}

    def test_bound_codes_go_to_those_whom_they_are_for(self, batch: Batch) -> None:
        code("any", batch=batch)
        code("domain", batch=batch, bound_to="@example.com")
        code("hers", batch=batch, bound_to="ADA@example.com")
        press(batch, CYD, "eve@example.com", ADA)
        assert whose() == {"any": CYD, "domain": "eve@example.com", "hers": ADA}

    def test_too_few_are_too_few_for_all(self, batch: Batch) -> None:
        filled(batch, 1)
        for shown in (words(look(batch, f"{ADA}\n{BEN}\n{CYD}")), press(batch, ADA, BEN, CYD)):
            assert "2 more would be needed. Nothing has been sent." in shown
            assert "Send" not in shown
        assert whose() == {}

    def test_a_second_press_mails_nobody_twice(self, batch: Batch) -> None:
        filled(batch, 5)
        press(batch, ADA, BEN)
        said = press(batch, ADA.upper(), BEN, CYD)
        assert "Mails written: 1." in said
        assert f"Left out, since they have been sent one before: {ADA.upper()}, {BEN}." in said
        assert "Mails written" not in press(batch, ADA, BEN, CYD)
        assert Counter(Mail.objects.values_list("to", flat=True)) == {ADA: 1, BEN: 1, CYD: 1}
        assert f"Left out, since they have been sent one before: 1 Line 1: {ADA}" in words(look(batch, ADA))

    def test_who_lost_a_code_that_was_deleted_gets_another(self, batch: Batch) -> None:
        filled(batch, 2)
        press(batch, ADA)
        ClaimCode.objects.exclude(handed_out_to="").update(deleted_at=NOW)
        press(batch, ADA)
        assert Mail.objects.count() == 2

    def test_a_list_of_any_length_costs_as_many_statements_but_for_what_is_written(self, batch: Batch) -> None:
        def cost(number: int) -> int:
            filled(batch, number)
            guests = invitations.read("\n".join(f"{n}.{number}@example.com" for n in range(number)), batch)
            with CaptureQueriesContext(connection) as caught:
                invitations.send(batch, guests, Letter("Hello", "You"))
            return len(caught)

        cost(1)  # The pictures of the city are asked for once.
        assert cost(2) == cost(80)
        assert Mail.objects.count() == 83

    @pytest.mark.parametrize("lists", [1, 8])
    def test_of_many_who_send_at_once_nobody_hands_a_code_to_two(self, committed: None, lists: int) -> None:
        batch = Batch.objects.create(badge=badge(), label="Open day")
        filled(batch, 40)

        def work(number: int) -> object:
            text = "\n".join(f"{n}.{number % lists}@example.com" for n in range(5))
            return invitations.send(batch, invitations.read(text, batch), Letter("Hello", "You"))

        race(work)
        assert Mail.objects.count() == len(whose()) == len(set(whose().values())) == 5 * lists


class TestACodeForMany:
    def test_all_get_it_once(self, api: None) -> None:
        many = code("open-day", multiuse=True)
        assert "Mails written: 2." in press(many, ADA, BEN)
        said = press(many, ADA, CYD)
        assert f"Left out, since they have been sent one before: {ADA}." in said
        assert {mail.to: "open-day" in mail.text for mail in Mail.objects.all()} == {ADA: True, BEN: True, CYD: True}
        assert "for you alone" not in Mail.objects.all()[0].text
        many.refresh_from_db()
        assert many.handed_out_at
        assert CodeVisits.objects.get().count == 2

    def test_one_that_can_be_claimed_so_often_is_sent_to_no_more(self, api: None) -> None:
        few = code(multiuse=True, limit=3, uses=1, claimed=True)
        assert "1 more uses would be needed. Nothing has been sent." in press(few, ADA, BEN, CYD)
        assert "Mails written: 2." in press(few, ADA, BEN)

    def test_one_that_nobody_can_claim_is_sent_to_nobody(self, api: None) -> None:
        paused = code(multiuse=True, status="paused")
        shown = press(paused, ADA)
        assert "Nobody can claim this code at present: it is paused." in shown
        assert "Nothing has been sent." in shown
        assert not Mail.objects.exists()

    def test_of_many_who_send_it_at_once_each_address_gets_one(self, committed: None) -> None:
        many = code(multiuse=True)
        guests = invitations.read(f"{ADA}\n{BEN}", many)
        race(lambda _: invitations.send(ClaimCode.objects.get(), guests, Letter("Hello", "You")))
        assert Counter(Mail.objects.values_list("to", flat=True)) == {ADA: 1, BEN: 1}
