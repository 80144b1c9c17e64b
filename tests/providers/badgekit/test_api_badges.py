"""Badges by the API: listed, shown and made in every context, with all that describes them."""

from urllib.parse import quote

import pytest
from pytest_django import DjangoAssertNumQueries

from providers.badgekit.models import Badge, Criterion, Image, Issuer, Milestone, Program, System, Tag
from tests.providers.badgekit.api import CODER, CONTEXTS, KEY, PNG, SECRET, Caller
from tests.providers.badgekit.badges import IMAGE, LEAST, LISTS, NEW, slugs, without_ids, wrong


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
