"""Makes Laurel known to the service."""

from django.apps import AppConfig

from credentials_badges.contract import registry


class LaurelConfig(AppConfig):
    """The Django app of the Laurel adapter, which the package's entry point names."""

    name = "laurel_badges"
    verbose_name = "Laurel"

    def ready(self) -> None:
        """Register the adapter."""
        from laurel_badges.provider import LaurelProvider  # Apps load before models do.

        registry.register(LaurelProvider())
