"""What a consumer has left behind is taken over, and what the stream no longer holds is told."""

import threading

import pytest

from credentials_badges.badges.models import LearningEvent, UnreadableEvent
from tests.eventbus.bus import Bus, read_all, stored

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


def test_what_others_have_left_is_taken_over_once_it_is_old_enough(lms: Bus) -> None:
    lms.send_passing("ada", "bob")
    dead = lms.consumer()
    dead._open_groups()
    assert len(dead._read(">")[0][1]) == 2
    read_all(lms.consumer(claim_msgs_older_than=60_000))
    assert (stored(), lms.pending()) == ([], 2)
    read_all(lms.consumer(claim_msgs_older_than=0))
    assert (stored(), lms.pending()) == (["ada", "bob"], 0)


def test_what_is_left_is_looked_for_again_from_time_to_time(lms: Bus) -> None:
    consumer, dead = lms.consumer(claim_msgs_older_than=1), lms.consumer()
    dead._open_groups()
    consumer._take_over()
    lms.send_passing("ada")
    dead._read(">")
    threading.Event().wait(0.01)
    consumer._take_over()
    assert (stored(), lms.pending()) == (["ada"], 0)


def test_a_name_that_returns_takes_up_its_own_at_once(lms: Bus) -> None:
    lms.send_passing("ada")
    named = {"consumer_name": "one", "claim_msgs_older_than": 60_000}
    first = lms.consumer(**named)
    first._open_groups()
    first._read(">")
    read_all(lms.consumer(**named))
    assert (stored(), lms.pending(), lms.names()) == (["ada"], 0, ["one"])


def test_a_name_that_will_not_return_is_forgotten(lms: Bus) -> None:
    lms.send_passing("ada")
    read_all(lms.consumer())
    assert lms.names() == []


def test_what_was_trimmed_away_before_it_was_stored_is_told(lms: Bus) -> None:
    lms.send_passing("ada", "bob")
    dead = lms.consumer()
    dead._open_groups()
    dead._read(">")
    lms.redis.xtrim(lms.stream, maxlen=1, approximate=False)
    read_all(lms.consumer())
    assert (stored(), lms.pending()) == (["bob"], 0)
    assert "trimmed" in UnreadableEvent.objects.get().reason


def test_a_name_that_returns_is_told_what_was_trimmed_away(lms: Bus) -> None:
    lms.send_passing("ada")
    named = {"consumer_name": "one", "claim_msgs_older_than": 60_000}
    first = lms.consumer(**named)
    first._open_groups()
    first._read(">")
    lms.redis.xtrim(lms.stream, maxlen=0, approximate=False)
    read_all(lms.consumer(**named))
    assert "trimmed" in UnreadableEvent.objects.get().reason
    assert lms.pending() == 0


def test_a_group_reads_again_from_where_it_is_told_and_nothing_is_doubled(lms: Bus) -> None:
    lms.send_passing("ada", "bob")
    read_all(lms.consumer())
    LearningEvent.objects.filter(learner__username="ada").delete()
    read_all(lms.consumer(last_read_msg_id="0"))
    assert sorted(stored()) == ["ada", "bob"]
