"""What everybody can read without a signature, also of what has been deleted since."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from providers.badgekit.models import Alignment, Badge, BadgeInstance, Image, Issuer, Program, System
from tests.providers.badgekit.api import ADA, Caller

HOST = "http://localhost"
CODER = "/public/systems/city/issuers/library/programs/club/badges/coder"
ISSUERS = {
    "city": "/public/systems/city",
    "library": "/public/systems/city/issuers/library",
    "club": "/public/systems/city/issuers/library/programs/club",
}


@pytest.fixture
def anybody(api: Caller) -> Client:
    """Somebody who signs nothing."""
    return Client(SERVER_NAME="localhost")


def read(anybody: Client, path: str, status: int = 200) -> Any:
    """The answer, which a page of any site may read."""
    response = anybody.get(path)
    assert response.status_code == status, response.content
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response.json()


def hold(badge: str = "coder", **told: Any) -> BadgeInstance:
    told = {"email": "Ada@Example.com", "slug": "of-ada", "issued_on": datetime(2026, 1, 2, 3, 4, 5, 678, UTC), **told}
    return BadgeInstance.objects.create(badge=Badge.objects.get(slug=badge), **told)


class TestListing:
    def test_all_badges_that_can_be_earned_are_there(self, anybody: Client) -> None:
        Badge.objects.get(slug="librarian").hide()
        told = read(anybody, "/public/badges")
        paths = ["/public/systems/city/badges/reader", CODER, "/public/systems/village/badges/farmer"]
        assert told == {"badgelist": [{"location": f"{HOST}{path}"} for path in paths]}
        for each in told["badgelist"]:
            read(anybody, each["location"].removeprefix(HOST))

    def test_nothing_leads_to_a_system_that_has_been_deleted(self, anybody: Client) -> None:
        System.objects.get(slug="city").hide()
        told = read(anybody, "/public/badges")
        assert told == {"badgelist": [{"location": f"{HOST}/public/systems/village/badges/farmer"}]}

    def test_it_takes_one_statement(self, anybody: Client, django_assert_num_queries: Any) -> None:
        city = System.objects.get(slug="city")
        for number in range(20):
            Badge.objects.create(slug=f"b{number}", name="B", type="skill", system=city)
        with django_assert_num_queries(1):
            assert len(read(anybody, "/public/badges")["badgelist"]) == 24


class TestIssuers:
    def test_each_tells_its_own_and_what_is_around_it_the_rest(self, anybody: Client) -> None:
        Issuer.objects.filter(slug="library").update(description="A library.", email="")
        city = {
            "name": "The City",
            "url": "https://city.example",
            "description": "A city.",
            "email": "city@example.com",
        }
        library = {**city, "name": "The Library", "url": "https://library.example", "description": "A library."}
        club = {**library, "name": "Code Club", "url": "https://club.example"}
        for name, told in {"city": city, "library": library, "club": club}.items():
            assert read(anybody, ISSUERS[name]) == told

    def test_what_nobody_has_is_left_out(self, anybody: Client) -> None:
        village = {"name": "The Village", "url": "https://village.example"}
        assert read(anybody, "/public/systems/VILLAGE/") == village

    @pytest.mark.parametrize(("name", "statements"), [("city", 1), ("library", 3), ("club", 4)])
    def test_the_statements_are_few(
        self, anybody: Client, django_assert_max_num_queries: Any, name: str, statements: int
    ) -> None:
        with django_assert_max_num_queries(statements):
            read(anybody, ISSUERS[name])

    @pytest.mark.parametrize("deleted", ["city", "library", "club"])
    @pytest.mark.parametrize("name", ["city", "library", "club"])
    def test_one_that_has_been_deleted_can_still_be_read(self, anybody: Client, deleted: str, name: str) -> None:
        before = read(anybody, ISSUERS[name])
        row = next(model.objects.get(slug=deleted) for model in (System, Issuer, Program) if _is(model, deleted))
        row.hide()
        assert read(anybody, ISSUERS[name]) == before

    def test_a_new_one_of_its_name_takes_its_place(self, anybody: Client) -> None:
        System.objects.get(slug="city").hide()
        System.objects.create(slug="city", name="A New City").hide()
        assert read(anybody, "/public/systems/city") == {"name": "A New City"}
        System.objects.create(slug="City", name="The Newest City")
        assert read(anybody, "/public/systems/city") == {"name": "The Newest City"}

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("nope", "system"),
            ("%00", "system"),
            ("nope/issuers/library", "system"),
            ("village/issuers/library", "issuer"),
            ("city/issuers/library/programs/nope", "program"),
            ("city/issuers/library/programs/%00", "program"),
        ],
    )
    def test_an_unknown_one_is_named(self, anybody: Client, path: str, missing: str) -> None:
        told = read(anybody, f"/public/systems/{path}", 404)
        assert told["code"] == "ResourceNotFound"
        assert told["message"].startswith(f"Could not find {missing} field: `slug`, value: `")


def _is(model: Any, slug: str) -> bool:
    return bool(model.objects.filter(slug=slug).exists())


class TestBadgeClasses:
    def test_it_is_as_open_badges_has_it(self, anybody: Client, context: str) -> None:
        coder = Badge.objects.get(slug="coder")
        Alignment.objects.create(badge=coder, name="Standard", url="https://standard.example", description="One.")
        assert read(anybody, f"/public{context}/badges/CODER") == {
            "name": "Coder",
            "description": "Has done it.",
            "image": "https://pictures.example/badge.png",
            "criteria": "https://city.example/criteria",
            "alignment": [{"name": "Standard", "url": "https://standard.example", "description": "One."}],
            "issuer": f"{HOST}{ISSUERS['club']}",
        }

    @pytest.mark.parametrize(
        ("path", "issuer"), [("city/badges/reader", "city"), ("city/issuers/library/badges/librarian", "library")]
    )
    def test_the_issuer_is_the_narrowest_one(self, anybody: Client, path: str, issuer: str) -> None:
        told = read(anybody, f"/public/systems/{path}")["issuer"]
        assert told == f"{HOST}{ISSUERS[issuer]}"
        assert "name" in read(anybody, told.removeprefix(HOST))

    @pytest.mark.parametrize(
        ("picture", "address"),
        [
            ({"data": b"x", "mimetype": "image/png"}, f"{HOST}/public/images/a%20b"),
            ({"url": "pictures.example/1.png"}, "http://pictures.example/1.png"),
            (None, None),
        ],
    )
    def test_the_picture_has_a_whole_address(
        self, anybody: Client, picture: dict[str, Any] | None, address: str | None
    ) -> None:
        image = Image.objects.create(slug="a b", **picture) if picture else None
        Badge.objects.filter(slug="coder").update(image=image)
        assert read(anybody, CODER).get("image") == address

    def test_an_archived_badge_can_be_read(self, anybody: Client) -> None:
        assert read(anybody, "/public/systems/city/badges/retired")["name"] == "Retired"

    @pytest.mark.parametrize(
        "path", ["city/issuers/library/badges/reader", "village/badges/coder", "city/badges/nope", "city/badges/%00"]
    )
    def test_a_badge_is_not_found_in_another_place(self, anybody: Client, path: str) -> None:
        assert "badge field" in read(anybody, f"/public/systems/{path}", 404)["message"]

    def test_one_that_has_been_deleted_can_still_be_read(self, anybody: Client, context: str) -> None:
        before = read(anybody, CODER)
        Badge.objects.get(slug="coder").hide()
        assert read(anybody, f"/public{context}/badges/coder") == before
        for model, slug in ((Program, "club"), (Issuer, "library"), (System, "city")):
            model.objects.get(slug=slug).hide()
            assert read(anybody, f"/public{context}/badges/coder") == before

    def test_a_new_one_of_its_name_takes_its_place(self, anybody: Client) -> None:
        Badge.objects.get(slug="reader").hide()
        city = System.objects.get(slug="city")
        Badge.objects.create(slug="reader", name="Newer", type="skill", system=city).hide()
        assert read(anybody, "/public/systems/city/badges/reader")["name"] == "Newer"
        Badge.objects.create(slug="READER", name="Newest", type="skill", system=city)
        assert read(anybody, "/public/systems/city/badges/reader")["name"] == "Newest"

    def test_a_new_one_elsewhere_does_not(self, anybody: Client) -> None:
        Badge.objects.get(slug="reader").hide()
        Badge.objects.create(slug="reader", name="Newer", type="skill", system=System.objects.get(slug="village"))
        assert read(anybody, "/public/systems/city/badges/reader")["name"] == "Reader"


class TestAssertions:
    def test_it_is_as_open_badges_has_it(self, anybody: Client) -> None:
        hold(expires=datetime(2027, 1, 1, tzinfo=UTC))
        told = read(anybody, "/public/assertions/of-ada")
        assert told == {
            "uid": "of-ada",
            "recipient": {
                "identity": f"sha256${hashlib.sha256(b'Ada@Example.com').hexdigest()}",
                "type": "email",
                "hashed": True,
            },
            "badge": f"{HOST}{CODER}",
            "verify": {"url": f"{HOST}/public/assertions/of-ada", "type": "hosted"},
            "issuedOn": 1767323045,
            "expires": 1798761600,
        }
        assert read(anybody, told["badge"].removeprefix(HOST))["name"] == "Coder"

    @pytest.mark.parametrize(
        ("badge", "path"),
        [
            ("reader", "/public/systems/city/badges/reader"),
            ("librarian", "/public/systems/city/issuers/library/badges/librarian"),
        ],
    )
    def test_the_badge_is_where_it_belongs(self, anybody: Client, badge: str, path: str) -> None:
        hold(badge)
        told = read(anybody, "/public/assertions/of-ada")
        assert (told["badge"], "expires" in told) == (f"{HOST}{path}", False)

    def test_names_in_any_script_are_escaped(self, anybody: Client) -> None:
        for model, old, new in ((System, "city", "城 市"), (Issuer, "library", "b?b"), (Program, "club", "c#b&")):
            row: Any = model.objects.get(slug=old)
            row.slug = new
            row.save()
        badge = Badge.objects.get(slug="coder")
        badge.slug = "50%"
        badge.save()
        hold("50%", slug="ü ö")
        told = read(anybody, "/public/assertions/%C3%BC%20%C3%B6")
        assert told["verify"]["url"] == f"{HOST}/public/assertions/%C3%BC%20%C3%B6"
        path = "systems/%E5%9F%8E%20%E5%B8%82/issuers/b%3Fb/programs/c%23b%26/badges/50%25"
        assert told["badge"] == f"{HOST}/public/{path}"
        shown = read(anybody, told["badge"].removeprefix(HOST))
        assert read(anybody, shown["issuer"].removeprefix(HOST))["name"] == "Code Club"

    def test_it_follows_from_the_api_and_ends_with_it(self, anybody: Client, api: Caller) -> None:
        path = "/systems/city/badges/coder/instances"
        url = api.post(path, {"email": ADA})[1]["instance"]["assertionUrl"]
        assert read(anybody, url.removeprefix(HOST))["verify"]["url"] == url
        api.delete(f"{path}/{ADA}")
        read(anybody, url.removeprefix(HOST), 404)

    def test_a_badge_that_has_been_deleted_leaves_it(self, anybody: Client) -> None:
        hold()
        before = read(anybody, "/public/assertions/of-ada")
        for model, slug in ((Badge, "coder"), (Program, "club"), (Issuer, "library"), (System, "city")):
            row: Any = model.objects.get(slug=slug)
            row.hide()
        assert read(anybody, "/public/assertions/of-ada") == before
        assert read(anybody, before["badge"].removeprefix(HOST))["name"] == "Coder"

    @pytest.mark.parametrize("slug", ["nope", "OF-ADA", "%00", "%25s", "a" * 900, "%FF"])
    def test_an_unknown_one_is_told_as_the_server_told_it(self, anybody: Client, slug: str) -> None:
        hold()
        told = read(anybody, f"/public/assertions/{slug}", 404)
        assert told == {"code": "ResourceNotFound", "message": "Could not find badge instance"}

    def test_it_takes_one_statement(self, anybody: Client, django_assert_num_queries: Any) -> None:
        hold()
        with django_assert_num_queries(1):
            read(anybody, "/public/assertions/of-ada")


@pytest.mark.parametrize("path", ["/public/badges", *ISSUERS.values(), CODER, "/public/assertions/of-ada"])
def test_it_can_only_be_read(anybody: Client, path: str) -> None:
    hold()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = anybody.generic(method, path)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET")
