"""Nobody finds codes by trying, and nobody who comes with a right one is kept out by it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from credentials_badges.badges import limiting
from credentials_badges.badges.models import CallWindow
from providers.badgekit import guessing
from tests.providers.badgekit.claim_page import browser, code, page, signed_in, words

pytestmark = pytest.mark.usefixtures("api")
IN_EARNEST = (guessing.BY_NETWORK, guessing.BY_ACCOUNT)
NOON = datetime(2026, 5, 21, 12, 0, tzinfo=UTC)


def test_a_code_of_three_letters_takes_months_to_find() -> None:
    """In earnest; the other tests take smaller numbers."""
    most_a_day = max(min(pace.calls * guessing.DAY / pace.seconds for pace in paces) for paces in IN_EARNEST)
    assert 36**3 / most_a_day > 200


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small numbers, so that tests are quick."""
    hour, day = guessing.HOUR, guessing.DAY
    monkeypatch.setattr(guessing, "BY_NETWORK", (limiting.Pace(5, hour), limiting.Pace(8, day)))
    monkeypatch.setattr(guessing, "BY_ACCOUNT", (limiting.Pace(3, hour),))


def statuses(client: Any, number: int, text: str = "guess") -> list[int]:
    return [client.get(page(f"{text}-{each}")).status_code for each in range(number)]


def test_after_so_many_wrong_ones_nobody_is_told_even_of_a_right_one() -> None:
    code()
    with time_machine.travel(NOON, tick=False):
        assert statuses(browser(), 6) == [404] * 5 + [429]
        answer = browser().get(page("open-day"))
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) <= 3601
        assert "Too many tries" in words(answer)
        assert "Coder" not in words(answer)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert browser().get(page("open-day")).status_code == 200


def test_a_day_has_a_limit_of_its_own() -> None:
    with time_machine.travel(NOON, tick=False):
        statuses(browser(), 5)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert statuses(browser(), 4) == [404] * 3 + [429]
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert statuses(browser(), 1) == [404]


def test_posting_is_guessing_too() -> None:
    assert [browser().post(page(f"guess-{each}")).status_code for each in range(6)] == [404] * 5 + [429]


def test_right_ones_are_not_counted() -> None:
    code(multiuse=True)
    client = browser()
    assert {client.get(page("open-day")).status_code for _ in range(20)} == {200}


def test_whoever_is_signed_in_is_counted_by_the_account_alone() -> None:
    assert statuses(signed_in("ada"), 4) == [404] * 3 + [429]
    assert statuses(signed_in("ada"), 1) == [429]
    assert statuses(signed_in("ben"), 1) == [404]
    assert statuses(browser(), 1) == [404]


def test_networks_are_told_apart() -> None:
    assert statuses(browser(REMOTE_ADDR="192.0.2.1"), 6)[-1] == 429
    assert statuses(browser(REMOTE_ADDR="192.0.2.2"), 1) == [404]


def test_what_is_kept_does_not_tell_who_it_was() -> None:
    browser(REMOTE_ADDR="192.0.2.1").get(page("guess"))
    kept = "".join(CallWindow.objects.values_list("host", flat=True))
    assert kept.startswith("guess")
    assert "192.0.2.1" not in kept


def test_it_is_forgotten_once_the_window_is_over() -> None:
    with time_machine.travel(NOON, tick=False):
        browser().get(page("guess"))
    limiting.forget(NOON)
    assert CallWindow.objects.exists()
    limiting.forget(NOON + timedelta(days=2))
    assert not CallWindow.objects.exists()
