"""Badges that were given are listed, got and taken back, in every context."""

from datetime import UTC, datetime
from typing import Any

import pytest

from providers.badgekit import answers
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Issuer
from tests.providers.badgekit.api import ADA, BOB, INSTANCES, Caller, hold, make


class TestListing:
    def test_all_who_hold_a_badge_come_in_the_order_of_their_ids(self, api: Caller, instances: str) -> None:
        code = make("winter")
        hold("zoe@example.com", issued_on=datetime(2026, 1, 2, 3, 4, 5, 678000, UTC), claim_code=code)
        hold(ADA, expires=datetime(2027, 1, 1, tzinfo=UTC))
        hold(BOB, badge="reader")
        status, told = api.get(instances)
        assert (status, list(told)) == (200, ["instances"])
        first, second = told["instances"]
        slug = "coder-of-zoe@example.com-1"
        assert {**first, "badge": 0} == {
            "slug": slug,
            "email": "zoe@example.com",
            "expires": None,
            "issuedOn": "2026-01-02T03:04:05.678Z",
            "claimCode": "winter",
            "assertionUrl": "http://localhost/public/assertions/coder-of-zoe%40example.com-1",
            "badge": 0,
        }
        assert (second["email"], second["claimCode"], second["expires"]) == (ADA, None, "2027-01-01T00:00:00.000Z")
        assert first["badge"] == second["badge"] == answers.badge(Badge.objects.get(slug="coder"))
        assert first["badge"]["system"]["slug"] == "city"

    def test_nobody_holds_it(self, api: Caller, instances: str) -> None:
        assert api.get(instances) == (200, {"instances": []})

    def test_pages(self, api: Caller, instances: str) -> None:
        for number in range(3):
            hold(f"{number}@example.com")
        status, told = api.get(f"{instances}?page=2&count=2")
        assert status == 200
        assert [each["email"] for each in told["instances"]] == ["2@example.com"]
        assert told["pageData"] == {"page": 2, "count": 2, "total": 3}

    @pytest.mark.parametrize(("query", "statements"), [("", 6), ("?page=1&count=20", 7)])
    def test_the_number_of_statements_does_not_grow(
        self, api: Caller, django_assert_num_queries: Any, query: str, statements: int
    ) -> None:
        for number in range(30):
            hold(f"{number}@example.com", claim_code=make(f"code-{number}"))
        with django_assert_num_queries(statements):
            assert len(api.get(INSTANCES + query)[1]["instances"]) == (20 if query else 30)


class TestGetting:
    def test_an_address_is_found_in_any_case(self, api: Caller, instances: str) -> None:
        hold("Ada@Example.com")
        status, told = api.get(f"{instances}/aDA@example.COM")
        assert (status, list(told)) == (200, ["instance"])
        assert told["instance"]["email"] == "Ada@Example.com"
        assert told["instance"]["badge"] == answers.badge(Badge.objects.get(slug="coder"))

    @pytest.mark.parametrize("spelling", ["a%2Bb%2Fc@example.com", "a+b/c@example.com"])
    def test_an_address_may_hold_a_plus_and_a_slash(self, api: Caller, instances: str, spelling: str) -> None:
        hold("a+b/c@example.com")
        assert api.get(f"{instances}/{spelling}")[0] == 200

    def test_of_several_the_oldest_is_told(self, api: Caller, instances: str) -> None:
        hold(ordinal=2, slug="first")
        hold(ordinal=3, slug="second")
        assert api.get(f"{instances}/{ADA}")[1]["instance"]["slug"] == "first"

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    @pytest.mark.parametrize("email", [BOB, "bulk", "%25s", "王@example.com", "a" * 900])
    def test_who_does_not_hold_it_is_told_as_documented(
        self, api: Caller, instances: str, method: str, email: str
    ) -> None:
        hold(BOB, badge="reader")
        shown = email.replace("%25", "%")
        message = f"Could not find badgeInstance field: `email`, value: `{shown}`"
        assert api.call(method, f"{instances}/{email}") == (404, {"code": "ResourceNotFound", "message": message})

    @pytest.mark.parametrize("path", [f"{INSTANCES}/%00@example.com", "/systems/city/instances/%00@example.com"])
    def test_a_nul_is_in_no_address(self, api: Caller, path: str) -> None:
        assert api.get(path)[0] == (404 if "badges" in path else 200)


class TestAllOfAnAddress:
    def test_it_is_what_the_context_has(self, api: Caller) -> None:
        for badge in ("reader", "librarian", "coder", "farmer"):
            hold("Ada@example.com", badge)
        hold(BOB, "reader")
        told = {
            path: [each["badge"]["slug"] for each in api.get(f"{path}/instances/{ADA}")[1]["instances"]]
            for path in (
                "/systems/city",
                "/systems/city/issuers/library",
                "/systems/city/issuers/library/programs/club",
                "/systems/village",
            )
        }
        assert list(told.values()) == [["reader", "librarian", "coder"], ["librarian", "coder"], ["coder"], ["farmer"]]

    def test_each_comes_with_its_whole_badge_and_its_assertion(self, api: Caller, context: str) -> None:
        hold()
        (told,) = api.get(f"{context}/instances/{ADA}")[1]["instances"]
        assert told["badge"] == answers.badge(Badge.objects.get(slug="coder"))
        assert told["assertionUrl"] == "http://localhost/public/assertions/coder-of-ada%40example.com-1"

    @pytest.mark.parametrize("query", ["", "?page=1&count=2"])
    def test_none_is_an_empty_list_also_on_a_page(self, api: Caller, context: str, query: str) -> None:
        pages = {"pageData": {"page": 1, "count": 2, "total": 0}} if query else {}
        assert api.get(f"{context}/instances/{BOB}{query}") == (200, {"instances": [], **pages})

    def test_an_unknown_context_is_not_an_empty_list(self, api: Caller) -> None:
        assert api.get(f"/systems/nope/instances/{ADA}")[0] == 404
        assert api.get(f"/systems/city/issuers/nope/instances/{ADA}")[0] == 404

    def test_the_number_of_statements_does_not_grow(self, api: Caller, django_assert_num_queries: Any) -> None:
        reader = Badge.objects.get(slug="reader")
        for number in range(20):
            badge = Badge.objects.create(slug=f"b{number}", name="B", type="skill", system=reader.system)
            hold(badge=badge.slug)
        with django_assert_num_queries(7):
            assert len(api.get(f"/systems/city/instances/{ADA}")[1]["instances"]) == 20


class TestDeleting:
    def test_it_is_told_as_it_was_without_a_status(self, api: Caller, instances: str) -> None:
        hold("Ada@example.com", claim_code=make("winter", claimed=True))
        hold(BOB)
        shown = api.get(f"{instances}/{ADA}")[1]
        assert api.delete(f"{instances}/{ADA}") == (200, shown)
        assert [each.email for each in BadgeInstance.objects.all()] == [BOB]
        assert api.get(f"{instances}/{ADA}")[0] == api.delete(f"{instances}/{ADA}")[0] == 404
        assert ClaimCode.objects.get().claimed

    def test_all_that_the_address_holds_of_the_badge_goes(self, api: Caller) -> None:
        for ordinal in (1, 2, 3):
            hold(ordinal=ordinal)
        hold(badge="reader")
        hold(badge="farmer")
        assert api.delete(f"{INSTANCES}/{ADA}")[1]["instance"]["slug"].endswith("-1")
        assert {each.badge.slug for each in BadgeInstance.objects.all()} == {"reader", "farmer"}

    def test_a_badge_of_another_issuer_is_not_found(self, api: Caller) -> None:
        Issuer.objects.create(slug="museum", name="Museum", system=Badge.objects.get(slug="coder").system)
        hold()
        assert api.delete(f"/systems/city/issuers/museum/badges/coder/instances/{ADA}")[0] == 404
        assert api.delete(f"/systems/village/badges/coder/instances/{ADA}")[0] == 404
        assert BadgeInstance.objects.count() == 1
