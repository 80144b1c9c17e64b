"""Nobody is written to without end, spoken for by others, or named after they have gone."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from credentials_badges.badges import retiring
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import AccountMember, AuditEntry, BadgeTemplate, Learner, Mail
from credentials_badges.endorsements import answering, asking, forgetting
from credentials_badges.endorsements.asking import Asked, Refused
from credentials_badges.endorsements.forms import AskForm
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.test_asking_pages import at_desk, page
from tests.endorsements.world import NOW, ROSA, World, fresh

pytestmark = pytest.mark.django_db
State = Endorsement.State


def people(*emails: str) -> list[Asked]:
    return [Asked(name="Rosa", email=email) for email in emails]


def retire(learner: Learner) -> None:
    retiring.retire(Learner.objects.get(pk=learner.pk), timezone.now(), via=Via.COMMAND, by="operator")


class TestMails:
    def test_one_mailbox_is_asked_once_however_it_is_spelt(self, world: World) -> None:
        spelt = people("rosa@roth.example", "ROSA@roth.example", "rosa+1@roth.example", "rosa+2@Roth.example")
        outcome = asking.ask(world.target(), world.owner, people=spelt, now=NOW)
        assert len(outcome.made) == 1
        assert Mail.objects.count() == 1

    def test_one_mailbox_is_asked_a_few_times_a_day_whatever_comes_of_it(self, world: World) -> None:
        for _ in range(asking.MOST_TO_ONE):
            assert asking.cancel(world.ask(), world.owner, NOW)
        with pytest.raises(Refused, match="too often"):
            world.ask()
        assert world.ask(now=NOW + timedelta(days=2))

    @pytest.mark.parametrize("why", ["retired", "inactive", "works elsewhere"])
    def test_whoever_no_longer_works_there_is_told_nothing(self, world: World, why: str) -> None:
        made = world.ask("elsewhere", by=world.clerk)
        as_read = Endorsement.objects.select_related("asked_by").get(pk=made.pk)
        if why == "retired":
            AccountMember.objects.all().delete()
            Learner.objects.filter(pk=world.clerk.pk).update(is_staff=False)
            retire(world.clerk)
        elif why == "inactive":
            Learner.objects.filter(pk=world.clerk.pk).update(is_active=False)
        else:
            AccountMember.objects.all().delete()
        Mail.objects.all().delete()
        assert answering.decline(as_read, "In confidence.", NOW)
        assert not Mail.objects.filter(to="clerk@harbour.example").exists()

    def test_whoever_is_retired_does_nothing_any_more(self, world: World) -> None:
        made, accepted = world.ask(), world.accepted("badge")
        by = Learner.objects.get(pk=world.ada.pk)
        retire(world.ada)
        written = AuditEntry.objects.count()
        assert not asking.cancel(made, by, NOW)
        assert not asking.remind(made, NOW + timedelta(days=2), by)
        assert not asking.hide(accepted, by, NOW)
        assert AuditEntry.objects.count() == written


class TestNames:
    @pytest.mark.parametrize("name", ["The City", " the  city", "OUR CITY", "Code Club"])
    def test_nobody_from_outside_speaks_as_an_organisation_here(self, world: World, name: str) -> None:
        with pytest.raises(Refused, match="organisation here"):
            world.accepted(in_name_of=name)
        assert Endorsement.objects.get().state == State.REQUESTED

    @pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\u3164", "\u00ad\ufeff", "\U000e0041"])
    def test_a_name_that_nobody_sees_is_none(self, world: World, unseen: str) -> None:
        assert world.accepted(in_name_of=unseen).in_name_of == "Rosa Roth"
        with pytest.raises(Refused):
            world.ask(email="eve@e.example", name=unseen)

    @pytest.mark.parametrize("text", ["\u200b", "<!-- x -->", "[a]: http://b.example", "<script>x</script>", "![](x)"])
    def test_words_of_which_nothing_is_seen_are_none(self, world: World, text: str) -> None:
        with pytest.raises(Refused):
            world.accepted(text=text)

    def test_names_in_any_script_are_seen(self, world: World) -> None:
        assert world.accepted(in_name_of="株式会社🛠").in_name_of == "株式会社🛠"
        assert world.accepted("badge", in_name_of="مرحبا").in_name_of == "مرحبا"


class TestTheForm:
    def test_no_list_of_people_takes_long_to_read(self, world: World) -> None:
        started = time.monotonic()
        for line in ("@" * 598 + "<", "a" * 599, "<" * 599, " ;," * 199, "a@" * 299):
            AskForm({"people": "\n".join([line] * 30), "language": "en"}).is_valid()
        assert time.monotonic() - started < 5

    def test_what_is_not_there_any_more_is_still_seen_to(self, world: World) -> None:
        made, desk = world.accepted(now=timezone.now()), at_desk()
        address = page(world)
        world.badge.delete()
        BadgeTemplate.objects.filter(pk=world.template.pk).update(is_active=False, state="archived")
        assert desk.get(address).status_code == 200
        assert desk.post(address, {"do": "hide", "endorsement": str(made.uuid)}).status_code in {302, 303}
        assert desk.post(address, {"people": f"Eve <{ROSA}>", "language": "en"}).status_code == 404
        assert Client().get(address).status_code == 302
        assert at_desk("owner", "village").get(address).status_code == 404


class TestForgetting:
    def test_whoever_answered_by_another_address_is_not_named_by_it(self, world: World) -> None:
        said = {"in_name_of": "Ada Lovelace, ada@new.example", "url": "https://x.example/ada@new.example"}
        made = world.accepted(email="work@firm.example", name="Ada Lovelace", **said)
        retire(world.ada)
        row = fresh(made)
        assert "Lovelace" not in row.in_name_of + row.endorser_name
        assert "ada@" not in row.in_name_of + row.url

    def test_an_address_in_any_script_is_found(self, world: World) -> None:
        Learner.objects.filter(pk=world.ada.pk).update(email="ada@münchen.example")
        made = world.ask(email="Ada@MÜNCHEN.example")
        retire(world.ada)
        assert fresh(made).endorser_email == ""

    def test_mails_that_could_not_be_sent_go_with_what_they_were_about(self, world: World) -> None:
        made = world.ask()
        assert asking.cancel(made, world.owner, NOW)
        Mail.objects.update(status=Mail.Status.DEAD)
        forgetting.purge(NOW + timedelta(days=1))
        assert not Mail.objects.filter(to=ROSA).exists()
