"""What has changed at Credly since a certain time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import responses

from credentials_badges.contract.data import (
    Account,
    BadgeChanged,
    BadgeGone,
    Change,
    TemplateChanged,
    TemplateGone,
)
from credentials_badges.contract.errors import Misconfigured, Retriable
from credentials_badges.contract.states import BadgeState
from providers.credly.client import BASE_URL
from providers.credly.provider import CredlyProvider
from tests.providers.credly.conftest import ORG, PLAIN_ACCOUNT, CredlyStage

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVENTS = f"{BASE_URL}organizations/{ORG}/events"


def event(seconds: int, badge_id: str = "b", state: str = "pending", **changes: object) -> dict[str, object]:
    """An event about a badge, so many seconds after noon."""
    moment = datetime(2026, 10, 10, 12, tzinfo=UTC) + timedelta(seconds=seconds)
    told = {"event_type": "badge.state.changed", "organization_id": ORG, "occurred_at": moment.isoformat()}
    return {**told, "badge": {"id": badge_id, "state": state}, **changes}


def told(provider: CredlyProvider, pages: list[list[object]], since: datetime = LONG_AGO) -> list[Change]:
    """The changes that those pages of events amount to; each page is asked for."""
    with responses.RequestsMock() as mock:
        for page in pages:
            mock.get(EVENTS, json={"data": page, "metadata": {"total_pages": 99}})
        return list(provider.changes(PLAIN_ACCOUNT, since))


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_last_word_about_each_thing_is_told_oldest_first(
    provider: CredlyProvider, account: Account, stage: CredlyStage, newest_first: bool
) -> None:
    sandbox, org = stage.sandbox, account.external_id
    sandbox.events_newest_first = newest_first
    badges = [provider.issue(account, stage.learner(number)).external_id for number in range(3)]
    first, second, *_ = (row["id"] for row in stage.templates())
    steps: list[Callable[[], None]] = [
        lambda: sandbox.change_template(org, first, name="Renamed"),
        lambda: sandbox.accept(org, badges[0]),
        lambda: sandbox.change_template(org, first, name="Renamed again"),
        lambda: sandbox.reject(org, badges[1]),
        lambda: sandbox.delete_badge(org, badges[2]),
        lambda: sandbox.delete_template(org, second),
    ]
    for happens in steps:
        stage.now += 1
        happens()
    sandbox.requests.clear()
    accepted, renamed, rejected, *gone = provider.changes(account, LONG_AGO)
    assert isinstance(accepted, BadgeChanged)
    assert (accepted.receipt.external_id, accepted.receipt.state) == (badges[0], BadgeState.ACCEPTED)
    assert isinstance(renamed, TemplateChanged)
    assert (renamed.template.external_id, renamed.template.name) == (first, "Renamed again")
    assert isinstance(rejected, BadgeChanged)
    assert rejected.receipt.state is BadgeState.REJECTED
    assert gone == [BadgeGone(external_id=badges[2]), TemplateGone(external_id=second)]
    assert stage.calls() == 1


def test_what_is_older_is_not_told(provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
    provider.issue(account, stage.learner(0))
    stage.now += 3600
    badge_id = provider.issue(account, stage.learner(1)).external_id
    since = datetime.fromtimestamp(stage.now - 60, UTC)
    (change,) = provider.changes(account, since)
    assert isinstance(change, BadgeChanged)
    assert change.receipt.external_id == badge_id


@pytest.mark.parametrize(("newest_first", "calls"), [(True, 1), (False, 3)])
def test_a_list_is_left_early_only_if_it_goes_back_in_time(
    provider: CredlyProvider, account: Account, stage: CredlyStage, newest_first: bool, calls: int
) -> None:
    stage.sandbox.events_newest_first = newest_first
    for _ in range(120):
        stage.now += 60
        stage.webhook()
    since = datetime.fromtimestamp(stage.now - 600, UTC)
    assert len(list(provider.changes(account, since))) == 1
    assert stage.calls() == calls


@pytest.mark.parametrize(
    "page",
    [
        [event(0), event(1), event(0)],
        [event(1), event(2), event(0)],
        [event(0)],
        [event(0), event(0)],
        [event(1), event(0, occurred_at="?"), event(1)],
        [None],
    ],
)
def test_a_page_in_no_order_is_not_the_last(provider: CredlyProvider, page: list[object]) -> None:
    since = datetime(2026, 10, 10, 13, tzinfo=UTC)
    (change,) = told(provider, [page, [event(3700)], []], since)
    assert isinstance(change, BadgeChanged)


def test_a_page_that_goes_back_beyond_the_time_is_the_last(provider: CredlyProvider) -> None:
    since = datetime(2026, 10, 10, 12, 0, 30, tzinfo=UTC)
    assert len(told(provider, [[event(60, "a"), event(31, "b"), event(29, "c")]], since)) == 2


def test_what_cannot_be_read_or_is_not_about_us_is_passed_over(provider: CredlyProvider) -> None:
    rows: list[object] = [
        None,
        event(1, occurred_at="yesterday"),
        event(2, event_type="badge.privacy.changed"),
        event(3, badge=None),
        event(4, event_type="badge_template.changed", badge_template={"id": "t"}),
        event(4, "theirs", organization_id="another"),
        event(5, "good"),
    ]
    (change,) = told(provider, [rows, []])
    assert isinstance(change, BadgeChanged)
    assert change.receipt.external_id == "good"


@pytest.mark.parametrize("bulk", [True, False])
def test_a_key_that_may_not_read_events_gets_all_badges(
    provider: CredlyProvider, account: Account, stage: CredlyStage, bulk: bool
) -> None:
    stage.sandbox.events_readable, stage.sandbox.high_volume_available = False, bulk
    issued = [provider.issue(account, stage.learner(number)).external_id for number in range(2)]
    changes = list(provider.changes(account, LONG_AGO))
    assert [change.receipt.external_id for change in changes if isinstance(change, BadgeChanged)] == issued
    with pytest.raises(Misconfigured, match="401"):
        list(provider.changes(replace(account, api_key="wrong"), LONG_AGO))


def test_a_failing_list_of_events_is_retriable(provider: CredlyProvider, account: Account, stage: CredlyStage) -> None:
    stage.faults.planned.append("unavailable")
    with pytest.raises(Retriable):
        list(provider.changes(account, LONG_AGO))
