"""Our tables under the names that Open edX gives Accredible's, for the admin."""

from typing import ClassVar, Self

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider


class AccredibleAPIConfig(ProviderAccount):
    """An account at Accredible."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible", "provider")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "Accredible API config"


class AccredibleGroup(BadgeTemplate):
    """A group of Accredible, which is what it calls a badge template."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "Accredible group"


class AccredibleBadge(Badge):
    """A badge issued through Accredible."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("accredible")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = "Accredible badge"
