"""Whatever somebody sends: every database takes it, or a note of it, and what comes after it is read."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from credentials_badges.badges.locking import database_answers
from credentials_badges.badges.models import LearningEvent, UnreadableEvent
from tests.eventbus.bus import Bus, read_all

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]


def test_odd_messages_block_nothing(bus: Bus) -> None:
    bus.send_passing("ada", "bad" + "\u3000" * 260)
    headers = {"id": b"1", "type": b"t", "source": b"s", "time": b"t", "event_data": b"x"}
    bus.send_raw(**{**headers, "time": b"a" * 20_000_000})
    for number in range(12):
        bus.send_raw(**{f"n{number}" + "é" * 700_000: b"x"})
        bus.send_raw(odd=b"\xff" * 900_000, number=b"%d" % number)
    bus.send_passing("bob")
    read_all(bus.consumer())
    assert list(LearningEvent.objects.order_by("pk").values_list("learner__username", flat=True)) == [
        "ada",
        None,
        "bob",
    ]
    assert (UnreadableEvent.objects.count(), bus.pending()) == (25, 0)


def test_whether_the_database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("no route")

    assert database_answers()
    monkeypatch.setattr(connection, "get_new_connection", away)
    assert not database_answers()


def test_a_broken_connection_is_replaced(bus: Bus) -> None:
    connection.ensure_connection()
    bus.send_passing("ada")
    connection.connection.close()  # As a server does that was sent too much.
    read_all(bus.consumer())
    assert (LearningEvent.objects.count(), UnreadableEvent.objects.count(), bus.pending()) == (1, 0, 0)
