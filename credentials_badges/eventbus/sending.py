"""Badges are announced on the event bus: written down in the transaction of the award, and sent until it has them."""

from collections.abc import Sequence
from datetime import UTC
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from credentials_badges.badges import posting
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner
from credentials_badges.contract.errors import Misconfigured, Rejected
from credentials_badges.eventbus.models import Announcement

NO_LMS_USER = 0
"""Stands for the id of a user whom the LMS has not told us of: the event has no room for nothing, and none is 0."""


def write(badges: Sequence[Badge], deed: Badge.Status) -> None:
    """Write down that these badges were awarded or revoked, if there is a bus to be told; one statement."""
    if settings.EVENT_BUS_PRODUCER:
        posting.post([Announcement(topic=str(badge.uuid), deed=deed) for badge in badges])


def send(announcement: Announcement) -> None:
    """Tell the bus. Raises Misconfigured without a producer, Rejected without a badge, and what the producer raises."""
    producer = _producer(settings.EVENT_BUS_PRODUCER)
    badge = Badge.objects.select_related("learner", "template__account").filter(uuid=announcement.topic).first()
    if badge is None:
        raise Rejected("the badge is no longer there")
    from openedx_events.data import EventsMetadata  # An extra; without it, there was no producer either.
    from openedx_events.learning import signals

    signal = signals.BADGE_AWARDED if announcement.deed == Badge.Status.AWARDED else signals.BADGE_REVOKED
    producer.send(
        signal=signal,
        topic=settings.EVENT_BUS_BADGE_TOPIC,
        event_key_field="badge.uuid",
        event_data={"badge": _badge_data(badge)},
        event_metadata=EventsMetadata(
            event_type=signal.event_type,
            id=announcement.event_id,
            minorversion=signal.minor_version,
            source=f"openedx/{settings.EVENTS_SERVICE_NAME}/web",
            time=announcement.created_at.astimezone(UTC),
        ),
    )


@cache
def _producer(path: str) -> Any:
    """The configured producer, which keeps its connections. Raises Misconfigured saying why there is none."""
    if not path:
        raise Misconfigured("EVENT_BUS_PRODUCER is not set")
    try:
        producer = import_string(path)()
    except ModuleNotFoundError as error:
        raise Misconfigured(f"{error.name} is not installed; the extra credentials-badges[openedx] brings it") from None
    except (ImportError, ValueError) as error:
        raise Misconfigured(f"EVENT_BUS_PRODUCER {path} makes no producer ({type(error).__name__})") from None
    if producer is None:
        raise Misconfigured(f"EVENT_BUS_PRODUCER {path} makes no producer; the settings of its bus are not complete")
    return producer


def _badge_data(badge: Badge) -> Any:
    from openedx_events.learning.data import BadgeData, BadgeTemplateData

    template = badge.template
    return BadgeData(
        uuid=str(badge.uuid),
        user=_user_data(badge.learner),
        template=BadgeTemplateData(
            uuid=_uuid(template),
            origin=template.account.provider,
            name=template.name,
            description=template.description,
            image_url=template.image_url,
        ),
    )


def _user_data(learner: Learner) -> Any:
    from openedx_events.learning.data import UserData, UserPersonalData

    return UserData(
        id=learner.lms_user_id or NO_LMS_USER,
        is_active=learner.is_active,
        pii=UserPersonalData(username=learner.username, email=learner.email, name=learner.full_name),
    )


def _uuid(template: BadgeTemplate) -> str:
    """The provider's own id where that is a UUID, as Open edX sends Credly's; else ours."""
    try:
        return str(UUID(template.external_id))
    except ValueError:
        return str(template.uuid)
