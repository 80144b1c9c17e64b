"""The app of endorsements."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EndorsementsConfig(AppConfig):
    """Asks third parties, and shows what they say."""

    name = "credentials_badges.endorsements"
    label = "endorsements"
    verbose_name = _("Endorsements")

    def ready(self) -> None:
        """Remind endorsers as time goes by, and forget people here when it is over, or when they are retired."""
        from credentials_badges.badges import retiring, tasks  # Apps load before models do.
        from credentials_badges.endorsements import forgetting, lapsing

        tasks.also_sweep(lapsing.lapse)
        tasks.also_purge(forgetting.purge)
        retiring.also_forget(forgetting.forget, also_is=forgetting.nobody_else)
