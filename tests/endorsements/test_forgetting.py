"""Endorsements forget people: when they are retired, and when requests have come to nothing long ago."""

import pytest
from django.utils import timezone

from credentials_badges.badges import retiring, tasks
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import Learner, Mail
from credentials_badges.endorsements import answering, asking, forgetting, given
from credentials_badges.endorsements.forgetting import PRIVATE, PUBLIC
from credentials_badges.endorsements.lapsing import lapse
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.openbadges import status
from tests.endorsements.world import DAY, NOW, ROSA, World, fresh

State = Endorsement.State
EMPTY = ("", "", "", "")


def retire(learner: Learner) -> None:
    retiring.retire(learner, timezone.now(), via=Via.COMMAND, by="operator")


def private(row: Endorsement) -> tuple[str, ...]:
    return tuple(Endorsement.objects.values_list(*PRIVATE).get(pk=row.pk))


class TestRetiring:
    @pytest.mark.parametrize("was", ["asked", "accepted", "revoked"])
    def test_of_a_learners_badge_it_is_left_that_copies_hold_no_longer(self, world: World, was: str) -> None:
        made = world.ask("badge") if was == "asked" else world.accepted("badge")
        if was == "revoked":
            answering.revoke(made, "", NOW)
        other = world.accepted()
        link = answering.link(made)
        retire(world.ada)
        left = Endorsement.objects.exclude(pk=other.pk)
        if was == "asked":
            assert not left.exists()
        else:
            assert fresh(made).state == State.REVOKED
            assert set(left.values_list(*PRIVATE, *PUBLIC).get()) == {""}
            assert list(status.bits(status.ENDORSEMENTS, "endorser", 0)) == [made.pk]
        assert answering.read(link.split("/")[2]) is None
        assert set(Mail.objects.values_list("topic", flat=True)) == {str(other.uuid)}

    def test_whoever_asked_is_named_no_more_and_what_was_said_stays(self, world: World) -> None:
        made = world.accepted(by=world.ada)
        retire(world.ada)
        assert (fresh(made).asked_by, fresh(made).state, fresh(made).text) == (None, State.ACCEPTED, made.text)
        assert answering.revoke(fresh(made), "", NOW)

    @pytest.mark.parametrize(
        ("deed", "state"),
        [
            ("ask", State.CANCELLED),
            ("accept", State.REVOKED),
            ("hide", State.REVOKED),
            ("decline", State.DECLINED),
            ("revoke", State.REVOKED),
        ],
    )
    def test_what_somebody_said_by_their_address_is_taken_back_and_emptied(
        self, world: World, deed: str, state: str
    ) -> None:
        email = "ADA@new.example"
        made = world.ask(email=email) if deed in {"ask", "decline"} else world.accepted(email=email)
        other = world.accepted(email="ada@new.example.org")
        if deed == "hide":
            asking.hide(made, world.owner, NOW)
        elif deed == "decline":
            answering.decline(made, "I am Ada.", NOW)
        elif deed == "revoke":
            answering.revoke(made, "I am Ada.", NOW)
        retire(world.ada)
        row = fresh(made)
        assert (row.state, row.text, row.in_name_of, row.url, row.open_key) == (state, "", "", "", None)
        assert private(made) == EMPTY
        assert given.public(world.target()) == [other]
        assert not Mail.objects.filter(topic=str(made.uuid)).exists()
        assert fresh(other).endorser_email == "ada@new.example.org"

    def test_others_name_them_no_more(self, world: World) -> None:
        said = {"text": "Ask Ada Lovelace about it.", "message": "Ada Lovelace (ada@new.example) has asked."}
        made = world.accepted(**said)
        retire(world.ada)
        row = fresh(made)
        assert "Lovelace" not in row.text + row.message
        assert "ada@new.example" not in row.message
        assert row.text.startswith("Ask retired__")


class TestInTheCourseOfTime:
    def test_whom_was_asked_in_vain_is_forgotten(self, world: World) -> None:
        cancelled, declined, lapsed = (world.ask(email=f"r{number}@roth.example") for number in range(3))
        asking.cancel(cancelled, world.owner, NOW, "Why")
        answering.decline(declined, "Why", NOW)
        lapse(NOW + 30 * DAY)
        forgetting.purge(NOW + DAY)
        assert [private(each) for each in (cancelled, declined)] == [EMPTY] * 2
        assert private(lapsed)[0] == "Rosa Roth"
        forgetting.purge(NOW + 31 * DAY)
        assert private(lapsed) == EMPTY
        assert Endorsement.objects.count() == 3

    def test_not_before_the_time(self, world: World) -> None:
        made = world.ask()
        asking.cancel(made, world.owner, NOW, "Why")
        forgetting.purge(NOW)
        assert private(made) == ("Rosa Roth", ROSA, "Please do.", "Why")

    def test_open_and_accepted_ones_are_kept(self, world: World) -> None:
        rows = [world.ask(), world.accepted("badge"), world.accepted("issuer"), world.accepted("programme")]
        asking.hide(rows[2], world.owner, NOW)
        answering.revoke(rows[3], "Why", NOW)
        forgetting.purge(NOW + 900 * DAY)
        assert [private(each)[1] for each in rows] == [ROSA] * 4

    def test_the_purge_of_the_service_sees_to_it_in_portions(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(forgetting, "PORTION", 2)
        for number in range(5):
            answering.decline(world.ask(email=f"r{number}@roth.example"), "Why", NOW)
        tasks.purge()
        assert set(Endorsement.objects.values_list(*PRIVATE)) == {EMPTY}
