"""The app of Open Badges documents."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpenBadgesConfig(AppConfig):
    """Keeps the keys with which documents are signed."""

    name = "credentials_badges.openbadges"
    label = "openbadges"
    verbose_name = _("Open Badges")
