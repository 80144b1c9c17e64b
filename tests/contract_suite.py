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
    ProviderError,
    Rejected,
    Retriable,
)
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import LIVE_STATES, BadgeState
from tests.contract_erasing import ErasureContract

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


class ProviderContract(ErasureContract):
    """The promises of `Provider`, as tests. Needs the fixtures `provider`, `account` (whose key works) and `stage`."""

    @pytest.fixture
    def several(self, stage: Stage) -> bool:
        """Whether a learner may hold several badges of a template there; chooses it, if that has to be chosen there."""
        return True

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
        gone = provider.revoke(account, revocation(receipt))
        assert gone.state in {BadgeState.REVOKED, BadgeState.EXPIRED}
        assert gone.external_id == receipt.external_id
        assert provider.find(account, order) is None
        assert stage.held(order) == 0

    def test_revoking_twice_is_calm(self, provider: Provider, account: Account, stage: Stage) -> None:
        receipt = provider.issue(account, stage.order())
        first = provider.revoke(account, revocation(receipt))
        assert provider.revoke(account, revocation(receipt)).state == first.state

    def test_listed_badges_say_whose_they_are(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        issued = provider.issue(account, order)
        listed = [badge for badge in provider.list_badges(account) if isinstance(badge, Receipt)]
        assert [(badge.external_id, badge.template_id, badge.recipient_id) for badge in listed] == [
            (issued.external_id, order.template_id, order.recipient.id)
        ]
        assert (issued.template_id, issued.recipient_id) == (order.template_id, order.recipient.id)
        assert listed[0].state == issued.state
        provider.revoke(account, revocation(issued))
        states = {badge.state for badge in provider.list_badges(account) if isinstance(badge, Receipt)}
        assert states <= {BadgeState.REVOKED, BadgeState.EXPIRED}  # None, where revoking means deleting.

    def test_a_new_badge_is_among_the_changes(self, provider: Provider, account: Account, stage: Stage) -> None:
        issued = provider.issue(account, stage.order())
        changes = provider.changes(account, datetime.now(UTC) - timedelta(days=3650))
        assert issued.external_id in {
            change.receipt.external_id for change in changes if isinstance(change, BadgeChanged)
        }

    def test_many_orders_get_each_its_own_answer(self, provider: Provider, account: Account, stage: Stage) -> None:
        good, held = numbered(stage.order(), 1), numbered(stage.order(), 2)
        wrong = replace(numbered(stage.order(), 3), template_id="999999999")
        last = numbered(stage.order(), 4)
        before = provider.issue(account, held)
        orders = [good, replace(held, key=str(UUID(int=77))), wrong, last]
        results = provider.issue_many(account, orders)
        assert len(results) == 4
        told = [by_itself(provider, account, *each) for each in zip(orders, results, strict=True)]
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

    def test_one_more_badge_is_made_beside_the_first(
        self, provider: Provider, account: Account, stage: Stage, several: bool
    ) -> None:
        order = stage.order()
        first = provider.issue(account, order)
        again = one_more(order, first)
        assert provider.find(account, again) is None
        if not several:
            with pytest.raises(Rejected):
                provider.issue(account, again)
            assert provider.find(account, again) is None
            assert stage.held(order) == 1
            return
        second = provider.issue(account, again)
        assert second.state in LIVE_STATES - {BadgeState.UNKNOWN}
        assert stage.held(order) == 2
        found = [provider.find(account, each) for each in (again, one_more(order, second, key=order.key))]
        assert [each and each.external_id for each in found] == [second.external_id, first.external_id]
        assert second.external_id != first.external_id

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_of_several_badges_the_one_that_is_meant_is_revoked(
        self, provider: Provider, account: Account, stage: Stage, several: bool, number: int
    ) -> None:
        if not several:
            pytest.skip(f"a learner may hold one badge of a template at {provider.name}")
        keys, held = [str(UUID(int=key)) for key in (1, 2, 3)], list[Receipt]()
        for key in keys:
            held.append(provider.issue(account, one_more(stage.order(), *held, key=key)))
        assert provider.revoke(account, revocation(held[number])).external_id == held[number].external_id
        assert stage.held(stage.order()) == 2
        for key, badge in zip(keys, held, strict=True):
            others = [each for each in held if each is not badge]
            found = provider.find(account, one_more(stage.order(), *others, key=key))
            assert (found and found.external_id) == (None if badge is held[number] else badge.external_id)

    def test_one_more_badge_among_many_harms_no_other(
        self, provider: Provider, account: Account, stage: Stage, several: bool
    ) -> None:
        if not several:
            pytest.skip(f"a learner may hold one badge of a template at {provider.name}")
        orders = [numbered(stage.order(), number) for number in range(4)]
        orders[1] = one_more(orders[1], provider.issue(account, orders[1]))
        results = provider.issue_many(account, orders)
        told = [by_itself(provider, account, *each) for each in zip(orders, results, strict=True)]
        found = [provider.find(account, order) for order in orders]
        assert [each and each.external_id for each in found] == [getattr(each, "external_id", None) for each in told]
        assert None not in found
        assert [stage.held(order) for order in orders] == [1, 2, 1, 1]

    def test_a_name_that_has_changed_is_corrected(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        issued = provider.issue(account, order)
        renamed = replace(order, recipient=replace(order.recipient, full_name="Mira Castellanos"))
        if type(provider).update is Provider.update:
            with pytest.raises(Rejected):
                provider.update(account, renamed, issued.external_id)
            return
        corrected = provider.update(account, renamed, issued.external_id)
        assert provider.update(account, renamed, issued.external_id) == corrected
        found = provider.find(account, renamed)
        assert found is not None
        assert found.external_id == corrected.external_id
        assert "Castellanos" in str(found.raw)
        assert stage.held(renamed) == 1

    def test_another_learners_badge_is_not_corrected(self, provider: Provider, account: Account, stage: Stage) -> None:
        order = stage.order()
        others = provider.issue(account, replace(order, key=str(UUID(int=5)), recipient=OTHER))
        with pytest.raises(Rejected):
            provider.update(account, order, others.external_id)
        found = provider.find(account, replace(order, key=str(UUID(int=5)), recipient=OTHER))
        assert found is not None
        assert order.recipient.full_name not in str(found.raw)

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


def by_itself(
    provider: Provider, account: Account, order: IssueOrder, result: Receipt | ProviderError
) -> Receipt | ProviderError:
    """The result; of an order that was not sent with the others, what comes of sending it alone."""
    if type(result) is not Retriable:
        return result
    try:
        return provider.issue(account, order)
    except ProviderError as error:
        return error


def one_more(order: IssueOrder, *others: Receipt, key: str = "") -> IssueOrder:
    """An order for one more badge for the learner, beside these."""
    taken = frozenset(other.external_id for other in others)
    return replace(order, key=key or str(UUID(int=2000 + len(others))), taken=taken, again=True)


def numbered(order: IssueOrder, number: int) -> IssueOrder:
    """The same order for another learner, under a key of its own."""
    recipient = Recipient(id=f"many-{number}", email=f"many{number}@example.com", full_name=f"Learner {number}")
    return replace(order, key=str(UUID(int=1000 + number)), recipient=recipient)


def revocation(receipt: Receipt) -> RevokeOrder:
    return RevokeOrder(
        key="6f1c1b62-0000-4000-8000-00000000000f", external_id=receipt.external_id, reason="No longer fulfilled"
    )
