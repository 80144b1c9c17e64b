"""What follows from a claim: the badge in the store, our record of it, and the event; all of it, or nothing."""

import json
from typing import Any

import pytest

from credentials_badges.badges import configuring, delivering, events, rules_file, syncing
from credentials_badges.badges.models import (
    Badge,
    BadgeTemplate,
    Issuance,
    Learner,
    LearningEvent,
    Mail,
    ProviderAccount,
)
from credentials_badges.contract.data import IssueOrder, Recipient
from providers.badgekit import claims, giving
from providers.badgekit.codes import reserve
from providers.badgekit.instances import Award
from providers.badgekit.models import Badge as StoreBadge
from providers.badgekit.models import BadgeInstance, ClaimCode
from tests.badges.world import START, passing, requirement
from tests.providers.badgekit.api import ADA, Caller, make

CODES = "/systems/city/badges/coder/codes"


@pytest.fixture
def account(api: Caller) -> ProviderAccount:
    """An account of ours for the city, its badges pulled."""
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", name="The City")
    syncing.pull(account)
    return account


def learner(username: str = "ada", email: str = ADA) -> Learner:
    return Learner.objects.create(username=username, email=email, full_name="Ada Lovelace")


def reserved(for_whom: Learner, key: str = "6f1c1b62-0000-4000-8000-00000000000a", **told: Any) -> ClaimCode:
    who = Recipient(id=str(for_whom.uuid), email=for_whom.email, full_name=for_whom.full_name)
    badge = StoreBadge.objects.select_related("system", "issuer", "program").get(slug="coder")
    return reserve(badge, IssueOrder(key=key, template_id="coder", recipient=who, issued_at=START, **told))


def awarded(ada: Learner, account: ProviderAccount, code: ClaimCode) -> Badge:
    """Our record of the promise that the code keeps."""
    template = BadgeTemplate.objects.get(external_id="coder")
    told = {"external_id": code.code, "external_state": "pending"}
    return Badge.objects.create(
        learner=ada, template=template, account=account, awarded_at=START, earned_at=START, **told
    )


class TestTheEvent:
    def test_it_tells_the_code_the_badge_and_the_learner(self, api: Caller) -> None:
        ada = learner(email="Ada@Example.com")
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        event, instance = LearningEvent.objects.get(), BadgeInstance.objects.get()
        assert (event.type, event.source, event.event_id) == (giving.CLAIMED, "/badgekit/city", instance.slug)
        assert (event.learner, event.processed_at) == (ada, None)
        assert event.payload == {
            "code": "winter",
            "badge": {"slug": "coder", "name": "Coder", "type": "skill"},
            "system": "city",
            "issuer": "library",
            "program": "club",
            "user": {"pii": {"username": "ada"}},
        }
        assert instance.recipient_id == str(ada.uuid)

    def test_what_the_lms_says_of_a_learner_is_not_touched(self, api: Caller) -> None:
        events.accept([events.read(passing("ada", "X"))])
        before = Learner.objects.values().get()
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        assert Learner.objects.values().get() == before

    def test_who_is_not_known_becomes_a_learner_named_by_the_address(self, api: Caller) -> None:
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": "Bo@Example.com"})
        bo = Learner.objects.get()
        assert (bo.username, bo.email, bo.has_usable_password()) == ("bo@example.com", "bo@example.com", False)
        assert LearningEvent.objects.get().learner == bo

    def test_of_several_learners_with_one_address_none_is_taken_for_another(self, api: Caller) -> None:
        learner("ada"), learner("impostor")
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        assert LearningEvent.objects.get().learner == Learner.objects.get(username=ADA)


class TestOurRecord:
    def test_the_badge_is_ours_at_once_and_nothing_is_promised(self, api: Caller, account: ProviderAccount) -> None:
        ada = learner()
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        badge, instance = Badge.objects.get(), BadgeInstance.objects.get()
        assert (badge.learner, badge.template.external_id, badge.status) == (ada, "coder", Badge.Status.AWARDED)
        assert (badge.external_id, badge.external_state) == (instance.slug, "accepted")
        assert badge.external_url.endswith(f"/public/assertions/{instance.slug}")
        assert not Issuance.objects.exists()

    def test_rules_neither_give_it_twice_nor_take_it_back(self, api: Caller, account: ProviderAccount) -> None:
        learner()
        told = {"provider": "badgekit", "external_id": "coder", "active": True, "requirements": [requirement("r", "X")]}
        configuring.apply(rules_file.read(json.dumps({"templates": [told]})))
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        events.accept([events.read(passing("ada", "X", minute=1))])
        events.accept([events.read(passing("ada", "X", minute=2, is_passing=False))])
        while events.process_waiting():
            pass
        delivering.deliver_due()
        assert [badge.status for badge in Badge.objects.all()] == [Badge.Status.AWARDED]
        assert BadgeInstance.objects.count() == 1

    def test_without_a_template_of_ours_the_store_has_it_all_the_same(self, api: Caller) -> None:
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        assert (Badge.objects.count(), BadgeInstance.objects.count(), LearningEvent.objects.count()) == (0, 1, 1)

    def test_a_badge_that_was_earned_before_is_not_recorded_again(self, api: Caller, account: ProviderAccount) -> None:
        ada = learner()
        template = BadgeTemplate.objects.get(external_id="coder")
        Badge.objects.create(learner=ada, template=template, account=account, awarded_at=START, earned_at=START)
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
        assert (Badge.objects.count(), BadgeInstance.objects.count()) == (1, 1)


class TestReservedCodes:
    def test_the_learner_is_sent_the_link_once(self, api: Caller, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example"
        ada = learner()
        code = reserved(ada)
        assert reserved(ada) == code
        mail = Mail.objects.get()
        assert (mail.to, mail.subject) == (ADA, "Your badge “Coder” is waiting for you")
        assert f"https://badges.example/claim/{code.code}/" in mail.text
        assert mail.text.startswith("Dear Ada Lovelace,")
        assert "of The Library" in mail.text

    def test_claiming_one_is_heard_as_accepted(self, api: Caller, account: ProviderAccount) -> None:
        ada = learner()
        code = reserved(ada)
        badge = awarded(ada, account, code)
        assert api.post(f"{CODES}/{code.code}/claim")[0] == 200
        badge.refresh_from_db()
        assert (badge.external_state, badge.external_state_raw) == ("accepted", "claimed")
        instance = BadgeInstance.objects.get()
        assert (instance.email, instance.recipient_id) == (ADA, str(ada.uuid))
        assert Badge.objects.count() == 1

    def test_it_is_for_nobody_else(self, api: Caller) -> None:
        code = reserved(learner())
        status, told = api.post(f"{CODES}/{code.code}/claim", {"email": "eve@example.com"})
        assert (status, told["details"]) == (
            400,
            [{"message": "The code is reserved for another address", "field": "email", "value": "eve@example.com"}],
        )
        assert not BadgeInstance.objects.exists()
        assert api.post(f"{CODES}/{code.code}/claim", {"email": ADA.upper()})[0] == 200
        assert BadgeInstance.objects.get().email == ADA

    def test_whoever_claims_another_code_accepts_the_one_that_was_kept_for_them(self, api: Caller) -> None:
        code = reserved(learner())
        make("summer", multiuse=True, limit=1)
        assert api.post(f"{CODES}/summer/claim", {"email": ADA})[0] == 200
        assert ClaimCode.objects.get(code=code.code).claimed
        assert ClaimCode.objects.get(code="summer").uses == 0
        assert BadgeInstance.objects.get().claim_code == code

    def test_one_that_came_another_way_meanwhile_is_taken_for_it(self, api: Caller) -> None:
        ada = learner()
        code = reserved(ada)
        BadgeInstance.objects.create(slug="given", badge=code.badge, email=ADA)
        assert api.post(f"{CODES}/{code.code}/claim")[0] == 200
        assert BadgeInstance.objects.get().slug == "given"

    def test_a_second_badge_of_a_learner_stands_beside_the_first(self, api: Caller) -> None:
        ada = learner()
        first = reserved(ada)
        second = reserved(ada, key="6f1c1b62-0000-4000-8000-00000000000b", again=True, taken=frozenset({first.code}))
        for code in (second, first):
            assert api.post(f"{CODES}/{code.code}/claim")[0] == 200
        assert sorted(BadgeInstance.objects.values_list("ordinal", flat=True)) == [1, 2]

    def test_the_badge_ends_when_its_promise_said(self, api: Caller) -> None:
        code = reserved(learner(), expires_at=START.replace(year=2099))
        api.post(f"{CODES}/{code.code}/claim")
        assert BadgeInstance.objects.get().expires == START.replace(year=2099)

    @pytest.mark.parametrize("claimed", [True, False])
    def test_deleting_one_takes_the_promise_back_only_if_it_waits(
        self, api: Caller, account: ProviderAccount, claimed: bool
    ) -> None:
        ada = learner()
        code = reserved(ada)
        badge = awarded(ada, account, code)
        if claimed:
            api.post(f"{CODES}/{code.code}/claim")
        assert api.delete(f"{CODES}/{code.code}")[0] == 200
        badge.refresh_from_db()
        assert badge.external_state == ("accepted" if claimed else "revoked")
        assert BadgeInstance.objects.exists() is claimed
        assert api.post(f"{CODES}/{code.code}/claim")[0] == 404


def test_a_failure_on_the_way_leaves_nothing_behind(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the power went off")

    make("winter")
    monkeypatch.setattr(giving, "_record", fail)
    code = ClaimCode.objects.select_related("badge__system").get()
    with pytest.raises(RuntimeError):
        claims.claim(code, Award(email=ADA, base_url="https://badges.example/"), ADA)
    assert not ClaimCode.objects.get().claimed
    assert not BadgeInstance.objects.exists()
    assert not LearningEvent.objects.exists()
    assert not Learner.objects.exists()


def test_a_claim_costs_the_same_however_many_codes_and_badges_there_are(
    api: Caller, account: ProviderAccount, django_assert_max_num_queries: Any
) -> None:
    learner()
    for number in range(50):
        make(f"code-{number}")
        make(f"summer-{number}", multiuse=True, badge="reader")
    api.post(f"{CODES}/code-1/claim", {"email": "bo@example.com"})  # From now on, the rules are compiled.
    with django_assert_max_num_queries(33):
        assert api.post(f"{CODES}/code-7/claim", {"email": ADA})[0] == 200
