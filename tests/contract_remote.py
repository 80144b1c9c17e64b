"""What can go wrong on the way to a provider that is reached over HTTP: inherit `RemoteProviderContract` then."""

import base64
from dataclasses import replace
from typing import Protocol
from uuid import UUID

import pytest

from credentials_badges.contract.data import Account, IssueOrder, Receipt
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
from tests.contract_suite import ProviderContract, Stage, by_itself, numbered, one_more, revocation


class RemoteStage(Stage, Protocol):
    """A provider that is reached over HTTP, so that calls can fail."""

    faults: Faults


def persisted(provider: Provider, account: Account, order: IssueOrder) -> Receipt:
    """What comes of trying as the engine does, each time so late that no list lags any more."""
    doubted = False
    for _ in range(4):
        try:
            found = provider.find(account, order) if doubted else None
            return found or provider.issue(account, replace(order, doubted_for=3600.0 if doubted else None))
        except (OutcomeUnknown, AlreadyIssued):
            doubted = True
        except Retriable:
            continue
    raise AssertionError("it was tried four times in vain")


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

    @pytest.mark.parametrize("fault", ["lost", "unavailable"])
    def test_wherever_an_answer_about_one_more_badge_is_lost_there_are_two(
        self, provider: Provider, account: Account, stage: RemoteStage, several: bool, fault: str
    ) -> None:
        if not several:
            pytest.skip(f"a learner may hold one badge of a template at {provider.name}")
        for place in range(12):
            order = numbered(stage.order(), place)
            first = provider.issue(account, order)
            stage.faults.planned.extend(["fine"] * place + [fault])
            second = persisted(provider, account, one_more(order, first, key=str(UUID(int=3000 + place))))
            assert second.external_id != first.external_id
            assert stage.held(order) == 2
            if stage.faults.planned:  # There was no such place any more.
                break
        assert stage.faults.planned
        assert place > 0

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
