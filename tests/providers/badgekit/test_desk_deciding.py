"""Reviewers decide claims at the desk."""

import pytest

from credentials_badges.badges.models import Mail
from providers.badgekit import reviewing
from providers.badgekit.models import Claim
from tests.providers.badgekit.api import hold
from tests.providers.badgekit.claim_page import holders, words
from tests.providers.badgekit.claims_world import claim
from tests.providers.badgekit.desk import at_desk, member
from tests.providers.badgekit.desk_claims import page, press, state

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


class TestDeciding:
    def test_approving_gives_the_badge_and_leads_to_the_next(self) -> None:
        made, following = claim("ada@example.com"), claim("bob@example.com")
        client = at_desk("reviewer")
        shown = press(client, made, "approve", "Well done.")
        assert (state(made), holders()) == ("awarded", ["ada@example.com"])
        assert "Approved: ada@example.com has “Coder” now." in shown
        assert "bob@example.com" in shown
        assert made.decided_by == member("reviewer")
        assert "Well done." in Mail.objects.filter(to="ada@example.com")[0].text
        assert "No claim waits." in press(client, following, "approve")

    @pytest.mark.parametrize(("do", "after"), [("send_back", "returned"), ("reject", "rejected")])
    def test_whoever_gets_nothing_is_told_why(self, do: str, after: str) -> None:
        made = claim()
        client = at_desk("reviewer")
        for none in ("", " \n "):
            answer = client.post(page(made), {"do": do, "words": none})
            assert answer.status_code == 200
            assert "Say what is missing, or why" in answer.text
            assert state(made) == "submitted"
        press(client, made, do, "No program is there.")
        assert (state(made), holders()) == (after, [])
        assert "No program is there." in Mail.objects.filter(to=made.email)[0].text

    def test_words_that_are_too_long_are_not_lost(self) -> None:
        made = claim()
        answer = at_desk("reviewer").post(page(made), {"do": "reject", "words": "x" * 5001})
        assert "at most 5000 characters" in answer.text
        assert "x" * 5001 in answer.text
        assert state(made) == "submitted"

    @pytest.mark.parametrize("sent", [{}, {"do": "destroy"}, {"do": "\0"}, {"do": "approve", "words": "\0"}])
    def test_nonsense_does_nothing(self, sent: dict[str, str]) -> None:
        made = claim()
        assert at_desk("reviewer").post(page(made), sent).status_code == 200
        assert state(made) == "submitted"

    def test_the_second_of_two_reviewers_is_told_what_happened(self) -> None:
        made = claim()
        first, second = at_desk("reviewer"), at_desk("owner")
        assert "Reject" in second.get(page(made)).text
        press(first, made, "approve")
        shown = press(second, made, "reject", "No.")
        assert "Nothing was done: the claim is approved by now." in shown
        assert "Approved, by reviewer-of-city" in shown
        assert (state(made), holders()) == ("awarded", [made.email])

    def test_nobody_decides_their_own_claim(self) -> None:
        made = claim(member("reviewer").email.upper())
        client = at_desk("reviewer")
        assert "another reviewer decides it" in client.get(page(made)).text
        assert "this is your own claim" in press(client, made, "approve")
        assert (state(made), holders()) == ("submitted", [])
        press(at_desk("owner"), made, "approve")
        assert state(made) == "awarded"

    def test_whoever_holds_the_badge_by_now_keeps_it(self) -> None:
        made = claim()
        hold(made.email)
        shown = press(at_desk("reviewer"), made, "approve")
        assert "Nothing was given: ada@example.com holds “Coder” already." in shown
        assert (state(made), holders()) == ("cancelled", [made.email])

    def test_a_claim_is_taken_and_let_go(self) -> None:
        made = claim()
        rita, olga = at_desk("reviewer"), at_desk("owner")
        assert "You look after this claim now." in press(rita, made, "take")
        assert "reviewer-of-city looks after it." in words(olga.get(page(made)))
        assert "Somebody else looks after this claim" in press(olga, made, "take")
        assert "not look after this claim any more" in press(rita, made, "let_go")
        press(olga, made, "take")
        made.refresh_from_db()
        assert made.assigned_to == member("owner")

    def test_what_another_reviewer_looks_after_is_not_next(self) -> None:
        first, others, own, last = (claim(f"{name}@example.com") for name in ("ada", "bob", "cy", "dan"))
        reviewing.take(others, member("owner"))
        rita = member("reviewer")
        Claim.objects.filter(pk=own.pk).update(learner=rita)
        client = at_desk("reviewer")
        assert "dan@example.com" in press(client, first, "approve")
        assert "has “Coder” now" in press(client, last, "approve")
