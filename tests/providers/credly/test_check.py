"""Whether an account at Credly is what it says it is."""

from dataclasses import replace

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
