"""Badges are given to addresses by claim codes: what a code allows, and what uses it up."""

import pytest

from credentials_badges.badges.models import Learner
from providers.badgekit.models import BadgeInstance
from tests.providers.badgekit.api import ADA, BOB, INSTANCES, Caller, hold, make


class TestGivingByCode:
    def test_the_code_is_used_up(self, api: Caller, instances: str) -> None:
        code = make("Winter")
        status, told = api.post(instances, {"email": ADA, "claimCode": "winter"})
        assert (status, told["instance"]["claimCode"], told["instance"]["badge"]) == (201, "Winter", None)
        code.refresh_from_db()
        assert (code.claimed, code.uses, code.email) == (True, 1, ADA)
        assert BadgeInstance.objects.get().claim_code == code
        assert api.get(f"{instances}/{ADA}")[1]["instance"]["claimCode"] == "Winter"

    def test_what_else_is_sent_counts_as_well(self, api: Caller) -> None:
        make("7")
        sent = {"email": ADA, "claimCode": 7, "slug": "s", "issuedOn": 1400094712, "expires": 1500000000}
        _, told = api.post(INSTANCES, sent)
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
        statuses = [api.post(INSTANCES, {"email": f"{n}@example.com", "claimCode": "summer"})[0] for n in range(3)]
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
        assert api.post(INSTANCES, {"email": ADA, "claimCode": code}) == (404, told)
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("code", [[], {}, ["winter"], "\0", "c" * 256, "\udfff"])
    def test_what_is_no_code_is_named(self, api: Caller, code: object) -> None:
        status, told = api.post(INSTANCES, {"email": ADA, "claimCode": code})
        assert status == 400
        assert told["details"] == [{"message": "String is not in range", "field": "claimCode", "value": code}]

    def test_a_spent_code_is_named_as_it_is_stored(self, api: Caller) -> None:
        make("Winter", claimed=True)
        message = "Claim code `Winter` has already been claimed"
        for _ in range(2):
            status, told = api.post(INSTANCES, {"email": ADA, "claimCode": "WINTER"})
            assert (status, told) == (400, {"code": "CodeAlreadyUsed", "message": message})
        assert not BadgeInstance.objects.exists()

    @pytest.mark.parametrize("conflict", ["holds it", "slug is taken"])
    def test_a_refusal_does_not_use_a_fresh_code_up(self, api: Caller, conflict: str) -> None:
        code = make("fresh")
        hold(ADA if conflict == "holds it" else BOB, slug="s")
        status, told = api.post(INSTANCES, {"email": "ADA@example.com", "claimCode": "fresh", "slug": "s"})
        assert (status, "assertionUrl" in told["details"]) == (409, conflict == "holds it")
        code.refresh_from_db()
        assert (code.claimed, code.uses, code.email, Learner.objects.count()) == (False, 0, None, 0)

    def test_a_code_that_is_kept_for_somebody_is_only_theirs(self, api: Caller) -> None:
        ada = Learner.objects.create(username="ada", email=ADA)
        code = make("kept", email=ADA, reservation="promise-1", recipient_id=str(ada.uuid))
        status, told = api.post(INSTANCES, {"email": BOB, "claimCode": "kept"})
        assert (status, told["code"]) == (400, "ValidationError")
        assert told["details"][0]["field"] == "claimCode"
        code.refresh_from_db()
        assert not code.claimed
        assert api.post(INSTANCES, {"email": "ADA@example.com", "claimCode": "kept"})[0] == 201
        assert BadgeInstance.objects.get().recipient_id == str(ada.uuid)

    @pytest.mark.parametrize("length", [254, 255])
    def test_an_address_that_is_too_long_is_refused_and_uses_nothing_up(self, api: Caller, length: int) -> None:
        code = make("winter")
        email = f"{'a' * (length - 191)}@{'.'.join(['b' * 60] * 3)}.example"
        assert len(email) == length
        status, told = api.post(INSTANCES, {"email": email, "claimCode": "winter"})
        assert (status, told.get("code")) == ((201, None) if length == 254 else (400, "ValidationError"))
        code.refresh_from_db()
        assert code.claimed is (length == 254)
