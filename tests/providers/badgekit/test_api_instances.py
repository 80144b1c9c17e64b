"""Badges are given to addresses, listed and taken back, in every context."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from credentials_badges.badges.models import Learner
from providers.badgekit import answers
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Issuer
from tests.providers.badgekit.api import ADA, KEY, SECRET, Caller, make

BOB = "bob@example.com"
CITY = "/systems/city/badges/coder/instances"
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


@pytest.fixture
def path(context: str) -> str:
    """The address of a badge's instances."""
    return f"{context}/badges/coder/instances"


def hold(email: str = ADA, badge: str = "coder", **told: Any) -> BadgeInstance:
    told.setdefault("slug", f"{badge}-of-{email}-{told.get('ordinal', 1)}")
    return BadgeInstance.objects.create(badge=Badge.objects.get(slug=badge), email=email, **told)


def untouched() -> bool:
    """Whether nothing is in the village."""
    return not BadgeInstance.objects.filter(badge__system__slug="village").exists()


class TestListing:
    def test_all_who_hold_a_badge_come_in_the_order_of_their_ids(self, api: Caller, path: str) -> None:
        code = make("winter")
        hold("zoe@example.com", issued_on=datetime(2026, 1, 2, 3, 4, 5, 678000, UTC), claim_code=code)
        hold(ADA, expires=datetime(2027, 1, 1, tzinfo=UTC))
        hold(BOB, badge="reader")
        status, told = api.get(path)
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

    def test_nobody_holds_it(self, api: Caller, path: str) -> None:
        assert api.get(path) == (200, {"instances": []})

    def test_pages(self, api: Caller, path: str) -> None:
        for number in range(3):
            hold(f"{number}@example.com")
        status, told = api.get(f"{path}?page=2&count=2")
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
            assert len(api.get(CITY + query)[1]["instances"]) == (20 if query else 30)


class TestGetting:
    def test_an_address_is_found_in_any_case(self, api: Caller, path: str) -> None:
        hold("Ada@Example.com")
        status, told = api.get(f"{path}/aDA@example.COM")
        assert (status, list(told)) == (200, ["instance"])
        assert told["instance"]["email"] == "Ada@Example.com"
        assert told["instance"]["badge"] == answers.badge(Badge.objects.get(slug="coder"))

    @pytest.mark.parametrize("spelling", ["a%2Bb%2Fc@example.com", "a+b/c@example.com"])
    def test_an_address_may_hold_a_plus_and_a_slash(self, api: Caller, path: str, spelling: str) -> None:
        hold("a+b/c@example.com")
        assert api.get(f"{path}/{spelling}")[0] == 200

    def test_of_several_the_oldest_is_told(self, api: Caller, path: str) -> None:
        hold(ordinal=2, slug="first")
        hold(ordinal=3, slug="second")
        assert api.get(f"{path}/{ADA}")[1]["instance"]["slug"] == "first"

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    @pytest.mark.parametrize("email", [BOB, "bulk", "%25s", "王@example.com", "a" * 900])
    def test_who_does_not_hold_it_is_told_as_documented(self, api: Caller, path: str, method: str, email: str) -> None:
        hold(BOB, badge="reader")
        shown = email.replace("%25", "%")
        message = f"Could not find badgeInstance field: `email`, value: `{shown}`"
        assert api.call(method, f"{path}/{email}") == (404, {"code": "ResourceNotFound", "message": message})

    @pytest.mark.parametrize("path", [f"{CITY}/%00@example.com", "/systems/city/instances/%00@example.com"])
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


class TestGiving:
    def test_an_address_is_given_the_badge(self, api: Caller, path: str) -> None:
        response = api.ask("POST", path, {"email": "Ada@example.com"})
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
        _, told = api.post(CITY, {"email": ADA, "issuedOn": issued_on, "expires": expires})
        assert (told["instance"]["issuedOn"], told["instance"]["expires"]) == (issued_on, stored)
        listed = api.get(f"{CITY}/{ADA}")[1]["instance"]
        assert (listed["issuedOn"], listed["expires"]) == (stored, stored)

    @pytest.mark.parametrize("field", ["issuedOn", "expires"])
    @pytest.mark.parametrize("value", ["soon", -1, [1], {}, True, 10**30, "9999-12-31T23:59:59-23:00", "1969-01-01"])
    def test_what_is_no_date_is_named(self, api: Caller, field: str, value: object) -> None:
        status, told = api.post(CITY, {"email": ADA, field: value})
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["details"] == [{"message": "Invalid date", "field": field, "value": value}]
        assert not BadgeInstance.objects.exists()

    def test_a_form_may_leave_fields_empty(self, api: Caller, path: str) -> None:
        empty = {"slug": "", "claimCode": "", "issuedOn": "", "expires": "", "comment": ""}
        status, told = api.upload("POST", path, {"email": ADA, **empty})
        assert (status, told["instance"]["email"]) == (201, ADA)
        assert "claimCode" not in told["instance"]

    @pytest.mark.parametrize("value", ODD)
    def test_what_is_no_address_is_named(self, api: Caller, value: object) -> None:
        status, told = api.post(CITY, {"email": value})
        assert (status, told["code"]) == (400, "ValidationError")
        assert [(each["field"], each["value"]) for each in told["details"]] == [("email", value)]
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("body", [None, {}, [], {"email": None}, b"null", b'"x"'])
    def test_a_missing_address_is_named_without_a_message(self, api: Caller, body: object) -> None:
        status, told = api.post(CITY, body)
        assert (status, told["details"]) == (400, [{"field": "email", "value": ""}])

    @pytest.mark.parametrize("slug", ["from-2014", "王小明", "a b?&#", "%25", "S" * 255])
    def test_the_slug_of_the_clients_choice_leads_to_the_assertion(self, api: Caller, slug: str) -> None:
        response = api.ask("POST", CITY, {"email": ADA, "slug": slug})
        assert (response.status_code, response.json()["instance"]["slug"]) == (201, slug)
        assert response.json()["instance"]["assertionUrl"] == f"http://localhost{response.headers['Location']}"
        assert api.get(response.headers["Location"])[1]["uid"] == slug

    @pytest.mark.parametrize("slug", ["a/b", ".", "..", "   ", "S" * 256, [], {}, "\0"])
    def test_a_slug_that_nothing_could_find_is_refused(self, api: Caller, slug: object) -> None:
        status, told = api.post(CITY, {"email": ADA, "slug": slug})
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
        assert city.post(CITY, {"email": ADA})[0] == 201
        assert city.post("/systems/village/badges/farmer/instances", {"email": ADA})[0] == 403
        assert untouched()


class TestGivingTwice:
    def test_an_address_holds_a_badge_once_in_whatever_case(self, api: Caller, path: str) -> None:
        held = hold("Ada@example.com")
        message = "User ADA@EXAMPLE.COM has already been awarded badge coder"
        url = "http://localhost/public/assertions/coder-of-Ada%40example.com-1"
        assert api.post(path, {"email": "ADA@EXAMPLE.COM", "slug": held.slug}) == (
            409,
            {"code": "ResourceConflict", "error": message, "message": message, "details": {"assertionUrl": url}},
        )
        assert BadgeInstance.objects.count() == 1

    def test_the_accent_makes_another_person(self, api: Caller) -> None:
        assert [api.post(CITY, {"email": f"{name}@exämple.com"})[0] for name in ("zoe", "ZOE")] == [201, 409]
        assert api.post(CITY, {"email": "zoe@example.com"})[0] == 201

    @pytest.mark.parametrize("holder", [(BOB, "coder"), (ADA, "reader"), (ADA, "farmer")])
    def test_a_slug_that_another_instance_has_is_taken(self, api: Caller, holder: tuple[str, str]) -> None:
        hold(*holder, slug="taken")
        status, told = api.post(CITY, {"email": ADA, "slug": "taken"})
        message = "badge instance with that `slug` already exists"
        assert (status, told["code"], told["message"]) == (409, "ResourceConflict", message)
        assert told["details"]["slug"] == "taken"
        assert BadgeInstance.objects.count() == 1

    def test_what_was_taken_back_can_be_given_again_by_the_same_slug(self, api: Caller) -> None:
        for code in ("one", "two"):
            make(code)
        for email, code in ((ADA, "one"), (BOB, "two")):
            assert api.post(CITY, {"email": email, "slug": "again", "claimCode": code})[0] == 201
            assert api.delete(f"{CITY}/{email}")[0] == 200
        assert {learner.address for learner in Learner.objects.all()} == {ADA, BOB}


class TestGivingByCode:
    def test_the_code_is_used_up(self, api: Caller, path: str) -> None:
        code = make("Winter")
        status, told = api.post(path, {"email": ADA, "claimCode": "winter"})
        assert (status, told["instance"]["claimCode"], told["instance"]["badge"]) == (201, "Winter", None)
        code.refresh_from_db()
        assert (code.claimed, code.uses, code.email) == (True, 1, ADA)
        assert BadgeInstance.objects.get().claim_code == code
        assert api.get(f"{path}/{ADA}")[1]["instance"]["claimCode"] == "Winter"

    def test_what_else_is_sent_counts_as_well(self, api: Caller) -> None:
        make("7")
        sent = {"email": ADA, "claimCode": 7, "slug": "s", "issuedOn": 1400094712, "expires": 1500000000}
        _, told = api.post(CITY, sent)
        assert told["instance"] == {
            "slug": "s",
            "email": ADA,
            "issuedOn": 1400094712,
            "expires": "2017-07-14T02:40:00.000Z",
            "claimCode": "7",
            "assertionUrl": "http://localhost/public/assertions/s",
            "badge": None,
        }

    def test_a_code_for_many_serves_many(self, api: Caller) -> None:
        code = make("summer", multiuse=True, limit=2)
        statuses = [api.post(CITY, {"email": f"{n}@example.com", "claimCode": "summer"})[0] for n in range(3)]
        code.refresh_from_db()
        assert (statuses, code.uses, BadgeInstance.objects.count()) == ([201, 201, 400], 2, 2)

    @pytest.mark.parametrize("code", ["nope", "of-the-reader", "of-the-farmer", "%s", "50%25x", "deleted"])
    def test_a_code_that_is_unknown_or_of_another_badge_is_not_found(self, api: Caller, code: str) -> None:
        make("of-the-reader", "reader")
        make("of-the-farmer", "farmer")
        make("deleted")
        api.delete("/systems/city/badges/coder/codes/deleted")
        message = f"Could not find claimCode field: `code`, value: {code}"
        told = {"code": "ResourceNotFound", "message": message}
        assert api.post(CITY, {"email": ADA, "claimCode": code}) == (404, told)
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("code", [[], {}, ["winter"], "\0", "c" * 256, "\udfff"])
    def test_what_is_no_code_is_named(self, api: Caller, code: object) -> None:
        status, told = api.post(CITY, {"email": ADA, "claimCode": code})
        assert status == 400
        assert told["details"] == [{"message": "String is not in range", "field": "claimCode", "value": code}]

    def test_a_spent_code_is_named_as_it_is_stored(self, api: Caller) -> None:
        make("Winter", claimed=True)
        message = "Claim code `Winter` has already been claimed"
        for _ in range(2):
            status, told = api.post(CITY, {"email": ADA, "claimCode": "WINTER"})
            assert (status, told) == (400, {"code": "CodeAlreadyUsed", "message": message})
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("conflict", ["holds it", "slug is taken"])
    def test_a_refusal_does_not_use_a_fresh_code_up(self, api: Caller, conflict: str) -> None:
        code = make("fresh")
        hold(ADA if conflict == "holds it" else BOB, slug="s")
        status, told = api.post(CITY, {"email": "ADA@example.com", "claimCode": "fresh", "slug": "s"})
        assert (status, "assertionUrl" in told["details"]) == (409, conflict == "holds it")
        code.refresh_from_db()
        assert (code.claimed, code.uses, code.email, Learner.objects.count()) == (False, 0, None, 0)

    def test_a_code_that_is_kept_for_somebody_is_only_theirs(self, api: Caller) -> None:
        ada = Learner.objects.create(username="ada", email=ADA)
        code = make("kept", email=ADA, reservation="promise-1", recipient_id=str(ada.uuid))
        status, told = api.post(CITY, {"email": BOB, "claimCode": "kept"})
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["details"][0]["field"] == "claimCode"
        code.refresh_from_db()
        assert not code.claimed
        assert api.post(CITY, {"email": "ADA@example.com", "claimCode": "kept"})[0] == 201
        assert BadgeInstance.objects.get().recipient_id == str(ada.uuid)

    @pytest.mark.parametrize("length", [254, 255])
    def test_an_address_that_is_too_long_is_refused_and_uses_nothing_up(self, api: Caller, length: int) -> None:
        code = make("winter")
        email = f"{'a' * (length - 191)}@{'.'.join(['b' * 60] * 3)}.example"
        assert len(email) == length
        status, told = api.post(CITY, {"email": email, "claimCode": "winter"})
        assert (status, told.get("code")) == ((201, None) if length == 254 else (400, "ValidationError"))
        code.refresh_from_db()
        assert code.claimed is (length == 254)


class TestGivingToMany:
    def test_those_who_are_new_are_told_in_the_order_in_which_they_were_sent(self, api: Caller, path: str) -> None:
        hold("Held@example.com")
        emails = ["zoe@example.com", "held@EXAMPLE.com", ADA, "ZOE@example.com", BOB, ADA]
        status, told = api.post(f"{path}/bulk", {"emails": emails, "issuedOn": 1400094712, "expires": 1500000000})
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

    def test_it_can_be_repeated(self, api: Caller, path: str) -> None:
        for new in (2, 0):
            status, told = api.post(f"{path}/bulk", {"emails": [ADA, BOB]})
            assert (status, len(told["instances"])) == (201, new)

    def test_slug_and_code_are_not_looked_at(self, api: Caller) -> None:
        code = make("winter")
        _, told = api.post(f"{CITY}/bulk", {"emails": [ADA, BOB], "slug": "s", "claimCode": "winter"})
        assert all(each["slug"] != "s" and "claimCode" not in each for each in told["instances"])
        code.refresh_from_db()
        assert not code.claimed

    @pytest.mark.parametrize("emails", [None, ADA, {"0": ADA}, 7, True, "[]"])
    def test_what_is_no_list_is_refused(self, api: Caller, emails: object) -> None:
        told = {"code": "InvalidContent", "message": 'Invalid value for "emails".  Expected array.'}
        assert api.post(f"{CITY}/bulk", {"emails": emails}) == (400, told)
        assert api.post(f"{CITY}/bulk") == (400, told)

    def test_a_form_sends_the_field_several_times(self, api: Caller) -> None:
        assert len(api.upload("POST", f"{CITY}/bulk", {"emails": [ADA, BOB]})[1]["instances"]) == 2

    def test_each_wrong_address_is_named_and_nobody_is_given_anything(self, api: Caller) -> None:
        status, told = api.post(f"{CITY}/bulk", {"emails": [ADA, *ODD, None], "expires": "soon"})
        assert (status, told["code"]) == (400, "ValidationError")
        named = [(each["field"], each["value"]) for each in told["details"]]
        assert named == [("expires", "soon"), *[("emails", value) for value in [*ODD, ""]]]
        assert not BadgeInstance.objects.exists()

    def test_there_is_an_end_of_addresses(self, api: Caller) -> None:
        many = [f"learner{number}@example.com" for number in range(1001)]
        status, told = api.post(f"{CITY}/bulk", {"emails": many})
        assert (status, "1000" in told["message"]) == (400, True)
        assert not BadgeInstance.objects.exists()
        assert len(api.post(f"{CITY}/bulk", {"emails": many[:1000]})[1]["instances"]) == 1000

    def test_none_are_given_to_none(self, api: Caller) -> None:
        assert api.post(f"{CITY}/bulk", {"emails": []}) == (201, {"status": "created", "instances": []})

    def test_the_statements_for_each_address_are_few(self, api: Caller, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(10 + 5 * 40):
            api.post(f"{CITY}/bulk", {"emails": [f"learner{number}@example.com" for number in range(40)]})


class TestDeleting:
    def test_it_is_told_as_it_was_without_a_status(self, api: Caller, path: str) -> None:
        hold("Ada@example.com", claim_code=make("winter", claimed=True))
        hold(BOB)
        shown = api.get(f"{path}/{ADA}")[1]
        assert api.delete(f"{path}/{ADA}") == (200, shown)
        assert [each.email for each in BadgeInstance.objects.all()] == [BOB]
        assert api.get(f"{path}/{ADA}")[0] == api.delete(f"{path}/{ADA}")[0] == 404
        assert ClaimCode.objects.get().claimed

    def test_all_that_the_address_holds_of_the_badge_goes(self, api: Caller) -> None:
        for ordinal in (1, 2, 3):
            hold(ordinal=ordinal)
        hold(badge="reader")
        hold(badge="farmer")
        assert api.delete(f"{CITY}/{ADA}")[1]["instance"]["slug"].endswith("-1")
        assert {each.badge.slug for each in BadgeInstance.objects.all()} == {"reader", "farmer"}

    def test_a_badge_of_another_issuer_is_not_found(self, api: Caller) -> None:
        Issuer.objects.create(slug="museum", name="Museum", system=Badge.objects.get(slug="coder").system)
        hold()
        assert api.delete(f"/systems/city/issuers/museum/badges/coder/instances/{ADA}")[0] == 404
        assert api.delete(f"/systems/village/badges/coder/instances/{ADA}")[0] == 404
        assert BadgeInstance.objects.count() == 1
