"""An endorser says yes, says no, and takes back what they said, by a link that is theirs alone."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing

from credentials_badges.badges.models import Learner, Mail
from credentials_badges.endorsements import answering, asking, links
from credentials_badges.endorsements.answering import Refused
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import Issuer, System
from tests.endorsements.world import DAY, KINDS, NOW, ROSA, World, fresh

State = Endorsement.State
SAID: dict[str, Any] = {"text": "It is **good**.", "in_name_of": "Roth & Co.", "url": "", "voice": None}


def token(endorsement: Endorsement) -> str:
    return answering.link(endorsement).split("/")[2]


class TestLinks:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_link_leads_to_its_request(self, world: World, kind: str) -> None:
        made = world.ask(kind)
        assert answering.link(made).startswith("/endorse/")
        assert answering.read(token(made)) == made

    @pytest.mark.parametrize("after", [DAY, 31 * DAY, 3650 * DAY])
    def test_it_leads_there_for_ever(self, world: World, after: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        made = world.ask()
        mailed = token(made)
        monkeypatch.setattr(signing.time, "time", (NOW + after).timestamp)
        assert answering.read(mailed) == made

    def test_no_other_link_leads_anywhere(self, world: World) -> None:
        made, other = world.ask(), world.ask("badge")
        signature = token(made).split(":")[1]
        forged = [
            made.uuid.hex,
            f"{other.uuid.hex}:{signature}",
            f"{made.uuid.hex}:{signature}x",
            signing.Signer(salt="another").sign(made.uuid.hex),
            signing.Signer(salt=links.SALT).sign("no uuid"),
            signing.Signer(salt=links.SALT).sign("0" * 32),
            "",
            "\0",
        ]
        assert [answering.read(each) for each in forged] == [None] * len(forged)

    def test_of_a_retired_learners_badge_it_leads_nowhere(self, world: World) -> None:
        made = world.ask("badge")
        Learner.objects.filter(pk=world.ada.pk).update(retired_at=NOW)
        assert answering.read(token(made)) is None


class TestLooking:
    def test_the_first_look_is_noted(self, world: World) -> None:
        made = world.ask()
        answering.note_view(made, NOW + DAY)
        answering.note_view(fresh(made), NOW + 2 * DAY)
        assert (fresh(made).state, fresh(made).viewed_at) == (State.VIEWED, NOW + DAY)

    @pytest.mark.parametrize("deed", ["cancel", "accept", "late"])
    def test_of_what_has_ended_none_is(self, world: World, deed: str) -> None:
        made, now = world.ask(), NOW
        if deed == "cancel":
            asking.cancel(made, world.owner, NOW)
        elif deed == "accept":
            answering.accept(made, now=NOW, **SAID)
        else:
            now = NOW + 31 * DAY
        before = fresh(made).state
        answering.note_view(fresh(made), now)
        assert (fresh(made).state, fresh(made).viewed_at) == (before, None)


class TestAccepting:
    @pytest.mark.parametrize("kind", KINDS)
    def test_their_words_are_public_and_both_are_told(self, world: World, kind: str) -> None:
        by = world.clerk if kind == "elsewhere" else world.owner
        made = world.ask(kind, by=by)
        Mail.objects.all().delete()
        answering.note_view(made, NOW)
        assert answering.accept(made, now=NOW + DAY, **SAID)
        row = fresh(made)
        assert (row.state, row.text, row.in_name_of) == (State.ACCEPTED, "It is **good**.", "Roth & Co.")
        assert (row.answered_at, row.voice) == (NOW + DAY, ("endorser", row.uuid.hex))
        thanks, told = Mail.objects.order_by("pk")
        assert (thanks.to, told.to) == (ROSA, by.email)
        assert f"https://badges.example{answering.link(made)}" in thanks.text
        assert "revoke it at any time" in thanks.text
        assert "It is **good**." in told.text
        assert answering.link(made) not in told.text

    def test_whoever_asked_and_has_no_valid_address_gets_no_mail(self, world: World) -> None:
        Learner.objects.filter(pk=world.owner.pk).update(email="nowhere")
        world.owner.refresh_from_db()
        made = world.ask()
        Mail.objects.all().delete()
        assert answering.accept(made, now=NOW, **SAID)
        assert Mail.objects.get().to == ROSA

    @pytest.mark.parametrize(
        "wrong",
        [
            {"text": ""},
            {"text": " \n\0 "},
            {"text": "x" * 5_001},
            {"in_name_of": "R" * 256},
            {"url": "javascript:alert(1)"},
            {"url": "https://roth.example/ x"},
            {"url": "https://roth.example/\nx"},
            {"url": f"https://roth.example/{'x' * 500}"},
            {"voice": ("badgekit", "system-0")},
            {"voice": ("badgekit", "nonsense")},
            {"voice": ("credly", "account")},
        ],
    )
    def test_what_cannot_be_shown_is_refused_and_nothing_happens(self, world: World, wrong: dict[str, Any]) -> None:
        made = world.ask()
        with pytest.raises(Refused):
            answering.accept(made, now=NOW, **{**SAID, **wrong})
        assert fresh(made).state == State.REQUESTED
        assert Mail.objects.count() == 1

    def test_what_nobody_sees_is_left_out_and_names_are_of_one_line(self, world: World) -> None:
        made = world.ask()
        said = {"text": "One\r\n\x07two\u202e", "in_name_of": " Roth\n &  Co.\0", "url": " https://roth.example/ "}
        assert answering.accept(made, now=NOW, **{**SAID, **said})
        row = fresh(made)
        assert (row.text, row.in_name_of, row.url) == ("One\ntwo", "Roth & Co.", "https://roth.example/")

    def test_without_another_name_it_is_their_own(self, world: World) -> None:
        assert world.accepted(in_name_of="").in_name_of == "Rosa Roth"

    def test_an_organisation_here_speaks_by_the_name_that_it_has(self, world: World) -> None:
        key = f"system-{System.objects.get(slug='village').pk}"
        made = world.accepted(in_name_of="The City", voice=("badgekit", key), url="")
        assert (made.in_name_of, made.url) == ("The Village", "https://village.example")
        assert fresh(made).voice == ("badgekit", key)

    def test_only_an_open_request_can_be_answered(self, world: World) -> None:
        late, cancelled, declined = world.ask(), world.ask("badge"), world.ask("issuer")
        asking.cancel(cancelled, world.owner, NOW)
        answering.decline(declined, "", NOW)
        told = [answering.accept(each, now=NOW, **SAID) for each in (cancelled, declined)]
        told += [answering.accept(late, now=NOW + 30 * DAY, **SAID), answering.decline(late, "", NOW + 30 * DAY)]
        assert told == [False] * 4
        assert answering.accept(late, now=NOW + 29 * DAY, **SAID)
        assert not answering.accept(late, now=NOW + 29 * DAY, **SAID)

    def test_requests_are_answered_also_where_it_is_switched_off_meanwhile(self, world: World) -> None:
        made = world.ask()
        world.account.endorsements_enabled = False
        world.account.save()
        assert answering.accept(made, now=NOW, **SAID)


class TestSayingNo:
    def test_whoever_asked_is_told_why(self, world: World) -> None:
        made = world.ask()
        assert answering.decline(made, "I do not\0 know it.", NOW)
        assert not answering.decline(fresh(made), "", NOW)
        row, mail = fresh(made), Mail.objects.latest("pk")
        assert (row.state, row.reason, row.open_key) == (State.DECLINED, "I do not know it.", None)
        assert (mail.to, "I do not know it." in mail.text) == (world.owner.email, True)
        assert "would rather not" in mail.subject

    @pytest.mark.parametrize("is_hidden", [False, True])
    def test_what_was_said_is_taken_back_at_any_time_hidden_or_not(self, world: World, is_hidden: bool) -> None:
        made = world.accepted()
        if is_hidden:
            asking.hide(made, world.owner, NOW)
        assert answering.revoke(fresh(made), "It is bad by now.", NOW + 900 * DAY)
        assert not answering.revoke(fresh(made), "", NOW + 900 * DAY)
        assert not asking.show(fresh(made), world.owner, NOW)
        row, mail = fresh(made), Mail.objects.latest("pk")
        assert (row.state, row.reason, row.ended_at) == (State.REVOKED, "It is bad by now.", NOW + 900 * DAY)
        assert (mail.to, "It is bad by now." in mail.text) == (world.owner.email, True)

    def test_what_was_not_said_cannot_be(self, world: World) -> None:
        assert not answering.revoke(world.ask(), "", NOW)


class TestVoices:
    def test_an_owner_speaks_for_the_system_its_issuers_and_programmes(self, world: World) -> None:
        told = answering.voices(world.owner)
        assert [each.name for each in told] == ["The City", "The Library", "Code Club"]
        assert told[1].pair == ("badgekit", f"issuer-{Issuer.objects.get().pk}")

    def test_others_speak_for_nobody_here(self, world: World) -> None:
        assert answering.voices(world.ada) == answering.voices(world.clerk) == answering.voices(AnonymousUser()) == []
