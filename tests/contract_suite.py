"""What every adapter has to prove. Subclass `ProviderContract`, give it the three fixtures, and all of it runs.

It is not collected by itself: each provider's own test module inherits it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest

from credentials_badges.contract.data import (
    Account,
    BadgeChanged,
    IssueOrder,
    Receipt,
    Recipient,
    RevokeOrder,
    TemplateData,
)
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import LIVE_STATES, BadgeState
from credentials_badges.sandbox import Faults

OTHER = Recipient(id="learner-2", email="someone.else@example.com", full_name="Someone Else")


class Stage(Protocol):
    """The provider's side of the play, as the suite needs to see it."""

    template_ids: set[str]
    """All templates of the account: more than one page of them, if the provider has pages."""
    secret: str
    """A text that must never be seen in an error: the account's key."""

    def order(self) -> IssueOrder:
        """An order for one learner (id ``learner-1``) and a template that can be issued."""

    def held(self, order: IssueOrder) -> int:
        """How many live badges of that template that learner holds at the provider."""


class ProviderContract:
    """The promises of `Provider`, as tests. Needs the fixtures `provider`, `account` (whose key works) and `stage`."""

    def test_every_template_of_every_page_comes_once(self, provider: Provider, account: Account, stage: Stage) -> None:
        rows = list(provider.list_templates(account))
        assert all(isinstance(row, TemplateData) for row in rows)
        ids = [row.external_id for row in rows if isinstance(row, TemplateData)]
        assert len(ids) == len(set(ids))
        assert set(ids) == stage.template_ids

    def test_templates_are_pulled_lazily(self, provider: Provider, account: Account, stage: Stage) -> None:
        rows = provider.list_templates(account)
        assert iter(rows) is rows
        assert isinstance(next(rows), TemplateData)

    def test_check_tells_the_account(self, provider: Provider, account: Account, stage: Stage) -> None:
        info = provider.check(account)
        assert info.external_id == account.external_id
        assert info.name

    def test_find_before_issue_finds_nothing(self, provider: Provider, account: Account, stage: Stage) -> None:
        assert provider.find(account, stage.order()) is None

    def test_issue_then_find_is_the_same_badge(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        issued = provider.issue(account, order)
        assert issued.external_id
        assert issued.raw_state
        assert issued.state in LIVE_STATES - {BadgeState.UNKNOWN}
        found = provider.find(account, order)
        assert found is not None
        assert (found.external_id, found.state) == (issued.external_id, issued.state)
        assert stage.held(order) == 1

    def test_issuing_twice_makes_one_badge(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        first = provider.issue(account, order)
        try:
            second: Receipt | None = provider.issue(account, order)
        except AlreadyIssued:
            second = provider.find(account, order)
        assert second is not None
        assert second.external_id == first.external_id
        assert stage.held(order) == 1

    def test_find_never_returns_another_learners_badge(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        order = stage.order()
        provider.issue(account, replace(order, key="6f1c1b62-0000-4000-8000-000000000001", recipient=OTHER))
        assert provider.find(account, order) is None

    def test_find_never_returns_a_badge_that_is_taken(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        receipt = provider.issue(account, order)
        assert provider.find(account, replace(order, taken=frozenset({receipt.external_id}))) is None

    def test_revoked_badges_are_not_found(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        receipt = provider.issue(account, order)
        gone = provider.revoke(account, _revocation(receipt))
        assert gone.state in {BadgeState.REVOKED, BadgeState.EXPIRED}
        assert gone.external_id == receipt.external_id
        assert provider.find(account, order) is None
        assert stage.held(order) == 0

    def test_revoking_twice_is_calm(self, provider: Provider, account: Account, stage: Stage) -> None:
        receipt = provider.issue(account, stage.order())
        first = provider.revoke(account, _revocation(receipt))
        assert provider.revoke(account, _revocation(receipt)).state == first.state

    def test_listed_badges_say_whose_they_are(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        issued = provider.issue(account, order)
        listed = [badge for badge in provider.list_badges(account) if isinstance(badge, Receipt)]
        assert [(badge.external_id, badge.template_id, badge.recipient_id) for badge in listed] == [
            (issued.external_id, order.template_id, order.recipient.id)
        ]
        assert (issued.template_id, issued.recipient_id) == (order.template_id, order.recipient.id)
        assert listed[0].state == issued.state
        provider.revoke(account, _revocation(issued))
        states = {badge.state for badge in provider.list_badges(account) if isinstance(badge, Receipt)}
        assert states <= {BadgeState.REVOKED, BadgeState.EXPIRED}  # None, where revoking means deleting.

    def test_a_new_badge_is_among_the_changes(self, provider: Provider, account: Account, stage: Stage) -> None:
        issued = provider.issue(account, stage.order())
        changes = provider.changes(account, datetime.now(UTC) - timedelta(days=3650))
        assert issued.external_id in {
            change.receipt.external_id for change in changes if isinstance(change, BadgeChanged)
        }

    def test_many_orders_get_each_its_own_answer(self, provider: Provider, account: Account, stage: Stage) -> None:
        good, held = _numbered(stage.order(), 1), _numbered(stage.order(), 2)
        wrong = replace(_numbered(stage.order(), 3), template_id="999999999")
        last = _numbered(stage.order(), 4)
        before = provider.issue(account, held)
        orders = [good, replace(held, key=str(UUID(int=77))), wrong, last]
        results = provider.issue_many(account, orders)
        assert len(results) == 4
        told = [_by_itself(provider, account, *each) for each in zip(orders, results, strict=True)]
        for order, result in ((good, told[0]), (last, told[3])):
            assert isinstance(result, Receipt)
            assert result.recipient_id in {order.recipient.id, ""}
            found = provider.find(account, order)
            assert found is not None
            assert found.external_id == result.external_id
        assert isinstance(told[1], AlreadyIssued) or told[1] == before
        assert isinstance(told[2], Rejected)
        assert not isinstance(told[2], AlreadyIssued)
        assert [stage.held(order) for order in (good, held, last)] == [1, 1, 1]

    def test_options_have_a_default_that_is_allowed(self, provider: Provider) -> None:
        for option in provider.options:
            assert not option.choices or option.default in option.choices
            assert option.label
            assert option.help

    def test_an_unknown_template_is_rejected(self, provider: Provider, account: Account, stage: Stage) -> None:
        unknown = replace(stage.order(), template_id="00000000-0000-4000-8000-000000000000")
        with pytest.raises(Rejected) as caught:
            provider.issue(account, unknown)
        assert not isinstance(caught.value, AlreadyIssued)

    def test_no_secret_in_reprs(self, account: Account, stage: Stage) -> None:
        order = stage.order()
        assert stage.secret not in repr(account)
        assert order.recipient.email not in repr(order)
        assert order.recipient.full_name not in repr(order)


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

    def test_a_lost_answer_about_many_leaves_each_of_them_to_be_found(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        if provider.batch == 1:
            pytest.skip(f"{provider.name} takes badges one by one")
        orders = [_numbered(stage.order(), number) for number in range(3)]
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue_many(account, orders)
        assert all(provider.find(account, order) for order in orders)
        again = zip(orders, provider.issue_many(account, orders), strict=True)
        assert all(isinstance(_by_itself(provider, account, *each), AlreadyIssued) for each in again)
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
            provider.revoke(account, _revocation(receipt))
        provider.revoke(account, _revocation(receipt))
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

    def test_a_key_is_never_sent_in_the_clear(self, provider: Provider, account: Account, stage: RemoteStage) -> None:
        with pytest.raises(Misconfigured, match="https"):
            provider.check(replace(account, base_url="http://badges.example/v1/"))


def _by_itself(
    provider: Provider, account: Account, order: IssueOrder, result: Receipt | ProviderError
) -> Receipt | ProviderError:
    """The result; of an order that was not sent with the others, what comes of sending it alone."""
    if type(result) is not Retriable:
        return result
    try:
        return provider.issue(account, order)
    except ProviderError as error:
        return error


def _numbered(order: IssueOrder, number: int) -> IssueOrder:
    """The same order for another learner, under a key of its own."""
    recipient = Recipient(id=f"many-{number}", email=f"many{number}@example.com", full_name=f"Learner {number}")
    return replace(order, key=str(UUID(int=1000 + number)), recipient=recipient)


def _revocation(receipt: Receipt) -> RevokeOrder:
    return RevokeOrder(
        key="6f1c1b62-0000-4000-8000-00000000000f", external_id=receipt.external_id, reason="No longer fulfilled"
    )
