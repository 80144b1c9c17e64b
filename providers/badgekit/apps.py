"""Makes BadgeKit known to the service."""

from django.apps import AppConfig

from credentials_badges.contract import registry


class BadgeKitConfig(AppConfig):
    """The Django app of the BadgeKit adapter."""

    name = "providers.badgekit"
    verbose_name = "BadgeKit"

    def ready(self) -> None:
        """Register the adapter."""
        from providers.badgekit.provider import BadgeKitProvider  # Apps load before models do.

        registry.register(BadgeKitProvider())
