"""Badges are given to addresses, to one or to many, in every context."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from credentials_badges.badges.models import Learner
from providers.badgekit import answers
from providers.badgekit.models import BadgeInstance
from tests.providers.badgekit.api import ADA, BOB, INSTANCES, KEY, SECRET, Caller, hold, make

ODD = [
    [],
    {},
    [ADA],
    True,
    7,
    "",
    "ada",
    "a@b",
    "a\0@example.com",
    "\ud800@example.com",
    10**30,
    "a" * 250 + "@b.example",
]


def untouched() -> bool:
    """Whether nothing is in the village."""
    return not BadgeInstance.objects.filter(badge__system__slug="village").exists()


class TestGiving:
    def test_an_address_is_given_the_badge(self, api: Caller, instances: str) -> None:
        response = api.ask("POST", instances, {"email": "Ada@example.com"})
        held = BadgeInstance.objects.get()
        assert re.fullmatch("[0-9a-f]{40}", held.slug)
        assert (response.status_code, response.headers["Location"]) == (201, f"/public/assertions/{held.slug}")
        assert response.json() == {
            "status": "created",
            "instance": {
                "slug": held.slug,
                "email": "Ada@example.com",
                "expires": None,
                "issuedOn": answers.time(held.issued_on),
                "assertionUrl": f"http://localhost/public/assertions/{held.slug}",
                "badge": None,
            },
        }
        assert (held.badge.slug, held.email, held.claim_code) == ("coder", "Ada@example.com", None)

    @pytest.mark.parametrize(
        ("issued_on", "expires", "stored"),
        [
            (1400094712, 1400094712000, "2014-05-14T19:11:52.000Z"),
            ("1400094712", "2014-05-14 19:11:52", "2014-05-14T19:11:52.000Z"),
            ("2014-05-14T21:11:52+02:00", "2014-05-14T19:11:52Z", "2014-05-14T19:11:52.000Z"),
        ],
    )
    def test_dates_come_in_any_form_and_issued_on_is_told_as_it_was_sent(
        self, api: Caller, issued_on: object, expires: object, stored: str
    ) -> None:
        _, told = api.post(INSTANCES, {"email": ADA, "issuedOn": issued_on, "expires": expires})
        assert (told["instance"]["issuedOn"], told["instance"]["expires"]) == (issued_on, stored)
        listed = api.get(f"{INSTANCES}/{ADA}")[1]["instance"]
        assert (listed["issuedOn"], listed["expires"]) == (stored, stored)

    @pytest.mark.parametrize("field", ["issuedOn", "expires"])
    @pytest.mark.parametrize("value", ["soon", -1, [1], {}, True, 10**30, "9999-12-31T23:59:59-23:00", "1969-01-01"])
    def test_what_is_no_date_is_named(self, api: Caller, field: str, value: object) -> None:
        status, told = api.post(INSTANCES, {"email": ADA, field: value})
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["details"] == [{"message": "Invalid date", "field": field, "value": value}]
        assert not BadgeInstance.objects.exists()

    def test_a_form_may_leave_fields_empty(self, api: Caller, instances: str) -> None:
        empty = {"slug": "", "claimCode": "", "issuedOn": "", "expires": "", "comment": ""}
        status, told = api.upload("POST", instances, {"email": ADA, **empty})
        assert (status, told["instance"]["email"]) == (201, ADA)
        assert "claimCode" not in told["instance"]

    @pytest.mark.parametrize("value", ODD)
    def test_what_is_no_address_is_named(self, api: Caller, value: object) -> None:
        status, told = api.post(INSTANCES, {"email": value})
        assert (status, told["code"]) == (400, "ValidationError")
        assert [(each["field"], each["value"]) for each in told["details"]] == [("email", value)]
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("body", [None, {}, [], {"email": None}, b"null", b'"x"'])
    def test_a_missing_address_is_named_without_a_message(self, api: Caller, body: object) -> None:
        status, told = api.post(INSTANCES, body)
        assert (status, told["details"]) == (400, [{"field": "email", "value": ""}])

    @pytest.mark.parametrize("slug", ["from-2014", "王小明", "a b?&#", "%25", "S" * 255])
    def test_the_slug_of_the_clients_choice_leads_to_the_assertion(self, api: Caller, slug: str) -> None:
        response = api.ask("POST", INSTANCES, {"email": ADA, "slug": slug})
        assert (response.status_code, response.json()["instance"]["slug"]) == (201, slug)
        assert response.json()["instance"]["assertionUrl"] == f"http://localhost{response.headers['Location']}"
        assert api.get(response.headers["Location"])[1]["uid"] == slug

    @pytest.mark.parametrize("slug", ["a/b", ".", "..", "   ", "S" * 256, [], {}, "\0"])
    def test_a_slug_that_nothing_could_find_is_refused(self, api: Caller, slug: object) -> None:
        status, told = api.post(INSTANCES, {"email": ADA, "slug": slug})
        assert status == 400
        assert told["details"] == [{"message": "String is not in range", "field": "slug", "value": slug}]

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("nope/badges/coder", "system"),
            ("city/issuers/nope/badges/coder", "issuer"),
            ("city/issuers/library/programs/nope/badges/coder", "program"),
            ("city/badges/nope", "badge"),
            ("village/badges/coder", "badge"),
            ("city/issuers/library/badges/reader", "badge"),
        ],
    )
    @pytest.mark.parametrize("ending", ["", "/bulk"])
    def test_the_path_is_looked_up_before_the_body(self, api: Caller, path: str, missing: str, ending: str) -> None:
        status, told = api.post(f"/systems/{path}/instances{ending}", {})
        assert (status, told["code"]) == (404, "ResourceNotFound")
        assert told["message"].startswith(f"Could not find {missing} field: `slug`, value: `")

    def test_a_consumer_gives_badges_of_its_own_system_only(self, api: Caller) -> None:
        city = Caller(key=KEY, secret=SECRET)
        assert city.post(INSTANCES, {"email": ADA})[0] == 201
        assert city.post("/systems/village/badges/farmer/instances", {"email": ADA})[0] == 403
        assert untouched()


class TestGivingTwice:
    def test_an_address_holds_a_badge_once_in_whatever_case(self, api: Caller, instances: str) -> None:
        held = hold("Ada@example.com")
        message = "User ADA@EXAMPLE.COM has already been awarded badge coder"
        url = "http://localhost/public/assertions/coder-of-Ada%40example.com-1"
        assert api.post(instances, {"email": "ADA@EXAMPLE.COM", "slug": held.slug}) == (
            409,
            {"code": "ResourceConflict", "error": message, "message": message, "details": {"assertionUrl": url}},
        )
        assert BadgeInstance.objects.count() == 1

    def test_the_accent_makes_another_person(self, api: Caller) -> None:
        assert [api.post(INSTANCES, {"email": f"{name}@exämple.com"})[0] for name in ("zoe", "ZOE")] == [201, 409]
        assert api.post(INSTANCES, {"email": "zoe@example.com"})[0] == 201

    @pytest.mark.parametrize("holder", [(BOB, "coder"), (ADA, "reader"), (ADA, "farmer")])
    def test_a_slug_that_another_instance_has_is_taken(self, api: Caller, holder: tuple[str, str]) -> None:
        hold(*holder, slug="taken")
        status, told = api.post(INSTANCES, {"email": ADA, "slug": "taken"})
        message = "badge instance with that `slug` already exists"
        assert (status, told["code"], told["message"]) == (409, "ResourceConflict", message)
        assert told["details"]["slug"] == "taken"
        assert BadgeInstance.objects.count() == 1

    def test_what_was_taken_back_can_be_given_again_by_the_same_slug(self, api: Caller) -> None:
        for code in ("one", "two"):
            make(code)
        for email, code in ((ADA, "one"), (BOB, "two")):
            assert api.post(INSTANCES, {"email": email, "slug": "again", "claimCode": code})[0] == 201
            assert api.delete(f"{INSTANCES}/{email}")[0] == 200
        assert {learner.address for learner in Learner.objects.all()} == {ADA, BOB}


class TestGivingToMany:
    def test_those_who_are_new_are_told_in_the_order_in_which_they_were_sent(self, api: Caller, instances: str) -> None:
        hold("Held@example.com")
        emails = ["zoe@example.com", "held@EXAMPLE.com", ADA, "ZOE@example.com", BOB, ADA]
        status, told = api.post(f"{instances}/bulk", {"emails": emails, "issuedOn": 1400094712, "expires": 1500000000})
        assert (status, told["status"]) == (201, "created")
        assert [each["email"] for each in told["instances"]] == ["zoe@example.com", ADA, BOB]
        new = BadgeInstance.objects.get(email=ADA)
        assert told["instances"][1] == {
            "slug": new.slug,
            "email": ADA,
            "issuedOn": 1400094712,
            "expires": "2017-07-14T02:40:00.000Z",
            "assertionUrl": f"http://localhost/public/assertions/{new.slug}",
            "badge": None,
        }
        assert (new.badge.slug, new.issued_on) == ("coder", datetime.fromtimestamp(1400094712, UTC))
        assert BadgeInstance.objects.count() == 4
        assert untouched()

    def test_it_can_be_repeated(self, api: Caller, instances: str) -> None:
        for new in (2, 0):
            status, told = api.post(f"{instances}/bulk", {"emails": [ADA, BOB]})
            assert (status, len(told["instances"])) == (201, new)

    def test_slug_and_code_are_not_looked_at(self, api: Caller) -> None:
        code = make("winter")
        _, told = api.post(f"{INSTANCES}/bulk", {"emails": [ADA, BOB], "slug": "s", "claimCode": "winter"})
        assert all(each["slug"] != "s" and "claimCode" not in each for each in told["instances"])
        code.refresh_from_db()
        assert not code.claimed

    @pytest.mark.parametrize("emails", [None, ADA, {"0": ADA}, 7, True, "[]"])
    def test_what_is_no_list_is_refused(self, api: Caller, emails: object) -> None:
        told = {"code": "InvalidContent", "message": 'Invalid value for "emails".  Expected array.'}
        assert api.post(f"{INSTANCES}/bulk", {"emails": emails}) == (400, told)
        assert api.post(f"{INSTANCES}/bulk") == (400, told)

    def test_a_form_sends_the_field_several_times(self, api: Caller) -> None:
        assert len(api.upload("POST", f"{INSTANCES}/bulk", {"emails": [ADA, BOB]})[1]["instances"]) == 2

    def test_each_wrong_address_is_named_and_nobody_is_given_anything(self, api: Caller) -> None:
        status, told = api.post(f"{INSTANCES}/bulk", {"emails": [ADA, *ODD, None], "expires": "soon"})
        assert (status, told["code"]) == (400, "ValidationError")
        named = [(each["field"], each["value"]) for each in told["details"]]
        assert named == [("expires", "soon"), *[("emails", value) for value in [*ODD, ""]]]
        assert not BadgeInstance.objects.exists()

    def test_there_is_an_end_of_addresses(self, api: Caller) -> None:
        many = [f"learner{number}@example.com" for number in range(1001)]
        status, told = api.post(f"{INSTANCES}/bulk", {"emails": many})
        assert (status, "1000" in told["message"]) == (400, True)
        assert not BadgeInstance.objects.exists()
        assert len(api.post(f"{INSTANCES}/bulk", {"emails": many[:1000]})[1]["instances"]) == 1000

    def test_none_are_given_to_none(self, api: Caller) -> None:
        assert api.post(f"{INSTANCES}/bulk", {"emails": []}) == (201, {"status": "created", "instances": []})

    def test_the_statements_for_each_address_are_few(self, api: Caller, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(10 + 5 * 40):
            api.post(f"{INSTANCES}/bulk", {"emails": [f"learner{number}@example.com" for number in range(40)]})
