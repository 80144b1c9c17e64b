"""Third parties are asked, reminded, and asked no longer; what they say is hidden and shown again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import AuditEntry, Learner, Mail, ProviderAccount
from credentials_badges.endorsements import answering, asking, letters
from credentials_badges.endorsements.asking import Asked, Refused, SwitchedOff
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.world import DAY, KINDS, NOW, ROSA, World, fresh

State = Endorsement.State


def people(*emails: str, name: str = "Rosa Roth", language: str = "en") -> list[Asked]:
    return [Asked(name=name, email=email, language=language) for email in emails]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_asked_for_by_a_mail_with_a_link(world: World, kind: str) -> None:
    made = world.ask(kind)
    mail = Mail.objects.get()
    target = world.target(kind)
    assert mail.to == ROSA
    assert target.name in mail.subject
    assert f"https://badges.example{answering.link(made)}" in mail.text
    assert "Please do." in mail.text
    assert "You need no account" in mail.text
    assert "1 July 2026" in mail.text
    assert target.address in mail.text
    assert (made.state, made.asked_by) == (State.REQUESTED, world.owner)
    assert made.expires_at == NOW + 30 * DAY


def test_the_mail_is_in_the_language_of_whoever_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    languages: list[Any] = []
    real = letters.render_to_string

    def noted(*args: Any) -> str:
        languages.append(letters.translation.get_language())
        return real(*args)

    monkeypatch.setattr(letters, "render_to_string", noted)
    asking.ask(world.target(), world.owner, people=people(ROSA, language="es"), message="", now=NOW)
    asking.ask(world.target(), world.owner, people=people("eve@e.example", language="xx"), message="", now=NOW)
    assert languages == ["es", "en"]
    assert list(Endorsement.objects.order_by("pk").values_list("language", flat=True)) == ["es", "en"]


def test_nobody_is_asked_twice_about_the_same_thing_while_it_is_open_or_accepted(world: World) -> None:
    made = world.ask()
    again = asking.ask(world.target(), world.owner, people=people("Rosa@ROTH.example"), message="", now=NOW)
    assert again.made == []
    assert [each.email for each in again.already] == ["Rosa@ROTH.example"]
    answering.accept(made, text="Good.", in_name_of="Rosa", url="", voice=None, now=NOW)
    assert asking.ask(world.target(), world.owner, people=people(ROSA), message="", now=NOW).made == []
    asking.hide(made, world.owner, NOW)
    assert asking.ask(world.target(), world.owner, people=people(ROSA), message="", now=NOW).made == []
    answering.revoke(made, "", NOW)
    assert len(asking.ask(world.target(), world.owner, people=people(ROSA), message="", now=NOW).made) == 1


def test_the_same_person_is_asked_about_another_thing_and_another_about_the_same(world: World) -> None:
    first = world.ask()
    assert len({first.pk, world.ask("badge").pk, world.ask("issuer").pk, world.ask(email="eve@e.example").pk}) == 4


def test_an_address_that_is_written_twice_is_asked_once(world: World) -> None:
    outcome = asking.ask(world.target(), world.owner, people=people(ROSA, ROSA.upper()), message="", now=NOW)
    assert (len(outcome.made), len(outcome.already)) == (1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        people(),
        people("no address"),
        people("rosa@roth.example\r\nBcc: eve@e.example"),
        people(ROSA, name=" \n\t"),
        people(ROSA, name="R" * 256),
        people(*(f"rosa{number}@roth.example" for number in range(21))),
    ],
    ids=["nobody", "no address", "header", "no name", "long name", "twenty-one"],
)
def test_what_cannot_be_asked_is_refused_and_nobody_is_asked(world: World, asked: list[Asked]) -> None:
    with pytest.raises(Refused):
        asking.ask(world.target(), world.owner, people=[*asked], message="", now=NOW)
    assert not Endorsement.objects.exists()
    assert not Mail.objects.exists()


def test_a_message_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        world.ask(message="x" * 5_001)
    assert not Mail.objects.exists()


def test_names_and_messages_make_no_headers_and_hold_nothing_unseen(world: World) -> None:
    ProviderAccount.objects.filter(pk=world.account.pk).update(name="Our\r\nBcc: eve@e.example city")
    made = world.ask(name="Rosa\r\nBcc: eve@e.example\0", message="One\r\ntwo\x1b[31m \ud800three\u202e")
    subject = Mail.objects.get().subject
    assert "\n" not in subject
    assert subject.startswith("Our Bcc: eve@e.example city asks")
    assert made.endorser_name == "Rosa Bcc: eve@e.example"
    assert made.message == "One\ntwo[31m three"


def test_an_account_that_is_switched_off_asks_and_reminds_nobody(world: World) -> None:
    made, said = world.ask(), world.accepted("badge")
    ProviderAccount.objects.update(endorsements_enabled=False)
    with pytest.raises(SwitchedOff):
        world.ask(email="eve@e.example")
    assert not asking.remind(made, NOW + DAY)
    assert asking.hide(said, world.owner, NOW)
    assert asking.show(said, world.owner, NOW)
    assert asking.cancel(made, world.owner, NOW)


def test_a_retired_learners_badge_is_not_asked_for(world: World) -> None:
    target = world.target("badge")
    Learner.objects.filter(pk=world.ada.pk).update(retired_at=NOW)
    with pytest.raises(Refused):
        asking.ask(target, world.owner, people=people(ROSA), message="", now=NOW)
    assert not Mail.objects.exists()


def test_an_account_asks_no_more_than_two_hundred_people_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_A_DAY", 2)
    world.ask(), world.ask("badge")
    with pytest.raises(Refused):
        world.ask("issuer")
    assert world.ask("elsewhere").pk
    assert world.ask("issuer", now=NOW + DAY).pk


def test_whoever_cancels_tells_the_endorser_and_lets_them_be_asked_again(world: World) -> None:
    made = world.ask()
    assert asking.cancel(made, world.owner, NOW, "It was\0 a mistake.")
    assert not asking.cancel(fresh(made), world.owner, NOW)
    row, mail = fresh(made), Mail.objects.latest("pk")
    assert (row.state, row.reason, row.open_key, row.ended_at) == (State.CANCELLED, "It was a mistake.", None, NOW)
    assert (mail.to, "no longer" in mail.subject, "It was a mistake." in mail.text) == (ROSA, True, True)
    assert world.ask().pk != made.pk


def test_whoever_was_asked_is_reminded_at_most_once_a_day(world: World) -> None:
    made = world.ask()
    assert asking.remind(made, NOW + DAY)
    assert not asking.remind(fresh(made), NOW + DAY + DAY / 2)
    assert asking.remind(fresh(made), NOW + 2 * DAY)
    assert fresh(made).reminders == 2
    assert Mail.objects.filter(subject__startswith="A reminder").count() == 2


@pytest.mark.parametrize("deed", ["cancel", "accept", "decline", "late"])
def test_nobody_is_reminded_of_what_has_ended(world: World, deed: str) -> None:
    made, now = world.ask(), NOW + DAY
    if deed == "cancel":
        asking.cancel(made, world.owner, NOW)
    elif deed == "accept":
        answering.accept(made, text="Good.", in_name_of="", url="", voice=None, now=NOW)
    elif deed == "decline":
        answering.decline(made, "", NOW)
    else:
        now = NOW + 30 * DAY
    assert not asking.remind(fresh(made), now)
    assert not Mail.objects.filter(subject__startswith="A reminder").exists()


def test_what_was_said_is_hidden_and_shown_again(world: World) -> None:
    made, open_one = world.accepted(), world.ask("badge")
    assert not asking.show(made, world.owner, NOW)
    assert asking.hide(made, world.owner, NOW + DAY)
    assert (fresh(made).state, fresh(made).ended_at) == (State.HIDDEN, NOW + DAY)
    assert not asking.hide(fresh(made), world.owner, NOW)
    assert asking.show(made, world.owner, NOW)
    assert (fresh(made).state, fresh(made).ended_at) == (State.ACCEPTED, None)
    assert not asking.hide(open_one, world.owner, NOW)


def test_all_that_owners_do_is_written_down_and_names_no_endorser(world: World) -> None:
    made = world.ask()
    asking.remind(made, NOW + DAY, world.owner)
    answering.accept(made, text="Good.", in_name_of="", url="", voice=None, now=NOW + DAY)
    asking.hide(made, world.owner, NOW)
    asking.show(made, world.owner, NOW)
    asking.cancel(world.ask("badge"), world.owner, NOW)
    asking.cancel(made, world.owner, NOW)  # Which does nothing.
    entries = list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "via", "model"))
    template, badge = "badges.badgetemplate", "badges.badge"
    assert entries == [
        ("asked for an endorsement", world.owner.pk, "desk", template),
        ("reminded of a request for an endorsement", world.owner.pk, "desk", template),
        ("hid an endorsement", world.owner.pk, "desk", template),
        ("showed an endorsement again", world.owner.pk, "desk", template),
        ("asked for an endorsement", world.owner.pk, "desk", badge),
        ("cancelled a request for an endorsement", world.owner.pk, "desk", badge),
    ]
    assert not AuditEntry.objects.filter(label__contains="Rosa").exists()


def test_the_mails_of_one_request_are_sent_in_their_order(world: World) -> None:
    made = world.ask()
    asking.remind(made, NOW + DAY)
    asking.cancel(made, world.owner, NOW + DAY)
    assert set(Mail.objects.values_list("topic", flat=True)) == {str(made.uuid)}


def test_asking_twenty_people_takes_a_bounded_number_of_statements(world: World) -> None:
    def statements(number: int) -> int:
        asked = people(*(f"r{number}-{each}@roth.example" for each in range(number)))
        target = world.target()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            asking.ask(target, world.owner, people=asked, message="", now=NOW)
        return len(captured)

    assert statements(20) - statements(2) <= 18 * 2  # A row, and a line in the trail.
