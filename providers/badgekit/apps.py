"""Makes BadgeKit known to the service."""

from django.apps import AppConfig
from django.db.models import Q

from credentials_badges.contract import registry


class BadgeKitConfig(AppConfig):
    """The Django app of the BadgeKit adapter."""

    name = "providers.badgekit"
    verbose_name = "BadgeKit"

    def ready(self) -> None:
        """Register the adapter, who makes the calls to systems' webhooks, who removes files that are nobody's, who
        vouches for badges, who forgets people here, who has rights here, and what stands on a learner's page.
        """
        from credentials_badges.badges import members, posting, retiring, tasks, vouching  # Apps load before models do.
        from providers.badgekit import calling, evidence, forgetting
        from providers.badgekit.models import WebhookCall
        from providers.badgekit.pages import shelf
        from providers.badgekit.provider import BadgeKitProvider
        from providers.badgekit.vouching import StoreVoucher

        registry.register(BadgeKitProvider())
        posting.carry(WebhookCall, calling.call)
        tasks.also_purge(evidence.purge)
        vouching.vouch_for("badgekit", StoreVoucher())
        retiring.also_forget(forgetting.forget, also_is=forgetting.also_known_by_address)
        members.also_has_rights(Q(memberships__isnull=False))
        shelf.put_up()
