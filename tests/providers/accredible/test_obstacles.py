"""What stands in the way of a badge at Accredible, and what is said about it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import responses
import time_machine

from credentials_badges.contract.data import Account, IssueOrder, Receipt
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, NotYet, Rejected
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, ROOT, withdrawal

PRIVATE = {"errors": "Private Certificate, use key"}
ISSUER = {"issuer": {"id": ISSUER_ID, "name": "Harbour Point Institute"}}


def taken_back(provider: AccredibleProvider, account: Account, order: IssueOrder) -> tuple[Receipt, IssueOrder]:
    """A badge that was awarded and taken back, and the order to award it once more, on the same day."""
    issued = provider.issue(account, order)
    provider.revoke(account, withdrawal(issued.external_id))
    taken = frozenset({issued.external_id})
    return issued, replace(order, key="0c6c1a3e-6d0b-4d8e-9d55-0f3c5f3a9b02", taken=taken)


def test_what_expired_only_today_is_in_the_way_until_tomorrow(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.early_expiry_refused = True
    with time_machine.travel(order.issued_at, tick=False):
        first, again = taken_back(provider, account, order)
        with pytest.raises(NotYet, match=first.external_id) as caught:
            provider.issue(account, again)
    assert caught.value.after == 3600
    with time_machine.travel(datetime(2026, 9, 15, 0, 1, tzinfo=UTC), tick=False):
        assert provider.issue(account, again).external_id != first.external_id


def test_an_expired_credential_that_stays_in_the_way_is_named_and_what_to_do_about_it(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.expired_blocks = True
    first, again = taken_back(provider, account, order)
    with pytest.raises(Rejected, match=f"expired {first.external_id}: delete") as caught:
        provider.issue(account, again)
    assert not isinstance(caught.value, AlreadyIssued)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, replace(again, doubted_for=9.0))
    sandbox.delete(first.external_id)
    assert provider.issue(account, again).external_id


def test_another_live_badge_of_the_learner_is_no_expired_one(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    live = provider.issue(account, order)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, replace(order, key="another", taken=frozenset({live.external_id})))


def test_a_credential_that_is_kept_from_the_key_is_no_fault_of_the_key(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.get(ROOT + "v1/issuer/details", json=ISSUER)
    canned.get(ROOT + f"v1/credentials/{order.key}", json=PRIVATE, status=403)
    canned.post(ROOT + "v2/credentials/search", json={"credentials": []})
    assert provider.find(account, order) is None


def test_what_a_search_names_and_the_key_cannot_read_is_not_taken_for_absent(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.get(ROOT + "v1/issuer/details", json=ISSUER)
    canned.get(ROOT + f"v1/credentials/{order.key}", status=404)
    canned.post(ROOT + "v2/credentials/search", json={"credentials": [{"id": 7}]})
    canned.get(ROOT + "v1/credentials/7", json=PRIVATE, status=403)
    with pytest.raises(Rejected, match="Private Certificate"):
        provider.find(account, order)


def test_after_one_that_cannot_be_read_the_others_are_looked_at(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.get(ROOT + "v1/issuer/details", json=ISSUER)
    canned.get(ROOT + f"v1/credentials/{order.key}", status=404)
    canned.post(ROOT + "v2/credentials/search", json={"credentials": [{"id": 7}, {"id": 8}]})
    canned.get(ROOT + "v1/credentials/7", json=PRIVATE, status=403)
    ours = {"id": 8, "approve": True, "group_id": 418201, "meta_data": {"award_key": order.key}}
    canned.get(ROOT + "v1/credentials/8", json={"credential": ours})
    found = provider.find(account, order)
    assert found is not None
    assert found.external_id == "8"


def test_a_key_that_is_bad_everywhere_is_a_misconfiguration(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.get(ROOT + "v1/issuer/details", json={"errors": "No"}, status=403)
    canned.get(ROOT + f"v1/credentials/{order.key}", json=PRIVATE, status=403)
    with pytest.raises(Misconfigured, match="issuer/details"):
        provider.find(account, order)
