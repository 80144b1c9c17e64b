"""What an adapter has to prove about erasing badges; part of `ProviderContract`."""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

import pytest

from credentials_badges.contract.data import Account, IssueOrder, Receipt, Recipient, RevokeOrder
from credentials_badges.contract.errors import Rejected
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import LIVE_STATES

STRANGER = Recipient(id="learner-9", email="a.stranger@example.com", full_name="A. Stranger")


class Stage(Protocol):
    """What erasing needs of the stage."""

    def order(self) -> IssueOrder:
        """An order for one learner and a template that can be issued."""

    def held(self, order: IssueOrder) -> int:
        """How many live badges of that template that learner holds at the provider."""


def nameless(order: IssueOrder) -> IssueOrder:
    """The order once its learner is known by our own id only."""
    return replace(order, recipient=Recipient(id=order.recipient.id, email="", full_name=""))


class ErasureContract:
    """Needs the fixtures `provider`, `account` and `stage`."""

    @pytest.mark.parametrize("before", ["issued", "renamed", "revoked", "erased"])
    def test_an_erased_badge_is_gone_for_good_and_no_other(
        self, provider: Provider, account: Account, stage: Stage, before: str
    ) -> None:
        order = stage.order()
        others = provider.issue(account, replace(order, key=str(UUID(int=6)), recipient=STRANGER))
        known = provider.issue(account, order)
        if not provider.erases:
            with pytest.raises(Rejected):
                provider.erase(account, nameless(order), known.external_id)
            return
        if before == "renamed" and type(provider).update is not Provider.update:
            renamed = replace(order, recipient=replace(order.recipient, full_name="Mira Castellanos"))
            known = provider.update(account, renamed, known.external_id)
        elif before == "revoked":
            provider.revoke(account, RevokeOrder(key="r", external_id=known.external_id, reason="No longer"))
        elif before == "erased":
            provider.erase(account, nameless(order), known.external_id)
        assert provider.erase(account, nameless(order), known.external_id).external_id == known.external_id
        assert provider.find(account, order) is None
        assert stage.held(order) == 0
        left = [badge for badge in provider.list_badges(account) if isinstance(badge, Receipt)]
        assert [badge.external_id for badge in left if badge.state in LIVE_STATES] == [others.external_id]
        assert {badge.recipient_id for badge in left} <= {STRANGER.id, ""}
        assert "Castellanos" not in str(left)

    def test_what_may_have_arrived_is_found_by_our_own_id_alone(
        self, provider: Provider, account: Account, stage: Stage
    ) -> None:
        order = stage.order()
        issued = provider.issue(account, order)
        found = provider.find(account, nameless(order))
        assert found is not None
        assert found.external_id == issued.external_id
