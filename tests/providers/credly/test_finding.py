"""The badge that an earlier try made, looked for at Credly."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from credentials_badges.contract.data import Account, IssueOrder
from credentials_badges.contract.errors import AlreadyIssued, OutcomeUnknown
from credentials_badges.contract.states import BadgeState
from credentials_badges.sandbox import serve
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import KEY, CredlyStage, revocation


def queries(stage: CredlyStage) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(path).query) for _, path, _ in stage.sandbox.requests]


class TestFind:
    def test_an_address_with_a_plus_survives_the_query(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        issued = provider.issue(account, stage.order())
        self.forget_the_learner(stage)
        found = provider.find(account, stage.order())
        assert found is not None
        assert found.external_id == issued.external_id
        by_id, by_address = (query["filter"][0] for query in queries(stage)[-2:])
        template = stage.order().template_id
        assert by_id == f"issuer_earner_id::learner-1|badge_template_id::{template}"
        assert by_address == f"recipient_email_all::mira.okafor+lms@learners.example|badge_template_id::{template}"

    def test_another_learner_with_the_same_address_keeps_the_badge(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        order = stage.order()
        other = replace(order, recipient=replace(order.recipient, id="learner-2"))
        provider.issue(account, other)
        with pytest.raises(AlreadyIssued):
            provider.issue(account, order)
        assert provider.find(account, order) is None

    @pytest.mark.parametrize("odd", ["a|b", "a::b", ""])
    def test_what_cannot_be_asked_for_is_not_asked(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, odd: str
    ) -> None:
        order = stage.order()
        assert provider.find(account, self.renamed(order, odd)) is None
        assert len(stage.sandbox.requests) == 1

    def test_a_badge_is_found_once_the_list_has_caught_up(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.sandbox.list_lag = 4.0
        provider.issue(account, stage.order())
        assert provider.find(account, stage.order()) is None
        stage.now += provider.lag
        assert provider.find(account, stage.order()) is not None

    def test_a_badge_on_the_second_page_is_found(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        order = stage.order()
        stage.organization.templates[order.template_id]["allow_duplicate_badges"] = True
        for _ in range(51):
            last = provider.issue(account, order).external_id
        others = frozenset(stage.organization.badges.keys() - {last})
        found = provider.find(account, replace(order, taken=others))
        assert found is not None
        assert found.external_id == last

    def forget_the_learner(self, stage: CredlyStage) -> None:
        """As if the badge had been issued by hand, in Credly's own pages."""
        for row in stage.organization.badges.values():
            row["issuer_earner_id"] = None

    def renamed(self, order: IssueOrder, learner_id: str) -> IssueOrder:
        return replace(order, recipient=replace(order.recipient, id=learner_id))


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_over_a_real_connection_a_lost_answer_makes_one_badge(provider: CredlyProvider) -> None:
    stage = CredlyStage()
    order = stage.order()
    with serve(stage.sandbox) as address:
        account = Account(external_id=stage.organization_id, api_key=KEY, base_url=f"{address}v1/")
        assert provider.check(account).name == "Harbour Point Institute"
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        found = provider.find(account, order)
        assert found is not None
        assert stage.held(order) == 1
        revoked = provider.revoke(account, revocation(found.external_id))
        assert revoked.state is BadgeState.REVOKED
