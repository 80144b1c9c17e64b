"""Nobody gets somebody else's badge, and our record agrees with the store, whatever happens in between."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from credentials_badges.badges import (
    configuring,
    delivering,
    events,
    granting,
    issuing,
    reconciling,
    rules_file,
    syncing,
)
from credentials_badges.badges.models import Badge, Issuance, Learner, ProviderAccount
from providers.badgekit.models import Badge as StoreBadge
from providers.badgekit.models import BadgeInstance, ClaimCode, Milestone
from tests.badges.world import passing, penalty, requirement
from tests.providers.badgekit.api import ADA, Caller, make

CODES = "/systems/city/badges/coder/codes"
INSTANCES = "/systems/city/badges/coder/instances"


def learner(username: str = "ada", email: str = ADA) -> Learner:
    return Learner.objects.create(username=username, email=email, full_name="Ada Lovelace")


@pytest.fixture
def account(api: Caller) -> ProviderAccount:
    """An account of ours whose badge is earned by passing a course."""
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
    syncing.pull(account)
    configure()
    return account


def configure() -> None:
    told = {"requirements": [requirement("r", "X")], "penalties": [penalty("X", "r")]}
    template = {"provider": "badgekit", "external_id": "coder", "active": True, **told}
    configuring.apply(rules_file.read(json.dumps({"templates": [template]})))


def earn(username: str = "ada", minute: int = 1, *, is_passing: bool = True) -> None:
    events.accept([events.read(passing(username, "X", minute=minute, is_passing=is_passing))])
    pump()


def pump() -> None:
    for _ in range(5):
        while events.process_waiting():
            pass
        delivering.deliver_due()


def disagreements(account: ProviderAccount) -> list[object]:
    found = reconciling.compare(account)
    return [*found.missing, *found.different, *found.unknown, *found.twice]


class TestWho:
    def test_a_learner_who_is_named_like_an_address_does_not_get_what_is_claimed_with_it(self, api: Caller) -> None:
        mallory = learner("bo@example.com", "mallory@evil.example")
        make("winter")
        assert api.post(f"{CODES}/winter/claim", {"email": "Bo@example.com"})[0] == 200
        mallory.refresh_from_db()
        bo = Learner.objects.exclude(pk=mallory.pk).get()
        assert (mallory.email, bo.email) == ("mallory@evil.example", "bo@example.com")
        assert BadgeInstance.objects.get().recipient_id == str(bo.uuid)

    def test_letters_that_look_like_others_are_no_address(self, api: Caller) -> None:
        learner("mark", "mark@example.com")
        make("winter")
        assert api.post(f"{CODES}/winter/claim", {"email": "mar\N{KELVIN SIGN}@example.com"})[0] == 200
        assert not BadgeInstance.objects.exists()
        assert api.post(INSTANCES, {"email": "mar\N{KELVIN SIGN}@example.com"})[0] == 400

    def test_a_learner_with_a_new_address_holds_the_badge_all_the_same(
        self, api: Caller, account: ProviderAccount
    ) -> None:
        ada = learner()
        earn()
        assert api.post(f"{CODES}/{ClaimCode.objects.get().code}/claim")[0] == 200
        Learner.objects.filter(pk=ada.pk).update(email="ada@new.example")
        make("summer", multiuse=True)
        assert api.post(f"{CODES}/summer/claim", {"email": "ada@new.example"})[0] == 200
        assert BadgeInstance.objects.get().recipient_id == str(ada.uuid)
        assert disagreements(account) == []

    def test_whoever_the_lms_knows_by_an_address_comes_before_whoever_is_only_named_by_it(self, api: Caller) -> None:
        make("winter")
        make("winter", badge="reader")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        ada = learner()
        api.post("/systems/city/badges/reader/codes/winter/claim", {"email": ADA})
        assert BadgeInstance.objects.get(badge__slug="reader").recipient_id == str(ada.uuid)

    def test_what_a_milestone_gives_is_nobodys_whom_we_promised_it(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        coder, reader = (StoreBadge.objects.get(slug=slug) for slug in ("coder", "reader"))
        milestone = Milestone.objects.create(system=coder.system, primary_badge=reader, number_required=1)
        milestone.support_badges.add(coder)
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        assert {each.badge.slug: bool(each.recipient_id) for each in BadgeInstance.objects.all()} == {
            "coder": True,
            "reader": False,
        }
        assert disagreements(account) == []


class TestAgreement:
    def test_all_the_way_round(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        earn()
        first = ClaimCode.objects.get()
        assert api.post(f"{CODES}/{first.code}/claim")[0] == 200
        assert disagreements(account) == []
        earn(minute=2, is_passing=False)
        assert not BadgeInstance.objects.exists()
        assert disagreements(account) == []
        earn(minute=3)
        second = ClaimCode.objects.exclude(pk=first.pk).get()
        assert api.post(f"{CODES}/{second.code}/claim")[0] == 200
        assert disagreements(account) == []
        account.options = {"give": "at once"}
        account.save()
        earn(minute=4, is_passing=False)
        earn(minute=5)
        assert BadgeInstance.objects.count() == 1
        assert disagreements(account) == []

    def test_revoking_takes_what_had_come_another_way(self, api: Caller, account: ProviderAccount) -> None:
        ada = learner()
        earn()
        assert api.post(INSTANCES, {"email": ADA})[0] == 201
        assert api.post(f"{CODES}/{ClaimCode.objects.get().code}/claim")[0] == 200
        granting.revoke([Badge.objects.get().pk], by=ada, reason="A mistake.", now=timezone.now())
        pump()
        assert not BadgeInstance.objects.exists()
        assert disagreements(account) == []

    def test_taking_it_in_the_store_is_heard(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        earn()
        api.post(INSTANCES, {"email": ADA})
        api.post(f"{CODES}/{ClaimCode.objects.get().code}/claim")
        assert api.delete(f"{INSTANCES}/{ADA}")[0] == 200
        assert Badge.objects.get().external_state == "revoked"

    def test_what_the_store_took_can_be_claimed_anew(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        make("winter")
        make("spring")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        api.delete(f"{INSTANCES}/{ADA}")
        assert Badge.objects.get().external_state == "revoked"
        api.post(f"{CODES}/spring/claim", {"email": ADA})
        badge = Badge.objects.get()
        assert (badge.external_state, badge.external_id) == ("accepted", BadgeInstance.objects.get().slug)
        assert disagreements(account) == []

    def test_a_claim_that_is_faster_than_the_worker_who_reserved_the_code_is_heard(
        self, api: Caller, account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settle = issuing._settle

        def claimed_meanwhile(issuance: Issuance, receipt: Any) -> None:
            assert api.post(f"{CODES}/{ClaimCode.objects.get().code}/claim")[0] == 200
            settle(issuance, receipt)

        learner()
        monkeypatch.setattr(issuing, "_settle", claimed_meanwhile)
        earn()
        assert (Badge.objects.get().external_state, Issuance.objects.get().status) == ("accepted", "delivered")

    def test_a_badge_with_a_new_slug_is_heard_of(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        earn()
        code = ClaimCode.objects.get()
        assert api.put("/systems/city/badges/coder", {"slug": "programmer"})[0] == 200
        assert api.post(f"/systems/city/badges/programmer/codes/{code.code}/claim")[0] == 200
        assert Badge.objects.get().external_state == "accepted"

    def test_what_somebody_got_before_we_knew_them_is_adopted(self, api: Caller) -> None:
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
        syncing.pull(account)
        configure()
        earn()
        Issuance.objects.update(not_before=timezone.now() - timedelta(days=1))
        pump()
        assert Issuance.objects.get().status == "delivered"
        assert Badge.objects.get().external_id == BadgeInstance.objects.get().slug
        assert not ClaimCode.objects.filter(reservation__isnull=False).exists()


def test_a_slug_that_is_taken_is_a_conflict_also_for_a_second_badge(api: Caller) -> None:
    ada = learner()
    assert api.post(INSTANCES, {"email": ADA, "slug": "mine"})[0] == 201
    told = {"reservation": "r", "recipient_id": str(ada.uuid), "email": ADA, "ordinal": 2}
    make("second", **told)
    status, answer = api.post(INSTANCES, {"email": ADA, "slug": "mine", "claimCode": "second"})
    assert (status, answer["code"]) == (409, "ResourceConflict")
    assert not ClaimCode.objects.get().claimed
