"""A backlog of events leaves a worker its other threads, and lets it stop when it is asked to."""

import threading

import pytest

from credentials_badges.badges import conf, doorbell, events, tasks

pytestmark = pytest.mark.once


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    return rung


def test_a_turn_ends_in_time_and_rings_for_what_is_left(rung: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    portions = [500] * 3
    monkeypatch.setattr(events, "process_waiting", portions.pop)
    monkeypatch.setattr(conf, "TURN_SECONDS", 0.0)
    tasks.process_events()
    assert (len(portions), rung) == (2, ["badges.process_events"])


def test_one_thread_of_a_worker_is_at_events_and_looks_again_for_whoever_comes_meanwhile(
    rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    began, go_on = threading.Event(), threading.Event()

    def look() -> int:
        looks.append(threading.get_ident())
        began.set()
        go_on.wait(5)
        return 0

    monkeypatch.setattr(events, "process_waiting", look)
    first = threading.Thread(target=tasks.process_events)
    first.start()
    assert began.wait(5)
    tasks.process_events()
    assert looks == [first.ident]
    go_on.set()
    first.join(5)
    assert (looks, rung) == ([first.ident] * 2, [])


def test_whatever_goes_wrong_the_next_bell_is_heard(rung: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(events, "process_waiting", fail)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            tasks.process_events()
    assert rung == []
