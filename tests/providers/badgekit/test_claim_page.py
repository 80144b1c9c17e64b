"""The page on which codes are claimed: what it shows, and what a stranger is never told."""

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import LearningEvent
from providers.badgekit import claims
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Image, Issuer, Program, System
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
            look(client, "open-day")  # The first of a day makes the row by which visits are counted.
            with CaptureQueriesContext(connection) as queries:
                look(client, "open-day")
            return len(queries)

        few = cost()
        for number in range(5):
            claims.claim(open_day, Award(email=f"{number}@example.com", base_url=BASE))
        assert cost() == few


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
        stranger = browser()
        for client in (stranger, signed_in("eve")):
            answers = [client.get(page(text)) for text in texts] + [client.post(page(text)) for text in texts]
            assert {answer.status_code for answer in answers} == {404}
            assert all("This code gives no badge" in words(answer) for answer in answers)
            # Whoever has signed in is told that what there was is used up.
            assert len({words(answer) for answer in answers}) == (1 if client is stranger else 2)
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
