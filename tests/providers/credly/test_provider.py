"""What is particular to Credly, beyond the contract of all adapters."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from credentials_badges.contract.data import Account, IssueOrder, Recipient, TemplateData, UnreadableRow
from credentials_badges.contract.errors import AlreadyIssued, OutcomeUnknown, Rejected, Retriable
from credentials_badges.contract.states import BadgeState
from credentials_badges.sandbox import serve
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import KEY, ORG, PLAIN_ACCOUNT, CredlyStage, revocation


def queries(stage: CredlyStage) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(path).query) for _, path, _ in stage.sandbox.requests]


class TestListTemplates:
    def test_filter_and_sort_are_repeated_on_every_page(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        list(provider.list_templates(account))
        asked = {"filter": ["state::active"], "sort": ["created_at"]}
        assert queries(stage) == [{**asked, "page": ["1"]}, {**asked, "page": ["2"]}]

    def test_pages_are_fetched_as_they_are_needed(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        next(provider.list_templates(account))
        assert len(stage.sandbox.requests) == 1

    def test_a_template_that_becomes_archived_meanwhile_spoils_the_pull(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        """The first row of page 2 slips to page 1, is never seen, and would be taken for gone."""
        rows = provider.list_templates(account)
        next(rows)
        stage.templates()[0]["state"] = "archived"
        with pytest.raises(Retriable, match="changed while it was being read"):
            list(rows)

    def test_a_template_that_joins_meanwhile_is_seen_once(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        rows = provider.list_templates(account)
        first = next(rows)
        joined = {**stage.templates()[0], "id": "late", "created_at": "2024-01-01T00:00:00.000Z"}
        stage.organization.templates["late"] = joined
        rest = list(rows)
        ids = [row.external_id for row in (first, *rest) if isinstance(row, TemplateData)]
        assert sorted(ids) == sorted(stage.template_ids)

    def pulled(self, provider: CredlyProvider, *pages: object) -> list[TemplateData | UnreadableRow]:
        with responses.RequestsMock() as mock:
            for page in pages:
                mock.get(f"{BASE_URL}organizations/{ORG}/badge_templates", json=page)
            return list(provider.list_templates(PLAIN_ACCOUNT))

    def test_unreadable_rows_are_named_and_passed_over(self, provider: CredlyProvider) -> None:
        good = {"id": "1", "name": "Tide Survey", "state": "active"}
        draft = {"id": "2", "name": "Draft", "state": "draft"}
        paging = {"total_pages": 2}
        rows = self.pulled(
            provider,
            {"data": [draft, good, None], "metadata": paging},
            {"data": [good, {"name": "No id", "state": "active"}, {**good, "id": "3"}], "metadata": paging},
        )
        assert [row.external_id if isinstance(row, TemplateData) else row for row in rows] == [
            "1",
            UnreadableRow(where="page 1, row 3", why="it is not an object"),
            UnreadableRow(where="page 2, row 2", why="it has no id"),
            "3",
        ]

    @pytest.mark.parametrize("metadata", [None, {}, [], {"total_pages": None}, {"total_pages": 0}])
    def test_without_paging_there_is_one_page(self, provider: CredlyProvider, metadata: object) -> None:
        row = {"id": "1", "name": "Tide Survey", "state": "active"}
        assert len(self.pulled(provider, {"data": [row], "metadata": metadata})) == 1

    def test_an_empty_page_is_the_last(self, provider: CredlyProvider) -> None:
        assert self.pulled(provider, {"data": [], "metadata": {"total_pages": 9}}) == []

    @pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": "1"}}])
    def test_an_answer_that_is_no_list_is_retriable(self, provider: CredlyProvider, body: object) -> None:
        with pytest.raises(Retriable, match="not a list"):
            self.pulled(provider, body)


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

    @pytest.mark.parametrize("data", [None, [], {"state": "pending"}])
    def test_a_badge_without_an_id_leaves_the_outcome_unknown(
        self, provider: CredlyProvider, stage: CredlyStage, data: object
    ) -> None:
        with responses.RequestsMock() as mock:
            mock.post(f"{BASE_URL}organizations/{ORG}/badges", json={"data": data}, status=201)
            with pytest.raises(OutcomeUnknown):
                provider.issue(PLAIN_ACCOUNT, stage.order())

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
        stage.sandbox.list_lag = 2.0
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

    def test_an_answer_without_a_badge_leaves_the_outcome_unknown(self, provider: CredlyProvider) -> None:
        with responses.RequestsMock() as mock:
            mock.put(f"{BASE_URL}organizations/{ORG}/badges/b/revoke", json={"data": None})
            with pytest.raises(OutcomeUnknown):
                provider.revoke(PLAIN_ACCOUNT, revocation("b"))

    def test_a_replaced_badge_is_not_taken_for_a_revoked_one(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        badge_id = provider.issue(account, stage.order()).external_id
        stage.organization.badges[badge_id]["replacement_badge_id"] = "another"
        with pytest.raises(Rejected, match="revoked or replaced"):
            provider.revoke(account, revocation(badge_id))

    def test_where_single_badges_cannot_be_read_the_refusal_stands(self, provider: CredlyProvider) -> None:
        badge = f"{BASE_URL}organizations/{ORG}/badges/b"
        with responses.RequestsMock() as mock:
            mock.put(f"{badge}/revoke", json={"data": {"message": "Locked"}}, status=422)
            mock.get(badge, json={"data": {"message": "Not found"}}, status=404)
            with pytest.raises(Rejected, match="Locked"):
                provider.revoke(PLAIN_ACCOUNT, revocation("b"))


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
