"""Several badges of one learner and template, and badges that end."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from credentials_badges.contract.data import Account, IssueOrder, Receipt
from credentials_badges.contract.errors import AlreadyIssued, NotYet, OutcomeUnknown, Retriable
from providers.credly.issuing import CATCH_UP
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import CredlyStage

ENDS = datetime(2028, 9, 14, 10, 21, 58, tzinfo=UTC)


@pytest.fixture
def first(provider: CredlyProvider, account: Account, stage: CredlyStage) -> str:
    """A badge that the learner holds."""
    badge_id = provider.issue(account, stage.order()).external_id
    stage.sandbox.requests.clear()
    return badge_id


@pytest.fixture
def again(stage: CredlyStage, first: str) -> IssueOrder:
    """An order for one more."""
    return replace(stage.order(), taken=frozenset({first}), again=True)


def behaviors(stage: CredlyStage) -> list[object]:
    return [body.get("duplicate_behavior") for _, body in stage.sent("POST")]


class TestLeave:
    @pytest.mark.parametrize("state", ["pending", "accepted", "rejected", "revoked", "expired"])
    @pytest.mark.parametrize("lag", [0, 600])
    def test_is_given_beside_known_badges_shown_already_or_not(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder, state: str, lag: float
    ) -> None:
        (first,) = again.taken
        stage.organization.badges[first]["state"] = state
        stage.sandbox.revoked_blocks_reissue, stage.sandbox.list_lag = True, lag
        assert provider.issue(account, again).external_id != first
        assert behaviors(stage) == [None, "allow"]

    def test_is_not_needed_where_the_template_gives_it(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        stage.templates()[0]["allow_duplicate_badges"] = True
        provider.issue(account, again)
        assert (behaviors(stage), stage.held(again)) == ([None], 2)

    def test_is_not_given_beside_a_live_badge_that_may_be_this_one(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        second = provider.issue(account, again).external_id
        stage.sandbox.requests.clear()
        with pytest.raises(AlreadyIssued):
            provider.issue(account, again)
        assert behaviors(stage) == [None]
        found = provider.find(account, again)
        assert found is not None
        assert found.external_id == second

    def test_is_not_given_where_no_other_badge_is_known(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        stage.sandbox.list_lag = 600
        with pytest.raises(AlreadyIssued):
            provider.issue(account, replace(again, taken=frozenset()))
        assert behaviors(stage) == [None]

    def test_waits_after_a_lost_answer_until_the_list_has_caught_up(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        stage.sandbox.list_lag = CATCH_UP - 1
        stage.faults.planned.extend(["fine", "fine", "fine", "lost"])
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, again)
        stage.now += 10
        assert provider.find(account, again) is None
        with pytest.raises(NotYet) as caught:
            provider.issue(account, replace(again, doubted_for=10.0))
        assert (caught.value.after, stage.held(again)) == (CATCH_UP - 10, 2)
        stage.now += CATCH_UP - 10
        assert provider.find(account, again) is not None

    def test_a_badge_that_replaced_a_known_one_is_no_other(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        """Its name was corrected, and that answer was lost for good."""
        (first,) = again.taken
        renamed = replace(stage.order(), recipient=replace(again.recipient, full_name="Mira Castellanos"))
        follower = provider.update(account, renamed, first).external_id
        assert provider.find(account, again) is None
        second = provider.issue(account, again).external_id
        assert second not in {first, follower}
        assert stage.held(again) == 2


class TestBatch:
    def orders(self, stage: CredlyStage, again: IssueOrder) -> list[IssueOrder]:
        return [stage.learner(0), again, stage.learner(1)]

    def test_one_more_is_left_out_and_goes_by_itself(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        results = provider.issue_many(account, self.orders(stage, again))
        assert [type(result) for result in results] == [Receipt, Retriable, Receipt]
        assert [path for path, _ in stage.sent("POST")] == ["/badges/batch"]
        provider.issue(account, again)
        assert stage.held(again) == 2

    def test_one_more_goes_along_where_the_template_allows_it(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        stage.templates()[0]["allow_duplicate_badges"] = True
        results = provider.issue_many(account, self.orders(stage, again))
        assert [type(result) for result in results] == [Receipt] * 3
        assert stage.held(again) == 2

    @pytest.mark.parametrize("known", [{}, {"allow_duplicate_badges": True}])
    def test_one_more_that_is_refused_after_all_spoils_no_other(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder, known: dict[str, bool]
    ) -> None:
        """The template was changed since it was pulled."""
        orders = self.orders(stage, replace(again, template_raw=known))
        results = provider.issue_many(account, orders)
        assert [type(result) for result in results] == [Receipt, AlreadyIssued, Receipt]
        assert [stage.held(order) for order in orders] == [1, 1, 1]

    def test_of_nothing_is_not_sent(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
    ) -> None:
        (result,) = provider.issue_many(account, [again])
        assert type(result) is Retriable
        assert stage.calls() == 0


def test_the_end_goes_along_singly_with_many_with_leave_and_with_a_correction(
    provider: CredlyProvider, account: Account, stage: CredlyStage, again: IssueOrder
) -> None:
    alone, *many = [replace(stage.learner(number), expires_at=ENDS) for number in range(3)]
    issued = provider.issue(account, alone)
    renamed = replace(alone, recipient=replace(alone.recipient, full_name="Mira Castellanos"))
    told = [issued, provider.update(account, renamed, issued.external_id), *provider.issue_many(account, many)]
    told.append(provider.issue(account, replace(again, expires_at=ENDS)))
    ids = [each.external_id for each in told if isinstance(each, Receipt)]
    assert len(set(ids)) == 5
    assert {stage.organization.badges[id_]["expires_at"] for id_ in ids} == {"2028-09-14T10:21:58.000Z"}
    (first,) = again.taken
    assert stage.organization.badges[first]["expires_at"] is None
