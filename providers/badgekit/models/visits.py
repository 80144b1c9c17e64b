"""How often the pages of codes were looked at, and their links shared."""

from django.db import models

from credentials_badges.badges.models.visits import Visits
from providers.badgekit.models.codes import ClaimCode


class CodeVisits(Visits):
    """Of a code's page."""

    code = models.ForeignKey(ClaimCode, models.CASCADE, related_name="visits")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("code", "day", "kind", "source"), name="badgekit_code_visits"),)

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}: {self.count}"
