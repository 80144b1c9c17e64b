"""Claim codes by the API: every call in every context, in the words of their document."""

from typing import Any

import pytest

from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.providers.badgekit.api import ADA, Caller, make


class TestListing:
    def test_all_codes_come_in_the_order_of_their_ids_with_the_badge(self, api: Caller, codes: str) -> None:
        first, second = make("zulu"), make("alpha", multiuse=True, email=ADA, claimed=True)
        make("gone").delete()
        make("of-another", badge="reader")
        status, told = api.get(codes)
        assert status == 200
        assert told["claimCodes"] == [
            {"id": first.pk, "code": "zulu", "claimed": False, "email": None, "multiuse": False},
            {"id": second.pk, "code": "alpha", "claimed": True, "email": ADA, "multiuse": True},
        ]
        assert told["badge"]["slug"] == "coder"
        assert "pageData" not in told

    @pytest.mark.parametrize(
        ("query", "shown", "page"),
        [
            ("page=1&count=2", ["a", "b"], {"page": 1, "count": 2, "total": 3}),
            ("page=2&count=2", ["c"], {"page": 2, "count": 2, "total": 3}),
            ("page=9&count=2", [], {"page": 9, "count": 2, "total": 3}),
            ("page=1.9&count=2x", ["a", "b"], {"page": 1, "count": 2, "total": 3}),
            ("count=2", ["a", "b", "c"], None),
            ("page=0&count=2", ["a", "b", "c"], None),
            ("page=-1&count=two", ["a", "b", "c"], None),
            (
                "page=1&count=999999999999999999999",
                ["a", "b", "c"],
                {"page": 1, "count": 999999999999999999, "total": 3},
            ),
            ("page=999999999999999&count=99999999999", [], {"page": 999999999999999, "count": 99999999999, "total": 3}),
        ],
    )
    def test_pages(self, api: Caller, query: str, shown: list[str], page: dict[str, int] | None) -> None:
        for code in "abc":
            make(code)
        status, told = api.get(f"/systems/city/badges/coder/codes?{query}")
        assert status == 200
        assert [each["code"] for each in told["claimCodes"]] == shown
        assert told.get("pageData") == page

    def test_the_number_of_statements_does_not_grow_with_the_codes(
        self, api: Caller, django_assert_num_queries: Any
    ) -> None:
        for number in range(30):
            make(f"code-{number}")
        with django_assert_num_queries(6):
            assert len(api.get("/systems/city/badges/coder/codes")[1]["claimCodes"]) == 30


class TestGetting:
    def test_one_code(self, api: Caller, codes: str) -> None:
        code = make("winter")
        status, told = api.get(f"{codes}/winter")
        assert (status, sorted(told)) == (200, ["badge", "claimCode"])
        assert told["claimCode"] == {
            "id": code.pk,
            "code": "winter",
            "claimed": False,
            "email": None,
            "multiuse": False,
        }
        assert told["badge"]["program"]["slug"] == "club"

    def test_the_badge_of_a_code(self, api: Caller, context: str) -> None:
        make("winter")
        status, told = api.get(f"{context}/codes/winter")
        assert (status, list(told)) == (200, ["badge"])
        assert (told["badge"]["slug"], told["badge"]["claimed"]) == ("coder", 0)

    @pytest.mark.parametrize(("multiuse", "claimed"), [(False, 1), (True, 0)])
    def test_only_a_claimed_code_for_one_shows_its_badge_as_claimed(
        self, api: Caller, multiuse: bool, claimed: int
    ) -> None:
        make("winter", claimed=True, multiuse=multiuse)
        assert api.get("/systems/city/codes/winter")[1]["badge"]["claimed"] == claimed

    def test_of_several_badges_with_the_same_code_the_oldest_code_counts(self, api: Caller) -> None:
        make("winter", badge="librarian")
        make("winter", badge="reader")
        assert api.get("/systems/city/codes/winter")[1]["badge"]["slug"] == "librarian"
        assert api.get("/systems/city/issuers/library/codes/winter")[1]["badge"]["slug"] == "librarian"

    def test_an_unknown_code_is_told_as_the_document_has_it(self, api: Caller, codes: str, context: str) -> None:
        told = {"code": "ResourceNotFound", "message": "Could not find the request claim code: nope"}
        assert api.get(f"{codes}/nope") == (404, told)
        assert api.get(f"{context}/codes/nope") == (404, told)

    def test_a_narrower_path_does_not_find_what_is_wider(self, api: Caller) -> None:
        make("winter", badge="reader")
        assert api.get("/systems/city/codes/winter")[0] == 200
        assert api.get("/systems/city/issuers/library/codes/winter")[0] == 404
        assert api.get("/systems/village/codes/winter")[0] == 404

    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("/systems/nope/badges/nope/codes", "system"),
            ("/systems/city/issuers/nope/badges/nope/codes", "issuer"),
            ("/systems/city/issuers/library/programs/nope/badges/nope/codes", "program"),
            ("/systems/city/badges/nope/codes", "badge"),
            ("/systems/city/issuers/library/badges/nope/codes/x/claim", "badge"),
        ],
    )
    def test_what_is_missing_is_named_from_the_outside_in_before_the_body_is_looked_at(
        self, api: Caller, path: str, missing: str
    ) -> None:
        told = {"code": "ResourceNotFound", "message": f"Could not find {missing} field: `slug`, value: `nope`"}
        assert api.post(path, {"code": ["wrong"]}) == (404, told)

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [
            ("Winter", "wINTER"),
            ("José", "jose"),
            ("Ölfarbe", "olfarbe"),
            ("trailing", "trailing%20%20"),
            ("with a space", "with%20a%20space"),
            ("a/b", "a%2Fb"),
            ("50%", "50%25"),
            ("50%x", "50%25x"),
            ("كود", "%D9%83%D9%88%D8%AF"),
            ("कोड", "%E0%A4%95%E0%A5%8B%E0%A4%A1"),
            ("random", "random"),
            ("1", "1"),
        ],
    )
    def test_codes_are_compared_as_people_read_them_and_told_as_they_were_made(
        self, api: Caller, stored: str, asked: str
    ) -> None:
        make(stored)
        status, told = api.get(f"/SYSTEMS/city/badges/coder/codes/{asked}".replace("/SYSTEMS", "/systems"))
        assert (status, told["claimCode"]["code"]) == (200, stored)
        status, told = api.post(f"/systems/CITY/badges/Coder/codes/{asked}/claim")
        assert (status, told["claimCode"]["code"]) == (200, stored)

    def test_marks_of_other_scripts_are_letters_and_not_accents(self, api: Caller) -> None:
        make("कि")
        assert api.get("/systems/city/badges/coder/codes/%E0%A4%95%E0%A5%81")[0] == 404

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS"])
    def test_other_methods_are_refused_even_without_a_signature(self, api: Caller, codes: str, method: str) -> None:
        answer = api.ask(method, f"{codes}/winter", HTTP_AUTHORIZATION="")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET")
        if method != "HEAD":
            assert answer.json() == {"code": "MethodNotAllowedError", "message": f"{method} is not allowed"}


class TestCreating:
    def test_a_code_of_the_clients_choice(self, api: Caller, codes: str) -> None:
        status, told = api.post(codes, {"code": "winter"})
        code = ClaimCode.objects.get()
        assert (status, sorted(told)) == (201, ["badge", "claimCode", "status"])
        assert told["status"] == "created"
        assert told["claimCode"] == {"id": code.pk, "code": "winter", "claimed": False, "multiuse": False}
        assert told["badge"]["slug"] == "coder"

    def test_an_address_is_told_only_if_it_was_sent(self, api: Caller) -> None:
        codes = "/systems/city/badges/coder/codes"
        assert api.post(codes, {"code": "a", "email": ADA})[1]["claimCode"]["email"] == ADA
        assert api.post(codes, {"code": "b", "email": None})[1]["claimCode"]["email"] is None
        assert "email" not in api.post(codes, {"code": "c"})[1]["claimCode"]

    @pytest.mark.parametrize(
        ("sent", "true"),
        [
            *((sent, True) for sent in (True, 1, "true", "on")),
            *((sent, False) for sent in (False, 0, "", "false", "False", "0", None)),
        ],
    )
    def test_false_is_false(self, api: Caller, sent: object, true: bool) -> None:
        told = api.post("/systems/city/badges/coder/codes", {"code": "a", "claimed": sent, "multiuse": sent})[1]
        assert (told["claimCode"]["claimed"], told["claimCode"]["multiuse"]) == (true, true)

    @pytest.mark.parametrize(
        ("body", "details"),
        [
            ({}, [{"field": "code", "value": ""}]),
            (None, [{"field": "code", "value": ""}]),
            ([], [{"field": "code", "value": ""}]),
            ({"code": None}, [{"field": "code", "value": ""}]),
            ({"code": ""}, [{"message": "String is not in range", "field": "code", "value": ""}]),
            ({"code": "x" * 256}, [{"message": "String is not in range", "field": "code", "value": "x" * 256}]),
            ({"code": ["x"]}, [{"message": "String is not in range", "field": "code", "value": ["x"]}]),
            ({"code": {"x": 1}}, [{"message": "String is not in range", "field": "code", "value": {"x": 1}}]),
            ({"code": "a\0b"}, [{"message": "String is not in range", "field": "code", "value": "a\0b"}]),
            ({"code": "\ud800"}, [{"message": "String is not in range", "field": "code", "value": "\ud800"}]),
            ({"code": "a", "email": "bad"}, [{"message": "Invalid email", "field": "email", "value": "bad"}]),
            (
                {"email": "bad"},
                [{"field": "code", "value": ""}, {"message": "Invalid email", "field": "email", "value": "bad"}],
            ),
        ],
    )
    def test_wrong_fields_are_named(self, api: Caller, codes: str, body: object, details: list[Any]) -> None:
        status, told = api.post(codes, body)
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["message"] == "Could not validate required fields"
        assert told["details"] == details
        assert not ClaimCode.objects.exists()

    def test_255_characters_are_taken_and_more_are_not(self, api: Caller) -> None:
        codes = "/systems/city/badges/coder/codes"
        assert api.post(codes, {"code": "é" * 255})[0] == 201
        assert api.post(codes, {"code": "é" * 256})[0] == 400
        assert api.get(f"{codes}/{'%C3%A9' * 255}")[0] == 200
        assert api.get(f"{codes}/{'%C3%A9' * 256}")[0] == 404

    @pytest.mark.parametrize(("sent", "stored"), [(7, "7"), (True, "true"), (1.0, "1"), (1.5, "1.5")])
    def test_numbers_are_told_as_they_were_sent_and_kept_as_text(self, api: Caller, sent: object, stored: str) -> None:
        assert api.post("/systems/city/badges/coder/codes", {"code": sent})[1]["claimCode"]["code"] == sent
        assert ClaimCode.objects.get().code == stored

    @pytest.mark.parametrize("again", ["winter", "WINTER", "wínter", "winter  "])
    def test_a_duplicate_is_answered_at_once_for_clients_of_either_kind(
        self, api: Caller, codes: str, again: str
    ) -> None:
        make("winter")
        make("winter", badge="reader")
        status, told = api.post(codes, {"code": again})
        assert (status, told["code"]) == (409, "ResourceConflict")
        assert told["error"] == told["message"] == "claimCode with that `code` already exists"
        assert told["details"]["code"] == again
        assert ClaimCode.objects.count() == 2

    def test_a_deleted_code_is_free_again(self, api: Caller, codes: str) -> None:
        api.post(codes, {"code": "winter"})
        assert api.delete(f"{codes}/winter")[0] == 200
        assert api.post(codes, {"code": "winter"})[0] == 201

    def test_codes_of_archived_badges_can_be_made_and_claimed(self, api: Caller) -> None:
        codes = "/systems/city/badges/retired/codes"
        assert api.post(codes, {"code": "winter"})[0] == 201
        assert api.post(f"{codes}/winter/claim")[0] == 200


class TestRandom:
    def test_a_random_code(self, api: Caller, codes: str) -> None:
        status, told = api.post(f"{codes}/random", {"code": "ignored", "multiuse": True, "email": ADA})
        assert (status, told["status"]) == (201, "created")
        assert told["claimCode"]["code"] == ClaimCode.objects.get().code != "ignored"
        assert len(told["claimCode"]["code"]) == 10
        assert int(told["claimCode"]["code"], 16) >= 0
        assert (told["claimCode"]["multiuse"], told["claimCode"]["email"]) == (True, ADA)
        assert told["badge"]["slug"] == "coder"

    def test_without_any_body(self, api: Caller, codes: str) -> None:
        status, told = api.post(f"{codes}/random")
        assert (status, "email" in told["claimCode"]) == (201, False)

    def test_a_wrong_address_is_refused(self, api: Caller, codes: str) -> None:
        assert api.post(f"{codes}/random", {"email": "bad"})[0] == 400

    def test_a_collision_is_tried_again(self, api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        made = iter(["0" * 10, "0" * 10, "1" * 10])
        monkeypatch.setattr("providers.badgekit.api.codes.random_hex", lambda: next(made))
        random = "/systems/city/badges/coder/codes/random"
        assert [api.post(random)[1]["claimCode"]["code"] for _ in range(2)] == ["0" * 10, "1" * 10]


class TestDeleting:
    def test_a_code(self, api: Caller, codes: str) -> None:
        code = make("winter")
        status, told = api.delete(f"{codes}/winter")
        assert (status, told["status"]) == (200, "deleted")
        assert told["claimCode"] == {
            "id": code.pk,
            "code": "winter",
            "claimed": False,
            "email": None,
            "multiuse": False,
        }
        assert told["badge"]["slug"] == "coder"
        assert api.get(f"{codes}/winter")[0] == api.post(f"{codes}/winter/claim")[0] == 404

    def test_an_unknown_code_is_told_as_the_document_has_it(self, api: Caller, codes: str) -> None:
        told = {"code": "ResourceNotFound", "message": "Could not find claimCode field: `code`, value: nope"}
        assert api.delete(f"{codes}/nope") == (404, told)

    def test_what_it_gave_stays(self, api: Caller) -> None:
        make("winter")
        api.post("/systems/city/badges/coder/codes/winter/claim", {"email": ADA})
        assert api.delete("/systems/city/badges/coder/codes/winter")[0] == 200
        instance = BadgeInstance.objects.get()
        assert (instance.email, instance.claim_code and instance.claim_code.code) == (ADA, "winter")
