"""Milestones are made, changed and deleted, of badges of their own system only."""

import json
from typing import Any

import pytest

from providers.badgekit import answers
from providers.badgekit.models import Badge, Milestone
from tests.providers.badgekit.api import KEY, SECRET, Caller, badge, milestone

PATH = "/systems/city/milestones"
UNKNOWN = "The system has no badge with this id"


def ids(*slugs: str) -> list[int]:
    return [badge(slug).pk for slug in slugs]


def support(made: Milestone) -> set[str]:
    return set(made.support_badges.values_list("slug", flat=True))


def gone(slug: str) -> Badge:
    """The badge, deleted."""
    row = badge(slug)
    row.hide()
    return row


def not_found(number: object) -> tuple[int, dict[str, str]]:
    message = f"Could not find milestone field: `id`, value: `{number}`"
    return 404, {"code": "ResourceNotFound", "message": message}


@pytest.fixture
def village(api: Caller) -> Milestone:
    """A milestone of the other system, which nothing here may touch."""
    return milestone("farmer", "farmer", system="village")


class TestListing:
    def test_a_systems_milestones_come_in_the_order_of_their_ids(self, api: Caller, village: Milestone) -> None:
        second = milestone("coder", "reader", "librarian", number=2, action="queue-application")
        third = milestone("reader")
        status, told = api.get(PATH)
        assert (status, list(told)) == (200, ["milestones"])
        assert told["milestones"] == [
            {
                "id": second.pk,
                "action": "queue-application",
                "numberRequired": 2,
                "primaryBadge": answers.badge(badge("coder"), bare=True),
                "supportBadges": [answers.badge(badge(slug), bare=True) for slug in ("reader", "librarian")],
            },
            answers.milestone(third),
        ]
        assert [each["id"] for each in api.get("/systems/village/milestones")[1]["milestones"]] == [village.pk]

    def test_pages(self, api: Caller) -> None:
        made = [milestone("coder", "reader").pk for _ in range(3)]
        status, told = api.get(f"{PATH}?page=2&count=2")
        assert (status, [each["id"] for each in told["milestones"]]) == (200, made[2:])
        assert told["pageData"] == {"page": 2, "count": 2, "total": 3}

    def test_the_number_of_statements_does_not_grow(self, api: Caller, django_assert_num_queries: Any) -> None:
        for _ in range(20):
            milestone("coder", "reader", "librarian", "retired")
        with django_assert_num_queries(3):
            assert len(api.get(PATH)[1]["milestones"]) == 20

    def test_what_has_been_deleted_takes_part_in_none(self, api: Caller) -> None:
        kept, lost = milestone("coder", "reader", "librarian"), milestone("retired", "reader")
        gone("librarian")
        gone("retired")
        (told,) = api.get(PATH)[1]["milestones"]
        assert (told["id"], [each["slug"] for each in told["supportBadges"]]) == (kept.pk, ["reader"])
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, f"{PATH}/{lost.pk}") == not_found(lost.pk)


class TestCreating:
    def test_it_is_told_whole(self, api: Caller, village: Milestone) -> None:
        primary, *others = ids("coder", "reader", "retired")
        sent = {"primaryBadgeId": primary, "numberRequired": 2, "supportBadges": [*others, others[0]]}
        status, told = api.post(PATH, {**sent, "systemId": village.system_id, "id": village.pk + 77})
        made = Milestone.objects.exclude(pk=village.pk).get()
        assert (status, told) == (201, {"status": "created", "milestone": api.get(f"{PATH}/{made.pk}")[1]["milestone"]})
        assert (made.system.slug, made.primary_badge.slug, made.number_required) == ("city", "coder", 2)
        assert (made.action, support(made), made.pk == village.pk + 77) == ("issue", {"reader", "retired"}, False)

    @pytest.mark.parametrize("supports", [{}, {"supportBadges": None}, {"supportBadges": []}])
    def test_it_may_begin_without_support(self, api: Caller, supports: dict[str, Any]) -> None:
        status, told = api.post(PATH, {"primaryBadgeId": badge("coder").pk, "numberRequired": "3", **supports})
        assert (status, told["milestone"]["supportBadges"], told["milestone"]["numberRequired"]) == (201, [], 3)

    @pytest.mark.parametrize("how", ["one field", "many fields", "JSON", "a number as JSON", "nothing"])
    def test_a_form_sends_the_list_in_several_ways(self, api: Caller, how: str) -> None:
        one, two = ids("reader", "librarian")
        sent: object = {
            "one field": str(one),
            "many fields": [str(one), str(two)],
            "JSON": json.dumps([one, two]),
            "a number as JSON": f" {one} ",
            "nothing": "",
        }[how]
        fields = {"primaryBadgeId": badge("coder").pk, "numberRequired": 1, "action": "issue", "supportBadges": sent}
        status, told = api.upload("POST", PATH, fields)
        slugs = [each["slug"] for each in told["milestone"]["supportBadges"]]
        assert (status, len(slugs)) == (201, {"many fields": 2, "JSON": 2, "nothing": 0}.get(how, 1))

    @pytest.mark.parametrize("body", [None, {}, [], b"null", {"primaryBadgeId": None, "numberRequired": None}])
    def test_what_is_missing_is_named_without_a_message(self, api: Caller, body: object) -> None:
        status, told = api.post(PATH, body)
        assert (status, told["code"]) == (400, "ValidationError")
        named = [{"field": field, "value": ""} for field in ("primaryBadgeId", "numberRequired")]
        assert told["details"] == named

    @pytest.mark.parametrize(
        ("field", "values", "message"),
        [
            ("primaryBadgeId", ["x", [], {}, 1.5, 10**20, True, "\0", "1e3"], "Invalid integer"),
            ("numberRequired", ["", "two", [2], {}, 2**31, "١"], "Invalid integer"),
            ("action", ["", "award", "ISSUE", [], {}, 0, "issue\0"], "Unexpected value or invalid argument"),
            ("supportBadges", ["x", "{", "{}", {}, True, [[1]] * 1001], None),
            ("supportBadges", [["x"], [None], [{}], [[1]], [10**400], [True], '["x"]'], "Invalid integer"),
        ],
    )
    def test_what_is_wrong_is_named(self, api: Caller, field: str, values: list[object], message: str | None) -> None:
        right: dict[str, Any] = {"primaryBadgeId": badge("coder").pk, "numberRequired": 1}
        for value in values:
            status, told = api.post(PATH, {**right, field: value})
            assert (status, [each["field"] for each in told["details"]]) == (400, [field]), value
            assert message in (None, told["details"][0]["message"]), value
        assert not Milestone.objects.exists()

    @pytest.mark.parametrize("wrong", ["of another system", "deleted", "unknown", "negative"])
    def test_a_badge_that_the_system_does_not_have_is_named(self, api: Caller, wrong: str) -> None:
        id_ = {"unknown": 2**31 - 1, "negative": -1}.get(wrong)
        id_ = id_ or (badge("farmer") if wrong == "of another system" else gone("reader")).pk
        named = {"message": UNKNOWN, "value": id_}
        status, told = api.post(
            PATH, {"primaryBadgeId": id_, "numberRequired": 1, "supportBadges": [id_, *ids("coder")]}
        )
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["details"] == [{**named, "field": "primaryBadgeId"}, {**named, "field": "supportBadges"}]
        assert not Milestone.objects.exists()

    def test_an_unknown_system_is_told_before_the_body_is_read(self, api: Caller) -> None:
        message = "Could not find system field: `slug`, value: `nope`"
        assert api.post("/systems/nope/milestones", {}) == (404, {"code": "ResourceNotFound", "message": message})

    def test_a_consumer_has_those_of_its_own_system_only(self, api: Caller, village: Milestone) -> None:
        city = Caller(key=KEY, secret=SECRET)
        assert city.post(PATH, {"primaryBadgeId": badge("coder").pk, "numberRequired": 1})[0] == 201
        assert city.get("/systems/village/milestones")[0] == 403
        assert city.delete(f"/systems/village/milestones/{village.pk}")[0] == 403
        assert city.delete(f"{PATH}/{village.pk}") == not_found(village.pk)


class TestChanging:
    def test_only_what_is_sent_changes(self, api: Caller) -> None:
        made = milestone("coder", "reader", number=2)
        before = api.get(f"{PATH}/{made.pk}")[1]["milestone"]
        assert api.put(f"{PATH}/{made.pk}") == (200, {"status": "updated", "milestone": before})
        for sent, shown in [
            ({"numberRequired": 5}, {"numberRequired": 5}),
            ({"action": "queue-application"}, {"action": "queue-application"}),
            ({"action": None}, {"action": "issue"}),
            ({"primaryBadgeId": badge("retired").pk}, {"primaryBadge": answers.badge(badge("retired"), bare=True)}),
        ]:
            before |= shown
            assert api.put(f"{PATH}/{made.pk}", sent) == (200, {"status": "updated", "milestone": before})

    @pytest.mark.parametrize(
        ("sent", "after"), [(["librarian", "retired"], {"librarian", "retired"}), ([], set()), (None, set())]
    )
    def test_a_list_takes_the_place_of_the_old_one(self, api: Caller, sent: list[str] | None, after: set[str]) -> None:
        made = milestone("coder", "reader", "retired")
        told = None if sent is None else ids(*sent)
        status, answer = api.put(f"{PATH}/{made.pk}", {"supportBadges": told})
        assert (status, support(made)) == (200, after)
        assert {each["slug"] for each in answer["milestone"]["supportBadges"]} == after

    def test_what_was_read_can_be_sent_back(self, api: Caller) -> None:
        made = milestone("coder", "reader", "librarian")
        gone("librarian")
        told = api.get(f"{PATH}/{made.pk}")[1]["milestone"]
        sent = {"primaryBadgeId": told["primaryBadge"]["id"], "numberRequired": told["numberRequired"]}
        sent["supportBadges"] = [each["id"] for each in told["supportBadges"]]
        assert api.put(f"{PATH}/{made.pk}", sent) == (200, {"status": "updated", "milestone": told})

    @pytest.mark.parametrize("sent", [{"primaryBadgeId": 0}, {"supportBadges": [0]}, {"numberRequired": None}])
    def test_what_is_wrong_changes_nothing(self, api: Caller, sent: dict[str, Any]) -> None:
        made = milestone("coder", "reader")
        wrong = {name: badge("farmer").pk if value == 0 else value for name, value in sent.items()}
        wrong = {name: [badge("farmer").pk] if value == [0] else value for name, value in wrong.items()}
        before = api.get(f"{PATH}/{made.pk}")
        status, told = api.put(f"{PATH}/{made.pk}", {"action": "queue-application", **wrong})
        assert (status, told["details"][0]["field"]) == (400, next(iter(sent)))
        assert api.get(f"{PATH}/{made.pk}") == before

    def test_neither_the_system_nor_the_id_can_be_changed(self, api: Caller) -> None:
        made = milestone("coder", "reader")
        assert api.put(f"{PATH}/{made.pk}", {"systemId": badge("farmer").system_id, "id": 77})[0] == 200
        assert Milestone.objects.get().system.slug == "city"
        assert Milestone.objects.get().pk == made.pk


class TestItsBadges:
    @pytest.mark.parametrize("times", [1, 2])
    def test_a_badge_is_added_once(self, api: Caller, times: int) -> None:
        made = milestone("coder", "reader")
        for _ in range(times):
            status, told = api.post(f"{PATH}/{made.pk}/add-badge", {"badgeId": str(badge("retired").pk)})
            assert (status, told["status"]) == (200, "updated")
            assert [each["slug"] for each in told["milestone"]["supportBadges"]] == ["reader", "retired"]

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_badge_is_removed_if_it_is_there(self, api: Caller, times: int) -> None:
        made = milestone("coder", "reader", "retired")
        for _ in range(times):
            status, told = api.post(f"{PATH}/{made.pk}/remove-badge", {"badgeId": badge("retired").pk})
            assert (status, told["status"], support(made)) == (200, "updated", {"reader"})
            assert told["milestone"] == api.get(f"{PATH}/{made.pk}")[1]["milestone"]

    def test_only_a_badge_of_the_system_can_be_added(self, api: Caller) -> None:
        made = milestone("coder", "reader")
        for id_ in (badge("farmer").pk, gone("retired").pk, 2**31 - 1):
            status, told = api.post(f"{PATH}/{made.pk}/add-badge", {"badgeId": id_})
            assert (status, told["details"]) == (400, [{"message": UNKNOWN, "field": "badgeId", "value": id_}])
        assert support(made) == {"reader"}

    @pytest.mark.parametrize("what", ["add-badge", "remove-badge"])
    @pytest.mark.parametrize("body", [None, {}, {"badgeId": None}, {"badgeId": []}, {"badgeId": "x"}, b"[]"])
    def test_without_an_id_nothing_happens(self, api: Caller, what: str, body: object) -> None:
        made = milestone("coder", "reader")
        status, told = api.post(f"{PATH}/{made.pk}/{what}", body)
        assert (status, told["details"][0]["field"], support(made)) == (400, "badgeId", {"reader"})


class TestMissing:
    @pytest.mark.parametrize("number", ["5", "0", "-1", "x", "1.0", "9" * 18, "9" * 40, "²", "%s", "add-badge"])
    @pytest.mark.parametrize(
        ("method", "ending"),
        [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/add-badge"), ("POST", "/remove-badge")],
    )
    def test_it_is_told_as_the_server_told_it(self, api: Caller, number: str, method: str, ending: str) -> None:
        assert api.call(method, f"{PATH}/{number}{ending}") == not_found(number)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_that_of_another_system_is_not_found(self, api: Caller, village: Milestone, method: str) -> None:
        assert api.call(method, f"{PATH}/{village.pk}") == not_found(village.pk)
        assert Milestone.objects.get() == village

    def test_it_can_be_deleted_once(self, api: Caller, village: Milestone) -> None:
        made = milestone("coder", "reader")
        assert api.delete(f"{PATH}/{made.pk}") == (200, {"status": "deleted"})
        assert api.delete(f"{PATH}/{made.pk}") == not_found(made.pk)
        assert (Milestone.objects.get(), Badge.objects.filter(slug="coder").exists()) == (village, True)
