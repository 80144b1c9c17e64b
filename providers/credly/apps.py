"""Makes Credly known to the service."""

from django.apps import AppConfig

from credentials_badges.contract import registry


class CredlyConfig(AppConfig):
    """The Django app of the Credly adapter."""

    name = "providers.credly"
    verbose_name = "Credly"

    def ready(self) -> None:
        """Register the adapter."""
        from providers.credly.provider import CredlyProvider  # Apps load before models do.

        registry.register(CredlyProvider())
