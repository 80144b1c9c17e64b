"""Badges that are taken back or corrected, along the chain of those that replaced each other."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import responses

from credentials_badges.contract.data import Account, Evidence, IssueOrder
from credentials_badges.contract.errors import Misconfigured, NotYet, OutcomeUnknown, Rejected
from credentials_badges.contract.states import BadgeState
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage, revocation


def renamed(stage: CredlyStage, name: str = "Mira Okafor-Hale") -> IssueOrder:
    return replace(stage.order(), recipient=replace(stage.order().recipient, full_name=name))


@pytest.fixture
def first(provider: CredlyProvider, account: Account, stage: CredlyStage) -> str:
    """A badge with the learner's old name."""
    return provider.issue(account, stage.order()).external_id


class TestRevoke:
    def test_the_reason_is_sent_and_a_badge_that_is_gone_counts_as_revoked(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        badge_id = provider.issue(account, stage.order()).external_id
        receipt = provider.revoke(account, revocation(badge_id))
        path = f"/v1/organizations/{stage.organization_id}/badges/{badge_id}/revoke"
        assert stage.sandbox.requests[-1] == ("PUT", path, {"reason": "No longer fulfilled"})
        assert (receipt.raw_state, receipt.url) == ("revoked", "")
        del stage.organization.badges[badge_id]
        gone = provider.revoke(account, revocation(badge_id))
        assert (gone.external_id, gone.state, gone.raw_state) == (badge_id, BadgeState.REVOKED, "gone")

    @pytest.mark.parametrize("data", [None, {"id": "another", "state": "revoked"}, {"id": "b", "state": "accepted"}])
    def test_an_answer_that_does_not_show_it_revoked_leaves_the_outcome_unknown(
        self, provider: CredlyProvider, data: object
    ) -> None:
        with responses.RequestsMock() as mock:
            mock.put(f"{BASE_URL}organizations/{ORG}/badges/b/revoke", json={"data": data})
            with pytest.raises(OutcomeUnknown):
                provider.revoke(PLAIN_ACCOUNT, revocation("b"))

    @pytest.mark.parametrize("single", [True, False])
    @pytest.mark.parametrize("state", [True, False])
    def test_the_badge_that_replaced_it_is_revoked(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, single: bool, state: bool
    ) -> None:
        stage.sandbox.single_badge_get, stage.sandbox.replaced_is_a_state = single, state
        second = provider.update(account, renamed(stage), first).external_id
        third = provider.update(account, renamed(stage, "Mira Hale"), second).external_id
        revoked = provider.revoke(account, revocation(first))
        assert (revoked.external_id, revoked.raw_state) == (third, "revoked")
        assert stage.held(stage.order()) == 0
        assert provider.revoke(account, revocation(first)).external_id == third

    def test_a_badge_that_does_not_say_to_have_replaced_it_is_left_alone(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        other = provider.issue(account, stage.learner(1)).external_id
        stage.organization.badges[first]["replacement_badge_id"] = other
        with pytest.raises(Rejected, match="does not say"):
            provider.revoke(account, revocation(first))
        assert stage.held(stage.learner(1)) == 1

    def test_a_refusal_leads_to_no_other_badge(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        other = provider.issue(account, stage.learner(1)).external_id
        named = {"data": {"message": "Replaced"}, "metadata": {"current_badge_id": other}}
        badge = f"{BASE_URL}organizations/{ORG}/badges/{first}"
        with responses.RequestsMock() as mock:
            mock.put(f"{badge}/revoke", json=named, status=422)
            mock.get(badge, json={"data": {"id": first, "state": "accepted"}})
            with pytest.raises(Rejected, match="Replaced"):
                provider.revoke(PLAIN_ACCOUNT, revocation(first))

    def test_a_replacement_that_cannot_be_seen_yet_has_to_wait(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        stage.now += 100
        second = provider.update(account, renamed(stage), first).external_id
        stage.sandbox.single_badge_get, stage.sandbox.list_lag = False, 60
        with pytest.raises(NotYet):
            provider.revoke(account, revocation(first))
        stage.now += 60
        assert provider.revoke(account, revocation(first)).external_id == second

    def test_badges_that_replace_each_other_forever_are_left(self, provider: CredlyProvider) -> None:
        badge = f"{BASE_URL}organizations/{ORG}/badges/b"
        with responses.RequestsMock() as mock:
            mock.put(f"{badge}/revoke", json={"data": {"id": "b", "replacement_badge_id": "b"}})
            mock.get(badge, json={"data": {"id": "b", "replaces_badge_id": "b"}})
            with pytest.raises(Rejected, match="10 times"):
                provider.revoke(PLAIN_ACCOUNT, revocation("b"))

    @pytest.mark.parametrize("rows", [[], [{"id": "b", "state": "accepted"}], [{"id": "b", "state": "replaced"}]])
    def test_a_refusal_stands_if_nothing_shows_the_badge_revoked(
        self, provider: CredlyProvider, rows: list[object]
    ) -> None:
        badges = f"{BASE_URL}organizations/{ORG}/badges"
        with responses.RequestsMock() as mock:
            mock.put(f"{badges}/b/revoke", json={"data": {"message": "Locked"}}, status=422)
            mock.get(f"{badges}/b", json={"data": {"message": "Not found"}}, status=404)
            mock.get(badges, json={"data": rows})
            with pytest.raises(Rejected, match="Locked"):
                provider.revoke(PLAIN_ACCOUNT, revocation("b"))

    @pytest.mark.parametrize("wrong", ["../../x", "a/b", ".", "..", "", "x?y=1", "%2e%2e"])
    def test_an_id_that_would_bend_the_path_is_not_sent(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, wrong: str
    ) -> None:
        with pytest.raises(Rejected, match="not an id"):
            provider.revoke(account, revocation(wrong))
        assert stage.calls() == 0

    def test_silence_is_kept_here_too(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        provider.revoke(replace(account, options={"notify": "no"}), revocation(first))
        assert stage.sent("PUT")[-1][1]["suppress_revoke_notification_email"] is True


class TestUpdate:
    def replaced(self, stage: CredlyStage) -> list[str]:
        return [path.split("/")[2] for path, _ in stage.sent("POST") if path.endswith("/replace")]

    @pytest.mark.parametrize("status", [200, 201])
    def test_the_badge_is_replaced_by_one_with_the_new_name(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, status: int
    ) -> None:
        stage.sandbox.replace_status = status
        ends = datetime(2028, 9, 14, 10, 21, 58, tzinfo=UTC)
        order = replace(renamed(stage), expires_at=ends, evidence=(Evidence(name="Log", url="https://l.example/1"),))
        receipt = provider.update(account, order, first)
        assert receipt.external_id != first
        assert (receipt.template_id, receipt.recipient_id) == (order.template_id, "learner-1")
        assert stage.sent("POST")[-1] == (
            f"/badges/{first}/replace",
            {
                "badge_template_id": order.template_id,
                "issued_at": "2026-09-14 10:21:58 +0000",
                "issued_to_first_name": "Mira",
                "issued_to_last_name": "Okafor-Hale",
                "issuer_earner_id": "learner-1",
                "expires_at": "2028-09-14 10:21:58 +0000",
                "evidence": [{"type": "UrlEvidence", "name": "Log", "value": "https://l.example/1"}],
                "notification_message": "The name on your badge was corrected.",
            },
        )
        found = provider.find(account, order)
        assert found is not None
        assert found.external_id == receipt.external_id
        assert stage.held(order) == 1

    def test_a_name_that_is_right_is_left_alone(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        assert provider.update(account, stage.order(), first).external_id == first
        assert self.replaced(stage) == []

    @pytest.mark.parametrize("single", [True, False])
    @pytest.mark.parametrize("lag", [0, 60])
    def test_after_a_lost_answer_there_is_still_one_badge_with_the_new_name(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str, single: bool, lag: int
    ) -> None:
        stage.now += 100
        stage.sandbox.single_badge_get, stage.sandbox.list_lag = single, lag
        stage.faults.planned.extend(["fine", "fine", "lost"])
        with pytest.raises(OutcomeUnknown):
            provider.update(account, renamed(stage), first)
        if lag and not single:
            with pytest.raises(NotYet):
                provider.update(account, renamed(stage), first)
            stage.now += lag
        receipt = provider.update(account, renamed(stage), first)
        rows = {row["id"]: row for row in stage.sandbox.badges(account.external_id)}
        assert rows[receipt.external_id]["issued_to"] == "Mira Okafor-Hale"
        assert rows[receipt.external_id]["replacement_badge_id"] is None
        assert stage.held(stage.order()) == 1
        assert len(rows) == 2

    @pytest.mark.parametrize(("replaces", "name"), [("b", "Mira Ada"), ("x", "Mira Ada"), ("b", "Mira")])
    def test_a_refusal_leads_only_to_a_badge_that_says_to_have_replaced_it(
        self, provider: CredlyProvider, stage: CredlyStage, replaces: str, name: str
    ) -> None:
        badges, row = f"{BASE_URL}organizations/{ORG}/badges", {"state": "accepted", "issued_to_last_name": "Okafor"}
        named = {"data": {"message": "Already replaced"}, "metadata": {"current_badge_id": "c"}}
        new = {"id": "d", "replaces_badge_id": "c", "state": "accepted"}
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.get(badges, json={"data": [{**row, "id": "b", "issued_to_first_name": "Old"}]})
            mock.post(f"{badges}/b/replace", json=named, status=422)
            follower = {**row, "id": "c", "replaces_badge_id": replaces, "issued_to_first_name": name}
            mock.get(f"{badges}/c", json={"data": follower})
            mock.post(f"{badges}/c/replace", json={"data": new}, status=201)
            if replaces == "b":
                wanted = "c" if name == "Mira Ada" else "d"
                assert provider.update(PLAIN_ACCOUNT, stage.order(), "b").external_id == wanted
            else:
                with pytest.raises(Rejected, match="does not say"):
                    provider.update(PLAIN_ACCOUNT, stage.order(), "b")

    def test_the_new_badge_is_known_by_what_it_replaces(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        second = provider.update(account, renamed(stage), first).external_id
        stage.organization.badges[first]["replacement_badge_id"] = None
        assert provider.update(account, renamed(stage), first).external_id == second
        assert self.replaced(stage) == [first]

    def test_a_refusal_that_names_no_badge_stands(self, provider: CredlyProvider, stage: CredlyStage) -> None:
        badges = f"{BASE_URL}organizations/{ORG}/badges"
        with responses.RequestsMock() as mock:
            mock.get(badges, json={"data": [{"id": "b", "state": "accepted"}]})
            mock.post(f"{badges}/b/replace", json={"data": {"message": "already been replaced"}}, status=422)
            with pytest.raises(Rejected, match="already been replaced"):
                provider.update(PLAIN_ACCOUNT, stage.order(), "b")

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"issuer_earner_id": "learner-2"}, "another template or learner"),
            ({"badge_template": {"id": "else"}}, "another template or learner"),
            ({"state": "revoked"}, "revoked at Credly"),
        ],
    )
    def test_what_is_not_the_learners_live_badge_is_left_alone(
        self,
        provider: CredlyProvider,
        account: Account,
        stage: CredlyStage,
        first: str,
        changes: dict[str, object],
        why: str,
    ) -> None:
        stage.organization.badges[first].update(changes)
        with pytest.raises(Rejected, match=why):
            provider.update(account, renamed(stage), first)
        assert self.replaced(stage) == []

    def test_a_badge_that_cannot_be_seen_is_not_replaced_and_a_wrong_organization_is_told_as_such(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, first: str
    ) -> None:
        stage.sandbox.single_badge_get, stage.sandbox.list_lag = False, 60
        with pytest.raises(NotYet):
            provider.update(account, renamed(stage), first)
        assert self.replaced(stage) == []
        with pytest.raises(Misconfigured, match="organization"):
            provider.update(replace(account, external_id="nobody"), renamed(stage), first)

    def test_an_answer_about_another_learner_leaves_the_outcome_unknown(
        self, provider: CredlyProvider, stage: CredlyStage
    ) -> None:
        badges = f"{BASE_URL}organizations/{ORG}/badges"
        other = {"id": "n", "issuer_earner_id": "else", "badge_template": {"id": stage.order().template_id}}
        with responses.RequestsMock() as mock:
            mock.get(badges, json={"data": [{"id": "b", "state": "accepted"}]})
            mock.post(f"{badges}/b/replace", json={"data": other}, status=201)
            with pytest.raises(OutcomeUnknown):
                provider.update(PLAIN_ACCOUNT, stage.order(), "b")
