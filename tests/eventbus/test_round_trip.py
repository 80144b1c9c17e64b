"""From the LMS's event to the announcement of a badge, over a real Redis, with the package's own code at both ends."""

import socket
from typing import Any

import pytest
from django.utils import timezone
from openedx_events.learning.data import CcxCourseData, CcxCoursePassingStatusData
from openedx_events.learning.signals import (
    BADGE_AWARDED,
    BADGE_REVOKED,
    CCX_COURSE_PASSING_STATUS_UPDATED,
    COURSE_PASSING_STATUS_UPDATED,
)

from credentials_badges.badges import delivering, events
from credentials_badges.badges.models import Badge, LearningEvent
from credentials_badges.eventbus import sending
from credentials_badges.eventbus.models import Announcement
from tests.badges.world import START, World, passing
from tests.eventbus import samples
from tests.eventbus.bus import Bus, read_all

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]

AWARDED, REVOKED = BADGE_AWARDED.event_type, BADGE_REVOKED.event_type


def process(bus: Bus) -> None:
    """What our service does with what is on the bus."""
    read_all(bus.consumer())
    while events.process_waiting():
        pass
    delivering.deliver_due()


def let_time_pass() -> None:
    Announcement.objects.filter(status="pending").update(not_before=timezone.now())


def test_the_bus_carries_an_event_in_and_a_badge_out(bus: Bus, earned: World) -> None:
    bus.send(COURSE_PASSING_STATUS_UPDATED, samples.passing("bob"), START)
    process(bus)
    bus.send(COURSE_PASSING_STATUS_UPDATED, samples.passing("bob", is_passing=False), timezone.now())
    process(bus)
    badge = Badge.objects.get(learner__username="bob")
    told = bus.told(AWARDED, REVOKED)
    mine = [(metadata.event_type, data["badge"]) for metadata, data in told if data["badge"].uuid == str(badge.uuid)]
    assert [event_type for event_type, _ in mine] == [AWARDED, REVOKED]
    assert {data.user.pii.username for _, data in mine} == {"bob"}
    ids = {str(each) for each in Announcement.objects.values_list("event_id", flat=True)}
    assert {str(metadata.id) for metadata, _ in told} == ids
    assert not LearningEvent.objects.filter(type__in=(AWARDED, REVOKED)).exists()


def test_an_event_of_a_ccx_course_comes_in(bus: Bus, earned: World) -> None:
    course = CcxCourseData(
        ccx_course_key=samples.arguments(CCX_COURSE_PASSING_STATUS_UPDATED)[
            "course_passing_status"
        ].course.ccx_course_key,
        master_course_key=samples.passing("bob")["course_passing_status"].course.course_key,
    )
    told = CcxCoursePassingStatusData(is_passing=True, course=course, user=samples.user("bob"))
    bus.send(CCX_COURSE_PASSING_STATUS_UPDATED, {"course_passing_status": told})
    process(bus)
    event = LearningEvent.objects.get(type=CCX_COURSE_PASSING_STATUS_UPDATED.event_type)
    assert event.payload["course"]["ccx_course_key"] == "ccx-v1:Harbour+OneX+2026+ccx@1"
    assert event.payload["course"]["master_course_key"] == samples.COURSE


def test_while_redis_is_away_announcements_wait_and_then_leave_in_order_with_the_same_ids(
    bus: Bus, settings: Any, earned: World
) -> None:
    reachable = settings.EVENT_BUS_REDIS_CONNECTION_URL
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.EVENT_BUS_REDIS_CONNECTION_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        events.accept([events.read(passing("ada", "OneX", is_passing=False, minute=1))])
        while events.process_waiting():
            pass
        delivering.deliver_due()
    waiting = list(Announcement.objects.order_by("pk"))
    assert {(each.status, each.last_error) for each in waiting} <= {
        ("pending", "Redis did not take the event (ConnectionError)"),
        ("pending", ""),
    }
    assert bus.told(AWARDED, REVOKED) == []
    settings.EVENT_BUS_REDIS_CONNECTION_URL = reachable
    sending._producer.cache_clear()
    for _ in waiting:
        let_time_pass()
        delivering.deliver_due()
    told = [(metadata.event_type, metadata.id) for metadata, _ in bus.told(AWARDED, REVOKED)]
    assert told == [(AWARDED, waiting[0].event_id), (REVOKED, waiting[1].event_id)]
    assert {each.status for each in Announcement.objects.all()} == {"sent"}


def test_an_event_that_redis_refuses_is_not_taken_for_sent(bus: Bus, earned: World) -> None:
    bus.redis.set(bus.stream, "no stream")
    delivering.deliver_due()
    waiting = Announcement.objects.get()
    assert (waiting.status, waiting.last_error) == ("pending", "Redis did not take the event (ResponseError)")


def test_the_stream_is_kept_as_long_as_it_is_told(bus: Bus, settings: Any, earned: World) -> None:
    settings.EVENT_BUS_REDIS_STREAM_MAX_LEN = 1
    bus.send_passing(*(f"learner{number}" for number in range(300)))
    delivering.deliver_due()
    assert bus.redis.xlen(bus.stream) < 300
    assert len(bus.told(AWARDED)) == 1
