"""The app that lets operators see how the service is doing."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

REPORTERS = (("SENTRY_DSN", "sentry", "errors"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel", "traces"))
"""The setting that names who is reported to, the extra that this needs, and the module that does it."""


class OperationsConfig(AppConfig):
    """It has no tables."""

    name = "credentials_badges.operations"

    def ready(self) -> None:
        """Report from now on, if somebody is named. Raises ImproperlyConfigured if a package for that is missing."""
        for setting, extra, module in REPORTERS:
            if getattr(settings, setting):
                try:
                    reporter = import_module(f"credentials_badges.operations.{module}")
                except ModuleNotFoundError as error:
                    raise ImproperlyConfigured(
                        f"{setting} is set, but the package {error.name} is missing: "
                        f"install credentials-badges[{extra}], or do not set {setting}."
                    ) from None
                reporter.begin()
