"""Reviews by the API: made, listed, changed and deleted in every context."""

import json
from typing import Any

import pytest

from providers.badgekit.models import Application, Badge, BadgeInstance, Criterion, Review, ReviewItem
from tests.providers.badgekit.api import KEY, SECRET, Caller
from tests.providers.badgekit.applications import APPLICATIONS, EVE, REVIEWS, apply, hook, review, told, wrong

UNEXPECTED = "Unexpected value or invalid argument"


class TestListing:
    def test_all_reviews_of_an_application_come_by_id(self, api: Caller, context: str, criteria: list[int]) -> None:
        second, first = review("zulu", criteria[0]), review("alpha")
        apply("other")
        review("of-another", of="other")
        item = {"criterionId": criteria[0], "satisfied": 1, "comment": "Fine."}
        expected = [
            {"id": second.pk, "slug": "zulu", "author": EVE, "comment": "Good.", "reviewItems": [item]},
            {
                "id": first.pk,
                "slug": "alpha",
                "author": EVE,
                "comment": "Good.",
                "reviewItems": [{**item, "criterionId": None}],
            },
        ]
        path = f"{context}/badges/coder/applications/one/reviews"
        assert api.get(path) == (200, {"reviews": expected})
        pages = {"page": 2, "count": 1, "total": 2}
        assert api.get(f"{path}?page=2&count=1") == (200, {"reviews": expected[1:], "pageData": pages})
        assert api.get(f"{path}/zulu") == (200, {"review": expected[0]})

    def test_the_number_of_statements_does_not_grow(
        self, api: Caller, criteria: list[int], django_assert_num_queries: Any
    ) -> None:
        for number in range(20):
            review(f"review-{number}", criteria[0])
        with django_assert_num_queries(8):
            assert len(api.get(REVIEWS)[1]["reviews"]) == 20


class TestCreating:
    def test_a_review_and_its_items(self, api: Caller, context: str, criteria: list[int]) -> None:
        items = [
            {"criterionId": criteria[2], "satisfied": False},
            {"criterionId": criteria[0], "satisfied": 1, "comment": "Fine."},
        ]
        sent = {"author": EVE, "comment": "Good 🎓", "reviewItems": items, "slug": "mine", "approved": True}
        status, answer = api.post(f"{context}/badges/coder/applications/one/reviews", sent)
        row = Review.objects.get()
        expected = {
            "id": row.pk,
            "slug": row.slug,
            "author": EVE,
            "comment": "Good 🎓",
            "reviewItems": [
                {"criterionId": criteria[2], "satisfied": 0, "comment": None},
                {"criterionId": criteria[0], "satisfied": 1, "comment": "Fine."},
            ],
        }
        assert (status, answer) == (201, {"status": "created", "review": expected})
        assert len(row.slug) == 32
        assert api.get(f"{APPLICATIONS}/one/reviews/{row.slug}") == (200, {"review": expected})

    def test_the_least_is_an_author(self, api: Caller, criteria: list[int]) -> None:
        status, answer = api.post(REVIEWS, {"author": EVE})
        assert (status, answer["review"]["comment"], answer["review"]["reviewItems"]) == (201, None, [])

    def test_nobody_is_given_anything(self, api: Caller, criteria: list[int]) -> None:
        api.post(REVIEWS, {"author": EVE, "reviewItems": [{"criterionId": each, "satisfied": 1} for each in criteria]})
        assert not BadgeInstance.objects.exists()
        assert Application.objects.get().processed is None

    def test_forms_send_items_as_json(self, api: Caller, criteria: list[int]) -> None:
        items = json.dumps([{"criterionId": str(criteria[0]), "satisfied": "true"}])
        status, answer = api.upload("POST", REVIEWS, {"author": EVE, "reviewItems": items})
        assert status == 201
        assert answer["review"]["reviewItems"] == [{"criterionId": criteria[0], "satisfied": 1, "comment": None}]

    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            ({}, wrong("author", "")),
            ({"author": "eve"}, wrong("author", "eve", "Invalid email")),
            ({"author": EVE, "comment": ["x"]}, wrong("comment", ["x"], "String is not in range")),
            ({"author": EVE, "comment": "x" * 100_001}, wrong("comment", "x" * 100_001, "String is not in range")),
            ({"author": EVE, "reviewItems": 7}, wrong("reviewItems", 7, UNEXPECTED)),
            ({"author": EVE, "reviewItems": [[]]}, wrong("reviewItems", [[]], UNEXPECTED)),
            ({"author": EVE, "reviewItems": "[{}"}, wrong("reviewItems", "[{}", UNEXPECTED)),
            ({"author": EVE, "reviewItems": [{}] * 1001}, wrong("reviewItems", [{}] * 1001, UNEXPECTED)),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_what_is_wrong_is_told(
        self, api: Caller, context: str, criteria: list[int], sent: object, expected: dict[str, Any]
    ) -> None:
        hook()
        assert api.post(f"{context}/badges/coder/applications/one/reviews", sent) == (400, expected)
        assert not Review.objects.exists()
        assert not told()

    @pytest.mark.parametrize("criterion", [None, "", "x", 0, -1, 1.5, 2**31, 10**30, [1], {}, True])
    def test_a_criterion_of_a_wrong_shape_is_named(self, api: Caller, criteria: list[int], criterion: object) -> None:
        sent = {"author": EVE, "reviewItems": [{"criterionId": criterion, "satisfied": 1}]}
        status, answer = api.post(REVIEWS, sent)
        assert (status, [each["field"] for each in answer["details"]]) == (400, ["reviewItems"])

    @pytest.mark.parametrize("satisfied", [None, "", "yes", 2, -1, 0.5, [], {}, "null"])
    def test_satisfied_is_one_of_four_words(self, api: Caller, criteria: list[int], satisfied: object) -> None:
        sent = {"author": EVE, "reviewItems": [{"criterionId": criteria[0], "satisfied": satisfied}]}
        status, answer = api.post(REVIEWS, sent)
        assert (status, [each["field"] for each in answer["details"]]) == (400, ["reviewItems"])

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    @pytest.mark.parametrize("which", ["of another badge", "of nobody", "twice"])
    def test_each_criterion_is_one_of_the_badges_and_comes_once(
        self, api: Caller, criteria: list[int], method: str, which: str
    ) -> None:
        old = review("old", criteria[0])
        hook()
        farmers = Criterion.objects.create(badge=Badge.objects.get(slug="farmer"), description="Grow it.")
        ids = {"of another badge": [farmers.pk], "of nobody": [farmers.pk + 1], "twice": [criteria[0], criteria[0]]}
        items = [{"criterionId": each, "satisfied": 1} for each in ids[which]]
        path = REVIEWS if method == "POST" else f"{REVIEWS}/old"
        sent = {"author": "mallory@example.com", "reviewItems": items}
        assert api.call(method, path, sent) == (400, wrong("reviewItems", items, UNEXPECTED))
        assert Review.objects.get() == old
        assert Review.objects.get().author == EVE
        assert ReviewItem.objects.count() == 1
        assert not told()

    def test_no_criterion_is_one_of_them_once_it_has_gone(self, api: Caller, criteria: list[int]) -> None:
        Criterion.objects.filter(pk=criteria[0]).delete()
        sent = {"author": EVE, "reviewItems": [{"criterionId": criteria[0], "satisfied": 1}]}
        assert api.post(REVIEWS, sent)[0] == 400


class TestChanging:
    @pytest.mark.parametrize(
        ("sent", "author", "comment"),
        [
            ({}, EVE, "Good."),
            ({"author": "bob@example.com"}, "bob@example.com", "Good."),
            ({"comment": "Better."}, EVE, "Better."),
            ({"comment": None, "slug": "other", "id": 7, "applicationId": 7}, EVE, None),
        ],
    )
    def test_only_what_is_sent_changes_but_the_items_go(
        self, api: Caller, context: str, criteria: list[int], sent: object, author: str, comment: str | None
    ) -> None:
        row = review("old", criteria[0])
        expected = {"id": row.pk, "slug": "old", "author": author, "comment": comment, "reviewItems": []}
        path = f"{context}/badges/coder/applications/one/reviews/old"
        assert api.put(path, sent) == (200, {"status": "updated", "review": expected})
        assert api.get(path) == (200, {"review": expected})

    def test_items_take_the_place_of_the_old_ones(self, api: Caller, criteria: list[int]) -> None:
        review("old", criteria[0])
        items = [{"criterionId": criteria[1], "satisfied": "0", "comment": "No."}]
        status, answer = api.put(f"{REVIEWS}/old", {"reviewItems": items})
        assert (status, answer["review"]["author"]) == (200, EVE)
        assert answer["review"]["reviewItems"] == [{"criterionId": criteria[1], "satisfied": 0, "comment": "No."}]
        assert ReviewItem.objects.count() == 1

    def test_what_is_wrong_changes_nothing(self, api: Caller, criteria: list[int]) -> None:
        review("old", criteria[0])
        assert api.put(f"{REVIEWS}/old", {"author": None, "comment": "x"}) == (400, wrong("author", ""))
        assert api.put(f"{REVIEWS}/old", {"reviewItems": {}, "comment": "x"})[0] == 400
        assert Review.objects.get().comment == "Good."
        assert ReviewItem.objects.count() == 1


class TestDeleting:
    def test_it_is_told_under_both_names(self, api: Caller, context: str, criteria: list[int]) -> None:
        row = review("old", criteria[0])
        path = f"{context}/badges/coder/applications/one/reviews/old"
        shown = {"id": row.pk, "slug": "old", "author": EVE, "comment": "Good.", "reviewItems": []}
        assert api.delete(path) == (200, {"status": "deleted", "review": shown, "badge": shown})
        missing = {"code": "ResourceNotFound", "message": "Could not find review field: `slug`, value: `old`"}
        assert api.delete(path) == (404, missing)
        assert not ReviewItem.objects.exists()
        assert Application.objects.exists()


class TestBounds:
    @pytest.mark.parametrize(
        "path",
        [
            "/systems/city/badges/reader/applications/one",
            "/systems/village/badges/coder/applications/one",
            "/systems/village/badges/farmer/applications/theirs",
            "/systems/city/badges/coder/applications/other",
        ],
    )
    def test_the_review_of_another_application_is_not_found(self, api: Caller, criteria: list[int], path: str) -> None:
        hook()
        hook("village")
        apply("other")
        apply("theirs", badge="farmer")
        review("old", criteria[0])
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, f"{path}/reviews/old", {"comment": "x"})[0] == 404
        assert Review.objects.get().comment == "Good."
        assert ReviewItem.objects.count() == 1
        assert not told()

    def test_a_consumer_reaches_only_its_own_system(self, api: Caller) -> None:
        apply("theirs", badge="farmer")
        consumer = Caller(api.client, key=KEY, secret=SECRET)
        path = "/systems/village/badges/farmer/applications/theirs/reviews"
        assert (consumer.get(path)[0], consumer.post(path, {"author": EVE})[0]) == (403, 403)

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("/systems/city/badges/nope/applications/nope/reviews", "badge"),
            ("/systems/city/badges/coder/applications/nope/reviews", "application"),
            ("/systems/city/badges/coder/applications/nope/reviews/nope", "application"),
            (f"{REVIEWS}/nope", "review"),
        ],
    )
    def test_what_is_missing_is_named_before_the_body_is_looked_at(
        self, api: Caller, criteria: list[int], path: str, missing: str
    ) -> None:
        expected = {"code": "ResourceNotFound", "message": f"Could not find {missing} field: `slug`, value: `nope`"}
        for method in ("PUT", "DELETE") if path.endswith("reviews/nope") else ("GET", "POST"):
            assert api.call(method, path, {"author": 7}) == (404, expected)
