"""The system's own site is told of each review once, also of those that are made at the same moment."""

import pytest

from providers.badgekit.models import Badge, Criterion, Review, ReviewItem, WebhookCall
from tests.providers.badgekit.api import Caller, at_once
from tests.providers.badgekit.applications import APPLICATIONS, EVE, REVIEWS, apply, hook, review, told


class TestTelling:
    """The system's webhook is told of each review once, and of nothing else."""

    def test_of_what_is_made_and_of_what_is_changed(self, api: Caller, context: str, criteria: list[int]) -> None:
        first = hook()
        hook(url="https://city.example/second")
        hook("village", "https://village.example/hook")
        path = f"{context}/badges/coder/applications/one"
        slug = api.post(f"{path}/reviews", {"author": EVE, "comment": "Good 🎓"})[1]["review"]["slug"]
        api.put(f"{path}/reviews/{slug}", {"reviewItems": [{"criterionId": criteria[0], "satisfied": 0}]})
        calls = list(WebhookCall.objects.order_by("pk"))
        assert {(call.webhook, call.action, call.topic, call.destination) for call in calls} == {
            (first, "review", "one", "city.example")
        }
        made, changed = told()
        application = {**api.get(path)[1]["application"], "evidence": []}
        shown = api.get(f"{path}/reviews/{slug}")[1]["review"]
        assert made == {
            "action": "review",
            "application": application,
            "review": {**shown, "reviewItems": []},
            "approved": False,
        }
        assert changed == {**made, "review": shown}
        assert len(shown["reviewItems"]) == 1
        api.delete(f"{path}/reviews/{slug}")
        api.delete(path)
        assert len(told()) == 2

    @pytest.mark.parametrize(
        ("satisfied", "approved"),
        [
            ({}, False),
            ({0: 1}, False),
            ({0: 1, 1: 0}, False),
            ({2: 1}, False),
            ({0: 1, 2: 1}, False),
            ({0: 1, 1: 1}, True),
            ({1: "1", 0: "TRUE"}, True),
            ({0: 1, 1: True, 2: True}, True),
            ({0: True, 1: 1, 2: False}, True),
        ],
    )
    def test_whether_all_is_satisfied_that_is_required(
        self, api: Caller, criteria: list[int], satisfied: dict[int, object], approved: bool
    ) -> None:
        hook()
        review("old")
        items = [{"criterionId": criteria[which], "satisfied": value} for which, value in satisfied.items()]
        assert api.post(REVIEWS, {"author": EVE, "reviewItems": items})[0] == 201
        assert api.put(f"{REVIEWS}/old", {"reviewItems": items})[0] == 200
        assert [call["approved"] for call in told()] == [approved, approved]

    def test_a_badge_that_requires_nothing_is_approved(self, api: Caller) -> None:
        hook()
        apply("one", badge="reader")
        assert api.post("/systems/city/badges/reader/applications/one/reviews", {"author": EVE})[0] == 201
        assert [call["approved"] for call in told()] == [True]

    def test_nobody_is_told_where_the_system_has_no_webhook(self, api: Caller, criteria: list[int]) -> None:
        hook("village")
        review("old")
        assert api.post(REVIEWS, {"author": EVE})[0] == 201
        assert api.put(f"{REVIEWS}/old", {})[0] == 200
        assert not told()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture
    def ids(self, committed: Caller) -> list[int]:
        """The criteria of a badge that somebody has applied for, in a store that all threads see."""
        apply("one")
        hook()
        coder = Badge.objects.get(slug="coder")
        for number in range(9):
            Criterion.objects.create(badge=coder, description=str(number))
        return list(coder.criteria.values_list("pk", flat=True))

    def test_two_changes_leave_the_items_of_one_and_tell_of_both(self, ids: list[int]) -> None:
        review("old")
        comments = ["first", "second", "third", "fourth"]
        bodies = [
            {"comment": comment, "reviewItems": [{"criterionId": i, "satisfied": 1, "comment": comment} for i in ids]}
            for comment in comments
        ]
        answers = at_once([("PUT", f"{REVIEWS}/old", body) for body in bodies])
        assert {status for status, _ in answers} == {200}
        last = told()[-1]["review"]
        assert Caller().get(f"{REVIEWS}/old") == (200, {"review": last})
        assert {item["comment"] for item in last["reviewItems"]} == {last["comment"]}
        assert sorted(call["review"]["comment"] for call in told()) == sorted(comments)

    def test_a_review_is_made_before_its_application_goes_or_not_at_all(self, ids: list[int]) -> None:
        body = {"author": EVE, "reviewItems": [{"criterionId": ids[0], "satisfied": 1}]}
        ends = [("DELETE", f"{APPLICATIONS}/one", None)] * 2
        answers = at_once([("POST", REVIEWS, body), *ends, *[("POST", REVIEWS, body)] * 3])
        made = [status for status, answer in answers if "review" in answer]
        assert sorted(status for status, answer in answers if "review" not in answer) == [200, *[404] * (5 - len(made))]
        assert made == [201] * len(made)
        assert len(told()) == len(made)
        assert not Review.objects.exists()
        assert not ReviewItem.objects.exists()

    def test_of_several_ends_of_a_review_one_is_told_of(self, ids: list[int]) -> None:
        review("old")
        path = f"{REVIEWS}/old"
        answers = at_once([("DELETE", path, None), ("PUT", path, {})] * 3)
        ends = [status for status, answer in answers if "badge" in answer]
        changes = [status for status, answer in answers if "review" in answer and "badge" not in answer]
        assert (ends, changes) == ([200], [200] * len(changes))
        assert sorted({status for status, _ in answers}) == [200, 404]
        assert len(told()) == len(changes)
        assert not Review.objects.exists()
