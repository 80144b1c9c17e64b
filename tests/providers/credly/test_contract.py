"""Credly keeps the contract that all adapters keep."""

import pytest

from credentials_badges.contract.data import Account
from providers.credly.provider import CredlyProvider
from tests.contract_suite import RemoteProviderContract
from tests.providers.credly.conftest import CredlyStage


class TestCredly(RemoteProviderContract):
    """Each fixture hands on the one of the same name in ``conftest.py``."""

    @pytest.fixture
    def provider(self, provider: CredlyProvider) -> CredlyProvider:
        return provider

    @pytest.fixture
    def account(self, account: Account) -> Account:
        return account

    @pytest.fixture
    def stage(self, stage: CredlyStage) -> CredlyStage:
        return stage
