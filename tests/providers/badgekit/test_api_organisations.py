"""Systems, issuers and programs by the API: all three listed, made, changed and deleted in the same way."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from pytest_django import DjangoAssertNumQueries

from providers.badgekit.models import Badge, Image, Issuer, Program, System
from providers.badgekit.models.organisations import Organisation
from tests.providers.badgekit.api import CONTEXTS, KEY, PNG, SECRET, Caller, picture

pytestmark = pytest.mark.once

FORM = "application/x-www-form-urlencoded"
LISTS = {
    "system": "/systems",
    "issuer": "/systems/city/issuers",
    "program": "/systems/city/issuers/library/programs",
}
MODELS: dict[str, type[Organisation]] = {"system": System, "issuer": Issuer, "program": Program}
HELD = {"system": "issuers", "issuer": "programs", "program": ""}
NEW = {
    "slug": "harbour",
    "url": "https://harbour.example",
    "name": "The Harbour",
    "description": "Ships.",
    "email": "port@harbour.example",
}
ODD: list[object] = ["", [], {}, ["x"], "x" * 256, "a\0b", "\ud800", "a/b", "..", " ", "\u0301"]


class Kind:
    """One of the three, with the one of it that is in the store."""

    def __init__(self, name: str) -> None:
        self.name, self.path, self.one, self.holds = name, LISTS[name], CONTEXTS[name], HELD[name]
        self.rows: Any = MODELS[name].objects
        self.slug = self.one.rpartition("/")[2]

    @property
    def row(self) -> Any:
        return self.rows.get(slug=self.slug)

    @property
    def parent(self) -> dict[str, int]:
        """The id of what it is within."""
        within = {"issuer": System, "program": Issuer}.get(self.name)
        return {f"{within._meta.model_name}Id": within.objects.order_by("pk")[0].pk} if within else {}

    @property
    def shown(self) -> dict[str, Any]:
        """What is answered of the new one."""
        told = {**NEW, "imageUrl": None, **({self.holds: []} if self.holds else {})}
        return {key: value for key, value in told.items() if self.name != "system" or key != "description"}


@pytest.fixture(params=LISTS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return Kind(request.param)


def wrong(told: dict[str, Any]) -> dict[str, str]:
    """The fields that were refused, with the messages."""
    assert told["code"] == "ValidationError"
    return {each["field"]: each.get("message", "") for each in told["details"]}


class TestReading:
    def test_a_system_shows_its_issuers_and_no_description(self, api: Caller) -> None:
        city, library = System.objects.get(slug="city"), Issuer.objects.get()
        Issuer.objects.filter(pk=library.pk).update(image=Image.objects.get())
        issuer = {"id": library.pk, "slug": "library", "url": "https://library.example", "name": "The Library"}
        issuer |= {"description": None, "email": None, "imageUrl": None, "programs": []}
        shown = {"id": city.pk, "slug": "city", "url": "https://city.example", "name": "The City"}
        shown |= {"email": "city@example.com", "imageUrl": None, "issuers": [issuer]}
        assert api.get("/systems/city") == (200, {"system": shown})
        assert api.get("/systems")[1]["systems"][0] == shown

    def test_an_issuer_shows_its_programs(self, api: Caller) -> None:
        status, told = api.get(CONTEXTS["issuer"])
        assert (status, [each["slug"] for each in told["issuer"]["programs"]]) == (200, ["club"])
        assert api.get(LISTS["issuer"])[1] == {"issuers": [told["issuer"]]}

    def test_a_program_holds_nothing(self, api: Caller) -> None:
        told = api.get(CONTEXTS["program"])[1]["program"]
        assert "programs" not in told
        assert "issuers" not in told
        assert api.get(LISTS["program"])[1] == {"programs": [told]}

    def test_its_picture_is_shown(self, api: Caller, kind: Kind) -> None:
        kind.rows.update(image=Image.objects.get())
        told = api.get(kind.one)[1][kind.name]
        assert told["imageUrl"] == "https://pictures.example/badge.png"

    def test_lists_are_paged_and_in_the_order_of_ids(self, api: Caller, kind: Kind) -> None:
        first = api.get(kind.path)[1][f"{kind.name}s"]
        slugs = [each["slug"] for each in first] + ["a", "b"]
        for slug in ("a", "b"):
            assert api.post(kind.path, {**NEW, "slug": slug})[0] == 201
        assert [each["slug"] for each in api.get(kind.path)[1][f"{kind.name}s"]] == slugs
        status, told = api.get(f"{kind.path}?page=2&count=1")
        assert (status, [each["slug"] for each in told[f"{kind.name}s"]]) == (200, slugs[1:2])
        assert told["pageData"] == {"page": 2, "count": 1, "total": len(slugs)}
        assert api.get(f"{kind.path}?page=99&count=5")[1][f"{kind.name}s"] == []

    def test_a_long_list_takes_no_more_statements(
        self, api: Caller, kind: Kind, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        pictures = [Image.objects.create(slug=f"p{number}", mimetype="image/png", data=PNG) for number in range(9)]
        parent = {name.removesuffix("Id") + "_id": pk for name, pk in kind.parent.items()}
        for number, image in enumerate(pictures):
            row: Any = kind.rows.create(slug=f"s{number}", name="S", image=image, **parent)
            if isinstance(row, System):
                Issuer.objects.create(slug="i", name="I", system=row, image=image)
            if isinstance(row, Issuer):
                Program.objects.create(slug="p", name="P", issuer=row, image=image)
        with django_assert_max_num_queries(4):
            told = api.get(kind.path)[1][f"{kind.name}s"]
        assert len(told) >= 10

    def test_what_is_not_there_is_not_found_from_the_outside_in(self, api: Caller, kind: Kind) -> None:
        for method in ("GET", "PUT", "DELETE"):
            status, told = api.call(method, f"{kind.path}/nope", {} if method == "PUT" else None)
            assert (status, told["code"]) == (404, "ResourceNotFound")
            assert told["message"] == f"Could not find {kind.name} field: `slug`, value: `nope`"
        message = api.post("/systems/nope/issuers/nope/programs", {})[1]["message"]
        assert message == "Could not find system field: `slug`, value: `nope`"

    def test_names_are_found_whatever_their_case(self, api: Caller, kind: Kind) -> None:
        upper = kind.one.removesuffix(kind.slug) + kind.slug.upper()
        assert api.get(upper) == api.get(kind.one)


class TestCreating:
    def test_it_is_answered_and_kept(self, api: Caller, kind: Kind) -> None:
        status, told = api.post(kind.path, NEW)
        row = kind.rows.get(slug="harbour")
        assert (status, told) == (201, {"status": "created", kind.name: {"id": row.pk, **kind.shown}})
        assert row.description == "Ships."
        assert api.get(f"{kind.path}/harbour")[1] == {kind.name: told[kind.name]}

    def test_only_slug_url_and_name_are_needed(self, api: Caller, kind: Kind) -> None:
        status, told = api.post(kind.path, {})
        assert (status, wrong(told)) == (400, {"slug": "", "url": "", "name": ""})
        least = {name: NEW[name] for name in ("slug", "url", "name")}
        status, told = api.post(kind.path, {**least, "description": None, "id": 7, "nonsense": [1]})
        assert (status, told[kind.name]["email"]) == (201, None)
        assert told[kind.name]["id"] != 7

    @pytest.mark.parametrize("slug", ODD)
    def test_slugs_that_nobody_could_find_are_refused(self, api: Caller, kind: Kind, slug: object) -> None:
        status, told = api.post(kind.path, {**NEW, "slug": slug})
        assert (status, wrong(told)) == (400, {"slug": "String is not in range"})

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("url", "not an address", "Invalid URL"),
            ("url", ["https://a.example"], "String is not in range"),
            ("name", "x" * 256, "String is not in range"),
            ("name", {"a": 1}, "String is not in range"),
            ("description", "x" * 256, "String is not in range"),
            ("email", "nobody", "Invalid email"),
            ("image", "data:image/png;base64,AAAA", "Invalid URL"),
        ],
    )
    def test_wrong_fields_are_named(self, api: Caller, kind: Kind, field: str, value: object, message: str) -> None:
        status, told = api.post(kind.path, {**NEW, field: value})
        assert (status, told["details"]) == (400, [{"message": message, "field": field, "value": value}])

    @pytest.mark.parametrize("slug", ["مكتبة", "पुस्तकालय", "Ünï cödé?#%", "x" * 255, 1234])
    def test_names_in_any_script_are_found_again(self, api: Caller, kind: Kind, slug: object) -> None:
        status, told = api.post(kind.path, {**NEW, "slug": slug, "name": slug})
        assert (status, told[kind.name]["slug"]) == (201, str(slug))
        path = f"{kind.path}/{quote(str(slug), safe='')}"
        assert api.get(path) == (200, {kind.name: told[kind.name]})
        assert api.put(path, {"name": "Changed"})[0] == 200
        assert api.delete(path)[0] == 200
        assert api.get(path)[0] == 404

    @pytest.mark.parametrize("slug", ["harbour", "HARBOUR", "hárbour "])
    def test_a_slug_is_taken_once(self, api: Caller, kind: Kind, slug: str) -> None:
        assert api.post(kind.path, NEW)[0] == 201
        sent = {**NEW, "slug": slug, "image": "https://pictures.example/2.png", "nonsense": 1}
        status, told = api.post(kind.path, sent)
        message = f"{kind.name} with that `slug` already exists"
        details = told.pop("details")
        assert (status, told) == (409, {"code": "ResourceConflict", "error": message, "message": message})
        assert isinstance(details.pop("imageId"), int)
        assert details == {**NEW, "slug": slug, **kind.parent}
        assert not Image.objects.filter(url=sent["image"]).exists()

    def test_forms_work_as_json_does(self, api: Caller, kind: Kind) -> None:
        status, told = api.call("POST", kind.path, urlencode(NEW).encode(), content_type=FORM)
        assert (status, told[kind.name].items() >= kind.shown.items()) == (201, True)
        status, told = api.upload("POST", kind.path, {**NEW, "slug": "quay", "image": picture()})
        assert (status, told[kind.name]["slug"]) == (201, "quay")
        image = Image.objects.get(mimetype="image/png")
        assert told[kind.name]["imageUrl"] == f"/images/{image.slug}"
        assert api.client.get(f"/images/{image.slug}").content == PNG


class TestChanging:
    def test_only_what_is_sent_changes(self, api: Caller, kind: Kind) -> None:
        before = api.get(kind.one)[1][kind.name]
        status, told = api.put(kind.one, {"name": "Another", "id": 99, "systemId": 99, "nonsense": True})
        assert (status, told) == (200, {"status": "updated", kind.name: {**before, "name": "Another"}})
        assert api.get(kind.one)[1] == {kind.name: told[kind.name]}
        assert api.put(kind.one)[1][kind.name] == told[kind.name]

    def test_null_clears_what_need_not_be_there(self, api: Caller, kind: Kind) -> None:
        kind.rows.update(email="a@b.example", image=Image.objects.get())
        status, told = api.put(kind.one, {"email": None, "description": None, "image": None})
        assert (status, told[kind.name]["email"], told[kind.name]["imageUrl"]) == (200, None, None)
        assert (kind.row.description, kind.row.image) == (None, None)
        for field in ("slug", "url", "name"):
            status, told = api.put(kind.one, {field: None})
            assert (status, told["details"]) == (400, [{"field": field, "value": ""}])

    def test_all_that_was_got_can_be_sent_back(self, api: Caller, kind: Kind) -> None:
        old = Image.objects.create(slug="old", mimetype="image/png", data=PNG)
        kind.rows.update(url="", email="", description="x" * 300, image=old)
        before = api.get(kind.one)[1][kind.name]
        status, told = api.put(kind.one, {**before, "name": "Another"})
        assert (status, told[kind.name]) == (200, {**before, "name": "Another"})
        assert (kind.row.image, kind.row.description) == (old, "x" * 300)

    def test_a_new_picture_makes_a_new_row(self, api: Caller, kind: Kind) -> None:
        address = "https://pictures.example/2.png"
        for field in ("image", "imageUrl"):
            kind.rows.update(image=Image.objects.get(slug="pic"))
            assert api.put(kind.one, {field: address})[1][kind.name]["imageUrl"] == address
        assert Image.objects.filter(url=address).count() == 2
        told = api.upload("PUT", kind.one, {"image": picture()})[1][kind.name]
        assert told["imageUrl"].startswith("/images/")
        assert Image.objects.get(slug="pic").url == "https://pictures.example/badge.png"

    def test_the_slug_can_change_but_not_to_anothers(self, api: Caller, kind: Kind) -> None:
        assert api.post(kind.path, NEW)[0] == 201
        status, told = api.put(kind.one, {"slug": "HARBOUR", "name": "Another"})
        assert (status, told["details"]) == (409, {"slug": "HARBOUR", "name": "Another", **kind.parent})
        assert kind.row.name != "Another"
        assert api.put(f"{kind.path}/harbour", {"slug": "Harbour"})[0] == 200
        assert api.put(f"{kind.path}/harbour", {"slug": "quay"})[0] == 200
        assert api.get(f"{kind.path}/harbour")[0] == 404
        assert api.get(f"{kind.path}/quay")[0] == 200


class TestDeleting:
    def test_it_is_told_bare_and_its_slug_is_free(self, api: Caller, kind: Kind) -> None:
        kind.rows.update(image=Image.objects.get())
        shown = api.get(kind.one)[1][kind.name]
        held = {kind.holds: []} if kind.holds else {}
        status, told = api.delete(kind.one)
        assert (status, told) == (200, {"status": "deleted", kind.name: {**shown, "imageUrl": None, **held}})
        assert shown["slug"] not in [each["slug"] for each in api.get(kind.path)[1][f"{kind.name}s"]]
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, kind.one, {} if method == "PUT" else None)[0] == 404
        assert api.post(kind.path, {**NEW, "slug": shown["slug"]})[0] == 201

    def test_what_was_in_an_issuer_stays_in_the_system(self, api: Caller) -> None:
        api.delete(CONTEXTS["issuer"])
        assert api.get("/systems/city")[1]["system"]["issuers"] == []
        assert api.get(f"{CONTEXTS['program']}/badges")[0] == 404
        status, told = api.get("/systems/city/badges/coder")
        assert (status, told["badge"]["program"]["slug"], "issuer" in told["badge"]) == (200, "club", False)
        assert Badge.objects.filter(deleted_at=None).count() == 5

    def test_a_deleted_program_is_not_shown_in_its_issuer(self, api: Caller) -> None:
        api.delete(CONTEXTS["program"])
        assert api.get(CONTEXTS["issuer"])[1]["issuer"]["programs"] == []
        assert api.put(CONTEXTS["issuer"], {"name": "L"})[1]["issuer"]["programs"] == []
        assert api.get(LISTS["issuer"])[1]["issuers"][0]["programs"] == []


class TestAccess:
    def test_a_consumer_works_in_its_own_system(self, api: Caller) -> None:
        site = Caller(api.client, KEY, SECRET)
        assert site.post("/systems/city/issuers", NEW)[0] == 201
        assert site.put("/systems/city", {"name": "Mine"})[0] == 200
        assert site.delete("/systems/city/issuers/harbour")[0] == 200

    @pytest.mark.parametrize("path", ["/systems", "/systems/village", "/systems/village/issuers"])
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_and_in_no_other(self, api: Caller, method: str, path: str) -> None:
        body = NEW if method in {"POST", "PUT"} else None
        status, told = Caller(api.client, KEY, SECRET).call(method, path, body)
        assert (status, told["message"]) in ((403, "Invalid token for system"), (405, f"{method} is not allowed"))
        assert not Issuer.objects.exclude(slug="library").exists()
        assert System.objects.get(slug="village").name == "The Village"

    def test_an_issuer_is_not_found_through_another_system(self, api: Caller) -> None:
        for method in ("GET", "PUT", "DELETE"):
            body = {"name": "Stolen"} if method == "PUT" else None
            assert api.call(method, "/systems/village/issuers/library", body)[0] == 404
            assert api.call(method, "/systems/village/issuers/library/programs/club", body)[0] == 404
        assert Issuer.objects.get().name == "The Library"
        assert api.post("/systems/village/issuers", {**NEW, "slug": "library"})[0] == 201
