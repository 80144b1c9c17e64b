"""Whether an account at Credly is what it says it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import responses

from credentials_badges.contract.data import Account
from credentials_badges.contract.errors import Misconfigured, Retriable
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import KEY, ORG, PLAIN_ACCOUNT, CredlyStage, revocation


class TestCheck:
    def test_an_account_without_an_id_takes_the_only_organization(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        assert provider.check(replace(account, external_id="")).external_id == stage.organization_id
        stage.sandbox.add_organization("Second Campus", KEY, 0)
        with pytest.raises(Misconfigured, match="2 organizations"):
            provider.check(replace(account, external_id=""))
        with pytest.raises(Misconfigured, match="organization"):
            list(provider.list_templates(replace(account, external_id="")))

    def test_the_header_is_the_key_with_a_colon(self, provider: CredlyProvider) -> None:
        with responses.RequestsMock() as mock:
            mock.get(f"{BASE_URL}organizations/{ORG}", json={"data": {"id": ORG, "name": "Harbour"}, "metadata": {}})
            provider.check(replace(PLAIN_ACCOUNT, api_key="abc"))
            assert mock.calls[0].request.headers["Authorization"] == "Basic YWJjOg=="

    @pytest.mark.parametrize("wrong", ["nobody", "../badges", "a/b", "x?page=2", ".", ".."])
    def test_an_unknown_organization_is_a_misconfiguration(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, wrong: str
    ) -> None:
        elsewhere = replace(account, external_id=wrong)
        for call in (
            lambda: provider.check(elsewhere),
            lambda: list(provider.list_templates(elsewhere)),
            lambda: provider.issue(elsewhere, stage.order()),
            lambda: provider.find(elsewhere, stage.order()),
            lambda: provider.revoke(elsewhere, revocation("some-badge")),
        ):
            with pytest.raises(Misconfigured, match="organization"):
                call()

    def test_the_key_of_another_organization_and_an_expired_key_are_misconfigurations(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        with pytest.raises(Misconfigured, match="403"):
            provider.check(replace(account, api_key="another-key"))
        stage.sandbox.expired_keys.add(KEY)
        with pytest.raises(Misconfigured, match="401"):
            provider.check(account)

    @pytest.mark.parametrize("data", [None, [], {"id": ORG}])
    def test_an_answer_without_an_organization_is_retriable(self, provider: CredlyProvider, data: object) -> None:
        with responses.RequestsMock() as mock:
            mock.get(f"{BASE_URL}organizations/{ORG}", json={"data": data})
            with pytest.raises(Retriable, match="cannot be used"):
                provider.check(PLAIN_ACCOUNT)


class TestKeyExpiry:
    def test_the_end_of_the_key_is_told(self, provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
        for number in range(60):
            other = {"token": f"other-{number}", "expires_at": "2030-01-01T00:00:00.000Z"}
            stage.organization.tokens.insert(0, {**stage.organization.tokens[0], **other})
        ends = datetime(2027, 3, 13, 10, 22, 31, tzinfo=UTC)
        assert provider.check(account).key_expires_at == ends

    def test_a_key_that_may_not_ask_works_all_the_same(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.sandbox.tokens_readable = False
        info = provider.check(account)
        assert (info.external_id, info.key_expires_at) == (account.external_id, None)

    @pytest.mark.parametrize("fault", ["unavailable", "throttled", "html"])
    def test_a_failing_list_of_keys_is_no_failure(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, fault: str
    ) -> None:
        stage.faults.planned.extend(["fine", fault])
        assert provider.check(account).key_expires_at is None

    @pytest.mark.parametrize("data", [None, [None, {"token": 5}, {"token": KEY, "expires_at": "soon"}]])
    def test_a_list_of_another_shape_is_no_failure(self, provider: CredlyProvider, data: object) -> None:
        with responses.RequestsMock() as mock:
            mock.get(f"{BASE_URL}organizations/{ORG}", json={"data": {"id": ORG, "name": "Harbour"}})
            mock.get(f"{BASE_URL}organizations/{ORG}/authorization_tokens", json={"data": data})
            assert provider.check(PLAIN_ACCOUNT).key_expires_at is None

    def test_a_key_stops_on_its_day(self, provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
        stage.now += timedelta(days=180, seconds=-1).total_seconds()
        assert provider.check(account).name
        stage.now += 1
        with pytest.raises(Misconfigured, match="401"):
            provider.check(account)

    def test_a_key_that_may_only_read_is_a_misconfiguration_when_it_issues(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage
    ) -> None:
        stage.organization.tokens[0]["write_enabled"] = False
        assert provider.check(account).name
        with pytest.raises(Misconfigured):
            provider.issue(account, stage.order())

    @pytest.mark.parametrize("html", [True, False])
    def test_an_ended_key_and_a_missing_thing_are_told_though_the_answer_is_a_page(
        self, provider: CredlyProvider, account: Account, stage: CredlyStage, html: bool
    ) -> None:
        stage.sandbox.html_errors = html
        assert provider.revoke(account, revocation("unknown")).raw_state == "gone"
        stage.sandbox.expire_key(KEY)
        with pytest.raises(Misconfigured, match="401"):
            provider.check(account)
