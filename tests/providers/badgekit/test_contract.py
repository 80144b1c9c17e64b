"""BadgeKit keeps the contract, and what it promises beyond it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from credentials_badges.contract.data import Account, IssueOrder, Receipt, RevokeOrder
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, Rejected
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState, TemplateState
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Image
from providers.badgekit.provider import BadgeKitProvider
from tests.contract_suite import ProviderContract
from tests.providers.badgekit.stage import BadgeKitFixtures, Stage, claim


class TestBadgeKit(BadgeKitFixtures, ProviderContract):
    pytestmark = pytest.mark.django_db


class TestTemplates(BadgeKitFixtures):
    def test_a_badge_is_told_in_our_words(self, account: Account, stage: Stage) -> None:
        picture = Image.objects.create(slug="c", url="https://x.example/c.png")
        Badge.objects.filter(slug="coder").update(
            consumer_description="Can code.", image=picture, criteria_url="https://x.example/c"
        )
        rows = {row.external_id: row for row in BadgeKitProvider().list_templates(account)}
        coder = rows["coder"]
        assert (coder.name, coder.description) == ("Coder", "Can code.")
        assert (coder.image_url, coder.url) == ("https://x.example/c.png", "https://x.example/c")
        assert coder.state is TemplateState.ACTIVE
        assert coder.raw["program"] == "club"

    def test_an_archived_badge_is_listed_as_archived(self, account: Account, stage: Stage) -> None:
        rows = {row.external_id: row for row in BadgeKitProvider().list_templates(account)}
        assert rows["retired"].state is TemplateState.ARCHIVED


class TestIssuing(BadgeKitFixtures):
    def test_a_code_is_reserved_for_the_learner(self, provider: Provider, account: Account, stage: Stage) -> None:
        receipt = provider.issue(account, stage.order())
        code = ClaimCode.objects.get(code=receipt.external_id)
        assert (receipt.state, receipt.raw_state) == (BadgeState.PENDING, "reserved")
        assert (code.email, code.recipient_id, code.multiuse) == ("ada@example.com", "learner-1", False)

    @pytest.mark.parametrize("template_id", ["retired", "farmer", "READER"])
    def test_archived_and_foreign_badges_are_rejected(
        self, provider: Provider, account: Account, stage: Stage, template_id: str
    ) -> None:
        with pytest.raises(Rejected):
            provider.issue(account, replace(stage.order(), template_id=template_id))
        assert not ClaimCode.objects.exists()

    def test_a_learner_who_holds_an_instance_has_it_already(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        BadgeInstance.objects.create(slug="held", badge=Badge.objects.get(slug="reader"), email="ADA@example.COM")
        with pytest.raises(AlreadyIssued) as caught:
            provider.issue(account, stage.order())
        assert "ada" not in str(caught.value).lower()

    @pytest.mark.parametrize("claimed", [False, True])
    def test_a_second_promise_finds_the_code_of_the_first(
        self, provider: Provider, account: Account, stage: Stage, claimed: bool
    ) -> None:
        first = provider.issue(account, stage.order())
        ClaimCode.objects.update(claimed=claimed)
        again = replace(stage.order(), key="6f1c1b62-0000-4000-8000-00000000000b")
        with pytest.raises(AlreadyIssued):
            provider.issue(account, again)
        found = provider.find(account, again)
        assert found is not None
        assert found.external_id == first.external_id

    def test_a_code_that_is_not_reserved_is_nobodys(self, provider: Provider, account: Account, stage: Stage) -> None:
        badge = Badge.objects.get(slug="reader")
        ClaimCode.objects.create(badge=badge, code="handed-out", email="ada@example.com")
        assert provider.find(account, stage.order()) is None
        assert provider.issue(account, stage.order()).external_id != "handed-out"

    def test_a_claimed_code_is_accepted(self, provider: Provider, account: Account, stage: Stage) -> None:
        claim(provider.issue(account, stage.order()).external_id)
        found = provider.find(account, stage.order())
        assert found is not None
        assert (found.state, found.raw_state) == (BadgeState.ACCEPTED, "claimed")

    def test_a_cancelled_promise_is_not_revived(self, provider: Provider, account: Account, stage: Stage) -> None:
        provider.issue(account, stage.order())
        ClaimCode.objects.update(cancelled_at=timezone.now())
        with pytest.raises(Rejected, match="cancelled"):
            provider.issue(account, stage.order())
        again = provider.issue(account, replace(stage.order(), key="6f1c1b62-0000-4000-8000-00000000000b"))
        assert again.state is BadgeState.PENDING


class TestSeveral(BadgeKitFixtures):
    """A second badge beside the first, whose code has been claimed or not."""

    @pytest.fixture
    def again(self, provider: Provider, account: Account, stage: Stage) -> IssueOrder:
        first = provider.issue(account, stage.order()).external_id
        return replace(stage.order(), key="6f1c1b62-again", taken=frozenset({first}), again=True)

    @pytest.mark.parametrize("claimed", [True, False])
    def test_what_is_known_is_no_hindrance(
        self, provider: Provider, account: Account, stage: Stage, again: IssueOrder, claimed: bool
    ) -> None:
        (first,) = again.taken
        if claimed:
            claim(first)
        second = provider.issue(account, again)
        assert second.external_id != first
        assert provider.issue(account, again) == second
        assert stage.held(again) == 2

    @pytest.mark.parametrize("change", [{"again": False}, {"taken": frozenset()}])
    def test_what_is_not_known_is_and_so_is_anything_without_leave(
        self, provider: Provider, account: Account, again: IssueOrder, stage: Stage, change: dict[str, Any]
    ) -> None:
        with pytest.raises(AlreadyIssued):
            provider.issue(account, replace(again, **change))
        assert stage.held(again) == 1

    def test_an_instance_without_a_code_of_ours_is(
        self, provider: Provider, account: Account, again: IssueOrder
    ) -> None:
        BadgeInstance.objects.create(slug="held", badge=Badge.objects.get(slug="reader"), email="ada@example.com")
        with pytest.raises(AlreadyIssued):
            provider.issue(account, again)

    def test_revoking_the_second_leaves_the_instance_of_the_first(
        self, provider: Provider, account: Account, again: IssueOrder
    ) -> None:
        (first,) = again.taken
        held = claim(first)
        second = provider.issue(account, again).external_id
        provider.revoke(account, RevokeOrder(key="r", external_id=second, reason=""))
        assert BadgeInstance.objects.get() == held
        assert ClaimCode.objects.get(cancelled_at=None).code == first


class TestEnding(BadgeKitFixtures):
    """A badge that ends an hour after its award."""

    @pytest.fixture
    def order(self, stage: Stage) -> IssueOrder:
        return replace(stage.order(), expires_at=stage.order().issued_at + timedelta(hours=1))

    @pytest.mark.parametrize("many", [True, False])
    def test_the_code_says_when_its_badge_ends(
        self, provider: Provider, account: Account, order: IssueOrder, many: bool
    ) -> None:
        if many:
            provider.issue_many(account, [order])
        else:
            provider.issue(account, order)
        assert ClaimCode.objects.get().expires == order.expires_at

    def test_it_is_told_as_expired_from_then_on(self, provider: Provider, account: Account, order: IssueOrder) -> None:
        with time_machine.travel(order.issued_at):
            assert provider.issue(account, order).state is BadgeState.PENDING
        with time_machine.travel(order.issued_at + timedelta(hours=1)):
            (told,) = provider.list_badges(account)
            assert isinstance(told, Receipt)
            assert (told.state, told.raw_state) == (BadgeState.EXPIRED, "expired")
            revoked = provider.revoke(account, RevokeOrder(key="r", external_id=told.external_id, reason=""))
            assert revoked.state is BadgeState.REVOKED

    @pytest.mark.parametrize(("hours", "found"), [(0.5, True), (1, False)])
    def test_one_that_was_over_when_the_next_was_awarded_is_neither_it_nor_in_its_way(
        self, provider: Provider, account: Account, order: IssueOrder, hours: float, found: bool
    ) -> None:
        provider.issue(account, order)
        later = replace(order, key="later", issued_at=order.issued_at + timedelta(hours=hours), expires_at=None)
        assert (provider.find(account, later) is not None) is found
        if not found:
            assert provider.issue(account, later).state is BadgeState.PENDING


class TestRevoking(BadgeKitFixtures):
    def test_an_unclaimed_code_is_cancelled_and_kept(self, provider: Provider, account: Account, stage: Stage) -> None:
        code = provider.issue(account, stage.order()).external_id
        receipt = provider.revoke(account, RevokeOrder(key="r", external_id=code, reason=""))
        assert (receipt.state, receipt.raw_state) == (BadgeState.REVOKED, "cancelled")
        assert receipt.as_of == ClaimCode.objects.get(code=code).cancelled_at

    def test_of_a_claimed_code_the_instance_is_deleted(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        code = provider.issue(account, stage.order()).external_id
        claim(code)
        for _ in range(2):
            receipt = provider.revoke(account, RevokeOrder(key="r", external_id=code, reason=""))
            assert (receipt.state, receipt.raw_state) == (BadgeState.REVOKED, "deleted")
        assert not BadgeInstance.objects.exists()
        assert ClaimCode.objects.filter(code=code, claimed=True).exists()
        assert provider.find(account, stage.order()) is None

    def test_a_code_that_is_not_there_is_gone(self, provider: Provider, account: Account, stage: Stage) -> None:
        receipt = provider.revoke(account, RevokeOrder(key="r", external_id="nowhere", reason=""))
        assert (receipt.external_id, receipt.state, receipt.raw_state) == ("nowhere", BadgeState.REVOKED, "gone")

    def test_a_code_of_another_system_is_left_alone(self, provider: Provider, account: Account, stage: Stage) -> None:
        code = provider.issue(account, stage.order()).external_id
        village = replace(account, external_id="village")
        assert provider.revoke(village, RevokeOrder(key="r", external_id=code, reason="")).raw_state == "gone"
        assert ClaimCode.objects.get(code=code).cancelled_at is None


class TestAccount(BadgeKitFixtures):
    def test_an_unknown_system_is_a_misconfiguration(self, provider: Provider, account: Account, stage: Stage) -> None:
        wrong = replace(account, external_id="atlantis")
        for call in (
            lambda: provider.check(wrong),
            lambda: list(provider.list_templates(wrong)),
            lambda: provider.issue(wrong, stage.order()),
            lambda: provider.find(wrong, stage.order()),
            lambda: provider.revoke(wrong, RevokeOrder(key="r", external_id="x", reason="")),
        ):
            with pytest.raises(Misconfigured, match="no BadgeKit system is called 'atlantis' here"):
                call()
