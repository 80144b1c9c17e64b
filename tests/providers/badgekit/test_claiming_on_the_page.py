"""Learners claim codes on a page: who gets the badge, and what is said."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from credentials_badges.badges.models import Learner, LearningEvent
from providers.badgekit import giving, receipts
from providers.badgekit.instances import Award, give
from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import (
    BASE,
    browser,
    code,
    holders,
    kept,
    learner,
    look,
    page,
    press,
    signed_in,
    words,
)

pytestmark = pytest.mark.usefixtures("api")


class TestAnOpenCode:
    def test_a_learner_claims_it_and_holds_the_badge(self) -> None:
        code()
        client = signed_in()
        assert "It will be given to ada@example.com. Claim this badge" in look(client, "open-day")
        shown = press(client, "open-day")
        assert "Accepted: this badge is yours." in shown
        assert "Claim this badge" not in shown
        instance = BadgeInstance.objects.get()
        assert (instance.email, instance.recipient_id) == ("ada@example.com", str(learner().uuid))
        assert f'href="/public/assertions/{instance.slug}"' in client.get(page("open-day")).text
        assert 'href="/my/"' in client.get(page("open-day")).text
        event = LearningEvent.objects.get()
        assert (event.type, event.learner) == (giving.CLAIMED, learner())

    def test_it_goes_to_the_learner_who_is_signed_in_also_if_others_share_the_address(self) -> None:
        code()
        learner("ben", "family@example.com")
        press(signed_in("ada", "family@example.com"), "open-day")
        assert BadgeInstance.objects.get().recipient_id == str(learner("ada").uuid)

    def test_pressing_twice_is_like_pressing_once(self) -> None:
        open_day = code(multiuse=True)
        client = signed_in()
        press(client, "open-day")
        assert "Accepted" in press(client, "open-day")
        open_day.refresh_from_db()
        assert open_day.uses == 1
        assert holders() == ["ada@example.com"]

    @pytest.mark.parametrize("address", ["ada@example.com", "ADA@example.com"])
    def test_who_holds_the_badge_already_uses_nothing_up(self, address: str) -> None:
        open_day = code()
        give(badge(), Award(email=address, base_url=BASE))
        client = signed_in()
        assert "You hold this badge already. The code has not been used." in look(client, "open-day")
        assert "The code has not been used." in press(client, "open-day")
        open_day.refresh_from_db()
        assert (open_day.claimed, open_day.uses) == (False, 0)

    def test_who_holds_it_under_an_older_address_uses_nothing_up(self) -> None:
        open_day = code()
        give(badge(), Award(email="old@example.com", base_url=BASE, recipient_id=str(learner().uuid)))
        assert "You hold this badge already." in press(signed_in(), "open-day")
        open_day.refresh_from_db()
        assert not open_day.claimed

    def test_a_badge_that_waits_for_the_learner_is_accepted_in_its_place(self) -> None:
        open_day, waiting = code(), kept()
        assert "You hold this badge already. The code has not been used." in press(signed_in(), "open-day")
        open_day.refresh_from_db()
        waiting.refresh_from_db()
        assert (open_day.claimed, waiting.claimed) == (False, True)

    def test_strangers_may_sign_in_and_come_back(self) -> None:
        code("Straße 7/b")
        said = browser().get(page("Straße 7/b"))
        assert "To claim it, sign in , or say who you are" in words(said)
        (link,) = re.findall(r'href="(/login/\?[^"]*)"', said.text)
        learner().set_password("a long word")
        ada = learner()
        ada.set_password("a long word")
        ada.save()
        back = browser().post(link, {"username": "ada", "password": "a long word"})["Location"]
        assert "Claim this badge" in words(signed_in().get(back))
        assert holders() == []

    @pytest.mark.parametrize("email", ["", "nonsense", f"{'x' * 250}@example.com"])
    def test_who_has_no_address_is_told_so_and_uses_nothing_up(self, email: str) -> None:
        open_day = code()
        client = browser()
        # Nobody checks what an LMS tells us.
        client.force_login(Learner.objects.create(username="ada", email=email[:254]))
        assert "your account has none" in look(client, "open-day")
        assert "your account has none" in press(client, "open-day")
        open_day.refresh_from_db()
        assert not open_day.claimed

    def test_one_for_many_is_for_each_of_them_once(self) -> None:
        code(multiuse=True, limit=2)
        for name in ("ada", "ben"):
            assert "Accepted" in press(signed_in(name), "open-day")
        assert "Accepted" in look(signed_in("ada"), "open-day")
        assert signed_in("cem").get(page("open-day")).status_code == 404
        assert holders() == ["ada@example.com", "ben@example.com"]

    def test_whoever_was_slower_is_told_like_a_stranger(self) -> None:
        code()
        cem = signed_in("cem")
        assert "Claim this badge" in look(cem, "open-day")
        press(signed_in("ada"), "open-day")
        assert cem.post(page("open-day")).status_code == 404
        assert holders() == ["ada@example.com"]


class TestAReservedCode:
    def test_whoever_has_the_link_accepts_it_for_the_learner_and_nobody_else(self) -> None:
        text = kept().code
        assert "It is kept for you. Accept this badge" in look(browser(), text)
        assert "Accepted: this badge is yours." in press(browser(), text)
        instance = BadgeInstance.objects.get()
        assert (instance.email, instance.recipient_id) == ("ada@example.com", str(learner().uuid))

    def test_who_is_signed_in_does_not_matter(self) -> None:
        press(signed_in("eve"), kept().code)
        assert holders() == ["ada@example.com"]

    def test_the_mailed_link_leads_there_again_and_again(self) -> None:
        code_ = kept()
        link = receipts.claim_path(code_.code)
        for _ in range(2):
            assert browser().post(link).status_code == 302
            assert "Accepted" in words(browser().get(link))
        assert holders() == ["ada@example.com"]

    def test_it_is_accepted_also_where_the_badge_came_another_way_meanwhile(self) -> None:
        text = kept().code
        give(badge(), Award(email="ada@example.com", base_url=BASE))
        assert "Accept this badge" in look(browser(), text)
        assert "Accepted" in press(browser(), text)
        assert holders() == ["ada@example.com"]

    def test_a_second_badge_of_the_kind_is_offered_though_the_first_is_held(self) -> None:
        give(badge(), Award(email="ada@example.com", base_url=BASE, recipient_id=str(learner().uuid)))
        text = kept(again=True, taken=("the-first",)).code
        assert "Accept this badge" in look(browser(), text)
        assert "Accepted" in press(browser(), text)
        assert holders() == ["ada@example.com"] * 2

    def test_where_its_address_names_only_others_nothing_is_used_up(self) -> None:
        text = kept().code
        learner().delete()
        for taken in ("ada@example.com", "claim:ada@example.com"):
            learner(taken, "eve@example.com")
        assert "Accept this badge" in press(browser(), text)
        assert (holders(), ClaimCode.objects.get().claimed) == ([], False)

    def test_it_goes_before_an_older_code_of_the_same_text(self) -> None:
        code("kept23456789", "reader")
        reserved = kept()
        ClaimCode.objects.filter(pk=reserved.pk).update(code="kept23456789", code_key="kept23456789")
        press(browser(), "kept23456789")
        assert (holders("coder"), holders("reader")) == (["ada@example.com"], [])

    def test_what_was_promised_is_kept_though_the_badge_is_hidden(self) -> None:
        text = kept().code
        badge().hide()
        assert "Accepted" in press(browser(), text)

    def test_it_says_until_when_the_badge_is_valid(self) -> None:
        text = kept(expires_at=datetime(2031, 5, 7, tzinfo=UTC)).code
        assert "Valid until 7 May 2031." in look(browser(), text)
        assert "Valid until 7 May 2031." in press(browser(), text)

    def test_without_an_address_nothing_is_used_up(self) -> None:
        reserved = kept()
        ClaimCode.objects.filter(pk=reserved.pk).update(email="nonsense")
        assert "no e-mail address is known" in press(browser(), reserved.code)
        reserved.refresh_from_db()
        assert not reserved.claimed


@pytest.mark.parametrize(
    "text", ["Straße 7/b", "日本語 コード", "a/b/claim/", "/x", "x/", "50%25x", "what?#now", "كود", "a&b=c", "a" * 255]
)
def test_codes_in_any_script_with_spaces_and_slashes_are_claimed(text: str) -> None:
    code(text)
    client = signed_in()
    typed = client.post("/claim/", {"code": text})["Location"]
    assert "Accepted" in words(client.get(client.post(typed)["Location"]))


def test_they_are_compared_as_the_api_compares_them() -> None:
    code("Élan ")
    assert "Accepted" in press(signed_in(), "elan")


def test_of_several_open_codes_of_one_text_the_oldest_counts() -> None:
    code("same", "reader")
    code("same", "coder")
    press(signed_in(), "same")
    assert (holders("reader"), holders("coder")) == (["ada@example.com"], [])


def test_a_badge_that_has_ended_says_so() -> None:
    open_day = code()
    press(signed_in(), "open-day")
    BadgeInstance.objects.filter(claim_code=open_day).update(expires=timezone.now() - timedelta(days=400))
    assert "Valid until" in look(signed_in(), "open-day")
