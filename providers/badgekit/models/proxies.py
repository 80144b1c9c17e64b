"""Our accounts, templates and badges, as far as they are BadgeKit's: what the admin's pages are about."""

from typing import ClassVar, Self

from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models import Badge, BadgeTemplate, ProviderAccount
from credentials_badges.badges.models.proxies import OfProvider


class BadgeKitAccount(ProviderAccount):
    """An account of ours that is a system of the store."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit", "provider")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("BadgeKit account")
        verbose_name_plural = _("BadgeKit accounts")


class BadgeKitBadgeTemplate(BadgeTemplate):
    """A badge of the store, as a template of ours."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("BadgeKit badge template")
        verbose_name_plural = _("BadgeKit badge templates")


class BadgeKitIssuedBadge(Badge):
    """A badge issued through the store."""

    objects: ClassVar[OfProvider[Self]] = OfProvider("badgekit")

    class Meta:
        proxy = True
        app_label = "badges"
        verbose_name = _("BadgeKit badge")
        verbose_name_plural = _("BadgeKit badges")
