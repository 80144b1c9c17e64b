"""What Accredible alone does, and what its adapter makes of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import responses
import time_machine

from credentials_badges.contract.data import Account, IssueOrder, Recipient, RevokeOrder, TemplateData, UnreadableRow
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, OutcomeUnknown, Rejected, Retriable
from credentials_badges.contract.states import BadgeState
from credentials_badges.sandbox import serve
from providers.accredible.client import Client
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, KEY

ROOT = "https://api.accredible.com/"


def calls(sandbox: AccredibleSandbox) -> list[str]:
    return [f"{method} {path}" for method, path, _ in sandbox.requests]


def withdrawal(external_id: str) -> RevokeOrder:
    return RevokeOrder(key="6f1c1b62-0000-4000-8000-00000000000f", external_id=external_id, reason="No longer earned")


@pytest.fixture
def canned() -> Iterator[responses.RequestsMock]:
    """Accredible, answering one prepared thing."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize("base_url", ["", ROOT, ROOT[:-1], ROOT + "v1", ROOT + "v1/"])
def test_the_address_is_taken_with_and_without_the_version(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, base_url: str
) -> None:
    account = replace(account, base_url=base_url)
    assert provider.check(account).external_id == str(ISSUER_ID)
    assert provider.find(account, order) is None
    assert "POST /v2/credentials/search" in calls(sandbox)


def test_the_key_is_sent_in_the_documented_form(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    details = canned.get(ROOT + "v1/issuer/details", json={"issuer": {"id": 7, "name": "Seven"}})
    assert provider.check(account).external_id == "7"
    assert details.calls[0].request.headers["Authorization"] == f"Token token={KEY}"


def test_each_page_is_read_once_and_no_group_by_itself(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    rows = [row for row in provider.list_templates(account) if isinstance(row, TemplateData)]
    assert all(row.image_url for row in rows)
    assert Counter(calls(sandbox)) == {"POST /v1/designs/search": 2, "POST /v1/issuer/groups/search": 2}
    assert [body for _, _, body in sandbox.requests] == [{"page_size": 50, "page": page} for page in (1, 2, 1, 2)]


def test_the_next_page_is_trusted_rather_than_the_number_of_pages(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    sandbox.wrong_total_pages = True
    assert len(list(provider.list_templates(account))) == 55


def test_an_unreadable_group_is_told_and_the_others_go_on(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    groups = sandbox.issuers[ISSUER_ID].groups
    del groups[418201 + 51]["id"]
    rows = list(provider.list_templates(account))
    assert [row for row in rows if isinstance(row, UnreadableRow)] == [
        UnreadableRow(where="page 2, row 2", why="it has no id")
    ]
    assert len(rows) == 55


def test_pages_that_do_not_grow_end_the_pull_and_rows_come_once(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.post(ROOT + "v1/designs/search", json={"designs": []})
    pages = canned.post(
        ROOT + "v1/issuer/groups/search", json={"groups": [{"id": 1}, {"id": "1"}], "meta": {"next_page": 2}}
    )
    assert [row.external_id for row in provider.list_templates(account) if isinstance(row, TemplateData)] == ["1"]
    assert pages.call_count == 2


def test_designs_that_repeat_end_their_pass(account: Account, canned: responses.RequestsMock) -> None:
    designs = canned.post(ROOT + "v1/designs/search", json={"designs": [{"id": number} for number in range(50)]})
    assert len(list(Client(account).designs())) == 50
    assert designs.call_count == 2


@pytest.mark.parametrize(("status", "body"), [(404, {"error": "Not found"}), (403, {"errors": "No"}), (200, {})])
def test_templates_come_without_images_if_designs_cannot_be_listed(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, status: int, body: dict[str, str]
) -> None:
    canned.post(ROOT + "v1/designs/search", status=status, json=body)
    canned.post(ROOT + "v1/issuer/groups/search", json={"groups": [{"id": 1}], "meta": {"next_page": None}})
    assert len(list(provider.list_templates(account))) == 1


def test_an_answer_without_groups_is_not_an_empty_list(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.post(ROOT + "v1/designs/search", json={"designs": []})
    canned.post(ROOT + "v1/issuer/groups/search", json={"surprise": True})
    with pytest.raises(Rejected, match="groups"):
        list(provider.list_templates(account))


def test_success_false_is_a_failure_whatever_the_status(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    body = {"success": False, "data": "Email has already been taken"}
    canned.get(ROOT + "v1/issuer/details", json=body)
    canned.post(ROOT + "v1/credentials", json=body)
    with pytest.raises(Rejected, match="success: false"):
        provider.check(account)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, order)


def test_an_answer_without_a_credential_leaves_the_outcome_unknown(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock
) -> None:
    canned.post(ROOT + "v1/credentials", json={"credential": {"approve": True}})
    canned.get(ROOT + f"v1/credentials/{order.key}", json={})
    with pytest.raises(OutcomeUnknown):
        provider.issue(account, order)
    with pytest.raises(Retriable) as caught:
        provider.find(account, order)
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_plain_401_is_a_misconfiguration(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    sandbox.plain_401 = True
    with pytest.raises(Misconfigured):
        provider.check(replace(account, api_key="wrong"))


def test_a_template_of_another_provider_is_rejected_without_a_call(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    with pytest.raises(Rejected):
        provider.issue(account, replace(order, template_id="00000000-0000-4000-8000-000000000000"))
    assert not sandbox.requests


@pytest.mark.parametrize("as_string", [True, False])
@pytest.mark.parametrize("key", ["same", "other"])
def test_a_duplicate_is_told_whatever_its_shape(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    as_string: bool,
    key: str,
) -> None:
    sandbox.duplicate_as_string = as_string
    provider.issue(account, order)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, order if key == "same" else replace(order, key="another-promise"))


def test_without_credits_the_badge_waits_and_is_found_waiting(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.credits = 0
    issued = provider.issue(account, order)
    assert (issued.state, issued.raw_state) == (BadgeState.PENDING, "unpublished")
    found = provider.find(account, order)
    assert found is not None
    assert found.state is BadgeState.PENDING


def test_what_the_search_does_not_show_yet_is_found_by_our_own_id(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.search_lag = 60
    issued = provider.issue(account, order)
    sandbox.requests.clear()
    assert provider.find(account, order) == issued
    assert calls(sandbox) == [f"GET /v1/credentials/{order.key}"]


def test_a_badge_that_was_issued_by_hand_is_found_by_its_address(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    by_hand = {"recipient": {"name": "Mira", "email": "mira.okafor@learners.example"}, "group_id": 418201}
    held = Client(account).create(by_hand)
    sandbox.requests.clear()
    found = provider.find(account, order)
    assert found is not None
    assert (found.external_id, found.url) == (held["id"], held["url"])
    page = {"from": 0, "size": 50}
    assert [body for method, _, body in sandbox.requests if method == "POST"] == [
        {"query": {"license_id": order.key}, "page": page},
        {"query": {"group.id": 418201, "recipient_id": "learner-1"}, "page": page},
        {"query": {"group.id": 418201, "recipient_email": "mira.okafor@learners.example"}, "page": page},
    ]


def test_another_learner_of_the_same_address_is_not_adopted(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    provider.issue(account, order)
    heir = Recipient(id="learner-2", email=order.recipient.email, full_name="Mira's Heir")
    inherited = replace(order, key="0c6c1a3e-6d0b-4d8e-9d55-0f3c5f3a9b02", recipient=heir)
    with pytest.raises(AlreadyIssued):
        provider.issue(account, inherited)
    assert provider.find(account, inherited) is None


@time_machine.travel("2026-10-03T00:30:00+02:00", tick=False)
def test_revoking_lets_the_credential_expire_yesterday_in_utc(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    issued = provider.issue(account, order)
    gone = provider.revoke(account, withdrawal(issued.external_id))
    assert (gone.state, gone.raw_state) == (BadgeState.EXPIRED, "expired")
    assert sandbox.requests[-1] == (
        "PUT",
        f"/v1/credentials/{issued.external_id}",
        {"credential": {"expired_on": "2026-10-01"}},
    )


def test_revoking_what_was_deleted_is_calm(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    issued = provider.issue(account, order)
    sandbox.issuers[ISSUER_ID].held.clear()
    gone = provider.revoke(account, withdrawal(issued.external_id))
    assert (gone.external_id, gone.state, gone.raw_state) == (issued.external_id, BadgeState.REVOKED, "gone")


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_over_real_http_a_lost_answer_makes_one_badge(
    provider: AccredibleProvider, account: Account, order: IssueOrder
) -> None:
    sandbox = AccredibleSandbox()
    sandbox.add_issuer("Harbour Point Institute", KEY, groups=55, id=ISSUER_ID)
    with serve(sandbox) as url:
        account = replace(account, base_url=f"{url}v1/")
        assert len(list(provider.list_templates(account))) == 55
        sandbox.faults.planned.append("lost")
        with pytest.raises(OutcomeUnknown):
            provider.issue(account, order)
        found = provider.find(account, order)
    assert found is not None
    assert [str(row["id"]) for row in sandbox.credentials(ISSUER_ID)] == [found.external_id]
