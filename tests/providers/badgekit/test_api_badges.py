"""Badges by the API: listed, made, changed and deleted in every context, with all that describes them."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from providers.badgekit.api.columns import UNEXPECTED
from providers.badgekit.models import (
    Application,
    Badge,
    BadgeInstance,
    Criterion,
    Image,
    Issuer,
    Milestone,
    MilestoneBadge,
    Program,
    Review,
    ReviewItem,
    System,
    Tag,
)
from tests.providers.badgekit.api import CONTEXTS, KEY, MASTER, PNG, SECRET, Caller, make, picture, store

FORM = "application/x-www-form-urlencoded"
CODER = f"{CONTEXTS['system']}/badges/coder"
NEW: dict[str, Any] = {
    "slug": "sailor",
    "name": "Sailor",
    "strapline": "Ahoy.",
    "earnerDescription": "Sail.",
    "consumerDescription": "Has sailed.",
    "issuerUrl": "https://harbour.example",
    "rubricUrl": "https://harbour.example/rubric",
    "criteriaUrl": "https://harbour.example/criteria",
    "timeValue": 2,
    "timeUnits": "weeks",
    "evidenceType": "Photo",
    "limit": 5,
    "unique": 1,
    "type": "skill",
}
IMAGE = {"image": "https://pictures.example/sail.png"}
LISTS = {
    "criteria": [{"description": "Leave.", "required": 1, "note": "Alone."}, {"description": "Return."}],
    "alignments": [{"name": "RYA", "url": "https://rya.example/1", "description": "Level 1"}],
    "categories": ["sea", "", "sea", "wind", None],
    "tags": ["sea", {"id": 7, "value": "rope"}, "rope", 5],
}
LEAST = ("name", "earnerDescription", "consumerDescription", "criteriaUrl", "unique", "type")


def slugs(answer: tuple[int, Any]) -> list[str]:
    """The slugs of the badges that were listed."""
    status, told = answer
    assert status == 200
    return [each["slug"] for each in told["badges"]]


def wrong(answer: tuple[int, Any]) -> dict[str, str]:
    """The fields that were refused, with the messages."""
    status, told = answer
    assert (status, told["code"], told["message"]) == (400, "ValidationError", "Could not validate required fields")
    return {each["field"]: each.get("message", "") for each in told["details"]}


def without_ids(badge: dict[str, Any]) -> dict[str, Any]:
    """What is told of its lists."""
    told = {name: badge[name] for name in LISTS}
    for name in ("criteria", "alignments", "tags"):
        told[name] = [{key: value for key, value in each.items() if key != "id"} for each in told[name]]
    return told


class TestReading:
    def test_a_context_has_what_is_within_it(self, api: Caller) -> None:
        found = {name: slugs(api.get(f"{path}/badges")) for name, path in CONTEXTS.items()}
        assert found == {
            "system": ["reader", "librarian", "coder"],
            "issuer": ["librarian", "coder"],
            "program": ["coder"],
        }
        assert slugs(api.get("/systems/village/badges")) == ["farmer"]

    @pytest.mark.parametrize(
        ("archived", "expected"),
        [
            *((word, ["retired"]) for word in ("true", "1")),
            *((word, ["reader", "librarian", "coder"]) for word in ("false", "0")),
            *((word, ["reader", "librarian", "coder", "retired"]) for word in ("any", "")),
        ],
    )
    def test_archived_ones_are_asked_for(self, api: Caller, archived: str, expected: list[str]) -> None:
        assert slugs(api.get(f"/systems/city/badges?archived={archived}")) == expected

    @pytest.mark.parametrize("archived", ["TRUE", "yes", "%00", "2"])
    def test_other_words_are_refused(self, api: Caller, archived: str) -> None:
        assert api.get(f"/systems/city/badges?archived={archived}") == (
            400,
            {
                "code": "InvalidParameter",
                "parameter": "archived",
                "message": "Invalid `archived` parameter. Expecting one of 'true', 'false' or 'any'.",
            },
        )
        assert api.get("/systems/nope/badges?archived=x")[0] == 404

    def test_lists_are_paged(self, api: Caller) -> None:
        answer = api.get("/systems/city/badges?archived=any&page=2&count=3")
        assert slugs(answer) == ["retired"]
        assert answer[1]["pageData"] == {"page": 2, "count": 3, "total": 4}

    def test_a_long_list_takes_no_more_statements(
        self, api: Caller, context: str, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        first = Badge.objects.get(slug="coder")
        for number in range(20):
            image = Image.objects.create(slug=f"p{number}", mimetype="image/png", data=PNG)
            places = {"system": first.system, "issuer": first.issuer, "program": first.program}
            badge = Badge.objects.create(slug=f"b{number}", name="B", type="t", image=image, **places)
            Criterion.objects.create(badge=badge, description="Do.")
            Tag.objects.create(badge=badge, value="tag")
        for model in (System, Issuer, Program):
            model.objects.update(image=Image.objects.get(slug="pic"))
        with django_assert_max_num_queries(8):
            assert len(slugs(api.get(f"{context}/badges"))) > 20

    def test_one_is_shown_whole(self, api: Caller, context: str) -> None:
        Badge.objects.filter(slug="coder").update(strapline="Hello, world", time_units="days")
        status, told = api.get(f"{context}/badges/CODER")
        badge = told["badge"]
        assert (status, badge["slug"], badge["strapline"], badge["timeUnits"]) == (200, "coder", "Hello, world", "days")
        assert (badge["unique"], badge["archived"], badge["imageUrl"]) == (
            0,
            False,
            "https://pictures.example/badge.png",
        )
        assert [badge[name]["slug"] for name in ("system", "issuer", "program")] == ["city", "library", "club"]
        assert without_ids(badge)["criteria"] == [
            {"description": "Write a program.", "required": 1, "note": "Any language."}
        ]
        assert badge["milestones"] == []

    def test_the_milestones_that_give_it_are_shown(
        self, api: Caller, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        coder, reader, librarian = (Badge.objects.get(slug=slug) for slug in ("coder", "reader", "librarian"))
        for _ in range(5):
            milestone = Milestone.objects.create(system=coder.system, primary_badge=coder, number_required=2)
            milestone.support_badges.add(librarian, reader)
        with django_assert_max_num_queries(9):
            shown = api.get(CODER)[1]["badge"]["milestones"]
        assert len(shown) == 5
        assert (shown[0]["primaryBadge"]["slug"], shown[0]["numberRequired"]) == ("coder", 2)
        assert [each["slug"] for each in shown[0]["supportBadges"]] == ["reader", "librarian"]
        assert api.get("/systems/city/badges/reader")[1]["badge"]["milestones"] == []

    def test_a_badge_is_found_only_within_its_context(self, api: Caller) -> None:
        for path in (
            f"{CONTEXTS['issuer']}/badges/reader",
            "/systems/village/badges/coder",
            "/systems/city/badges/nope",
        ):
            for method in ("GET", "PUT", "DELETE"):
                status, told = api.call(method, path, {"name": "Stolen"} if method == "PUT" else None)
                slug = path.rpartition("/")[2]
                assert (status, told["message"]) == (404, f"Could not find badge field: `slug`, value: `{slug}`")
        assert not Badge.objects.filter(name="Stolen").exists()
        message = api.get("/systems/city/issuers/nope/badges/reader")[1]["message"]
        assert message == "Could not find issuer field: `slug`, value: `nope`"


class TestCreating:
    def test_it_is_answered_whole_and_kept(self, api: Caller, context: str) -> None:
        response = api.ask("POST", f"{context}/badges", {**NEW, **IMAGE, **LISTS, "systemId": 99, "programId": 99})
        told = response.json()
        assert (response.status_code, told["status"]) == (201, "created")
        assert response["Location"] == f"{context}/badges/sailor"
        badge = told["badge"]
        assert badge.items() >= NEW.items()
        assert (badge["imageUrl"], badge["archived"]) == (IMAGE["image"], False)
        assert [name for name in ("system", "issuer", "program") if name in badge] == list(CONTEXTS)[
            : list(CONTEXTS.values()).index(context) + 1
        ]
        assert without_ids(badge) == {
            "criteria": [
                {"description": "Leave.", "required": 1, "note": "Alone."},
                {"description": "Return.", "required": 0, "note": ""},
            ],
            "alignments": LISTS["alignments"],
            "categories": ["sea", "wind"],
            "tags": [{"value": "sea"}, {"value": "rope"}, {"value": "5"}],
        }
        assert api.get(f"{context}/badges/sailor")[1] == {"badge": badge}

    def test_what_is_missing_is_named(self, api: Caller, context: str) -> None:
        status, told = api.post(f"{context}/badges", {"whatever": "lol"})
        empty = [{"field": field, "value": ""} for field in LEAST[:-1]]
        assert status == 400
        assert sorted(told["details"], key=lambda each: each["field"]) == sorted(
            [*empty, {"message": "Missing value", "field": "image"}], key=lambda each: each["field"]
        )
        assert wrong(api.post(f"{context}/badges", {**NEW, "image": None})) == {"image": "Missing value"}

    def test_a_missing_type_is_named_when_nothing_else_is_wrong(self, api: Caller) -> None:
        for missing in ({}, {"type": None}):
            sent = {name: value for name, value in {**NEW, **IMAGE}.items() if name != "type"}
            assert wrong(api.post("/systems/city/badges", {**sent, **missing})) == {"type": ""}
        assert wrong(api.post("/systems/city/badges", {**sent, "type": ""})) == {"type": "String is not in range"}

    def test_the_rest_may_be_left_out(self, api: Caller) -> None:
        status, told = api.post(
            "/systems/city/badges", {**{name: NEW[name] for name in LEAST}, **IMAGE, "archived": True}
        )
        badge = told["badge"]
        assert (status, len(badge["slug"]), badge["archived"]) == (201, 32, False)
        assert {badge[name] for name in ("strapline", "issuerUrl", "rubricUrl", "timeValue", "timeUnits", "limit")} == {
            None
        }
        assert not any(without_ids(badge).values())

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("slug", "x" * 256, "String is not in range"),
            ("slug", "a/b", "String is not in range"),
            ("name", "", "String is not in range"),
            ("name", ["x"], "String is not in range"),
            ("strapline", "x" * 141, "String is not in range"),
            ("earnerDescription", "a\0b", "String is not in range"),
            ("consumerDescription", "\ud800", "String is not in range"),
            ("issuerUrl", {}, "String is not in range"),
            ("rubricUrl", "x" * 2049, "String is not in range"),
            ("criteriaUrl", "nowhere", "Invalid URL"),
            ("timeValue", "soon", "Invalid integer"),
            ("timeValue", 10**30, "Invalid integer"),
            ("limit", 1.5, "Invalid integer"),
            ("timeUnits", "years", "Unexpected value or invalid argument"),
            ("evidenceType", "photo", "Unexpected value or invalid argument"),
            ("unique", "yes", "Unexpected value or invalid argument"),
            ("unique", [], "Unexpected value or invalid argument"),
            ("image", "data:image/png;base64,AAAA", "Invalid URL"),
        ],
    )
    def test_wrong_fields_are_named(self, api: Caller, field: str, value: object, message: str) -> None:
        answer = api.post("/systems/city/badges", {**NEW, **IMAGE, field: value})
        assert wrong(answer) == {field: message}
        assert answer[1]["details"][0]["value"] == value
        if field != "slug":
            assert wrong(api.put(CODER, {field: value})) == {field: message}

    @pytest.mark.parametrize("slug", ["sailor", "SAILOR", "sáilor"])
    def test_a_slug_is_taken_on_the_whole_server(self, api: Caller, context: str, slug: str) -> None:
        assert api.post("/systems/village/badges", {**NEW, **IMAGE})[0] == 201
        status, told = api.post(f"{context}/badges", {**NEW, **IMAGE, **LISTS, "slug": slug})
        message = "badge with that `slug` already exists"
        assert (status, told["code"], told["error"], told["message"]) == (409, "ResourceConflict", message, message)
        coder = Badge.objects.get(slug="coder")
        ids = {"systemId": coder.system_id, "issuerId": coder.issuer_id, "programId": coder.program_id}
        image = told["details"].pop("imageId")
        count = list(CONTEXTS.values()).index(context) + 1
        assert told["details"] == {**NEW, "slug": slug, **dict(list(ids.items())[:count])}
        assert not Image.objects.filter(pk=image).exists()

    @pytest.mark.parametrize("slug", ["مبرمج", "नाविक", "Ünï cödé?#%&+", "x" * 255])
    def test_names_in_any_script_are_found_again(self, api: Caller, slug: str) -> None:
        response = api.ask("POST", "/systems/city/badges", {**NEW, **IMAGE, "slug": slug, "name": slug, "tags": slug})
        assert (response.status_code, response["Location"]) == (201, f"/systems/city/badges/{quote(slug, safe='')}")
        badge = api.get(response["Location"])[1]["badge"]
        assert (badge["slug"], badge["name"], badge["tags"][0]["value"]) == (slug, slug, slug)


class TestForms:
    def test_a_form_sends_lists_as_json_or_several_times(self, api: Caller) -> None:
        lists = {"criteria": json.dumps(LISTS["criteria"]), "alignments": json.dumps(LISTS["alignments"])}
        form = [
            *{**NEW, **IMAGE, **lists}.items(),
            ("categories", "sea"),
            ("categories", "wind"),
            ("tags", '["a", "b"]'),
        ]
        status, told = api.call("POST", "/systems/city/badges", urlencode(form).encode(), content_type=FORM)
        assert (status, told["badge"].items() >= NEW.items()) == (201, True)
        assert [each["description"] for each in told["badge"]["criteria"]] == ["Leave.", "Return."]
        assert told["badge"]["alignments"][0]["name"] == "RYA"
        assert told["badge"]["categories"] == ["sea", "wind"]
        assert [each["value"] for each in told["badge"]["tags"]] == ["a", "b"]
        path = "/systems/city/badges/sailor"
        status, told = api.call("PUT", path, b"name=Seafarer&tags=[not+json&categories=", content_type=FORM)
        assert (status, told["badge"]["name"], told["badge"]["categories"]) == (200, "Seafarer", [])
        assert told["badge"]["tags"][0]["value"] == "[not json"

    def test_a_picture_can_be_uploaded(self, api: Caller, context: str) -> None:
        status, told = api.upload("POST", f"{context}/badges", {**NEW, "image": picture()})
        assert (status, told["badge"]["limit"]) == (201, 5)
        assert api.client.get(told["badge"]["imageUrl"]).content == PNG
        assert wrong(api.upload("POST", f"{context}/badges", {**NEW, "image": picture(content=b"text")})).keys() == {
            "image"
        }


class TestLists:
    @pytest.mark.parametrize("field", ["criteria", "alignments"])
    @pytest.mark.parametrize(
        "value",
        [
            "x",
            "{",
            7,
            {"a": 1},
            ["x"],
            [[]],
            [None],
            [{}],
            [{"id": 999}],
            [{"description": [], "name": []}],
            [{}] * 1001,
        ],
    )
    def test_bad_lists_of_things_are_refused(self, api: Caller, field: str, value: object) -> None:
        assert wrong(api.post("/systems/city/badges", {**NEW, **IMAGE, field: value})).keys() == {field}
        assert wrong(api.put(CODER, {"name": "Lost", field: value})).keys() == {field}
        assert Badge.objects.get(slug="coder").name == "Coder"
        assert not Badge.objects.filter(slug="sailor").exists()

    @pytest.mark.parametrize("field", ["categories", "tags"])
    @pytest.mark.parametrize("value", [[[]], [{"value": []}], ["x" * 256], ["a\0"], "\udfff", ["x"] * 1001])
    def test_bad_lists_of_texts_are_refused(self, api: Caller, field: str, value: object) -> None:
        assert wrong(api.put(CODER, {field: value})) in ({field: "String is not in range"}, {field: UNEXPECTED})

    @pytest.mark.parametrize(
        ("field", "item"),
        [
            ("criteria", {"description": "D", "required": "maybe"}),
            ("criteria", {"description": None}),
            ("criteria", {"description": "D", "note": ["x"]}),
            ("alignments", {"name": "N"}),
            ("alignments", {"name": "N", "url": "javascript:alert(1)"}),
        ],
    )
    def test_a_wrong_thing_in_a_list_is_refused(self, api: Caller, field: str, item: object) -> None:
        assert wrong(api.put(CODER, {field: [item]})).keys() == {field}


class TestChanging:
    def test_only_what_is_sent_changes(self, api: Caller, context: str) -> None:
        path = f"{context}/badges/coder"
        before = api.put(path, LISTS)[1]["badge"]
        odd = {"id": 99, "systemId": 99, "created": "1999-01-01", "nonsense": [], "milestones": [1]}
        status, told = api.put(path, {"name": "Hacker", "archived": "true", **odd})
        assert (status, told) == (200, {"status": "updated", "badge": {**before, "name": "Hacker", "archived": True}})
        assert api.get(path)[1] == {"badge": told["badge"]}
        assert api.put(path) == (200, told)

    def test_null_clears_what_need_not_be_there(self, api: Caller) -> None:
        assert api.put(CODER, {**NEW, **LISTS, "slug": "coder"})[0] == 200
        optional = ("strapline", "issuerUrl", "rubricUrl", "timeValue", "timeUnits", "evidenceType", "limit")
        status, told = api.put(CODER, dict.fromkeys((*optional, "image", *LISTS)))
        assert (status, {told["badge"][name] for name in optional}, "imageUrl" in told["badge"]) == (200, {None}, False)
        assert not any(without_ids(told["badge"]).values())
        needed = {*LEAST, "slug", "archived"}
        assert wrong(api.put(CODER, dict.fromkeys(needed))).keys() == needed

    def test_all_that_was_got_can_be_sent_back(self, api: Caller) -> None:
        image = Image.objects.create(slug="old", mimetype="image/png", data=PNG)
        Badge.objects.filter(slug="coder").update(criteria_url="", evidence_type="", strapline="x" * 141, image=image)
        before = api.put(CODER, LISTS)[1]["badge"]
        status, told = api.put(CODER, {**before, "name": "Hacker"})
        assert (status, told["badge"]) == (200, {**before, "name": "Hacker"})
        assert Badge.objects.get(slug="coder").image == image

    def test_a_list_replaces_and_what_has_an_id_is_changed_in_place(self, api: Caller) -> None:
        coder, reader = Badge.objects.get(slug="coder"), Badge.objects.get(slug="reader")
        first, foreign = Criterion.objects.get(), Criterion.objects.create(badge=reader, description="Read.")
        second = Criterion.objects.create(badge=coder, description="Second.")
        application = Application.objects.create(slug="app", badge=coder, learner="ada@example.com")
        review = Review.objects.create(slug="r", application=application, author="eve@example.com")
        items = [ReviewItem.objects.create(review=review, criterion=each) for each in (first, second)]
        sent = [
            {"id": first.pk, "description": "Write two."},
            {"id": foreign.pk, "description": "Read code."},
            {"id": first.pk, "description": "Again."},
        ]
        told = api.put(CODER, {"criteria": sent})[1]["badge"]["criteria"]
        assert told[0] == {"id": first.pk, "description": "Write two.", "required": 1, "note": "Any language."}
        assert [each["description"] for each in told[1:]] == ["Read code.", "Again."]
        assert foreign.pk not in [each["id"] for each in told]
        assert Criterion.objects.get(pk=foreign.pk).badge == reader
        assert [ReviewItem.objects.get(pk=each.pk).criterion for each in items] == [first, None]
        told = api.put(CODER, {"criteria": [{"id": str(first.pk), "required": 0, "note": None}]})[1]["badge"][
            "criteria"
        ]
        assert told == [{"id": first.pk, "description": "Write two.", "required": 0, "note": ""}]
        assert api.put(CODER, {"criteria": []})[1]["badge"]["criteria"] == []

    def test_the_slug_can_change_but_not_to_anothers(self, api: Caller) -> None:
        status, told = api.put(CODER, {"slug": "FARMER", "name": "Lost", **IMAGE, "tags": ["x"]})
        coder = Badge.objects.get(slug="coder")
        assert (status, coder.name, coder.tags.count()) == (409, "Coder", 0)
        ids = {"systemId": coder.system_id, "issuerId": coder.issuer_id, "programId": coder.program_id}
        assert told["details"].items() >= {"slug": "FARMER", "name": "Lost", **ids}.items()
        assert api.put(CODER, {"slug": "Coder"})[1]["badge"]["slug"] == "Coder"
        assert api.put(CODER, {"slug": "hacker"})[0] == 200
        assert (api.get(CODER)[0], api.get("/systems/city/badges/hacker")[0]) == (404, 200)


class TestDeleting:
    def test_it_is_gone_with_its_milestones_and_what_it_gave_stays(self, api: Caller, context: str) -> None:
        path = f"{context}/badges/coder"
        coder, reader = Badge.objects.get(slug="coder"), Badge.objects.get(slug="reader")
        make("abc")
        BadgeInstance.objects.create(slug="held", badge=coder, email="ada@example.com")
        Application.objects.create(slug="app", badge=coder, learner="ada@example.com")
        gives, counts = (
            Milestone.objects.create(system=coder.system, primary_badge=badge, number_required=1)
            for badge in (coder, reader)
        )
        gives.support_badges.add(reader)
        counts.support_badges.add(coder, reader)
        shown = api.get(path)[1]["badge"]
        around = ("imageUrl", "system", "issuer", "program")
        bare = {name: value for name, value in shown.items() if name not in around}
        bare |= {name: [] for name in ("milestones", *LISTS)}
        assert api.delete(path) == (200, {"status": "deleted", "badge": bare})
        assert "coder" not in slugs(api.get("/systems/city/badges?archived=any"))
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, path, {} if method == "PUT" else None)[0] == 404
        assert list(Milestone.objects.all()) == [counts]
        assert [each.badge for each in MilestoneBadge.objects.all()] == [reader]
        assert (coder.claim_codes.count(), coder.instances.count(), coder.applications.count()) == (1, 1, 1)
        assert api.post(f"{context}/badges", {**NEW, **IMAGE, "slug": "coder"})[0] == 201


class TestAccess:
    def test_a_consumer_works_in_its_own_system_only(self, api: Caller) -> None:
        site = Caller(api.client, KEY, SECRET)
        assert site.post(f"{CONTEXTS['program']}/badges", {**NEW, **IMAGE})[0] == 201
        assert site.put("/systems/city/badges/sailor", {"name": "Seafarer"})[0] == 200
        for method, path in (("GET", ""), ("POST", ""), ("GET", "/farmer"), ("PUT", "/farmer"), ("DELETE", "/farmer")):
            body = {**NEW, **IMAGE} if method in {"POST", "PUT"} else None
            status, told = site.call(method, f"/systems/village/badges{path}", body)
            assert (status, told["message"]) == (403, "Invalid token for system")
        assert Badge.objects.get(slug="farmer").name == "Farmer"


class TestRacing:
    """Threads that begin together, on whichever database the tests run."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def api(self, transactional_db: None, settings: Any) -> Caller:
        settings.BADGEKIT_MASTER_SECRET = MASTER
        store()
        return Caller()

    def race(self, calls: list[tuple[str, str, Any]]) -> Counter[int]:
        """Make all calls at once; returns how often each status came."""
        start = Barrier(len(calls))

        def work(call: tuple[str, str, Any]) -> int:
            try:
                start.wait(timeout=10)
                return Caller().call(*call)[0]
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return Counter(pool.map(work, calls))

    def test_one_of_many_gets_the_slug(self, api: Caller) -> None:
        body = {**NEW, **IMAGE, **LISTS}
        assert self.race([("POST", "/systems/city/badges", body)] * 8) == {201: 1, 409: 7}
        assert without_ids(api.get("/systems/city/badges/sailor")[1]["badge"])["categories"] == ["sea", "wind"]
        assert Image.objects.count() == 2

    def test_one_list_of_many_stays(self, api: Caller) -> None:
        sent = [[f"{letter}{number}" for number in range(5)] for letter in "abcdefgh"]
        lists = [{"categories": each, "criteria": [{"description": word} for word in each]} for each in sent]
        assert self.race([("PUT", CODER, each) for each in lists]) == {200: 8}
        told = without_ids(api.get(CODER)[1]["badge"])
        assert told["categories"] in sent
        assert [each["description"] for each in told["criteria"]] == told["categories"]

    def test_what_is_deleted_is_not_changed_back(self, api: Caller) -> None:
        calls = [("PUT", CODER, {"slug": "coder", "name": f"C{number}"}) for number in range(4)]
        statuses = self.race([*calls, ("DELETE", CODER, None), ("DELETE", CODER, None)])
        assert statuses[200] + statuses[404] == 6
        assert statuses[404] >= 1
        assert api.get(CODER)[0] == 404
