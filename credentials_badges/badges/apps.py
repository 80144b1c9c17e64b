"""The app that holds our tables and our decisions."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditedAdminConfig(admin_apps.AdminConfig):
    """Django's administration, whose every page writes down what people change there."""

    default = False
    default_site = "credentials_badges.badges.admin_site.AuditedSite"


class BadgesConfig(AppConfig):
    """Named as in Open edX Credentials, so that the admin's addresses are the known ones."""

    default = True
    name = "credentials_badges.badges"
    label = "badges"
    verbose_name = _("Badges")

    def ready(self) -> None:
        """Let every call to a provider keep to the pace that all processes share, name who sends mails, count each
        call, fill the learner's page, and see to it that beat has its schedule.
        """
        from credentials_badges import http, measuring
        from credentials_badges.badges import (  # Apps load before models do.
            limiting,
            mailing,
            own_badges,
            posting,
            retaining,
            roles,
            schedule,
            tallying,
            tasks,
        )
        from credentials_badges.badges.models import Mail

        http.pace_by(limiting.take_turn)
        measuring.measure_by(tallying.tally)
        posting.carry(Mail, mailing.send)
        tasks.also_purge(retaining.purge)
        own_badges.put_up()
        post_migrate.connect(schedule.lay_down, sender=self)
        post_migrate.connect(roles.lay_down)  # Whichever app is last: permissions are made app by app.
