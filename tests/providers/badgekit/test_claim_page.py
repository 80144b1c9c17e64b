"""Learners claim codes on a page: who gets the badge, what is said, and what a stranger is never told."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.models import Learner, LearningEvent
from credentials_badges.contract.data import IssueOrder, Recipient
from providers.badgekit import claims, receipts
from providers.badgekit.codes import reserve
from providers.badgekit.instances import Award, give
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Image, Issuer, Program, System
from tests.providers.badgekit.api import Caller

BASE = "http://testserver/"


@pytest.fixture(autouse=True)
def _store(api: Caller) -> None:
    """The small store."""


def badge(slug: str = "coder") -> Badge:
    return Badge.objects.get(slug=slug)


def code(text: str = "open-day", of: str = "coder", **told: Any) -> ClaimCode:
    return ClaimCode.objects.create(badge=badge(of), code=text, **told)


def learner(username: str = "ada", email: str | None = None) -> Learner:
    address = f"{username}@example.com" if email is None else email
    return Learner.objects.get_or_create(username=username, defaults={"email": address})[0]


def browser(**options: Any) -> Client:
    """Reads pages: programs are told in JSON what is not there."""
    return Client(headers={"Accept": "text/html,*/*;q=0.8"}, **options)


def signed_in(username: str = "ada", email: str | None = None) -> Client:
    client = browser()
    client.force_login(learner(username, email))
    return client


def kept(username: str = "ada", **told: Any) -> ClaimCode:
    """A code that is kept for the learner."""
    who = learner(username)
    recipient = Recipient(id=str(who.uuid), email=who.email, full_name=username.title())
    order = IssueOrder(
        key=f"promise-{username}",
        template_id="coder",
        recipient=recipient,
        issued_at=datetime(2026, 5, 21, tzinfo=UTC),
        **told,
    )
    return reserve(badge(), order)


def page(text: str) -> str:
    return f"/claim/{quote(text, safe='')}/"


def words(answer: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def look(client: Client, text: str) -> str:
    """The words of the code's page."""
    answer = client.get(page(text))
    assert answer.status_code == 200
    return words(answer)


def press(client: Client, text: str) -> str:
    """Press the button; returns the words of the page that follows."""
    answer = client.post(page(text))
    assert answer.status_code == 302, answer.status_code
    return words(client.get(answer["Location"]))


def holders(of: str = "coder") -> list[str]:
    return sorted(BadgeInstance.objects.filter(badge__slug=of).values_list("email", flat=True))


class TestTheField:
    def test_it_leads_to_the_code_s_page(self) -> None:
        assert "Code:" in words(browser().get("/claim/"))
        answer = browser().post("/claim/", {"code": "  Straße 7/b % ? # ü "})
        assert answer["Location"] == page("Straße 7/b % ? # ü")

    @pytest.mark.parametrize("typed", ["", "   ", "x" * 256, "\0"])
    def test_what_cannot_be_a_code_is_asked_again(self, typed: str) -> None:
        answer = browser().post("/claim/", {"code": typed})
        assert answer.status_code == 200
        assert "errorlist" in answer.text

    def test_whatever_is_typed_it_leads_nowhere_else(self) -> None:
        for typed in ("//evil.example", "https://evil.example/", "..", "a\nb", "\\evil"):
            assert browser().post("/claim/", {"code": typed})["Location"].startswith("/claim/")


class TestThePage:
    def test_it_shows_the_badge(self) -> None:
        code()
        answer = browser().get(page("open-day"))
        shown = words(answer)
        for said in ("Coder", "Do it.", "Issued by Code Club, The Library, The City."):
            assert said in shown
        assert '<img src="https://pictures.example/badge.png"' in answer.text

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("http://x.example/a.png", True),
            ("", True),
            ("javascript:alert(1)", False),
            ("data:image/png;base64,", False),
        ],
    )
    def test_only_pictures_of_the_web_or_of_ours_are_shown(self, url: str, shown: bool) -> None:
        code()
        Image.objects.update(url=url)
        answer = browser().get(page("open-day"))
        assert ("<img" in answer.text) == shown
        assert (f'src="{url or "/images/pic"}"' in answer.text) == shown

    def test_organisations_that_are_gone_are_not_named(self) -> None:
        code()
        Program.objects.get().hide()
        Issuer.objects.get().hide()
        assert "Issued by The City." in look(browser(), "open-day")

    def test_names_and_texts_are_escaped(self) -> None:
        code()
        Badge.objects.filter(slug="coder").update(name="<b>x", earner_description="<script>alert(1)</script>")
        answer = browser().get(page("open-day"))
        assert "<b>x" not in answer.text
        assert "<script>" not in answer.text

    @pytest.mark.parametrize("text", ["/claim/", page("open-day"), page("nothing")])
    def test_its_address_is_neither_kept_nor_told(self, text: str) -> None:
        code()
        answer = browser().get(text)
        # “no-referrer” would make browsers send forms with “Origin: null”, which Django refuses.
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"

    def test_looking_changes_nothing(self) -> None:
        code()
        reserved = kept()
        for client in (browser(), signed_in()):
            for text in ("open-day", reserved.code):
                client.get(page(text))
                client.head(page(text))
        assert not ClaimCode.objects.filter(claimed=True).exists()
        assert not LearningEvent.objects.exists()
        assert holders() == []

    def test_other_methods_are_refused(self) -> None:
        code()
        for method in ("put", "patch", "delete"):
            assert getattr(signed_in(), method)(page("open-day")).status_code == 405

    def test_a_claim_needs_the_token_of_the_form(self) -> None:
        code()
        client = browser(enforce_csrf_checks=True)
        client.force_login(learner())
        assert client.post(page("open-day")).status_code == 403
        assert holders() == []
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page("open-day")).text)[0]
        assert client.post(page("open-day"), {"csrfmiddlewaretoken": token}).status_code == 302
        assert holders() == ["ada@example.com"]

    def test_it_costs_as_many_statements_whatever_others_have_claimed(self) -> None:
        open_day = code(multiuse=True)

        def cost() -> int:
            client = signed_in()
            with CaptureQueriesContext(connection) as queries:
                look(client, "open-day")
            return len(queries)

        few = cost()
        for number in range(5):
            claims.claim(open_day, Award(email=f"{number}@example.com", base_url=BASE))
        assert cost() == few


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
        assert (event.type, event.learner) == (claims.CLAIMED, learner())

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

    def test_strangers_are_asked_to_sign_in_and_come_back(self) -> None:
        code("Straße 7/b")
        said = browser().get(page("Straße 7/b"))
        assert "To claim it, sign in : the badge is given to a person." in words(said)
        (link,) = re.findall(r'href="(/login/[^"]*)"', said.text)
        posted = browser().post(page("Straße 7/b"))["Location"]
        learner().set_password("a long word")
        ada = learner()
        ada.set_password("a long word")
        ada.save()
        for address in (link, posted):
            back = browser().post(address, {"username": "ada", "password": "a long word"})["Location"]
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


class TestWhatIsNotThere:
    def test_one_answer_for_all_of_it(self) -> None:
        spent = code("spent", claimed=True)
        full = code("full", multiuse=True, limit=1)
        claims.claim(full, Award(email="ben@example.com", base_url=BASE))
        claims.delete(code("deleted"))
        cancelled = kept("cem")
        claims.delete(cancelled)
        taken_back = kept("dan")
        press(browser(), taken_back.code)
        claims.withdraw(list(BadgeInstance.objects.filter(claim_code=taken_back)))
        code("hidden", "farmer")
        badge("farmer").hide()
        texts = [*("spent", "full", "deleted", "hidden", "nothing"), cancelled.code, taken_back.code]
        for client in (browser(), signed_in("eve")):
            answers = [client.get(page(text)) for text in texts] + [client.post(page(text)) for text in texts]
            assert {answer.status_code for answer in answers} == {404}
            assert len({words(answer) for answer in answers}) == 1
            assert "This code gives no badge" in words(answers[0])
        spent.refresh_from_db()
        assert spent.uses == 0

    def test_codes_of_a_hidden_system_are_not_there_either(self) -> None:
        code()
        System.objects.get(slug="city").hide()
        assert browser().get(page("open-day")).status_code == 404

    @pytest.mark.parametrize("text", ["x" * 256, "x" * 5000, "\0", " ", "%", "%00", "..", "a\nb", "\ud83d\ude00", "💙"])
    def test_odd_texts_are_answered(self, text: str) -> None:
        client = browser(raise_request_exception=False)
        address = f"/claim/{quote(text, safe='', errors='surrogatepass')}/"
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 404


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
