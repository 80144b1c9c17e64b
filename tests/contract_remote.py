"""What can go wrong on the way to a provider that is reached over HTTP: inherit `RemoteProviderContract` then."""

import base64
from dataclasses import replace
from typing import Protocol

import pytest

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Retriable,
)
from credentials_badges.contract.provider import Provider
from credentials_badges.sandbox import Faults
from tests.contract_suite import ProviderContract, Stage, by_itself, numbered, revocation


class RemoteStage(Stage, Protocol):
    """A provider that is reached over HTTP, so that calls can fail."""

    faults: Faults


class RemoteProviderContract(ProviderContract):
    """What can go wrong on the way, in addition; here `stage` is a `RemoteStage`."""

    def test_a_lost_answer_and_a_retry_make_one_badge(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        order = stage.order()
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        found = provider.find(account, order)
        assert found is not None
        assert stage.held(order) == 1
        with pytest.raises(AlreadyIssued):
            provider.issue(account, order)
        assert stage.held(order) == 1

    @pytest.mark.parametrize("fault", ["unavailable", "html"])
    def test_5xx_while_issuing_leaves_the_outcome_unknown(
        self, provider: Provider, account: Account, stage: RemoteStage, fault: str
    ) -> None:
        order = stage.order()
        stage.faults.planned.append(fault)
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        assert provider.find(account, order) is None
        assert stage.held(order) == 0

    def test_429_is_retriable_and_certainly_not_done(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        stage.faults.planned.append("throttled")
        with pytest.raises(RateLimited) as caught:
            provider.issue(account, stage.order())
        assert caught.value.after in {None, 1.0}
        assert stage.held(stage.order()) == 0

    def test_a_lost_answer_about_many_leaves_each_of_them_to_be_found(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        if provider.batch == 1:
            pytest.skip(f"{provider.name} takes badges one by one")
        orders = [numbered(stage.order(), number) for number in range(3)]
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue_many(account, orders)
        assert all(provider.find(account, order) for order in orders)
        again = zip(orders, provider.issue_many(account, orders), strict=True)
        assert all(isinstance(by_itself(provider, account, *each), AlreadyIssued) for each in again)
        assert [stage.held(order) for order in orders] == [1, 1, 1]

    @pytest.mark.parametrize("fault", ["unavailable", "html", "throttled"])
    def test_a_failing_read_is_retriable(
        self, provider: Provider, account: Account, stage: RemoteStage, fault: str
    ) -> None:
        stage.faults.planned.append(fault)
        with pytest.raises(Retriable) as caught:
            next(provider.list_templates(account))
        assert not isinstance(caught.value, OutcomeUnknown)

    def test_a_lost_answer_to_a_revocation_can_be_repeated(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        order = stage.order()
        receipt = provider.issue(account, order)
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.revoke(account, revocation(receipt))
        provider.revoke(account, revocation(receipt))
        assert stage.held(order) == 0

    def test_a_wrong_key_is_a_misconfiguration_and_stays_secret(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        wrong = replace(account, api_key="wrong-" + stage.secret)
        for call in (
            lambda: provider.check(wrong),
            lambda: list(provider.list_templates(wrong)),
            lambda: provider.issue(wrong, stage.order()),
            lambda: provider.find(wrong, stage.order()),
        ):
            with pytest.raises(Misconfigured) as caught:
                call()
            assert stage.secret not in str(caught.value)
            assert stage.secret not in repr(caught.value)

    def test_a_key_that_the_provider_repeats_stays_secret(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        for call in (lambda: provider.issue(account, stage.order()), lambda: list(provider.list_templates(account))):
            stage.faults.planned.append("echo")
            with pytest.raises(ProviderError, match="Who is ") as caught:
                call()
            assert stage.secret not in str(caught.value)
            assert base64.b64encode(stage.secret.encode()).decode().rstrip("=")[:-1] not in str(caught.value)

    def test_a_key_is_never_sent_in_the_clear(self, provider: Provider, account: Account, stage: RemoteStage) -> None:
        with pytest.raises(Misconfigured, match="https"):
            provider.check(replace(account, base_url="http://badges.example/v1/"))
