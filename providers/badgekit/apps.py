"""Makes BadgeKit known to the service."""

from django.apps import AppConfig

from credentials_badges.contract import registry


class BadgeKitConfig(AppConfig):
    """The Django app of the BadgeKit adapter."""

    name = "providers.badgekit"
    verbose_name = "BadgeKit"

    def ready(self) -> None:
        """Register the adapter, who makes the calls to systems' webhooks, who removes files that are nobody's, and who
        forgets people here.
        """
        from credentials_badges.badges import posting, retiring, tasks  # Apps load before models do.
        from providers.badgekit import calling, evidence, forgetting
        from providers.badgekit.models import WebhookCall
        from providers.badgekit.provider import BadgeKitProvider

        registry.register(BadgeKitProvider())
        posting.carry(WebhookCall, calling.call)
        tasks.also_purge(evidence.purge)
        retiring.also_forget(forgetting.forget, also_is=forgetting.also_known_by_address)
