"""Every badge of an account, and what has changed since a moment."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import responses
import time_machine

from credentials_badges import http
from credentials_badges.contract.data import (
    Account,
    BadgeChanged,
    IssueOrder,
    Receipt,
    Recipient,
    TemplateChanged,
    UnreadableRow,
)
from credentials_badges.contract.errors import RateLimited, Rejected, Retriable
from credentials_badges.contract.states import BadgeState
from providers.accredible import client
from providers.accredible.provider import AccredibleProvider
from providers.accredible.sandbox import AccredibleSandbox
from tests.providers.accredible.conftest import ISSUER_ID, ROOT, calls

SEARCH = ROOT + "v2/credentials/search"


def fill(provider: AccredibleProvider, account: Account, order: IssueOrder, count: int, group: int = 418201) -> None:
    """Issue so many badges of a group, in bulk."""
    orders = [
        replace(
            order,
            key=f"{group}-{number}",
            template_id=str(group),
            recipient=Recipient(id=f"l-{number}", email=f"l{number}@learners.example", full_name=f"L {number}"),
        )
        for number in range(count)
    ]
    for start in range(0, count, provider.batch):
        assert all(
            isinstance(result, Receipt)
            for result in provider.issue_many(account, orders[start : start + provider.batch])
        )


def ids(provider: AccredibleProvider, account: Account) -> list[str]:
    """The ids of all badges, in the order in which they are told."""
    return [badge.external_id for badge in provider.list_badges(account) if isinstance(badge, Receipt)]


def page(first: int, cursor: str | None = None, count: int = 50) -> dict[str, Any]:
    """A page of so many credentials, as the search of version 2 tells it."""
    return {"credentials": [{"id": first + n, "approve": True} for n in range(count)], "meta": {"cursor": cursor}}


@pytest.mark.parametrize("count", [0, 49, 50, 51, 100, 101])
@pytest.mark.parametrize(
    "switches",
    [{}, {"cursor_at_end": True}, {"cursors": False}, {"search_missing": True}, {"empty_query_refused": True}],
)
def test_every_badge_of_every_page_comes_once(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    count: int,
    switches: Mapping[str, bool],
) -> None:
    for name, value in switches.items():
        setattr(sandbox, name, value)
    fill(provider, account, order, count)
    held = [str(row["id"]) for row in sandbox.credentials(ISSUER_ID)]
    sandbox.requests.clear()
    assert ids(provider, account) == held
    searches = [call for call in calls(sandbox) if call.startswith("POST")]
    assert len(searches) <= count // 50 + 2


def test_what_is_beyond_the_reach_of_offsets_is_searched_group_by_group(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "REACH", 100)
    sandbox.reach, sandbox.cursors = 100, False
    for group, count in ((418201, 60), (418202, 70), (418255, 5)):
        fill(provider, account, order, count, group)
    told = ids(provider, account)
    assert len(told) == len(set(told)) == 135
    assert set(told) == {str(row["id"]) for row in sandbox.credentials(ISSUER_ID)}
    fill(provider, account, order, 101, 418203)
    with pytest.raises(Rejected, match="100 credentials of a group"):
        ids(provider, account)


def test_a_cursor_reaches_beyond_offsets(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "REACH", 100)
    sandbox.reach = 100
    fill(provider, account, order, 151)
    assert len(ids(provider, account)) == 151


@pytest.mark.parametrize(
    ("pages", "count", "asked"),
    [
        ([page(1, "a"), page(51, "a")], 100, 2),  # A repeated cursor.
        ([page(1, "a"), page(51, None)], 100, 2),  # A null.
        ([page(1, "a"), page(51, "")], 100, 2),  # An empty one.
        ([page(1, "a"), page(51) | {"meta": {"cursor": {"after": 100}}}], 100, 2),  # One that is no text.
        ([page(1, "a"), {"credentials": page(51)["credentials"]}], 100, 2),  # None at all.
        ([page(1, "a"), page(51, "b", count=0)], 50, 2),  # An empty page.
        ([page(1, "a"), page(51, None, count=9)], 59, 2),  # A short page.
        ([page(1, "a", count=49), page(51, "b", count=9), page(60, "c", count=0)], 58, 3),  # Not a short one alone.
        ([page(1, "a"), page(1, "b")], 50, 2),  # The same page again.
        ([page(1), page(1)], 50, 2),
        ([page(1), page(40), page(90, count=0)], 89, 3),  # Rows that moved on to the next page.
    ],
)
def test_each_sign_of_the_last_page_is_taken(
    provider: AccredibleProvider,
    account: Account,
    canned: responses.RequestsMock,
    pages: list[dict[str, Any]],
    count: int,
    asked: int,
) -> None:
    for body in pages:
        search = canned.post(SEARCH, json=body)
    assert len(ids(provider, account)) == count
    assert len(canned.calls) == asked
    assert search.call_count == 1


def test_a_list_that_does_not_end_is_not_taken_for_whole(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 3)
    for number in range(3):
        canned.post(SEARCH, json=page(1 + 50 * number, base64.b64encode(bytes([number])).decode()))
    with pytest.raises(Retriable, match="does not end"):
        ids(provider, account)


def test_a_badge_that_cannot_be_read_is_told_and_the_others_go_on(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.post(SEARCH, json={"credentials": [{"id": 1}, "junk", {"id": 2}], "meta": {}})
    first, second, third = provider.list_badges(account)
    assert isinstance(first, Receipt)
    assert second == UnreadableRow(where="page 1, row 2", why="it is not an object")
    assert isinstance(third, Receipt)


def test_version_1_says_whose_badge_it_is_though_its_search_does_not(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder
) -> None:
    sandbox.search_missing = True
    issued = provider.issue(account, order)
    assert list(provider.list_badges(account)) == [issued]


def test_what_is_deleted_between_list_and_reading_is_left_out_and_what_is_private_stays_as_listed(
    provider: AccredibleProvider, account: Account, canned: responses.RequestsMock
) -> None:
    canned.post(SEARCH, status=404)
    rows: list[dict[str, Any]] = [{"id": 1}, {"id": 2}, {}, {"id": 3, "name": "Private"}]
    canned.post(ROOT + "v1/credentials/search", json={"credentials": rows, "meta": {}})
    canned.get(ROOT + "v1/credentials/3", json={"errors": "Private Certificate, use key"}, status=403)
    canned.get(ROOT + "v1/issuer/details", json={"issuer": {"id": ISSUER_ID}})
    canned.get(ROOT + "v1/credentials/1", status=404)
    canned.get(ROOT + "v1/credentials/2", json={"credential": {"id": "2", "approve": True}})
    badge, unreadable, private = provider.list_badges(account)
    assert isinstance(badge, Receipt)
    assert (badge.external_id, badge.state) == ("2", BadgeState.ACCEPTED)
    assert isinstance(unreadable, UnreadableRow)
    assert isinstance(private, Receipt)
    assert (private.external_id, private.state) == ("3", BadgeState.UNKNOWN)


@pytest.mark.parametrize("search_missing", [True, False])
def test_changes_are_those_since_the_day_before(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox, order: IssueOrder, search_missing: bool
) -> None:
    sandbox.search_missing = search_missing
    days = {}
    for day in (11, 12, 13, 14):
        with time_machine.travel(datetime(2026, 9, day, 12, tzinfo=UTC), tick=False):
            learner = Recipient(id=f"l-{day}", email=f"l{day}@learners.example", full_name="L")
            days[day] = provider.issue(account, replace(order, key=f"key-{day}", recipient=learner)).external_id
    since = datetime(2026, 9, 14, 0, 30, tzinfo=UTC)
    changed = [each.receipt.external_id for each in provider.changes(account, since) if isinstance(each, BadgeChanged)]
    assert changed == [days[13], days[14]]
    with time_machine.travel(datetime(2026, 9, 14, 13, tzinfo=UTC), tick=False):
        renamed = Recipient(id="l-11", email="l11@learners.example", full_name="Lea")
        provider.update(account, replace(order, key="key-11", recipient=renamed), days[11])
    changed = [each.receipt.external_id for each in provider.changes(account, since) if isinstance(each, BadgeChanged)]
    assert set(changed) == {days[11], days[13], days[14]}


def test_changed_groups_come_with_their_images_and_unchanged_ones_cost_no_pass_over_designs(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    since = datetime(2026, 9, 14, 0, 30, tzinfo=UTC)
    assert list(provider.changes(account, since)) == []
    assert calls(sandbox) == ["POST /v1/issuer/groups/search", "POST /v2/credentials/search"]
    sandbox.issuers[ISSUER_ID].groups[418203]["updated_at"] = "2026-09-13T08:00:00.000Z"
    (change,) = provider.changes(account, since)
    assert isinstance(change, TemplateChanged)
    assert change.template.external_id == "418203"
    assert change.template in list(provider.list_templates(account))
    assert change.template.image_url


def test_a_day_is_asked_for_without_a_time(
    provider: AccredibleProvider, account: Account, sandbox: AccredibleSandbox
) -> None:
    list(provider.changes(account, datetime(2026, 9, 14, 23, 59, tzinfo=UTC)))
    list(provider.list_badges(account))
    groups, recent, everything = (body for _, _, body in sandbox.requests)
    assert groups["start_updated_date"] == "2026-09-13"
    assert recent["query"] == {"updated_at[gte]": "2026-09-13"}
    assert date.fromisoformat(everything["query"]["updated_at[gte]"]).year < 2013


@pytest.mark.parametrize("what", ["list_templates", "list_badges", "changes"])
def test_a_list_waits_for_its_turn_and_a_single_call_does_not(
    provider: AccredibleProvider,
    account: Account,
    sandbox: AccredibleSandbox,
    order: IssueOrder,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    full = [True, False] * 9
    waits: list[float] = []

    def take_turn(host: str, pace: http.Pace) -> None:
        if full.pop(0):
            raise RateLimited("full", after=2)

    monkeypatch.setattr(http, "_take_turn", take_turn)
    monkeypatch.setattr(http.time, "sleep", waits.append)
    since = [datetime(2026, 9, 14, tzinfo=UTC)] if what == "changes" else []
    list(getattr(provider, what)(account, *since))
    assert waits == [2.0] * len(sandbox.requests)
    with pytest.raises(RateLimited):
        provider.find(account, order)
