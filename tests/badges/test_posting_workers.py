"""Workers that send messages at the same time, or die while they do."""

import threading
from collections import Counter

import pytest
from django.db.models import F
from django.utils import timezone

from credentials_badges.badges import delivering, posting
from credentials_badges.badges.models import Mail
from credentials_badges.contract.errors import Rejected
from tests.badges.post_office import Office, let_time_pass, mail, opened, states, to, write
from tests.badges.test_racing import race


@pytest.fixture
def post(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    return opened(monkeypatch, in_test=False)


class Killed(BaseException):
    """As if by SIGKILL."""


def killed_at(post: Office) -> None:
    def die(_: Mail) -> None:
        raise Killed

    post.trouble = die
    with pytest.raises(Killed):
        posting.send_due(posting.Lane(Mail, "mail server"), threading.Event())
    post.trouble = to()


def test_a_worker_that_dies_leaves_its_message_to_the_next(post: Office) -> None:
    write(mail("one", topic="a"), mail("two", topic="a"))
    killed_at(post)
    assert delivering.deliver_due() == 0
    waits = (Mail.objects.get(subject="one").not_before - timezone.now()).total_seconds()
    assert posting.TRY_SECONDS - 10 < waits <= posting.TRY_SECONDS
    let_time_pass()
    delivering.deliver_due()
    assert post.sent == ["one", "two"]


def test_a_message_that_kills_each_worker_is_buried_in_the_end(post: Office) -> None:
    write(mail("one", topic="a"), mail("two", topic="a"))
    for _ in range(posting.MOST_TRIES):
        killed_at(post)
        let_time_pass()
    delivering.deliver_due()
    delivering.deliver_due()
    assert states() == {"one": "dead", "two": "sent"}


def test_one_that_was_taken_for_dead_may_say_that_it_has_sent_but_not_that_it_has_failed(post: Office) -> None:
    def overtaken(_: Mail) -> None:
        Mail.objects.update(attempts=F("attempts") + 1)

    write(mail("sent"))
    post.trouble = overtaken
    delivering.deliver_due()
    assert states() == {"sent": "sent"}

    def overtaken_in_vain(mail: Mail) -> None:
        overtaken(mail)
        raise Rejected("no")

    write(mail("failed"))
    post.trouble = overtaken_in_vain
    delivering.deliver_due()
    assert states()["failed"] == "pending"


def test_a_slow_receiver_keeps_no_other_waiting(post: Office) -> None:
    gone = threading.Event()

    def trouble(mail: Mail) -> None:
        if mail.destination == "quick":
            gone.set()
        assert gone.wait(timeout=10)

    write(mail("slow", destination="a slow one"), mail("quick", destination="quick"))
    post.trouble = trouble
    delivering.deliver_due()
    assert states() == {"slow": "sent", "quick": "sent"}


@pytest.mark.parametrize("hosts", [1, 3])
def test_many_workers_send_each_message_once_and_each_topic_in_order(post: Office, hosts: int) -> None:
    numbers = range(60)
    write(*(mail(str(number), topic=f"topic{number % 5}", destination=f"host{number % hosts}") for number in numbers))
    race(lambda _: delivering.deliver_due())
    assert Counter(post.sent) == Counter(map(str, numbers))
    for topic in range(5):
        assert [number for number in map(int, post.sent) if number % 5 == topic] == list(numbers[topic::5])
    assert not Mail.objects.exclude(status="sent", attempts=1).exists()


def test_many_workers_that_fail_at_once_lose_nothing(post: Office) -> None:
    write(*(mail(str(number), destination=f"host{number % 2}") for number in range(40)))
    post.trouble = to("host0", "host1")
    for _ in range(3):
        race(lambda _: delivering.deliver_due())
        let_time_pass()
    assert set(states().values()) == {"pending"}
    post.trouble = to()
    race(lambda _: delivering.deliver_due())
    assert Counter(post.sent) == Counter(map(str, range(40)))
