"""Our tables, seen through Laurel's rows, for the admin. The app is our own, and so is its migration."""

from typing import ClassVar, Self

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider


class LaurelHouse(ProviderAccount):
    """An account at Laurel."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("laurel", "provider")

    class Meta:
        proxy = True


class Laurel(BadgeTemplate):
    """A template of Laurel."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("laurel")

    class Meta:
        proxy = True


class LaurelWreath(Badge):
    """A badge issued through Laurel."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("laurel")

    class Meta:
        proxy = True
