"""The app that holds our tables and our decisions."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    """Named as in Open edX Credentials, so that the admin's addresses are the known ones."""

    name = "credentials_badges.badges"
    label = "badges"
    verbose_name = "Badges"

    def ready(self) -> None:
        """Let every call to a provider keep to the pace that all processes share."""
        from credentials_badges import http
        from credentials_badges.badges import limiting  # Apps load before models do.

        http.pace_by(limiting.take_turn)
