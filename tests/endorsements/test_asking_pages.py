"""The page on which endorsements are asked for, as a browser uses it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.models import AuditEntry, Learner, Mail, ProviderAccount
from credentials_badges.endorsements import asking, targets
from credentials_badges.endorsements.models import Endorsement
from tests.badges.test_pages import text_of
from tests.endorsements.world import KINDS, ROSA, World, fresh
from tests.providers.badgekit.claim_page import browser
from tests.providers.badgekit.desk import administrator, at_desk, stranger

LIST = "Rosa Roth <rosa@roth.example>\n\n“Sam, Sand” sam@sand.example"
NOBODY = "00000000-0000-4000-8000-000000000000"
TOLD = {"do": "ask", "people": LIST, "message": "Please do.", "language": "es"}


def page(world: World, kind: str = "template") -> str:
    target = world.target(kind)
    return f"/endorsements/{target.kind}/{targets.ident_of(target)}/"


def signed_in(learner: Learner) -> Client:
    client = browser()
    client.force_login(learner)
    return client


def told_after(client: Client, address: str, sent: dict[str, Any]) -> str:
    """The words of the page that follows."""
    answer = client.post(address, sent)
    assert answer.status_code == 303, text_of(answer)
    return text_of(client.get(answer["Location"].partition("#")[0]))


class TestWhoMay:
    @pytest.mark.parametrize("kind", KINDS)
    def test_strangers_are_led_to_signing_in_and_others_are_told_there_is_no_such_page(
        self, world: World, kind: str
    ) -> None:
        address = page(world, kind)
        assert browser().get(address)["Location"].startswith("/login/?next=")
        for client in (stranger(), signed_in(world.ada), at_desk("reader"), at_desk("owner", "village")):
            assert client.get(address).status_code == 404
            assert client.post(address, TOLD).status_code == 404
        assert not Endorsement.objects.exists()

    @pytest.mark.parametrize("kind", KINDS)
    def test_those_who_decide_in_the_account_and_administrators_find_it(self, world: World, kind: str) -> None:
        worker = world.clerk if kind == "elsewhere" else world.owner
        for client in (signed_in(worker), administrator()):
            answer = client.get(page(world, kind))
            assert world.target(kind).name in text_of(answer)
            assert answer["Cache-Control"].startswith("max-age=0")

    @pytest.mark.parametrize(
        "below",
        ["template/x", "issuer/9", "issuer/99999999999999999999-a", "badge/1", "nonsense/1", f"template/{NOBODY}"],
    )
    def test_what_is_not_there_is_not_found(self, world: World, below: str) -> None:
        assert administrator().get(f"/endorsements/{below}/").status_code == 404


class TestAsking:
    def test_several_people_are_asked_at_once(self, world: World) -> None:
        told = told_after(at_desk(), page(world), TOLD)
        assert "Asked: Rosa Roth, Sam, Sand. A mail is on its way to each." in told
        rows = Endorsement.objects.order_by("pk").values_list("endorser_name", "endorser_email", "language", "message")
        assert list(rows) == [
            ("Rosa Roth", "rosa@roth.example", "es", "Please do."),
            ("Sam, Sand", "sam@sand.example", "es", "Please do."),
        ]
        assert Mail.objects.count() == 2
        assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {world.owner.username}

    def test_whoever_has_been_asked_is_not_asked_again(self, world: World) -> None:
        world.ask(now=timezone.now())
        told = told_after(at_desk(), page(world), TOLD)
        assert "Asked: Sam, Sand." in told
        assert "Asked before, and left as it is: rosa@roth.example." in told
        assert Endorsement.objects.count() == 2

    @pytest.mark.parametrize(
        ("people", "says"),
        [
            ("", "This field is required."),
            (" \n ", "Enter at least one name and address."),
            ("Rosa Roth\nSam sam@sand.example", "Line 1: There is no valid e-mail address."),
            ("\nrosa@roth.example", "Line 2: The name is missing."),
            ("Rosa <rösa@roth.example>", "Line 1: There is no valid e-mail address."),
            (f"{'R' * 256} rosa@roth.example", "Line 1: The name is too long."),
            ("a" * 10_000, "Line 1: There is no valid e-mail address."),
            (
                "\n".join(f"R{n} r{n}@r.example" for n in range(21)),
                "At most 20 people can be asked at once: these are 21.",
            ),
            ("\0", "Null characters are not allowed."),
        ],
    )
    def test_what_is_wrong_with_the_list_is_told_beside_it_and_nothing_is_lost(
        self, world: World, people: str, says: str
    ) -> None:
        answer = at_desk().post(page(world), {**TOLD, "people": people})
        assert answer.status_code == 400
        assert says in " ".join(answer.context["form"].errors["people"])
        assert says in text_of(answer)
        assert answer.context["form"]["message"].value() == "Please do."
        assert not Endorsement.objects.exists()

    @pytest.mark.parametrize(
        ("name", "value"), [("message", "x" * 5_001), ("language", "xx"), ("people", "x\n" * 10_001)]
    )
    def test_what_is_too_long_or_unknown_is_refused(self, world: World, name: str, value: str) -> None:
        answer = at_desk().post(page(world), {**TOLD, name: value})
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, [name])

    def test_switched_off_nobody_is_asked_and_it_is_told_who_can_switch_it_on(self, world: World) -> None:
        ProviderAccount.objects.update(endorsements_enabled=False)
        owner = at_desk().get(page(world))
        assert "Asking for endorsements is switched off for Our city. An administrator can switch it on" in text_of(
            owner
        )
        assert "Whom do you ask?" not in text_of(owner)
        switch = f"/admin/badges/badgekitaccount/{world.account.pk}/change/"
        assert switch not in owner.text
        assert switch in administrator().get(page(world)).text
        answer = at_desk().post(page(world), TOLD)
        assert answer.status_code == 400
        assert answer.context["form"].non_field_errors() == ["Endorsements are switched off for this account."]
        assert not Mail.objects.exists()

    def test_the_form_begins_in_the_language_of_whoever_asks(self, world: World) -> None:
        client = at_desk()
        client.cookies["django_language"] = "es"
        assert client.get(page(world)).context["form"]["language"].value() == "es"


class TestRequests:
    def test_each_state_is_told_with_what_can_be_done(self, world: World) -> None:
        now = timezone.now()
        for state in Endorsement.State.values:
            row = world.ask(email=f"{state}@e.example", name=f"Eve {state}", now=now)
            Endorsement.objects.filter(pk=row.pk).update(state=state, text="**Yes**", in_name_of="Eve & Co.")
        answer = at_desk().get(page(world))
        deeds = {}
        for article in re.findall("<article.*?</article>", answer.text, re.DOTALL):
            name = re.findall(r"Eve (\w+)", article)[0]
            deeds[name] = re.findall('name="do" value="([a-z]+)"', article)
            assert ("<strong>Yes</strong>" in article) == (name in {"accepted", "hidden"})
        assert deeds == {
            **{name: ["remind", "cancel"] for name in ("requested", "viewed")},
            "accepted": ["hide"],
            "hidden": ["show"],
            **{name: [] for name in ("declined", "expired", "cancelled", "revoked")},
        }

    def test_each_deed_is_done_once(self, world: World) -> None:
        client, address, now = at_desk(), page(world), timezone.now()
        open_one, said = world.ask(now=now), world.accepted(email="eve@e.example", now=now)
        for row, deed, once in (
            (open_one, "remind", "Rosa Roth is reminded: a mail is on its way."),
            (open_one, "cancel", "The request to Rosa Roth is cancelled."),
            (said, "hide", "The endorsement by Rosa Roth is hidden."),
            (said, "show", "The endorsement by Rosa Roth is shown again."),
        ):
            sent = {"do": deed, "endorsement": str(row.uuid), "reason": "Found another."}
            assert once in told_after(client, address, sent)
            assert "That could not be done" in told_after(client, address, sent)
        assert (fresh(open_one).state, fresh(open_one).reason) == ("cancelled", "Found another.")
        assert fresh(said).state == "accepted"
        assert AuditEntry.objects.filter(action__contains="reminded", actor=world.owner).count() == 1

    @pytest.mark.parametrize("uuid", ["", "x", "\0", NOBODY, "0" * 5_000])
    def test_a_request_that_is_not_there_or_about_something_else_is_left_alone(self, world: World, uuid: str) -> None:
        other = world.ask("issuer", now=timezone.now())
        for sent in (uuid, str(other.uuid)):
            assert "That could not be done" in told_after(at_desk(), page(world), {"do": "cancel", "endorsement": sent})
        assert fresh(other).state == "requested"

    def test_one_whose_time_is_over_is_not_offered_any_more(self, world: World) -> None:
        world.ask(now=timezone.now() - timedelta(days=31))
        answer = at_desk().get(page(world))
        assert "Not answered in time" in text_of(answer)
        assert 'value="remind"' not in answer.text
        assert 'value="cancel"' not in answer.text

    def test_whoever_was_reminded_today_is_not_offered_again(self, world: World) -> None:
        now = timezone.now()
        asking.remind(world.ask(now=now - timedelta(days=2)), now)
        answer = at_desk().get(page(world))
        assert "reminded" in text_of(answer)
        assert 'value="remind"' not in answer.text

    def test_a_page_has_twenty_five_and_costs_no_more_for_many_than_for_few(self, world: World) -> None:
        def cost(query: str = "") -> int:
            with CaptureQueriesContext(connection) as statements:
                assert client.get(page(world) + query).status_code == 200
            return len(statements)

        client, first = at_desk(), world.accepted(now=timezone.now())
        few = cost()
        about = {"account": world.account, "kind": "template", "template": world.template, "language": "en"}
        times = {"asked_at": first.asked_at, "expires_at": first.expires_at}
        rows = [
            Endorsement(endorser_name=f"Eve {n}", state="accepted", text="Yes", **about, **times) for n in range(60)
        ]
        Endorsement.objects.bulk_create(rows)
        assert cost() == few
        answers = [client.get(page(world) + query) for query in ("", "?page=2", "?page=3", "?page=x")]
        assert [answer.text.count("<article") for answer in answers] == [25, 25, 11, 25]
        assert "Page 3 of 3" in text_of(answers[2])

    def test_what_strangers_have_written_is_escaped(self, world: World) -> None:
        evil = "<script>alert(1)</script>"
        row = world.accepted(in_name_of=evil, text=f"Good. {evil} <img src=x onerror=alert(1)>", now=timezone.now())
        Endorsement.objects.filter(pk=row.pk).update(endorser_name=evil, reason=evil)
        text = at_desk().get(page(world)).text
        assert "<script>alert" not in text
        assert "onerror" not in text


class TestTheSwitch:
    def test_it_is_for_administrators_and_is_written_down(self, world: World) -> None:
        address = f"/admin/badges/badgekitaccount/{world.account.pk}/change/"
        whole = {
            "name": "Our city",
            "external_id": "city",
            "option_earned": "code",
            "initial-endorsements_enabled": "on",
        }
        assert administrator().post(address, whole).status_code == 302
        assert not ProviderAccount.objects.get(pk=world.account.pk).endorsements_enabled
        assert AuditEntry.objects.get().changes["endorsements_enabled"] == [True, False]
        assert at_desk().post(address, {**whole, "endorsements_enabled": "on"}).status_code in {302, 403}
        assert not ProviderAccount.objects.get(pk=world.account.pk).endorsements_enabled

    def test_programs_that_do_not_know_it_leave_it_as_it_is(self, world: World) -> None:
        address = f"/admin/badges/badgekitaccount/{world.account.pk}/change/"
        assert administrator().post(address, {"name": "The city", "external_id": "city"}).status_code == 302
        account = ProviderAccount.objects.get(pk=world.account.pk)
        assert (account.name, account.endorsements_enabled) == ("The city", True)


def test_the_address_of_an_endorser_is_told_only_to_whoever_may_ask(world: World) -> None:
    world.accepted(now=timezone.now())
    assert ROSA in at_desk().get(page(world)).text
    for address in (f"/badges/{world.badge.uuid}/", f"/templates/{world.template.uuid}/"):
        assert ROSA not in browser().get(address).text
