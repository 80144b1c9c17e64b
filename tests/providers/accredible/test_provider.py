"""What Accredible alone does, and what its adapter makes of it."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import responses

from credentials_badges.contract.data import Account, IssueOrder, TemplateData, UnreadableRow
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)
from credentials_badges.contract.states import BadgeState
from credentials_badges.http import Pace
from credentials_badges.sandbox import serve
from providers.accredible.client import Client
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, KEY, ROOT, calls, withdrawal


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
    assert [body for _, _, body in sandbox.requests] == [{"page_size": 50, "page": page} for page in (1, 1, 2, 2)]


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


@pytest.mark.parametrize("body", [{"surprise": True}, {}, {"groups": None}])
def test_an_answer_without_groups_is_not_an_empty_list(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, body: dict[str, Any]
) -> None:
    canned.post(ROOT + "v1/issuer/groups/search", json=body)
    with pytest.raises(Retriable, match="groups"):
        list(provider.list_templates(account))


@pytest.mark.parametrize("last", [{"next_page": None}, {"next_page": "2"}])
def test_the_number_of_the_next_page_may_be_text(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, last: dict[str, Any]
) -> None:
    canned.post(ROOT + "v1/designs/search", json={})
    groups = [{"id": number} for number in range(1, 61)]
    canned.post(ROOT + "v1/issuer/groups/search", json={"groups": groups[:50], "meta": {"next_page": "2"}})
    canned.post(ROOT + "v1/issuer/groups/search", json={"groups": groups[50:], "meta": last})
    assert len(list(provider.list_templates(account))) == 60


@pytest.mark.parametrize("meta", [None, {}, {"next_page": "soon"}, {"next_page": 1}, {"next_page": True}])
def test_a_full_page_that_does_not_say_whether_it_is_the_last_is_not_taken_for_it(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, meta: dict[str, Any] | None
) -> None:
    canned.post(ROOT + "v1/designs/search", json={"designs": []})
    canned.post(ROOT + "v1/issuer/groups/search", json={"groups": [{"id": n} for n in range(1, 51)], "meta": meta})
    with pytest.raises(Retriable, match="whether more groups follow"):
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
        provider.issue(account, replace(order, doubted_for=9.0))


@pytest.mark.parametrize(
    ("why", "kind"),
    [("issuer_token not valid", Misconfigured), ("Invalid token", Misconfigured), ("token@x.example is odd", Rejected)],
)
def test_success_false_can_mean_a_bad_key(
    provider: AccredibleProvider,
    account: Account,
    order: IssueOrder,
    canned: responses.RequestsMock,
    why: str,
    kind: type[ProviderError],
) -> None:
    canned.post(ROOT + "v1/credentials", json={"success": False, "data": why})
    with pytest.raises(kind):
        provider.issue(account, order)


@pytest.mark.parametrize("bad", [["x"], True, 1.5, {"a": 1}])
def test_an_id_that_is_none_leaves_the_outcome_unknown(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock, bad: object
) -> None:
    canned.post(ROOT + "v1/credentials", json={"credential": {"id": bad, "approve": True}})
    with pytest.raises(OutcomeUnknown):
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


def test_a_refusal_without_a_status_can_mean_that_nothing_is_there(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    body = {"success": False, "data": "No credential with the id given in your account"}
    canned.put(ROOT + "v1/credentials/7", json=body)
    gone = provider.revoke(account, withdrawal("7"))
    assert (gone.state, gone.raw_state) == (BadgeState.REVOKED, "gone")


@pytest.mark.parametrize("status", [400, 422])
def test_an_invalid_group_is_rejected_and_no_duplicate(
    provider: AccredibleProvider, account: Account, order: IssueOrder, canned: responses.RequestsMock, status: int
) -> None:
    canned.post(ROOT + "v1/credentials", json={"errors": "Invalid group"}, status=status)
    with pytest.raises(Rejected, match="Invalid group") as caught:
        provider.issue(account, order)
    assert not isinstance(caught.value, AlreadyIssued)


@pytest.mark.parametrize("credential_id", ["", ".", ".."])
def test_an_id_that_would_name_another_path_is_never_sent(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, credential_id: str
) -> None:
    assert provider.revoke(account, withdrawal(credential_id)).raw_state == "gone"
    assert not sandbox.requests


def test_an_id_is_quoted(provider: AccredibleProvider, account: Account, canned: responses.RequestsMock) -> None:
    put = canned.put(re.compile("."), status=404)
    provider.revoke(account, withdrawal("../issuer/details?a=b"))
    assert put.calls[0].request.url == ROOT + "v1/credentials/..%2Fissuer%2Fdetails%3Fa%3Db"


def test_every_call_takes_its_turn_and_no_30_seconds_hold_more_than_200(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    turns: list[tuple[str, Pace]],
) -> None:
    provider.issue(account, order)
    list(provider.list_badges(account))
    list(provider.list_templates(account))
    (turn,) = set(turns)
    assert turn[0] == "api.accredible.com"
    assert len(turns) == len(sandbox.requests)
    windows_touched = -(-30 // turn[1].seconds) + 1
    assert turn[1].calls * windows_touched <= 200


def test_a_window_that_is_full_is_told_as_such(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    sandbox.window_limit = 0
    with pytest.raises(RateLimited) as caught:
        provider.check(account)
    assert caught.value.after is None


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
