"""What the store holds of a learner stands on their page, once, and nothing of anybody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import syncing
from credentials_badges.badges.models import Badge, ProviderAccount
from providers.badgekit import claims, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode
from tests.badges.test_my_page import sections
from tests.providers.badgekit.api import hold, store
from tests.providers.badgekit.claim_page import code, kept, learner, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _store() -> None:
    store()


def shown(username: str = "ada", email: str | None = None) -> dict[str, str]:
    answer: Any = signed_in(username, email).get("/my/")
    assert answer.status_code == 200
    return sections(answer)


def open_claim(username: str = "ada", number: int = 1) -> Claim:
    """The learner's, signed in."""
    who = learner(username)
    used = code(f"review-{username}-{number}", "reader", needs_approval=True)
    claim = reviewing.submit(used, who.email, Claimant(learner=who, is_reviewed=True))
    assert claim is not None
    return claim


class TestHeld:
    """Badges of the store."""

    def test_one_that_is_only_there_is_earned(self) -> None:
        hold("Ada@Example.com", recipient_id=str(learner().uuid))
        (words,) = shown().values()
        assert "Coder" in words
        assert "The Library" in words

    def test_one_that_is_ours_too_stands_there_once(self) -> None:
        account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
        syncing.pull(account)
        claims.claim_for(code(), reviewing.award("ada@example.com"), Claimant(learner=learner()))
        assert Badge.objects.get().external_id == BadgeInstance.objects.get().slug
        assert list(shown()) == ["Earned 1"]

    def test_another_s_is_not_shown_be_it_at_the_same_address(self) -> None:
        hold("ada@example.com", recipient_id=str(learner("ben").uuid))
        assert shown() == {}

    def test_what_is_known_by_an_address_alone_is_shown_to_nobody(self) -> None:
        hold("ada@example.com")
        used = code("review", "reader", needs_approval=True)
        reviewing.submit(used, "ada@example.com", Claimant(is_reviewed=True))
        answer: Any = signed_in().get("/my/")
        assert sections(answer) == {}
        assert "/claims/" not in answer.text

    def test_who_has_no_address_sees_nothing_of_those_without_one(self) -> None:
        hold("")
        assert shown("ben", "") == {}

    def test_what_was_claimed_by_mail_is_not_given_to_whoever_calls_that_address_theirs_later(self) -> None:
        claims.claim_for(code(), reviewing.award("ada@example.com"), Claimant())
        assert shown("ada") == {}

    def test_one_whose_time_is_over_is_not_earned(self) -> None:
        over = timezone.now() - timedelta(days=1)
        hold("ada@example.com", expires=over, recipient_id=str(learner().uuid))
        assert shown() == {}


class TestKept:
    """Codes that wait."""

    def test_one_leads_to_the_page_on_which_it_is_accepted(self) -> None:
        found = kept()
        answer: Any = signed_in().get("/my/")
        assert "Accept your badge" in sections(answer)["Waiting for you 1"]
        assert f'href="/claim/{found.code}/"' in answer.text
        assert signed_in().get(f"/claim/{found.code}/").status_code == 200

    def test_another_s_code_is_told_to_nobody_else(self) -> None:
        kept("ben")
        assert shown() == {}

    def test_one_that_was_claimed_or_called_off_does_not_wait(self) -> None:
        found = kept()
        ClaimCode.objects.filter(pk=found.pk).update(cancelled_at=timezone.now())
        assert shown() == {}


class TestClaims:
    """Claims that are looked at."""

    def test_one_says_how_it_stands_and_leads_to_its_page(self) -> None:
        open_claim()
        answer: Any = signed_in().get("/my/")
        words = sections(answer)["Claims under review 1"]
        assert "Under review" in words
        assert "Look at your claim" in words
        (link,) = [part.split('"')[0] for part in answer.text.split('href="')[1:] if part.startswith("/claims/")]
        assert "Your claim is under review" in signed_in().get(link).text

    def test_one_that_was_sent_back_asks_for_a_change(self) -> None:
        claim = open_claim()
        Claim.objects.filter(pk=claim.pk).update(state=Claim.State.RETURNED)
        assert "Change your claim" in shown()["Claims under review 1"]

    def test_one_that_is_over_is_not_under_review(self) -> None:
        reviewing.withdraw(open_claim())
        assert shown() == {}

    def test_another_s_is_not_shown(self) -> None:
        open_claim("ben")
        assert shown() == {}


def test_it_costs_as_many_statements_for_one_of_each_as_for_many() -> None:
    def cost() -> int:
        client = signed_in()
        with CaptureQueriesContext(connection) as queries:
            client.get("/my/")
        return len(queries)

    mine = str(learner().uuid)
    hold("ada@example.com", recipient_id=mine)
    open_claim()
    kept("ada")
    few = cost()
    for number in range(2, 9):
        hold("ada@example.com", ordinal=number, recipient_id=mine)
        Claim.objects.create(
            code=code(f"c{number}"),
            badge=code(f"d{number}").badge,
            learner=learner(),
            email="x@y.example",
            state="submitted",
        )
    assert cost() == few
