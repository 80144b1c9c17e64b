"""The app by which people sign in with an account of another site."""

from datetime import datetime

from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class SsoConfig(AppConfig):
    """Beside the package's own app, which has the tables."""

    name = "credentials_badges.sso"
    verbose_name = _("Signing in elsewhere")

    def ready(self) -> None:
        """Forget people here, too, and what a sign-in that was broken off has left; and let nobody make keys to
        others' accounts by hand.
        """
        from social_django.models import Association, Nonce, UserSocialAuth  # Apps load before models do.

        from credentials_badges.badges import retiring, tasks
        from credentials_badges.badges.models import Learner
        from credentials_badges.badges.naming import Person

        def forget(person: Person) -> None:
            UserSocialAuth.objects.filter(user=person.learner.pk).delete()

        def purge(old: datetime) -> None:
            Association.objects.filter(issued__lt=int(old.timestamp())).delete()

        retiring.also_forget(forget, also_is=lambda learner: Learner.objects.none())
        tasks.also_purge(purge)
        for model in (Association, Nonce, UserSocialAuth):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
