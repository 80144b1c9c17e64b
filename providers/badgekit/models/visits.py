"""How often the pages of codes were looked at, and their links shared."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.visits import Visits
from providers.badgekit.models.codes import ClaimCode


class CodeVisits(Visits):
    """Of a code's page."""

    code = models.ForeignKey(ClaimCode, models.CASCADE, verbose_name=_("code"), related_name="visits")

    class Meta:
        verbose_name = _("code visits")
        verbose_name_plural = _("code visits")
        constraints = (models.UniqueConstraint(fields=("code", "day", "kind", "source"), name="badgekit_code_visits"),)

    def __str__(self) -> str:
        told = {"kind": self.get_kind_display().lower(), "day": self.day, "count": self.count}
        return _("%(kind)s on %(day)s: %(count)d") % told
