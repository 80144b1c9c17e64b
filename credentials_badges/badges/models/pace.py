"""How often something has happened that may happen only so often."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField


class CallWindow(models.Model):
    """The calls to one host, or the tries of one visitor, within the present window of time; all processes count."""

    host = ExactCharField(max_length=255, unique=True)
    """Or the name of whatever else has a pace."""
    number = models.BigIntegerField(help_text="Which window it is: seconds since 1970, divided by its length.")
    calls = models.PositiveIntegerField()
    ends_at = models.BigIntegerField(default=0, help_text="When the window ends, in seconds since 1970.")

    class Meta:
        verbose_name = _("call window")
        verbose_name_plural = _("call windows")

    def __str__(self) -> str:
        return f"{self.calls} calls to {self.host}"
