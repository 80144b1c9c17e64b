"""A code is claimed by the API."""

import pytest

from credentials_badges.badges.models import LearningEvent
from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.providers.badgekit.api import ADA, Caller, make


class TestClaiming:
    def test_a_code_for_one(self, api: Caller, codes: str) -> None:
        code = make("winter")
        status, told = api.post(f"{codes}/winter/claim", {"email": ADA})
        assert (status, told["status"]) == (200, "updated")
        assert told["claimCode"] == {
            "id": code.pk,
            "code": "winter",
            "claimed": True,
            "email": ADA,
            "multiuse": False,
        }
        assert told["badge"]["slug"] == "coder"
        assert api.get(f"{codes}/winter")[1]["claimCode"] == told["claimCode"]

    @pytest.mark.parametrize("email", [ADA, "bo@example.com", None])
    def test_it_is_used_up_afterwards(self, api: Caller, codes: str, email: str | None) -> None:
        make("Winter")
        api.post(f"{codes}/winter/claim", {"email": ADA})
        status, told = api.post(f"{codes}/winter/claim", {"email": email})
        assert (status, told["code"]) == (400, "CodeAlreadyUsed")
        assert told["message"] == "Claim code `Winter` has already been claimed"
        assert ClaimCode.objects.get().email == ADA

    def test_one_that_was_made_as_claimed_cannot_be(self, api: Caller) -> None:
        make("winter", claimed=True)
        assert api.post("/systems/city/badges/coder/codes/winter/claim")[1]["code"] == "CodeAlreadyUsed"

    def test_an_unknown_code_is_told_as_the_document_has_it(self, api: Caller, codes: str) -> None:
        told = {"code": "ResourceNotFound", "message": "Could not find claimCode field: `code`, value: 50%x"}
        assert api.post(f"{codes}/50%25x/claim") == (404, told)

    def test_a_code_for_many_shows_the_last_who_claimed_it(self, api: Caller, codes: str) -> None:
        make("summer", multiuse=True)
        for email in (ADA, "bo@example.com", ADA):
            status, told = api.post(f"{codes}/summer/claim", {"email": email})
            assert (status, told["claimCode"]["claimed"], told["claimCode"]["email"]) == (200, True, email)
        assert (ClaimCode.objects.get().uses, BadgeInstance.objects.count()) == (2, 2)

    def test_a_code_for_many_may_have_a_limit(self, api: Caller) -> None:
        make("summer", multiuse=True, limit=2)
        claim = "/systems/city/badges/coder/codes/summer/claim"
        statuses = [api.post(claim, {"email": f"{name}@example.com"})[0] for name in ("ada", "ada", "bo", "cy")]
        assert statuses == [200, 200, 200, 400]

    @pytest.mark.parametrize("email", ["", "bad", 7, True, "x" * 300])
    def test_whatever_is_sent_as_an_address_is_taken_but_gives_nobody_anything(
        self, api: Caller, email: object
    ) -> None:
        make("winter", email=ADA)
        status, told = api.post("/systems/city/badges/coder/codes/winter/claim", {"email": email})
        assert (status, told["claimCode"]["email"]) == (200, email)
        assert not BadgeInstance.objects.exists()
        assert not LearningEvent.objects.exists()

    def test_nothing_sent_empties_the_address(self, api: Caller) -> None:
        make("winter", email=ADA)
        assert api.post("/systems/city/badges/coder/codes/winter/claim")[1]["claimCode"]["email"] is None
        assert ClaimCode.objects.get().email is None

    @pytest.mark.parametrize("email", [["x"], {"a": 1}, "x" * 1001, "a\0b"])
    def test_what_cannot_be_kept_is_refused_and_uses_nothing(self, api: Caller, email: object) -> None:
        make("winter")
        status, told = api.post("/systems/city/badges/coder/codes/winter/claim", {"email": email})
        assert (status, told["details"][0]["field"]) == (400, "email")
        assert not ClaimCode.objects.get().claimed

    def test_a_badge_that_is_held_already_uses_nothing(self, api: Caller) -> None:
        make("winter")
        make("summer", multiuse=True, limit=1)
        codes = "/systems/city/badges/coder/codes"
        assert api.post(f"{codes}/winter/claim", {"email": ADA})[0] == 200
        assert api.post(f"{codes}/summer/claim", {"email": "ADA@Example.com"})[0] == 200
        assert ClaimCode.objects.get(code="summer").uses == 0
        assert BadgeInstance.objects.count() == 1
        make("spring")
        assert api.post(f"{codes}/spring/claim", {"email": ADA})[1]["claimCode"]["claimed"] is True  # As they hold it.
        assert not ClaimCode.objects.get(code="spring").claimed
