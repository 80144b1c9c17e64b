"""Mails to lists leave at a pace that all workers keep together, and keep nobody else's mail waiting."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from credentials_badges import env
from credentials_badges.badges import delivering, posting
from credentials_badges.badges.models import Mail
from credentials_badges.contract.errors import RateLimited
from tests.badges.post_office import mail, opened, raiser, states, write

NOON = datetime(2026, 5, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def to_list(number: int) -> list[Mail]:
    return [mail(str(each), destination=Mail.LISTS) for each in range(number)]


def test_they_leave_so_many_a_minute_each_once_and_others_leave_at_once(mailoutbox: list[Any]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        write(*to_list(150))
        delivering.deliver_due()
        assert len(mailoutbox) == 60
        write(mail("asked for"))
        assert delivering.deliver_due() == 1
        assert mailoutbox[-1].subject == "asked for"
        for seconds, sent in ((59, 61), (1, 121), (60, 151)):
            clock.shift(seconds)
            delivering.deliver_due()
            assert len(mailoutbox) == sent
    assert set(Counter(message.subject for message in mailoutbox).values()) == {1}
    assert not Mail.objects.exclude(status="sent", attempts=1).exists()


def test_however_long_they_wait_none_is_dead(mailoutbox: list[Any], settings: Any) -> None:
    settings.MAILS_PER_MINUTE = 1
    number = posting.MOST_TRIES + 5
    with time_machine.travel(NOON, tick=False) as clock:
        write(*to_list(number))
        for _ in range(number):
            delivering.deliver_due()
            clock.shift(60)
    assert len(mailoutbox) == number
    assert set(states().values()) == {"sent"}


def test_a_limit_that_does_not_say_for_how_long_is_a_try_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    opened(monkeypatch, in_test=True).trouble = raiser(*[RateLimited("enough")] * posting.MOST_TRIES)
    with time_machine.travel(NOON, tick=False) as clock:
        write(*to_list(1))
        for _ in range(posting.MOST_TRIES):
            delivering.deliver_due()
            clock.shift(timedelta(hours=1))
    assert set(states().values()) == {"dead"}


def test_many_are_written_by_few_statements(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        write(*to_list(1_000))
    assert Mail.objects.count() == 1_000


@pytest.mark.parametrize("said", ["0", "-1", "many", "1.5"])
def test_a_pace_at_which_nothing_would_leave_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("MAILS_PER_MINUTE", said)
    with pytest.raises(ImproperlyConfigured, match=f"MAILS_PER_MINUTE is '{said}', and has to be a whole number of at"):
        env.number("MAILS_PER_MINUTE", default=60, least=1)
    monkeypatch.setenv("MAILS_PER_MINUTE", "7")
    assert env.number("MAILS_PER_MINUTE", default=60, least=1) == 7
