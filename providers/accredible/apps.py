"""Makes Accredible known to the service."""

from django.apps import AppConfig

from credentials_badges.contract import registry


class AccredibleConfig(AppConfig):
    """The Django app of the Accredible adapter."""

    name = "providers.accredible"
    verbose_name = "Accredible"

    def ready(self) -> None:
        """Register the adapter."""
        from providers.accredible.provider import AccredibleProvider  # Apps load before models do.

        registry.register(AccredibleProvider())
