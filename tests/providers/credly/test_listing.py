"""Lists that Credly gives page by page."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from werkzeug.wrappers import Response

from credentials_badges.contract.data import Account, Receipt, TemplateData, UnreadableRow
from credentials_badges.contract.errors import Misconfigured, Retriable
from credentials_badges.contract.states import BadgeState
from providers.credly import client
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from providers.credly.sandbox import CredlySandbox
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage

BULK = f"{BASE_URL}organizations/{ORG}/high_volume_issued_badge_search"


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

    def test_a_link_that_keeps_the_filter_changes_nothing(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.sandbox.link_drops_filter = False
        assert len(list(provider.list_templates(account))) == 60

    @pytest.mark.parametrize("pages", [0, 1])
    def test_an_empty_list_may_say_to_have_a_page(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, pages: int
    ) -> None:
        stage.sandbox.empty_pages = pages
        stage.organization.templates.clear()
        assert list(provider.list_templates(account)) == []

    @pytest.mark.parametrize("metadata", [None, {}, [], {"total_pages": None}, {"total_pages": 0}])
    def test_without_paging_there_is_one_page(self, provider: CredlyProvider, metadata: object) -> None:
        row = {"id": "1", "name": "Tide Survey", "state": "active"}
        assert len(self.pulled(provider, {"data": [row], "metadata": metadata})) == 1

    @pytest.mark.parametrize("told", [["next_page_url"], ["total_pages", "next_page_url"], ["total_pages"], []])
    def test_with_half_of_the_paging_no_page_is_missed(
        self,
        provider: CredlyProvider,
        account: Account,
        stage: CredlyStage,
        monkeypatch: pytest.MonkeyPatch,
        told: list[str],
    ) -> None:
        def listed(*args: Any) -> Response:
            answer = CredlySandbox.listed(stage.sandbox, *args)
            body = json.loads(answer.get_data())
            body["metadata"] = {key: body["metadata"][key] and str(body["metadata"][key]) for key in told}
            return Response(json.dumps(body), mimetype="application/json")

        monkeypatch.setattr(stage.sandbox, "listed", listed)
        assert len(list(provider.list_templates(account))) == 60

    def test_a_full_page_that_repeats_without_paging_is_the_last(self, provider: CredlyProvider) -> None:
        rows = [{"id": str(number), "name": "Tide Survey", "state": "active"} for number in range(50)]
        assert len(self.pulled(provider, {"data": rows}, {"data": rows})) == 50

    def test_an_empty_page_is_the_last(self, provider: CredlyProvider) -> None:
        assert self.pulled(provider, {"data": [], "metadata": {"total_pages": 9}}) == []

    @pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": "1"}}])
    def test_an_answer_that_is_no_list_is_retriable(self, provider: CredlyProvider, body: object) -> None:
        with pytest.raises(Retriable, match="not a list"):
            self.pulled(provider, body)


class TestListBadges:
    @pytest.mark.parametrize("bulk", [True, False])
    def test_every_badge_of_every_page_comes_once(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, bulk: bool
    ) -> None:
        stage.sandbox.high_volume_available = bulk
        issued = [provider.issue(account, stage.learner(number)) for number in range(101)]
        stage.sandbox.reject(account.external_id, issued[7].external_id)
        stage.sandbox.requests.clear()
        listed = list(provider.list_badges(account))
        assert all(isinstance(badge, Receipt) for badge in listed)
        told = [(b.external_id, b.recipient_id) for b in listed if isinstance(b, Receipt)]
        assert told == [(b.external_id, b.recipient_id) for b in issued]
        assert [b.state for b in listed if isinstance(b, Receipt)].index(BadgeState.REJECTED) == 7
        assert len(stage.sandbox.requests) == (3 if bulk else 4)

    @pytest.mark.parametrize("bulk", [True, False])
    def test_a_badge_that_was_replaced_is_listed_as_over(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, bulk: bool
    ) -> None:
        stage.sandbox.high_volume_available = bulk
        first = provider.issue(account, stage.order()).external_id
        named = replace(stage.order(), recipient=replace(stage.order().recipient, full_name="Mira Hale"))
        second = provider.update(account, named, first).external_id
        listed = [badge for badge in provider.list_badges(account) if isinstance(badge, Receipt)]
        assert [(badge.external_id, badge.raw_state) for badge in listed] == [(first, "replaced"), (second, "pending")]

    def test_the_next_page_is_asked_of_our_own_host_and_path(self, provider: CredlyProvider) -> None:
        elsewhere = "https://evil.example/api/v1/organizations/another/badges?badge_format=minimal&after=a%2Bb"
        with responses.RequestsMock() as mock:
            mock.get(BULK, json={"data": [{"id": "1"}, None], "metadata": {"next_page_url": elsewhere}})
            mock.get(BULK, json={"data": [{"id": "1"}, {"id": "2"}], "metadata": {"next_page_url": None}})
            rows = list(provider.list_badges(PLAIN_ACCOUNT))
            assert [call.request.url for call in mock.calls] == [
                f"{BULK}?badge_format=default",
                f"{BULK}?badge_format=default&after=a%2Bb",
            ]
        assert rows[1] == UnreadableRow(where="page 1, row 2", why="it is not an object")
        assert [row.external_id for row in rows if isinstance(row, Receipt)] == ["1", "2"]

    @pytest.mark.parametrize(
        "metadata", [None, {}, [], {"next_page_url": 5}, {"next_page_url": ""}, {"next_page_url": "https://["}]
    )
    def test_without_a_link_there_is_one_page(self, provider: CredlyProvider, metadata: object) -> None:
        with responses.RequestsMock() as mock:
            mock.get(BULK, json={"data": [{"id": "1"}], "metadata": metadata})
            assert len(list(provider.list_badges(PLAIN_ACCOUNT))) == 1

    def test_a_link_that_repeats_ends_the_list(self, provider: CredlyProvider) -> None:
        with responses.RequestsMock() as mock:
            mock.get(BULK, json={"data": [{"id": "1"}], "metadata": {"next_page_url": f"{BULK}?after=1"}})
            assert len(list(provider.list_badges(PLAIN_ACCOUNT))) == 1
            assert len(mock.calls) == 2

    def test_a_list_without_an_end_is_left(self, provider: CredlyProvider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "MOST_PAGES", 2)
        with responses.RequestsMock() as mock:
            for page in "12":
                mock.get(BULK, json={"data": [], "metadata": {"next_page_url": f"{BULK}?after={page}"}})
            with pytest.raises(Retriable, match="does not end"):
                list(provider.list_badges(PLAIN_ACCOUNT))

    def test_a_wrong_key_is_told_as_such(self, provider: CredlyProvider, account: Account) -> None:
        with pytest.raises(Misconfigured, match="401"):
            list(provider.list_badges(replace(account, api_key="wrong")))
