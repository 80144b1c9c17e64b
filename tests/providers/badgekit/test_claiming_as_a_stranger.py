"""Whoever has not signed in claims with a link that is mailed to them, so that nobody claims in another's name."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.limiting import Pace
from credentials_badges.badges.models import LearningEvent, Mail
from providers.badgekit import claims, guessing, tokens
from providers.badgekit.instances import Award, give
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode, CodeVisits
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import (
    BASE,
    ask_for_link,
    browser,
    code,
    holders,
    learner,
    link_of,
    look,
    page,
    signed_in,
    words,
)

pytestmark = pytest.mark.usefixtures("api")


def press_at(link: str) -> str:
    """Press the button on the page of a link; returns the words of the page that follows."""
    answer = browser().post(link)
    assert answer.status_code == 302
    return words(browser().get(answer["Location"]))


class TestTheLink:
    def test_it_is_mailed_and_claims_the_badge(self) -> None:
        code()
        assert "sign in , or say who you are" in look(browser(), "open-day")
        link = ask_for_link("open-day")
        assert holders() == []
        assert "It will be given to Sam, sam@example.net. Claim this badge" in words(browser().get(link))
        assert holders() == []
        assert "Accepted: this badge is yours." in press_at(link)
        assert holders() == ["sam@example.net"]
        claim = Claim.objects.get()
        assert (claim.email, claim.name, claim.state) == ("sam@example.net", "Sam", Claim.State.AWARDED)
        assert claim.learner == LearningEvent.objects.get().learner
        assert claim.instance == BadgeInstance.objects.get()

    def test_the_mail_says_nothing_that_the_visitor_has_typed(self) -> None:
        code()
        ask_for_link("open-day", name="Buy now at https://evil.example")
        mail = Mail.objects.get()
        assert mail.to == "sam@example.net"
        assert "evil" not in mail.subject + mail.text
        assert "Coder" in mail.subject
        assert "of Code Club" in mail.text or "of The Library" in mail.text

    def test_pressing_it_twice_is_like_pressing_it_once(self) -> None:
        open_day = code(multiuse=True)
        link = ask_for_link("open-day")
        for _ in range(2):
            assert "Accepted" in press_at(link)
        open_day.refresh_from_db()
        assert open_day.uses == 1

    def test_a_learner_whom_we_know_by_the_address_gets_it(self) -> None:
        code()
        learner("ada")
        press_at(ask_for_link("open-day", "Ada@Example.com"))
        assert BadgeInstance.objects.get().recipient_id == str(learner("ada").uuid)

    def test_whoever_holds_the_badge_uses_nothing_up(self) -> None:
        open_day = code()
        give(badge(), Award(email="sam@example.net", base_url=BASE))
        assert "The code has not been used." in press_at(ask_for_link("open-day"))
        open_day.refresh_from_db()
        assert open_day.uses == 0

    def test_whoever_was_slower_is_told_why(self) -> None:
        code()
        link = ask_for_link("open-day")
        claims.claim(ClaimCode.objects.get(), Award(email="ben@example.com", base_url=BASE))
        answer = browser().post(link)
        assert answer.status_code == 404
        assert "It has been claimed as often as it could be." in words(answer)
        assert holders() == ["ben@example.com"]

    @pytest.mark.parametrize("change", [lambda link: link[:-3] + "xx/", lambda link: "/claims/x/", str.upper])
    def test_nobody_can_make_one(self, change: Any) -> None:
        code()
        link = change(ask_for_link("open-day")).replace("/CLAIMS", "/claims")
        for answer in (browser().get(link), browser().post(link)):
            assert answer.status_code == 404
        assert holders() == []

    def test_what_was_signed_for_something_else_is_none(self) -> None:
        signed = signing.dumps({"code_id": code().pk, "email": "sam@example.net"}, salt="something else")
        assert browser().get(f"/claims/{signed}/").status_code == 404

    def test_it_gives_nothing_that_has_been_deleted(self) -> None:
        code()
        link = ask_for_link("open-day")
        badge().hide()
        assert browser().get(link).status_code == 404
        assert browser().post(link).status_code == 404
        assert holders() == []

    def test_it_is_good_for_thirty_days(self) -> None:
        code()
        with time_machine.travel(datetime(2026, 5, 1, tzinfo=UTC), tick=False):
            link = ask_for_link("open-day")
        with time_machine.travel(datetime(2026, 5, 30, tzinfo=UTC), tick=False):
            assert browser().get(link).status_code == 200
        with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC), tick=False):
            assert browser().get(link).status_code == 404

    def test_its_address_is_neither_kept_nor_told(self) -> None:
        code()
        answer = browser().get(ask_for_link("open-day"))
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("name", "email"),
        [
            ("", "sam@example.net"),
            ("Sam", ""),
            ("Sam", "nonsense"),
            ("Sam", "sám@example.net"),
            ("Sam\0", "sam@example.net"),
            ("S" * 256, "sam@example.net"),
            ("Sam", f"{'x' * 250}@example.net"),
            ("Sam", '"\x0c<b>hello</b>"@example.net'),
            ("Sam", "sam@x\u2028y.example"),
            ("Sam", "sam@example.net\nbcc: eve@example.com"),
        ],
    )
    def test_what_is_no_name_or_address_is_asked_again(self, name: str, email: str) -> None:
        code()
        answer = browser().post(page("open-day"), {"name": name, "email": email})
        assert answer.status_code == 200
        assert "errorlist" in answer.text
        assert not Mail.objects.exists()

    def test_names_are_in_any_script(self) -> None:
        code()
        press_at(ask_for_link("open-day", name="Ἑλένη 李 עדה"))
        assert Claim.objects.get().name == "Ἑλένη 李 עדה"


class TestWhoItIsFor:
    @pytest.mark.parametrize("bound_to", ["sam@example.net", "SAM@example.net", "@example.net"])
    def test_the_address_or_domain_that_a_code_is_bound_to_can_claim_it(self, bound_to: str) -> None:
        code(bound_to=bound_to)
        assert "Accepted" in press_at(ask_for_link("open-day"))

    @pytest.mark.parametrize("bound_to", ["ben@example.net", "@sub.example.net", "@xample.net", "@example.network"])
    def test_others_get_no_link_and_the_same_answer(self, bound_to: str) -> None:
        code(bound_to=bound_to)
        assert ask_for_link("open-day") == ""
        assert not Mail.objects.exists()

    def test_learners_who_have_signed_in_are_told(self) -> None:
        code(bound_to="@example.net")
        assert "This code is for other addresses than ada@example.com." in look(signed_in(), "open-day")
        assert signed_in().post(page("open-day")).status_code == 302
        assert holders() == []


class TestStrangers:
    def test_one_answer_and_as_many_statements_for_all_that_is_not_there(self) -> None:
        past, later = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
        code("spent", claimed=True)
        code("full", multiuse=True, limit=0)
        code("over", ends_at=past)
        code("ahead", starts_at=later)
        code("paused", status=ClaimCode.Status.PAUSED)
        code("draft", status=ClaimCode.Status.DRAFT)
        claims.delete(code("deleted"))
        browser().get(page("warm"))
        answers, costs = set(), set()
        for text in ("spent", "full", "over", "ahead", "paused", "draft", "deleted", "nothing"):
            for method in ("get", "post"):
                with CaptureQueriesContext(connection) as queries:
                    answer = getattr(browser(), method)(page(text), {"name": "Sam", "email": "sam@example.net"})
                del answer.headers["X-Request-ID"]  # That of this request alone.
                answers.add((answer.status_code, answer.text, frozenset(answer.headers.items())))
                costs.add(tuple(re.sub("'[^']*'|[0-9a-f]{64}|[0-9]+", "?", query["sql"]) for query in queries))
        assert len(answers) == 1
        assert len(costs) == 1
        assert not Mail.objects.exists()

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ({"claimed": True}, "It has been claimed as often as it could be."),
            ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "The time in which it could be claimed is over."),
            ({"starts_at": datetime(2090, 1, 1, tzinfo=UTC)}, "It cannot be claimed yet."),
            ({"status": ClaimCode.Status.PAUSED}, "It cannot be claimed at present."),
            ({"status": ClaimCode.Status.DRAFT}, "It may be mistyped"),
        ],
    )
    def test_whoever_has_signed_in_is_told_why(self, told: dict[str, Any], why: str) -> None:
        code(**told)
        answer = signed_in().get(page("open-day"))
        assert answer.status_code == 404
        assert why in words(answer)
        assert "Coder" not in words(answer)

    def test_an_address_is_sent_so_many_links_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guessing, "LINKS_TO_ONE", (Pace(2, guessing.HOUR),))
        code()
        asked = {"name": "Sam", "email": "sam@example.net"}
        answers = [browser(REMOTE_ADDR=f"192.0.2.{n}").post(page("open-day"), asked).status_code for n in range(3)]
        assert answers == [200, 200, 429]
        assert Mail.objects.count() == 2

    def test_however_the_address_is_spelt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guessing, "LINKS_TO_ONE", (Pace(2, guessing.HOUR),))
        code()
        spelt = ("sam@example.net", "Sam@example.net", "SAM@Example.Net")
        answers = [browser().post(page("open-day"), {"name": "Sam", "email": each}).status_code for each in spelt]
        assert answers == [200, 200, 429]

    def test_a_network_asks_for_so_many_links_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guessing, "LINKS_FOR_ONE", (Pace(2, guessing.HOUR),))
        code()
        answers = [
            browser().post(page("open-day"), {"name": "Sam", "email": f"sam{n}@example.net"}).status_code
            for n in range(3)
        ]
        assert answers == [200, 200, 429]


class TestWhereTheyCameFrom:
    def test_it_is_counted_and_kept_with_the_claim(self) -> None:
        open_day = code()
        browser().get(page("open-day") + "?from=qr")
        press_at(ask_for_link("open-day", query="?from=qr"))
        assert Claim.objects.get().source == "qr"
        seen = CodeVisits.objects.filter(code=open_day, kind="viewed")
        assert {visit.source: visit.count for visit in seen} == {"qr": 2}

    def test_looking_sets_no_cookie_but_that_of_the_form(self) -> None:
        code()
        assert set(browser().get(page("open-day")).cookies) == {"csrftoken"}

    @pytest.mark.parametrize(
        ("referrer", "source"),
        [
            ("https://t.co/abc", "x"),
            ("https://www.linkedin.com/feed", "linkedin"),
            ("https://l.facebook.com/", "facebook"),
            ("https://notfacebook.com/", "elsewhere"),
            ("http://testserver/my/", ""),
            ("http://[", ""),
        ],
    )
    def test_sites_that_are_known_are_named(self, referrer: str, source: str) -> None:
        code()
        browser(REMOTE_ADDR="192.0.2.9").get(page("open-day"), headers={"Referer": referrer})
        assert CodeVisits.objects.get().source == source

    def test_the_link_in_a_mail_about_a_claim_says_whose_it_is(self) -> None:
        open_day = code()
        link = tokens.claim_link(open_day, "sam@example.net", "Sam", "x")
        token = tokens.read(link.removeprefix("/claims/").removesuffix("/"))
        assert token == tokens.Token(code_id=open_day.pk, email="sam@example.net", name="Sam", source="x")
        assert link_of(Mail(text=f"https://badges.example{link}")) == link
