"""BadgeKit keeps the contract also where badges are given at once, without a code."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from credentials_badges.badges.models import Mail
from credentials_badges.contract.data import Account, RevokeOrder
from credentials_badges.contract.errors import AlreadyIssued
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, System, Webhook, WebhookCall
from tests.contract_suite import ProviderContract
from tests.providers.badgekit.stage import LEARNER, BadgeKitFixtures, Stage


class AtOnceFixtures(BadgeKitFixtures):
    """The store where badges are given at once."""

    @pytest.fixture
    def account(self) -> Account:
        return Account(external_id="city", api_key="no-key-is-needed", options={"give": "at once"})


class TestBadgeKitAtOnce(AtOnceFixtures, ProviderContract):
    pytestmark = pytest.mark.django_db


class TestGivingAtOnce(AtOnceFixtures):
    def test_the_learner_has_the_badge_without_a_code_or_a_mail(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        order = replace(stage.order(), expires_at=datetime(2099, 1, 1, tzinfo=UTC))
        receipt = provider.issue(account, order)
        instance = BadgeInstance.objects.get()
        assert (receipt.external_id, receipt.state) == (instance.slug, BadgeState.ACCEPTED)
        assert receipt.url.endswith(f"/public/assertions/{instance.slug}")
        assert (instance.email, instance.recipient_id) == (LEARNER.email, LEARNER.id)
        assert (instance.expires, instance.reservation) == (order.expires_at, order.key)
        assert not ClaimCode.objects.exists()
        assert not Mail.objects.exists()

    def test_asking_again_gives_nothing_more(self, provider: Provider, account: Account, stage: Stage) -> None:
        assert provider.issue(account, stage.order()) == provider.issue(account, stage.order())
        assert BadgeInstance.objects.count() == 1

    def test_revoking_deletes_it_and_tells_the_systems_site(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        city = System.objects.get(slug="city")
        Webhook.objects.create(system=city, url="https://city.example/hook", secret="of no worth")
        receipt = provider.issue(account, stage.order())
        revoked = provider.revoke(account, RevokeOrder(key="r", external_id=receipt.external_id, reason=""))
        assert (revoked.state, revoked.raw_state) == (BadgeState.REVOKED, "deleted")
        assert not BadgeInstance.objects.exists()
        assert [call.action for call in WebhookCall.objects.order_by("pk")] == ["award", "revoke"]

    def test_what_the_address_was_given_before_is_adopted(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        BadgeInstance.objects.create(slug="held", badge=Badge.objects.get(slug="reader"), email="ADA@example.com")
        with pytest.raises(AlreadyIssued):
            provider.issue(account, stage.order())
        found = provider.find(account, stage.order())
        assert found is not None
        assert (found.external_id, found.recipient_id) == ("held", LEARNER.id)

    def test_what_another_learner_holds_is_not(self, provider: Provider, account: Account, stage: Stage) -> None:
        BadgeInstance.objects.create(
            slug="held", badge=Badge.objects.get(slug="reader"), email="ada@example.com", recipient_id="learner-2"
        )
        assert provider.find(account, stage.order()) is None

    def test_an_instance_of_nobody_we_know_cannot_be_revoked_by_us(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        BadgeInstance.objects.create(slug="held", badge=Badge.objects.get(slug="reader"), email="ada@example.com")
        assert provider.revoke(account, RevokeOrder(key="r", external_id="held", reason="")).raw_state == "gone"
        assert BadgeInstance.objects.exists()
