"""What a visitor is told of a badge in each of its states, and what holds of it, check by check."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from credentials_badges.badges.models import Badge, BadgeTemplate, BadgeVisits, Learner, ProviderAccount
from providers.badgekit.models import BadgeInstance
from tests.badges.test_badge_page import change, make, path, words
from tests.badges.test_pages import text_of
from tests.openbadges.conftest import badge as given  # noqa: F401 (A fixture.)


@pytest.fixture
def badge(db: None) -> Badge:
    return make()


def verified(badge: Badge) -> str:
    answer = Client().get(path(badge, "verify/"))
    assert answer.status_code == 200
    return text_of(answer)


class TestNotAccepted:
    """Nobody is told whose badge it is before that learner has said yes to it."""

    @pytest.mark.parametrize(
        ("state", "says"),
        [("pending", "has not accepted it yet"), ("rejected", "Whoever earned this badge has declined")],
    )
    def test_nobody_else_is_told_whose_it_is(self, badge: Badge, state: str, says: str) -> None:
        change(badge, external_state=state)
        assert says in words(badge)
        for below in ("", "verify/"):
            page = Client().get(path(badge, below)).text
            assert "Lovelace" not in page
            assert "credly.example" not in page
        assert "Share it" not in words(badge)
        assert Client().get(path(badge, "visit/")).status_code == 404

    @pytest.mark.parametrize("state", ["", "pending", "rejected", "expired", "revoked", "unknown"])
    @pytest.mark.parametrize(
        "more", [{}, {"status": "revoked", "revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}]
    )
    def test_not_even_once_it_is_over(self, badge: Badge, state: str, more: dict[str, Any]) -> None:
        change(badge, external_state=state, **more)
        for below in ("", "verify/"):
            page = Client().get(path(badge, below)).text
            assert "Lovelace" not in page
            assert "credly.example" not in page
            assert "visit/" not in page
        assert Client().get(path(badge, "visit/")).status_code == 404
        assert "✓ Valid" not in verified(badge)

    @pytest.mark.parametrize("state", ["expired", "revoked", "unknown"])
    def test_whoever_has_once_accepted_it_is_told(self, badge: Badge, state: str) -> None:
        badge.external_states.create(state="accepted", heard_at=timezone.now(), how="asked")
        change(badge, external_state=state)
        assert "Earned by Ada Lovelace" in words(badge)
        change(badge, external_state="rejected")
        assert "Lovelace" not in words(badge)

    def test_its_learner_is_told_and_led_to_where_it_is_accepted(self, badge: Badge) -> None:
        change(badge, external_state="pending")
        own = Client()
        own.force_login(badge.learner)
        page = text_of(own.get(path(badge)))
        assert "Accept your badge" in page
        assert "Earned by Ada Lovelace" in page
        assert own.get(path(badge, "visit/"))["Location"] == "https://credly.example/badges/1"
        other = Client()
        other.force_login(Learner.objects.create(username="ben"))
        assert "Accept your badge" not in other.get(path(badge)).text
        assert other.get(path(badge, "visit/")).status_code == 404


class TestVerifying:
    def test_all_that_holds_is_told_check_by_check(self, badge: Badge) -> None:
        change(badge, external_state="accepted", external_as_of=timezone.now())
        page = verified(badge)
        for told in (
            "✓ Valid All that we can check holds.",
            "“Knots” was issued by Harbour Point on",
            "It was earned by Ada Lovelace.",
            "nobody has taken it back",
            "it has no end",
            "What does Credly say, where it is kept? It is there, and was accepted. It said so of",
            "Check it at Credly",
        ):
            assert told in page
        assert "does not hold" not in page

    @pytest.mark.parametrize(
        ("columns", "verdict", "says"),
        [
            ({"status": "revoked", "revoke_reason": "Cheat"}, "✗ Not valid", "No: it was taken back."),
            ({"external_state": "revoked"}, "✗ Not valid", "It was taken back there."),
            ({"expires_at": timezone.now() - timedelta(1)}, "✗ Not valid", "No: it was valid until"),
            ({"external_state": "expired"}, "✗ Not valid", "No: its time is over."),
            ({"external_state": "pending"}, "… Not yet", "Whoever earned it has not accepted it yet."),
            ({"external_state": "rejected"}, "✗ Not valid", "Whoever earned it has declined it."),
            ({"external_state": ""}, "… Not yet", "Nothing yet: it is on its way there."),
            ({"external_state": "unknown"}, "… Not yet", "It is there."),
            ({"expires_at": timezone.now() + timedelta(9)}, "✓ Valid", "Yes: until"),
        ],
    )
    def test_what_does_not_hold_is_told(self, badge: Badge, columns: dict[str, Any], verdict: str, says: str) -> None:
        change(badge, **columns)
        page = verified(badge)
        assert verdict in page
        assert says in page
        assert "Cheat" not in page

    def test_it_asks_nobody_counts_nothing_and_keeps_to_one_statement(self, badge: Badge) -> None:
        with CaptureQueriesContext(connection) as queries:
            verified(badge)
        assert len(queries) == 1
        assert not BadgeVisits.objects.exists()

    def test_a_provider_that_is_not_installed_any_more_is_named_all_the_same(self, badge: Badge) -> None:
        ProviderAccount.objects.update(provider="bygone")
        assert "Check it at bygone" in verified(badge)

    def test_one_that_is_gone_or_was_never_there_is_answered_as_its_page_is(self, badge: Badge) -> None:
        Learner.objects.update(retired_at=timezone.now())
        for below in ("", "verify/"):
            answer = Client().get(path(badge, below))
            assert answer.status_code == 410
            assert "Lovelace" not in answer.text
            assert Client().get(f"/badges/{badge.learner.uuid}/{below}").status_code == 404


class TestGivenHere:
    def test_the_documents_are_offered_and_no_page_elsewhere(self, given: Badge) -> None:  # noqa: F811
        page = Client().get(path(given)).text
        document = f"/ob/v2/assertions/{given.uuid}"
        assert f'<link rel="alternate" type="application/ld+json" href="{document}">' in page
        assert f'href="{document}?download"' in page
        assert '<a href="https://club.example" rel="nofollow noopener noreferrer"><bdi>Code Club</bdi></a>' in page
        assert "at its provider" not in page
        assert Client().get(path(given, "visit/")).status_code == 404
        for form in ("", ".jwt", ".png", ".svg"):
            assert f'href="/ob/v3/credentials/{given.uuid}{form}?download"' in page
            assert Client().get(f"/ob/v3/credentials/{given.uuid}{form}?download").status_code == 200
        assert f"https://badges.example/ob/v3/credentials/{given.uuid}" in verified(given)

    @pytest.mark.parametrize("state", ["pending", "revoked"])
    def test_not_while_there_are_none(self, given: Badge, state: str) -> None:  # noqa: F811
        change(given, external_state=state, external_url="https://badges.example/claim/a-secret/")
        page = Client().get(path(given)).text
        assert "download" not in page
        assert "a-secret" not in page + Client().get(path(given, "verify/")).text

    def test_a_code_that_nobody_has_claimed_tells_no_name_once_it_is_over(self, given: Badge) -> None:  # noqa: F811
        BadgeInstance.objects.all().delete()
        change(given, external_id="a-code", external_state="expired")
        page = Client().get(path(given)).text + Client().get(path(given, "verify/")).text
        assert "Lovelace" not in page
        assert "/ob/v" not in page
        assert Client().get(f"/ob/v2/assertions/{given.uuid}").status_code == 404

    def test_it_is_not_called_valid_while_its_store_does_not_know_of_it(self, given: Badge) -> None:  # noqa: F811
        given.external_states.create(state="accepted", heard_at=timezone.now(), how="claim")
        BadgeInstance.objects.all().delete()
        page = verified(given)
        assert "… Not yet" in page
        assert "It does not know of it at present." in page
        assert "/ob/v" not in Client().get(path(given)).text
        assert "not all of it can be checked yet" in words(given)
        assert "is valid" not in words(given)

    @pytest.mark.parametrize("side", ["ours", "store"])
    def test_its_page_and_its_document_end_on_the_same_day(self, given: Badge, side: str) -> None:  # noqa: F811
        over, later = timezone.now() - timedelta(1), timezone.now() + timedelta(9)
        ours, theirs = (over, later) if side == "ours" else (later, over)
        change(given, expires_at=ours)
        BadgeInstance.objects.update(expires=theirs)
        assert f"Valid until {date_format(over)}" in words(given)
        assert "not valid any more" in words(given)
        assert "✗ Not valid" in verified(given)
        assert Client().get(f"/ob/v2/assertions/{given.uuid}").json()["expires"] == over.isoformat()

    @pytest.mark.parametrize("when", [timezone.now() - timedelta(1), None])
    def test_what_the_store_has_ended_has_an_end_in_its_document(self, given: Badge, when: Any) -> None:  # noqa: F811
        change(given, external_state="expired", external_as_of=when)
        told = Client().get(f"/ob/v2/assertions/{given.uuid}").json()
        assert told["expires"] == (when.isoformat() if when else told["issuedOn"])
        assert "not valid any more" in words(given)

    def test_one_of_a_provider_elsewhere_has_none_of_ours(self, badge: Badge) -> None:
        change(badge, external_state="accepted")
        assert "/ob/v" not in Client().get(path(badge)).text + Client().get(path(badge, "verify/")).text

    def test_it_costs_a_constant_number_of_statements(self, given: Badge) -> None:  # noqa: F811
        Client().get(path(given))
        with CaptureQueriesContext(connection) as queries:
            Client().get(path(given))
        assert len(queries) == 7


class TestOddNames:
    @pytest.mark.parametrize(
        "name", ["<script>alert(1)</script>", "عائشة بنت سعد", "W" * 255, "👩🏽‍🚀 Ada", "a\u202eb"]
    )
    def test_any_name_is_shown_as_it_is(self, badge: Badge, name: str) -> None:
        Learner.objects.update(full_name=name)
        BadgeTemplate.objects.update(name=name, skills=[name, 7], criteria=[name])
        for below in ("", "verify/"):
            answer = Client().get(path(badge, below))
            assert answer.status_code == 200
            assert "<script>" not in answer.text
            assert name.replace("<", "&lt;").replace(">", "&gt;") in answer.text
        assert "<bdi>" in Client().get(path(badge)).text

    def test_previews_tell_the_state_and_the_canonical_address(self, badge: Badge, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example"
        change(badge, expires_at=timezone.now())
        page = Client().get(f"{path(badge)}?from=x").text
        assert f'<link rel="canonical" href="https://badges.example{path(badge)}">' in page
        assert 'content="Knots, Ada Lovelace (Expired)"' in page
        assert '<meta name="twitter:card" content="summary">' in page
        assert re.search('<meta name="description" content="Ties what has to hold.">', page)

    def test_that_the_address_was_copied_is_only_counted(self, badge: Badge) -> None:
        assert Client().post(path(badge, "share/copy/")).status_code == 204
        assert BadgeVisits.objects.get().source == "copy"
