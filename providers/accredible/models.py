"""Our tables under the names that Open edX gives Accredible's, for the admin."""

from typing import ClassVar, Self

from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider


class AccredibleAPIConfig(ProviderAccount):
    """An account at Accredible."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible", "provider")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Accredible API config")
        verbose_name_plural = _("Accredible API configs")


class AccredibleGroup(BadgeTemplate):
    """A group of Accredible, which is what it calls a badge template."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Accredible group")
        verbose_name_plural = _("Accredible groups")


class AccredibleBadge(Badge):
    """A badge issued through Accredible."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("Accredible badge")
        verbose_name_plural = _("Accredible badges")
