"""Messages that leave: each at least once, those of a topic in order, and one dead receiver holds up no other."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import conf, delivering, doorbell, posting, tasks
from credentials_badges.badges.models import Mail
from credentials_badges.badges.status import summary
from credentials_badges.contract.errors import Misconfigured, NotYet, Rejected, Retriable
from tests.badges.post_office import Office, let_time_pass, mail, opened, raiser, states, to, write


@pytest.fixture
def post(db: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    return opened(monkeypatch, in_test=True)


def test_what_is_posted_is_sent_oldest_first(post: Office) -> None:
    write(mail("one"), mail("two"))
    write(mail("three"))
    write()
    assert delivering.deliver_due() == 3
    assert post.sent == ["one", "two", "three"]
    assert {mail.status for mail in Mail.objects.all()} == {"sent"}
    assert all(mail.sent_at and mail.attempts == 1 for mail in Mail.objects.all())
    assert delivering.deliver_due() == 0


def test_what_is_rolled_back_never_leaves(post: Office) -> None:
    with transaction.atomic():
        posting.post([mail("one")])
        transaction.set_rollback(True)
    delivering.deliver_due()
    assert post.tried == []


def test_the_bell_rings_after_the_commit(
    post: Office, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "_send", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        write(mail("one"), mail("two"))
        assert rung == []
    assert rung == ["badges.send_messages"]


def test_the_order_of_a_topic_survives_failures_and_holds_up_no_other(post: Office) -> None:
    write(mail("a1", topic="a"), mail("b1", topic="b"), mail("a2", topic="a"), mail("a3", topic="a"), mail("free"))
    post.trouble = raiser(NotYet("later"), NotYet("later"))
    delivering.deliver_due()
    assert post.sent == ["free"]
    assert post.tried == ["a1", "b1", "free"]
    let_time_pass()
    delivering.deliver_due()
    assert [subject for subject in post.sent if subject.startswith("a")] == ["a1", "a2", "a3"]
    assert "b1" in post.sent


def test_what_is_dead_lets_the_rest_of_its_topic_go(post: Office) -> None:
    write(mail("a1", topic="a"), mail("a2", topic="a"))
    post.trouble = raiser(Rejected("no"))
    delivering.deliver_due()
    assert states() == {"a1": "dead", "a2": "sent"}


def test_topics_are_told_apart_byte_for_byte(post: Office) -> None:
    write(mail("one", topic="Badge"), mail("two", topic="badge"))
    post.trouble = raiser(NotYet("later"))
    delivering.deliver_due()
    assert post.sent == ["two"]


def test_one_dead_receiver_costs_one_try_and_holds_up_no_other(post: Office) -> None:
    write(*(mail(f"{host}{number}", destination=host) for number in range(5) for host in ("dead", "well")))
    post.trouble = to("dead")
    delivering.deliver_due()
    assert post.sent == [f"well{number}" for number in range(5)]
    assert [subject for subject in post.tried if subject.startswith("dead")] == ["dead0"]
    let_time_pass()
    delivering.deliver_due()
    # The next try is another's: perhaps it was only the first one that could not be sent.
    assert [subject for subject in post.tried if subject.startswith("dead")] == ["dead0", "dead1"]
    post.trouble = to()
    let_time_pass()
    delivering.deliver_due()
    assert set(states().values()) == {"sent"}


def test_without_a_destination_each_waits_for_itself(post: Office) -> None:
    write(mail("one", destination=""), mail("two", destination=""))
    post.trouble = raiser(Retriable("no answer"))
    delivering.deliver_due()
    assert post.sent == ["two"]


def test_a_message_that_alone_has_to_wait_holds_up_no_other(post: Office) -> None:
    write(mail("one"), mail("two"))
    post.trouble = raiser(NotYet("this one later"))
    delivering.deliver_due()
    assert post.sent == ["two"]


def test_a_receiver_says_how_long_to_wait_within_bounds(post: Office) -> None:
    write(mail("one"), mail("two"))
    post.trouble = raiser(Retriable("wait", after=1800), Retriable("wait", after=999_999))
    for seconds in (1800, conf.RETRY_CAP_SECONDS):
        before = timezone.now()
        delivering.deliver_due()
        for each in Mail.objects.all():
            assert before + timedelta(seconds=seconds - 1) < each.not_before
            assert each.not_before < timezone.now() + timedelta(seconds=seconds + 1)
        let_time_pass()


def test_a_message_that_is_tried_late_does_not_keep_its_destination_waiting_as_long(post: Office) -> None:
    write(mail("old"), mail("new"))
    long_ago = timezone.now() - timedelta(days=1)
    Mail.objects.filter(subject="old").update(attempts=posting.MOST_TRIES - 2, not_before=long_ago)
    post.trouble = raiser(Retriable("no answer"))
    delivering.deliver_due()
    waits = {mail.subject: (mail.not_before - timezone.now()).total_seconds() for mail in Mail.objects.all()}
    assert waits["old"] > conf.PAUSE_CAP_SECONDS >= waits["new"] > conf.PAUSE_CAP_SECONDS - 10


@pytest.mark.parametrize("error", [Retriable("no answer"), Misconfigured("no address"), OperationalError("deadlock")])
def test_it_is_tried_so_often_and_then_dead_until_a_person_opens_it(post: Office, error: Exception) -> None:
    write(mail("one"))
    post.trouble = raiser(*[error] * posting.MOST_TRIES)
    for tries in range(posting.MOST_TRIES):
        assert delivering.deliver_due() == 1
        assert states()["one"] == ("pending" if tries < posting.MOST_TRIES - 1 else "dead")
        assert posting.retry(Mail.objects.get()) is (tries == posting.MOST_TRIES - 1)
        let_time_pass()
    dead = Mail.objects.get()
    assert (dead.status, dead.attempts, dead.last_error) == ("pending", 0, "")
    delivering.deliver_due()
    assert states() == {"one": "sent"}
    assert posting.retry(Mail.objects.get()) is False


def test_the_reason_is_kept_and_goes_when_it_is_sent(post: Office) -> None:
    write(mail("one"))
    post.trouble = raiser(Retriable("no answer"))
    delivering.deliver_due()
    assert Mail.objects.get().last_error == "no answer"
    let_time_pass()
    delivering.deliver_due()
    assert Mail.objects.get().last_error == ""


def test_a_crash_is_logged_and_buried_and_the_others_go_on(post: Office, caplog: pytest.LogCaptureFixture) -> None:
    write(mail("one"), mail("two"))
    post.trouble = raiser(ZeroDivisionError("a slip of ours"))
    delivering.deliver_due()
    assert states() == {"one": "dead", "two": "sent"}
    assert Mail.objects.get(status="dead").last_error == "Crashed: ZeroDivisionError; the log has the details."
    assert "a slip of ours" in caplog.text


def test_a_moment_written_by_a_clock_that_was_ahead_holds_nothing_up(post: Office) -> None:
    write(mail("one"))
    Mail.objects.update(not_before=timezone.now() + timedelta(days=365))
    delivering.deliver_due()
    assert post.sent == ["one"]


def test_between_two_messages_it_is_looked_whether_it_is_enough(post: Office) -> None:
    write(mail("one"), mail("two"))
    enough = threading.Event()
    post.trouble = lambda _: enough.set()
    assert posting.send_due(posting.Lane(Mail, "mail server"), enough) == 1
    assert post.sent == ["one"]


def test_what_is_left_after_the_turn_rings_again(post: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    posting.post([mail("one")])
    monkeypatch.setattr(conf, "TURN_SECONDS", 0.0)
    tasks.send_messages()
    assert (post.sent, rung) == ([], ["badges.send_messages"] * 2)
    monkeypatch.setattr(conf, "TURN_SECONDS", 20.0)
    tasks.sweep()
    assert (post.sent, rung) == ([], ["badges.send_messages"] * 3)
    tasks.send_messages()
    assert (post.sent, rung) == (["one"], ["badges.send_messages"] * 3)


@pytest.mark.parametrize("topic", ["", "a"])
def test_each_message_costs_as_many_statements_as_any_other(post: Office, topic: str) -> None:
    def cost(messages: int) -> int:
        write(*(mail(str(number), topic=topic) for number in range(messages)))
        with CaptureQueriesContext(connection) as caught:
            posting.send_due(posting.Lane(Mail, "mail server"), threading.Event())
        return len([query for query in caught if "SAVEPOINT" not in query["sql"]])

    look = 1
    for messages in (1, 5, posting.TURN):
        # Claimed and written; what is free is found together, what has a topic one by one.
        looks = (messages if topic else look) + (messages < posting.TURN)
        assert cost(messages) == looks + 2 * messages


def test_what_was_sent_weeks_ago_is_forgotten(post: Office) -> None:
    write(*(mail(status) for status in ("sent", "dead", "pending")), mail("fresh"))
    long_ago = timezone.now() - timedelta(days=31)
    for status in ("sent", "dead", "pending"):
        Mail.objects.filter(subject=status).update(status=status, created_at=long_ago, sent_at=long_ago)
    Mail.objects.filter(subject="fresh").update(status="sent", created_at=long_ago, sent_at=timezone.now())
    tasks.purge()
    assert set(states()) == {"dead", "pending", "fresh"}


def test_the_status_counts_them(post: Office) -> None:
    write(mail("one"), mail("two"))
    post.trouble = raiser(Rejected("no"))
    delivering.deliver_due()
    assert summary(timezone.now())["messages"]["mail"] == {"dead": 1, "sent": 1}
