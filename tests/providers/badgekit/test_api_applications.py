"""Applications by the API: listed, got and deleted in every context, and never seen through another badge."""

from datetime import timedelta
from typing import Any

import pytest

from providers.badgekit.models import Application, Badge, Evidence, Review
from tests.providers.badgekit.api import ADA, KEY, SECRET, Caller
from tests.providers.badgekit.applications import APPLICATIONS, CREATED, LINK, WORDS, apply

pytestmark = pytest.mark.once


def slugs(answer: tuple[int, Any]) -> list[str]:
    """The slugs of the applications that were listed."""
    status, told = answer
    assert status == 200
    return [each["slug"] for each in told["applications"]]


class TestListing:
    def test_those_of_a_badge_come_with_the_badge_and_their_evidence(self, api: Caller, context: str) -> None:
        row = apply("one", assigned_to="eve@example.com", assigned_expiration=CREATED + timedelta(days=1))
        apply("of-another", badge="reader")
        status, told = api.get(f"{context}/badges/coder/applications")
        badge = told["applications"][0].pop("badge")
        assert (status, told) == (
            200,
            {
                "applications": [
                    {
                        "id": row.pk,
                        "slug": "one",
                        "learner": ADA,
                        "created": "2024-05-21T19:22:09.000Z",
                        "assignedTo": "eve@example.com",
                        "assignedExpiration": "2024-05-22T19:22:09.000Z",
                        "processed": None,
                        "evidence": [LINK, WORDS],
                    }
                ]
            },
        )
        assert (badge["slug"], badge["program"]["slug"], len(badge["criteria"])) == ("coder", "club", 1)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/systems/city", ["reading", "shelving", "older", "coding", "newer"]),
            ("/systems/city/issuers/library", ["shelving", "older", "coding", "newer"]),
            ("/systems/city/issuers/library/programs/club", ["older", "coding", "newer"]),
            ("/systems/village", ["farming"]),
        ],
    )
    def test_those_of_a_context_come_by_badge_then_time_then_id(
        self, api: Caller, path: str, expected: list[str]
    ) -> None:
        apply("newer", created=CREATED + timedelta(days=1))
        apply("older", created=CREATED - timedelta(days=1))
        apply("coding")
        apply("farming", badge="farmer")
        apply("shelving", badge="librarian")
        apply("reading", badge="reader")
        told = api.get(f"{path}/applications")
        assert slugs(told) == expected
        assert {each["badge"]["system"]["slug"] for each in told[1]["applications"]} == {path.split("/")[2]}

    def test_equal_times_come_by_id(self, api: Caller) -> None:
        for slug in "zya":
            apply(slug)
        assert slugs(api.get(APPLICATIONS)) == ["z", "y", "a"]
        assert slugs(api.get(f"{APPLICATIONS}?page=1&count=2")) == ["z", "y"]

    def test_those_of_deleted_badges_are_not_shown(self, api: Caller, context: str) -> None:
        apply("one")
        Badge.objects.get(slug="coder").hide()
        assert slugs(api.get(f"{context}/applications")) == []
        assert api.get(f"{context}/badges/coder/applications")[0] == 404

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["done", "open"]),
            ("processed=any", ["done", "open"]),
            ("processed=", ["done", "open"]),
            ("processed=true", ["done"]),
            ("processed=1", ["done"]),
            ("processed=false", ["open"]),
            ("processed=0", ["open"]),
            ("email=", ["done", "open"]),
            ("email=ADA%40example.COM", ["open"]),
            ("email=bob@example.com", ["done"]),
            ("email=ad%25", []),
            ("email=ada_example.com", []),
            ("email=ada", []),
            ("email=ada@example.com%00", []),
            ("email=%ED%A0%80", []),
            ("email=" + "a" * 60_000, []),
            ("email=bob@example.com&processed=false", []),
            ("email=bob@example.com&processed=true", ["done"]),
        ],
    )
    def test_filters(self, api: Caller, context: str, query: str, expected: list[str]) -> None:
        apply("done", learner="Bob@Example.com", processed=CREATED, created=CREATED - timedelta(days=1))
        apply("open")
        assert slugs(api.get(f"{context}/applications?{query}")) == expected
        assert slugs(api.get(f"{context}/badges/coder/applications?{query}")) == expected

    @pytest.mark.parametrize("value", ["TRUE", "yes", "2", "null", "%00", "true%20"])
    def test_a_wrong_filter_is_told(self, api: Caller, context: str, value: str) -> None:
        told = {
            "code": "InvalidParameter",
            "parameter": "processed",
            "message": "Invalid `processed` parameter. Expecting one of 'true', 'false' or 'any'.",
        }
        assert api.get(f"{context}/applications?processed={value}") == (400, told)
        assert api.get(f"{context}/badges/coder/applications?processed={value}") == (400, told)

    def test_pages_count_what_the_filters_left(self, api: Caller, context: str) -> None:
        for number in range(5):
            apply(f"done-{number}", processed=CREATED)
            apply(f"open-{number}")
        for path in (f"{context}/applications", f"{context}/badges/coder/applications"):
            told = api.get(f"{path}?processed=true&page=2&count=2")
            assert slugs(told) == ["done-2", "done-3"]
            assert told[1]["pageData"] == {"page": 2, "count": 2, "total": 5}
            assert slugs(api.get(f"{path}?page=9&count=2")) == []

    def test_the_number_of_statements_does_not_grow(
        self, api: Caller, context: str, django_assert_num_queries: Any
    ) -> None:
        organisations = len(context.split("/")) // 2
        for number in range(20):
            apply(f"coding-{number}")
            apply(f"reading-{number}", badge="reader")
        with django_assert_num_queries(organisations + 7):
            assert len(slugs(api.get(f"{context}/applications"))) in {20, 40}
        with django_assert_num_queries(7):
            assert len(slugs(api.get(f"{context}/badges/coder/applications"))) == 20

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("/systems/nope/applications", "system"),
            ("/systems/city/issuers/nope/applications", "issuer"),
            ("/systems/city/issuers/library/programs/nope/applications", "program"),
            ("/systems/city/badges/nope/applications", "badge"),
            ("/systems/city/badges/nope/applications/nope", "badge"),
            ("/systems/city/badges/coder/applications/nope", "application"),
        ],
    )
    def test_what_is_missing_is_named(self, api: Caller, path: str, missing: str) -> None:
        told = {"code": "ResourceNotFound", "message": f"Could not find {missing} field: `slug`, value: `nope`"}
        assert api.get(path) == (404, told)


class TestGetting:
    def test_one_application_with_its_badge(self, api: Caller, context: str) -> None:
        row = apply("one", processed=CREATED)
        status, told = api.get(f"{context}/badges/coder/applications/one")
        badge = told["application"].pop("badge")
        assert (status, told) == (
            200,
            {
                "application": {
                    "id": row.pk,
                    "slug": "one",
                    "learner": ADA,
                    "created": "2024-05-21T19:22:09.000Z",
                    "assignedTo": None,
                    "assignedExpiration": None,
                    "processed": "2024-05-21T19:22:09.000Z",
                    "evidence": [LINK, WORDS],
                }
            },
        )
        assert (badge["slug"], badge["system"]["slug"], len(badge["criteria"])) == ("coder", "city", 1)

    @pytest.mark.parametrize("slug", ["ONE", "%00", "o" * 3_000, "50%25", "%F0%9F%8E%93", "..", "on%C3%A9"])
    def test_an_unknown_one_is_told(self, api: Caller, slug: str) -> None:
        apply("one")
        for method in ("GET", "PUT", "DELETE"):
            status, told = api.call(method, f"{APPLICATIONS}/{slug}")
            assert (status, told["code"]) == (404, "ResourceNotFound")
            assert told["message"].startswith("Could not find application field: `slug`, value: `")


class TestDeleting:
    def test_it_goes_with_its_evidence_and_its_reviews(self, api: Caller, context: str) -> None:
        row = apply("one")
        apply("other")
        Review.objects.create(application=row, slug="first", author="eve@example.com")
        status, told = api.delete(f"{context}/badges/coder/applications/one")
        assert (status, told) == (
            200,
            {
                "status": "deleted",
                "application": {
                    "id": row.pk,
                    "slug": "one",
                    "learner": ADA,
                    "created": "2024-05-21T19:22:09.000Z",
                    "assignedTo": None,
                    "assignedExpiration": None,
                    "badge": None,
                    "processed": None,
                    "evidence": [],
                },
            },
        )
        assert slugs(api.get(APPLICATIONS)) == ["other"]
        assert not Review.objects.exists()
        assert Evidence.objects.count() == 2
        assert api.delete(f"{context}/badges/coder/applications/one")[0] == 404


class TestBounds:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    @pytest.mark.parametrize(
        "path",
        [
            "/systems/city/badges/reader",
            "/systems/village/badges/farmer",
            "/systems/village/badges/coder",
            "/systems/city/issuers/library/badges/librarian",
        ],
    )
    def test_the_application_of_another_badge_is_not_found(self, api: Caller, method: str, path: str) -> None:
        apply("one")
        before = Application.objects.values().get()
        assert api.call(method, f"{path}/applications/one", {"learner": "bob@example.com"})[0] == 404
        assert Application.objects.values().get() == before

    def test_a_consumer_reaches_only_its_own_system(self, api: Caller) -> None:
        apply("one", badge="farmer")
        consumer = Caller(api.client, key=KEY, secret=SECRET)
        assert consumer.get("/systems/village/applications")[0] == 403
        assert consumer.delete("/systems/village/badges/farmer/applications/one")[0] == 403
        assert consumer.get("/systems/city/applications") == (200, {"applications": []})

    @pytest.mark.parametrize("path", ["", "/one"])
    def test_other_methods_are_not_allowed(self, api: Caller, path: str) -> None:
        assert api.call("PATCH", f"{APPLICATIONS}{path}")[0] == 405
