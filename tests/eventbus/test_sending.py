"""Badges are announced: written down whenever one is awarded or revoked, and sent until the bus has it."""

import sys
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges import delivering, granting, posting
from credentials_badges.badges.models import Badge, Learner
from credentials_badges.contract.data import Receipt
from credentials_badges.contract.errors import NotYet, Retriable
from credentials_badges.contract.states import BadgeState
from credentials_badges.eventbus import sending
from credentials_badges.eventbus.models import Announcement
from tests.badges.by_hand import grant, learner, on_badge, revoke
from tests.badges.world import World, passing, penalty, requirement, send


class Producer:
    """A bus that is sometimes away."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.trouble: list[Exception] = []

    def send(self, **told: Any) -> None:
        """One try."""
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append(told)


@pytest.fixture
def producer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Producer:
    """From now on, announcements go there."""
    made = Producer()
    settings.EVENT_BUS_PRODUCER = "some.producer"
    monkeypatch.setattr(sending, "_producer", lambda _: made)
    return made


def written() -> list[tuple[str, str]]:
    """Whose badges were awarded or revoked, oldest first."""
    names = {str(badge.uuid): badge.learner.username for badge in Badge.objects.select_related("learner")}
    rows = Announcement.objects.order_by("pk").values_list("topic", "deed")
    return [(names[topic], deed) for topic, deed in rows]


def let_time_pass() -> None:
    Announcement.objects.filter(status="pending").update(not_before=timezone.now())


def an_announcement(earned: World) -> Announcement:
    """The one that Ada's badge was awarded."""
    if not Announcement.objects.exists():  # There was no producer when she earned it.
        posting.post([Announcement(topic=str(earned.badges()[0].uuid), deed="awarded")])
    return Announcement.objects.get()


def test_without_a_producer_nothing_is_written(earned: World) -> None:
    assert earned.badges()
    assert not Announcement.objects.exists()


def test_an_award_and_a_withdrawal_are_written_down_in_order(producer: Producer, earned: World) -> None:
    send(passing("ada", "OneX", is_passing=False, minute=1))
    send(passing("ada", "OneX", minute=2))
    assert written() == [("ada", "awarded"), ("ada", "revoked"), ("ada", "awarded")]
    assert Announcement.objects.values("topic").distinct().count() == 2
    assert Announcement.objects.values("event_id").distinct().count() == 3


def test_what_a_person_gives_and_takes_is_announced_and_what_rests_on_it(producer: Producer, credly: World) -> None:
    template = credly.configure(requirements=[requirement("one", "OneX")])
    credly.configure(1, requirements=[on_badge(template)], penalties=[])
    grant(template, "ada", "bob")
    deeds = sorted(written())
    assert deeds == [("ada", "awarded")] * 2 + [("bob", "awarded")] * 2
    revoke(Badge.objects.get(learner__username="ada", template=template))
    assert written()[4:] == [("ada", "revoked")] * 2


def test_a_badge_that_was_claimed_is_announced_once(producer: Producer, credly: World) -> None:
    receipt = Receipt(external_id="code", state=BadgeState.ACCEPTED, raw_state="claimed")
    for _ in range(2):
        granting.record_claim(credly.templates[0], learner("ada"), receipt, timezone.now())
    assert written() == [("ada", "awarded")]


def test_what_is_rolled_back_is_not_announced(producer: Producer, credly: World) -> None:
    with transaction.atomic():
        grant(credly.templates[0], "ada")
        transaction.set_rollback(True)
    assert not Announcement.objects.exists()


def test_announcing_many_costs_one_statement(credly: World, settings: Any) -> None:
    credly.configure(requirements=[requirement("one", "OneX")], penalties=[penalty("OneX", "one")])

    def cost(prefix: str, *, is_passing: bool, minute: int) -> int:
        names = [f"{prefix}{number}" for number in range(30)]
        send(passing("warm", "OneX"))
        with CaptureQueriesContext(connection) as caught:
            send(*[passing(name, "OneX", is_passing=is_passing, minute=minute) for name in names])
        return len(caught)

    silent = [cost("a", is_passing=True, minute=0), cost("a", is_passing=False, minute=1)]
    settings.EVENT_BUS_PRODUCER = "some.producer"
    told = [cost("b", is_passing=True, minute=0), cost("b", is_passing=False, minute=1)]
    assert told == [each + 1 for each in silent]
    assert Announcement.objects.count() == 60


def test_the_event_says_what_open_edx_expects(producer: Producer, earned: World) -> None:
    announcement = an_announcement(earned)
    delivering.deliver_due()
    (told,) = producer.sent
    badge = earned.badges()[0]
    assert (told["topic"], told["event_key_field"]) == ("learning-badges-lifecycle", "badge.uuid")
    assert told["signal"].event_type == "org.openedx.learning.badge.awarded.v1"
    metadata = told["event_metadata"]
    assert (metadata.id, metadata.time) == (announcement.event_id, announcement.created_at)
    assert metadata.source == "openedx/credentials-badges/web"
    data = told["event_data"]["badge"]
    assert (data.uuid, data.user.id) == (str(badge.uuid), badge.learner.lms_user_id)
    assert (data.user.pii.username, data.user.pii.email) == ("ada", "ada@example.com")
    assert (data.template.uuid, data.template.origin) == (badge.template.external_id, "credly")
    assert data.template.name == badge.template.name


def test_a_template_without_a_uuid_there_is_known_by_ours_and_an_unknown_user_as_0(
    producer: Producer, earned: World
) -> None:
    an_announcement(earned)
    template = earned.badges()[0].template
    template.external_id = "4711"
    template.save()
    Learner.objects.update(lms_user_id=None)
    delivering.deliver_due()
    data = producer.sent[0]["event_data"]["badge"]
    assert (data.template.uuid, data.user.id) == (str(template.uuid), sending.NO_LMS_USER)


def test_a_repetition_has_the_same_id(producer: Producer, earned: World) -> None:
    an_announcement(earned)
    delivering.deliver_due()
    Announcement.objects.update(status="pending")  # As if the worker had died before it could say so.
    let_time_pass()
    delivering.deliver_due()
    first, second = producer.sent
    assert first["event_metadata"].id == second["event_metadata"].id


def test_a_crash_of_the_producer_is_shown_and_a_person_can_send_it_again(
    producer: Producer, earned: World, admin_client: Client
) -> None:
    announcement = an_announcement(earned)
    producer.trouble = [ZeroDivisionError("a slip")]
    delivering.deliver_due()
    page = admin_client.get("/admin/eventbus/announcement/").content.decode()
    assert announcement.topic in page
    assert "Crashed: ZeroDivisionError" in page
    one = admin_client.get(f"/admin/eventbus/announcement/{announcement.pk}/change/").content.decode()
    assert str(announcement.event_id) in one
    again = {"action": "send_again", "_selected_action": [announcement.pk]}
    admin_client.post("/admin/eventbus/announcement/", again)
    delivering.deliver_due()
    assert [told["event_metadata"].id for told in producer.sent] == [announcement.event_id]


def test_a_badge_that_is_gone_is_not_announced(producer: Producer, db: None) -> None:
    posting.post([Announcement(topic="7f6e1f54-0000-4000-8000-000000000000", deed="awarded")])
    delivering.deliver_due()
    dead = Announcement.objects.get()
    assert (dead.status, dead.last_error) == ("dead", "the badge is no longer there")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "EVENT_BUS_PRODUCER is not set"),
        ("no.such.module", "no is not installed; the extra credentials-badges[openedx] brings it"),
        ("credentials_badges.eventbus.producing.no_such", "makes no producer (ImportError)"),
        ("credentials_badges.eventbus.producing.create_producer", "the settings of its bus are not complete"),
        ("credentials_badges.eventbus.absent.create_producer", "credentials_badges.eventbus.absent is not installed"),
    ],
)
def test_while_there_is_no_producer_announcements_wait_and_say_why(
    earned: World, settings: Any, path: str, why: str
) -> None:
    settings.EVENT_BUS_PRODUCER = path
    settings.EVENT_BUS_REDIS_CONNECTION_URL = None
    an_announcement(earned)
    delivering.deliver_due()
    waiting = Announcement.objects.get()
    assert waiting.status == "pending"
    assert why in waiting.last_error


def test_without_the_packages_announcements_wait(earned: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVENT_BUS_PRODUCER = "credentials_badges.eventbus.producing.create_producer"
    monkeypatch.delitem(sys.modules, "credentials_badges.eventbus.producing", raising=False)
    monkeypatch.setitem(sys.modules, "edx_event_bus_redis.internal.config", None)
    an_announcement(earned)
    delivering.deliver_due()
    assert "edx_event_bus_redis.internal.config is not installed" in Announcement.objects.get().last_error


def test_what_was_sent_is_forgotten_with_the_mails(producer: Producer, earned: World) -> None:
    an_announcement(earned)
    delivering.deliver_due()
    posting.purge(timezone.now())
    assert not Announcement.objects.exists()


def test_the_oldest_of_a_badge_leaves_first_also_after_a_failure(producer: Producer, earned: World) -> None:
    topic = str(earned.badges()[0].uuid)
    posting.post([Announcement(topic=topic, deed="revoked")])
    producer.trouble = [Retriable("away"), NotYet("not this one")]
    for _ in range(3):
        delivering.deliver_due()
        let_time_pass()
    told = [each["signal"].event_type.split(".")[-2] for each in producer.sent]
    assert told == ["awarded", "revoked"]
