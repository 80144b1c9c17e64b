"""Our tables under the names that Open edX gives Credly's, for the admin."""

from typing import ClassVar, Self

from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider


class CredlyOrganization(ProviderAccount):
    """An account at Credly."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("credly", "provider")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Credly organization")
        verbose_name_plural = _("Credly organizations")


class CredlyBadgeTemplate(BadgeTemplate):
    """A badge template of Credly."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("credly")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Credly badge template")
        verbose_name_plural = _("Credly badge templates")


class CredlyBadge(Badge):
    """A badge issued through Credly."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("credly")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Credly badge")
        verbose_name_plural = _("Credly badges")
