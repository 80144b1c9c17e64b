"""Accredible's adapter keeps the contract, played against its sandbox."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from credentials_badges.contract.data import Account, IssueOrder
from credentials_badges.contract.errors import OutcomeUnknown, Retriable
from credentials_badges.contract.provider import Provider
from credentials_badges.sandbox import Faults
from providers.accredible.sandbox import AccredibleSandbox
from tests.contract_remote import RemoteProviderContract, RemoteStage
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

    def allow_duplicates(self) -> None:
        """The issuer lets the order's group have several credentials of one learner."""
        self._sandbox.issuers[ISSUER_ID].allow_duplicate_credentials.add(int(self._order.template_id))

    def held(self, order: IssueOrder) -> int:
        today = datetime.now(UTC).date().isoformat()
        return sum(
            str(row["group"]["id"]) == order.template_id
            and row["recipient_id"] == order.recipient.id
            and (row["expired_on"] or today) >= today
            for row in self._sandbox.credentials(ISSUER_ID)
        )


class TestAccredible(RemoteProviderContract):
    """As the sandbox is by default."""

    readings: ClassVar[dict[str, object]] = {}
    """Switches of the sandbox."""

    @pytest.fixture
    def stage(self, sandbox: AccredibleSandbox, order: IssueOrder) -> AccredibleStage:
        assert len(sandbox.issuers[ISSUER_ID].groups) > 50
        for name, value in self.readings.items():
            assert getattr(sandbox, name) != value
            setattr(sandbox, name, value)
        return AccredibleStage(sandbox, order)

    @pytest.fixture
    def several(self, stage: AccredibleStage) -> bool:
        stage.allow_duplicates()
        return True


class TestAccredibleReadOtherwise(TestAccredible):
    """Everything that is not documented, the other way round."""

    readings: ClassVar[dict[str, object]] = {
        "plain_401": True,
        "wrong_total_pages": True,
        "duplicate_as_string": True,
        "duplicate_status": 400,
        "repeated_id_refused": False,
        "expired_blocks": True,
        "unpublished_blocks": True,
        "own_id_get": False,
        "id_type": "str",
        "own_numbers": True,
        "times_refused": False,
        "early_expiry_refused": True,
        "bare_updates": True,
        "introduction_shape": True,
        "empty_query_refused": True,
        "cursor_at_end": True,
    }


class TestAccredibleWithoutVersion2(TestAccredible):
    """Neither the bulk create nor the search that are documented is there."""

    readings: ClassVar[dict[str, object]] = {"bulk_missing": True, "search_missing": True, "id_type": "int"}

    def test_a_lost_answer_about_many_leaves_each_of_them_to_be_found(
        self, provider: Provider, account: Account, stage: RemoteStage
    ) -> None:
        orders = [replace(stage.order(), key=f"one-by-one-{n}") for n in range(3)]
        stage.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue_many(account, orders)
        assert [type(result) for result in provider.issue_many(account, orders)] == [Retriable] * 3
        assert stage.held(orders[0]) == 0


class TestAccredibleWithoutCursors(TestAccredible):
    """The search as it was before 2026, in an account whose credentials are never published."""

    readings: ClassVar[dict[str, object]] = {"cursors": False, "sandbox_mode": True, "unpublished_blocks": True}
