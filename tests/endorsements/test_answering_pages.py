"""The page on which somebody without an account endorses, rejects and revokes."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import AccountMember, Badge, Learner, ProviderAccount
from credentials_badges.endorsements import answering, asking, targets
from credentials_badges.endorsements.asking import Asked
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import Issuer, System
from tests.badges.test_pages import text_of
from tests.endorsements.world import KINDS, World, fresh
from tests.providers.badgekit.claim_page import browser
from tests.providers.badgekit.desk import at_desk

State = Endorsement.State
SAID = {"do": "accept", "in_name_of": "Roth & Co.", "url": "https://roth.example/", "text": "It is **good**."}
REVOKED = {"do": "revoke", "reason": "We have closed down.", "sure": "on"}
ENDED = ("expired", "cancelled", "declined", "revoked")


@pytest.fixture
def asked(world: World) -> Endorsement:
    return world.ask(now=timezone.now())


def look(endorsement: Endorsement, client: Client | None = None, **headers: str) -> Any:
    answer = (client or browser()).get(answering.link(endorsement), headers=headers)
    assert answer.status_code == 200
    return answer


def press(endorsement: Endorsement, told: dict[str, str], client: Client | None = None) -> str:
    """The words of the page that follows."""
    answer = (client or browser()).post(answering.link(endorsement), told)
    assert answer.status_code == 303, text_of(answer)
    assert answer["Location"] == answering.link(endorsement)
    return text_of(look(endorsement, client))


def as_it_stands(endorsement: Endorsement) -> dict[str, Any]:
    return Endorsement.objects.filter(pk=endorsement.pk).values().get()


class TestWhatItTells:
    @pytest.mark.parametrize("kind", KINDS)
    def test_who_asks_for_what_and_until_when(self, world: World, kind: str) -> None:
        by = world.clerk if kind == "elsewhere" else world.owner
        asked = world.ask(kind, by=by, now=timezone.now())
        told = text_of(look(asked))
        name = "Harbour School" if kind == "elsewhere" else "Our city"
        assert f"{name} asks you for an endorsement" in told
        assert world.target(kind).name in told
        assert "Please do." in told
        assert "You can answer until" in told
        assert "Accept" in told
        assert "Reject" in told

    def test_the_badge_with_its_picture_criteria_and_public_page(self, world: World) -> None:
        world.template.criteria = ["Write a program."]
        world.template.save()
        asked = world.ask("badge", now=timezone.now())
        text = look(asked).text
        for told in ("Do it.", "Write a program.", "https://pictures.example/badge.png", "Coder, Ada Lovelace"):
            assert told in text
        assert f'href="https://badges.example/badges/{world.badge.uuid}/"' in text

    def test_of_whoever_issues_what_they_say_of_themselves(self, world: World) -> None:
        assert "A city." in text_of(look(world.ask("issuer", now=timezone.now())))

    def test_whose_an_unaccepted_badge_is_is_told_to_nobody(self, world: World) -> None:
        asked = world.ask("badge", now=timezone.now())
        Badge.objects.update(external_state="pending", external_id="nowhere")
        assert "Ada" not in look(asked).text

    def test_nobody_keeps_the_page_or_passes_its_address_on(self, asked: Endorsement) -> None:
        for answer in (look(asked), browser().get("/endorse/nonsense/")):
            assert "no-store" in answer["Cache-Control"]
            assert answer["Referrer-Policy"] == "same-origin"
            assert answer["X-Robots-Tag"].startswith("noindex")

    @pytest.mark.parametrize("token", ["nonsense", "a:b", "0" * 32 + ":x", "%00", "x" * 3_000])
    def test_a_bad_link_is_told_in_plain_words(self, asked: Endorsement, token: str) -> None:
        for method in (browser().get, browser().post):
            answer = method(f"/endorse/{token}/")
            assert answer.status_code == 404
            assert "There is no such request" in text_of(answer)

    def test_of_a_learner_who_has_left_nothing_is_told(self, world: World) -> None:
        asked = world.ask("badge", now=timezone.now())
        Learner.objects.filter(pk=world.ada.pk).update(retired_at=timezone.now())
        assert browser().get(answering.link(asked)).status_code == 404

    def test_an_issuer_that_is_gone_is_told_to_be(self, world: World) -> None:
        guest = Issuer.objects.create(slug="guest", name="Guest", system=System.objects.get(slug="city"))
        target = targets.find("issuer", f"{world.account.pk}-issuer-{guest.pk}")
        assert target is not None
        people = [Asked(name="Eve", email="eve@e.example")]
        (asked,) = asking.ask(target, world.owner, people=people, now=timezone.now()).made
        guest.delete()
        answer = look(asked)
        assert "This is no longer here" in text_of(answer)
        assert '<form method="post" action="/endorse' not in answer.text


class TestLooking:
    def test_it_is_noted_once_that_it_was_read(self, asked: Endorsement) -> None:
        look(asked)
        first = fresh(asked)
        assert (first.state, first.viewed_at is not None) == (State.VIEWED, True)
        look(asked)
        assert fresh(asked).viewed_at == first.viewed_at

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Purpose": "prefetch;prerender"},
            {"Purpose": "prefetch"},
            {"Sec-Fetch-Mode": "no-cors"},
            {"User-Agent": "Slackbot-LinkExpanding 1.0"},
            {"User-Agent": "facebookexternalhit/1.1"},
            {"User-Agent": "SkypeUriPreview Preview/0.5"},
        ],
    )
    def test_a_program_that_looks_where_a_link_leads_is_nobody(
        self, asked: Endorsement, headers: dict[str, str]
    ) -> None:
        look(asked, **headers)
        assert browser().head(answering.link(asked)).status_code == 200
        assert fresh(asked).state == State.REQUESTED


class TestAccepting:
    def test_what_was_said_is_public_and_shown_as_others_see_it(self, world: World, asked: Endorsement) -> None:
        told = press(asked, SAID)
        assert "Thank you. Your endorsement is public." in told
        row = fresh(asked)
        assert (row.state, row.text, row.in_name_of, row.url) == (
            "accepted",
            "It is **good**.",
            "Roth & Co.",
            "https://roth.example/",
        )
        text = look(asked).text
        assert "<strong>good</strong>" in text
        assert f'href="/ob/v3/endorsements/{row.uuid}"' in text
        assert "Revoke my endorsement" in text
        assert "It is <strong>good</strong>." in browser().get(f"/badges/{world.badge.uuid}/").text

    def test_a_preview_changes_nothing(self, asked: Endorsement) -> None:
        look(asked)
        before = as_it_stands(asked)
        answer = browser().post(answering.link(asked), {**SAID, "do": "preview"})
        assert answer.status_code == 200
        assert "This is how it will look" in text_of(answer)
        assert "<strong>good</strong>" in answer.text
        assert "It is **good**.</textarea>" in answer.text
        assert as_it_stands(asked) == before

    @pytest.mark.parametrize("do", ["accept", "preview"])
    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("text", "", "This field is required."),
            ("text", "\x08\u202e", "Write at least a few words."),
            ("text", "x" * 5_001, "at most 5000 characters"),
            ("text", "\0", "Null characters are not allowed."),
            ("in_name_of", " ", "Say in whose name you endorse it."),
            ("in_name_of", "x" * 256, "at most 255 characters"),
            ("url", "javascript:alert(1)", "Enter an address that begins with https:// or http://."),
            ("url", "nothing", "Enter an address that begins with"),
            ("url", "https://", "Enter an address that begins with"),
            ("url", f"https://x.example/{'x' * 490}", "at most 500 characters"),
        ],
    )
    def test_what_cannot_be_shown_is_told_beside_its_field(
        self, asked: Endorsement, do: str, name: str, value: str, says: str
    ) -> None:
        answer = browser().post(answering.link(asked), {**SAID, "do": do, name: value})
        assert answer.status_code == 400
        form = answer.context["accept"]
        assert list(form.errors) == [name]
        assert says in form.errors[name][0]
        assert form["in_name_of"].value() == (value if name == "in_name_of" else "Roth & Co.")
        assert fresh(asked).state == State.REQUESTED

    def test_a_website_without_its_scheme_gets_one(self, asked: Endorsement) -> None:
        press(asked, {**SAID, "url": "roth.example/jobs"})
        assert fresh(asked).url == "https://roth.example/jobs"

    @pytest.mark.parametrize("state", [*ENDED, "hidden", "accepted"])
    def test_what_has_ended_or_is_answered_is_not_answered_again(self, asked: Endorsement, state: str) -> None:
        Endorsement.objects.filter(pk=asked.pk).update(state=state)
        before = as_it_stands(asked)
        for told in (SAID, {**SAID, "text": ""}, {**SAID, "do": "preview"}, {"do": "decline"}, {"do": "x"}, {}):
            press(asked, told)
        assert as_it_stands(asked) == before

    def test_after_its_time_nothing_can_be_answered(self, world: World) -> None:
        asked = world.ask(now=timezone.now() - timedelta(days=31))
        assert "This request was not answered in time." in press(asked, SAID)
        assert "not answered in time" in press(asked, {"do": "decline"})
        assert fresh(asked).state in {State.REQUESTED, State.EXPIRED}

    def test_whoever_is_nobody_here_chooses_no_organisation(self, asked: Endorsement) -> None:
        assert "On behalf of" not in text_of(look(asked))
        system = f"badgekit:system-{System.objects.get(slug='city').pk}"
        answer = Client().post(answering.link(asked), {**SAID, "voice": system})
        assert answer.status_code == 400
        assert "You are not signed in any more" in answer.text
        assert fresh(asked).answered_at is None

    def test_whoever_works_here_may_speak_for_their_organisations_and_no_others(self, asked: Endorsement) -> None:
        client, village = at_desk("owner", "village"), System.objects.get(slug="village")
        ProviderAccount.objects.create(provider="badgekit", external_id="village", name="Our village")
        assert "The Village" in text_of(look(asked, client))
        city = f"badgekit:system-{System.objects.get(slug='city').pk}"
        refused = client.post(answering.link(asked), {**SAID, "voice": city})
        assert (refused.status_code, list(refused.context["accept"].errors)) == (400, ["voice"])
        press(asked, {**SAID, "in_name_of": "", "voice": f"badgekit:system-{village.pk}"}, client)
        row = fresh(asked)
        assert (row.in_name_of, row.voice) == ("The Village", ("badgekit", f"system-{village.pk}"))
        assert not AccountMember.objects.filter(user__username="owner-of-village").exists()


class TestRejectingAndRevoking:
    def test_a_reason_is_optional_and_told_to_whoever_asked(self, asked: Endorsement) -> None:
        assert "You have rejected this request." in press(asked, {"do": "decline", "reason": "I do not know it."})
        assert (fresh(asked).state, fresh(asked).reason) == ("declined", "I do not know it.")

    @pytest.mark.parametrize("do", ["decline", "revoke"])
    def test_a_reason_that_is_too_long_is_refused_and_kept(self, asked: Endorsement, do: str) -> None:
        if do == "revoke":
            press(asked, SAID)
        answer = browser().post(answering.link(asked), {"do": do, "reason": "x" * 501, "sure": "on"})
        assert answer.status_code == 400
        assert "x" * 501 in answer.text
        assert fresh(asked).state == (State.ACCEPTED if do == "revoke" else State.REQUESTED)

    def test_it_is_revoked_only_by_whoever_is_sure(self, asked: Endorsement) -> None:
        press(asked, SAID)
        unsure = browser().post(answering.link(asked), {**REVOKED, "sure": ""})
        assert unsure.status_code == 400
        assert "Tick this if you are sure." in text_of(unsure)
        assert '<details class="card revoking" id="revoke" open>' in unsure.text
        assert fresh(asked).state == State.ACCEPTED
        assert "You have revoked your endorsement." in press(asked, REVOKED)
        ended = as_it_stands(asked)
        assert (ended["state"], ended["reason"]) == ("revoked", "We have closed down.")
        press(asked, {**REVOKED, "reason": "Again"})
        assert as_it_stands(asked) == ended

    def test_what_was_hidden_can_be_revoked_at_any_time(self, world: World) -> None:
        row = world.accepted(now=timezone.now() - timedelta(days=400))
        asking.hide(row, world.owner, timezone.now())
        assert "Whoever asked you does not show your endorsement" in text_of(look(row))
        press(row, REVOKED)
        assert fresh(row).state == State.REVOKED

    @pytest.mark.parametrize("state", ENDED)
    def test_each_ending_is_told(self, asked: Endorsement, state: str) -> None:
        says = {
            "expired": "This request was not answered in time.",
            "cancelled": "Whoever asked you has withdrawn the request.",
            "declined": "You have rejected this request.",
            "revoked": "You have revoked your endorsement.",
        }
        Endorsement.objects.filter(pk=asked.pk).update(state=state)
        answer = look(asked)
        assert says[state] in text_of(answer)
        assert '<form method="post" action="/endorse' not in answer.text


def test_no_form_is_taken_from_elsewhere(asked: Endorsement) -> None:
    forged = browser(enforce_csrf_checks=True).post(answering.link(asked), SAID)
    assert (forged.status_code, fresh(asked).state) == (403, "requested")
