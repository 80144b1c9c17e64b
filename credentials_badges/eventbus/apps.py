"""The app of the Open edX event bus; the bus's own packages are imported only where a message comes in or goes out."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventBusConfig(AppConfig):
    """Hears of badges, and carries what it writes down about them."""

    name = "credentials_badges.eventbus"
    label = "eventbus"
    verbose_name = _("Event bus")

    def ready(self) -> None:
        """Say who writes and who sends announcements."""
        from credentials_badges.badges import announcing, posting  # Apps load before models do.
        from credentials_badges.eventbus import sending
        from credentials_badges.eventbus.models import Announcement

        announcing.also_tell(sending.write)
        posting.carry(Announcement, sending.send)
