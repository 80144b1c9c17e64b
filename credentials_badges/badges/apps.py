"""The app that holds our tables and our decisions."""

from django.apps import AppConfig


class BadgesConfig(AppConfig):
    """Named as in Open edX Credentials, so that the admin's addresses are the known ones."""

    name = "credentials_badges.badges"
    label = "badges"
    verbose_name = "Badges"

    def ready(self) -> None:
        """Let every call to a provider keep to the pace that all processes share, and name who sends mails."""
        from credentials_badges import http
        from credentials_badges.badges import limiting, mailing, posting  # Apps load before models do.
        from credentials_badges.badges.models import Mail

        http.pace_by(limiting.take_turn)
        posting.carry(Mail, mailing.send)
