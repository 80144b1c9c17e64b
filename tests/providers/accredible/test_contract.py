"""Accredible's adapter keeps the contract, played against its sandbox."""

from datetime import UTC, datetime

import pytest

from credentials_badges.contract.data import IssueOrder
from credentials_badges.sandbox import Faults
from providers.accredible.sandbox import AccredibleSandbox
from tests.contract_suite import RemoteProviderContract
from tests.providers.accredible.conftest import ISSUER_ID, KEY


class AccredibleStage:
    """The sandbox as the suite needs to see it."""

    secret = KEY

    def __init__(self, sandbox: AccredibleSandbox, order: IssueOrder) -> None:
        self._sandbox = sandbox
        self._order = order
        self.faults: Faults = sandbox.faults
        self.template_ids = {str(group_id) for group_id in sandbox.issuers[ISSUER_ID].groups}

    def order(self) -> IssueOrder:
        return self._order

    def held(self, order: IssueOrder) -> int:
        today = datetime.now(UTC).date().isoformat()
        return sum(
            str(row["group"]["id"]) == order.template_id
            and row["recipient_id"] == order.recipient.id
            and (row["expired_on"] or today) >= today
            for row in self._sandbox.credentials(ISSUER_ID)
        )


class TestAccredible(RemoteProviderContract):
    @pytest.fixture
    def stage(self, sandbox: AccredibleSandbox, order: IssueOrder) -> AccredibleStage:
        assert len(sandbox.issuers[ISSUER_ID].groups) > 50
        return AccredibleStage(sandbox, order)
