"""What the event bus is to be told."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Badge, Message
from credentials_badges.badges.models.fields import ExactCharField


class Announcement(Message):
    """That a badge was awarded or revoked. Its topic is the badge's uuid, and who holds the badge is looked up when it
    leaves: no name or address lies about here.
    """

    BUS = "event bus"
    """The destination of all of them."""
    destination = ExactCharField(_("destination"), max_length=255, default=BUS, editable=False)
    event_id = models.UUIDField(
        _("event id"),
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text=_("By which a receiver knows a repetition."),
    )
    deed = models.CharField(_("deed"), max_length=16, choices=Badge.Status)

    class Meta(Message.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return f"badge {self.topic} {self.deed}"
