"""The app that holds our tables and our decisions."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    """Named as in Open edX Credentials, so that the admin's addresses are the known ones."""

    name = "credentials_badges.badges"
    label = "badges"
    verbose_name = "Badges"
