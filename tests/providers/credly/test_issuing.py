"""Badges that are issued, and those that stand in their way."""

from dataclasses import replace
from datetime import timedelta

import pytest
import responses

from credentials_badges.contract.data import Account, IssueOrder, Recipient
from credentials_badges.contract.errors import AlreadyIssued, NotYet, OutcomeUnknown, Rejected
from credentials_badges.contract.states import BadgeState
from providers.credly.client import BASE_URL
from providers.credly.issuing import CATCH_UP
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage, revocation


class TestIssue:
    def test_what_was_sent_is_what_is_documented(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        provider.issue(account, stage.order())
        method, path, body = stage.sandbox.requests[-1]
        assert (method, path) == ("POST", f"/v1/organizations/{stage.organization_id}/badges")
        assert body == {
            "recipient_email": "mira.okafor+lms@learners.example",
            "issued_to_first_name": "Mira Ada",
            "issued_to_last_name": "Okafor",
            "badge_template_id": stage.order().template_id,
            "issued_at": "2026-09-14 10:21:58 +0000",
            "issuer_earner_id": "learner-1",
            "evidence": [
                {
                    "type": "UrlEvidence",
                    "name": "Survey log",
                    "value": "https://learn.example/log",
                    "description": "Field log",
                }
            ],
        }

    @pytest.mark.parametrize(
        "data",
        [
            None,
            [],
            {"state": "pending"},
            {"id": "another-badge", "issuer_earner_id": "learner-2"},
            {"id": "another-badge", "issuer_earner_id": None, "recipient_email": "stranger@learners.example"},
        ],
    )
    def test_an_answer_that_is_not_the_learners_badge_leaves_the_outcome_unknown(
        self, provider: CredlyProvider, stage: CredlyStage, data: object
    ) -> None:
        with responses.RequestsMock() as mock:
            mock.post(f"{BASE_URL}organizations/{ORG}/badges", json={"data": data}, status=201)
            with pytest.raises(OutcomeUnknown):
                provider.issue(PLAIN_ACCOUNT, stage.order())

    def test_an_account_chooses_the_language_and_silence(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        provider.issue(replace(account, options={"locale": "de", "notify": "no"}), stage.order())
        body = stage.sandbox.requests[-1][2]
        assert (body["locale"], body["suppress_badge_notification_email"]) == ("de", True)

    def test_a_badge_may_be_accepted_at_once(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.sandbox.accepts_at_once = True
        assert provider.issue(account, stage.order()).state is BadgeState.ACCEPTED

    def test_an_archived_template_is_rejected(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        archived = next(row for row in stage.templates() if row["state"] == "archived")
        with pytest.raises(Rejected, match="Invalid or missing Badge Template ID") as caught:
            provider.issue(account, replace(stage.order(), template_id=archived["id"]))
        assert not isinstance(caught.value, AlreadyIssued)

    def test_a_learner_without_a_name_gets_the_badge(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        nameless = Recipient(id="learner-1", email="m@learners.example", full_name="")
        assert provider.issue(account, replace(stage.order(), recipient=nameless)).external_id


class TestWhatStandsInTheWay:
    def behaviors(self, stage: CredlyStage) -> list[object]:
        return [body.get("duplicate_behavior") for _, body in stage.sent("POST")]

    @pytest.fixture
    def first(self, provider: CredlyProvider, account: Account, stage: CredlyStage) -> str:
        """A badge that the learner has from before."""
        badge_id = provider.issue(account, stage.order()).external_id
        stage.sandbox.requests.clear()
        return badge_id

    @pytest.mark.parametrize("attribute", ["recipient_email", "user_id"])
    @pytest.mark.parametrize("as_text", [True, False])
    def test_a_duplicate_is_never_sent_twice(
        self,
        provider: CredlyProvider,
        account: Account,
        stage: CredlyStage,
        first: str,
        attribute: str,
        as_text: bool,
    ) -> None:
        stage.sandbox.duplicate_attribute, stage.sandbox.messages_as_text = attribute, as_text
        with pytest.raises(AlreadyIssued):
            provider.issue(account, stage.order())
        assert self.behaviors(stage) == [None]

    def test_a_second_badge_is_given_leave_if_the_first_is_known(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        again = replace(stage.order(), taken=frozenset({first}))
        assert provider.issue(account, again).external_id != first
        assert self.behaviors(stage) == [None, "allow"]

    @pytest.mark.parametrize("blocks", [True, False])
    @pytest.mark.parametrize("known", [True, False])
    def test_after_a_revocation_the_learner_gets_the_badge_whether_or_not_the_old_one_counts(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, blocks: bool, known: bool
    ) -> None:
        stage.sandbox.revoked_blocks_reissue = blocks
        provider.revoke(account, revocation(first))
        again = replace(stage.order(), taken=frozenset({first} if known else ()))
        issued = provider.issue(account, again)
        assert issued.external_id != first
        assert stage.held(again) == 1
        assert self.behaviors(stage) == ([None, "allow"] if blocks else [None])

    def test_a_badge_that_had_ended_before_is_no_hindrance(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        stage.organization.badges[first]["expires_at"] = "2026-09-15T00:00:00.000Z"
        later = replace(stage.order(), issued_at=stage.order().issued_at + timedelta(days=1))
        assert provider.find(account, later) is None
        assert provider.issue(account, later).external_id != first

    @pytest.mark.parametrize("state", ["rejected", "levitating"])
    def test_a_badge_that_the_learner_declined_or_that_is_not_understood_is_live(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, state: str
    ) -> None:
        stage.organization.badges[first]["state"] = state
        with pytest.raises(AlreadyIssued):
            provider.issue(account, stage.order())
        found = provider.find(account, stage.order())
        assert found is not None
        assert found.external_id == first

    @pytest.mark.parametrize("taken", [True, False])
    def test_a_list_that_shows_nothing_yet_gives_no_leave(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, taken: bool
    ) -> None:
        stage.sandbox.list_lag = 60
        with pytest.raises(AlreadyIssued):
            provider.issue(account, replace(stage.order(), taken=frozenset({first} if taken else ())))
        assert self.behaviors(stage) == [None]

    def test_a_row_that_cannot_be_read_gives_no_leave(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        stage.organization.badges[first]["id"] = None
        with pytest.raises(AlreadyIssued):
            provider.issue(account, replace(stage.order(), taken=frozenset({first})))

    def test_a_list_that_shows_only_other_templates_gives_no_leave(
        self, provider: CredlyProvider, stage: CredlyStage
    ) -> None:
        order = replace(stage.order(), taken=frozenset({"b"}))
        badges = f"{BASE_URL}organizations/{ORG}/badges"
        with responses.RequestsMock() as mock:
            mock.post(badges, json={"data": {"message": "Recipient already has this badge"}}, status=422)
            mock.get(badges, json={"data": [{"id": "b", "state": "revoked", "badge_template": {"id": "another"}}]})
            with pytest.raises(AlreadyIssued):
                provider.issue(PLAIN_ACCOUNT, order)

    def test_the_badge_of_a_lost_second_try_is_found_and_not_made_again(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        again = replace(stage.order(), taken=frozenset({first}))
        stage.faults.planned.extend(["fine", "fine", "fine", "lost"])
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, again)
        found = provider.find(account, again)
        assert found is not None
        with pytest.raises(AlreadyIssued):
            provider.issue(account, again)
        assert stage.held(again) == 2


class TestAfterALostAnswer:
    """The list lags as much as it can, and `find` has seen nothing."""

    @pytest.fixture(autouse=True)
    def lagging(self, stage: CredlyStage) -> None:
        stage.sandbox.list_lag = CATCH_UP - 1

    def again(self, provider: CredlyProvider, account: Account, order: IssueOrder, seconds: float) -> None:
        """Try once more, so many seconds after the answer was lost."""
        assert provider.find(account, order) is None
        provider.issue(account, replace(order, doubted_for=seconds))

    def test_leave_for_a_second_badge_waits_until_the_list_has_caught_up(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        first = provider.issue(account, stage.order()).external_id
        stage.now += 100
        order = replace(stage.order(), taken=frozenset({first}))
        stage.faults.planned.extend(["fine", "fine", "fine", "lost"])
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        stage.now += 10
        with pytest.raises(NotYet) as caught:
            self.again(provider, account, order, 10)
        assert caught.value.after == CATCH_UP - 10
        assert stage.held(order) == 2
        stage.now += CATCH_UP - 10
        assert provider.find(account, order) is not None

    def test_a_template_that_allows_duplicates_waits_likewise(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.templates()[0]["allow_duplicate_badges"] = True
        order = stage.order()
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        stage.now += 10
        with pytest.raises(NotYet) as caught:
            self.again(provider, account, order, 10)
        assert caught.value.after == CATCH_UP - 10
        assert stage.held(order) == 1

    def test_a_template_about_which_nothing_is_known_waits_likewise(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        with pytest.raises(NotYet):
            provider.issue(account, replace(stage.order(), template_raw={}, doubted_for=0.0))
        assert stage.calls() == 0

    @pytest.mark.parametrize(("seconds", "allows"), [(10.0, False), (CATCH_UP, True)])
    def test_what_credly_refuses_twice_or_what_is_long_ago_is_sent_at_once(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, seconds: float, allows: bool
    ) -> None:
        stage.templates()[0]["allow_duplicate_badges"] = allows
        order = stage.order()
        stage.faults.planned.append("unavailable")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        self.again(provider, account, order, seconds)
        assert stage.held(order) == 1

    def test_leave_is_given_once_the_list_has_caught_up(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        first = provider.issue(account, stage.order()).external_id
        stage.now += CATCH_UP
        self.again(provider, account, replace(stage.order(), taken=frozenset({first})), CATCH_UP)
        assert stage.held(stage.order()) == 2
