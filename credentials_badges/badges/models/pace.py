"""How many calls our processes have made to hosts that allow only so many."""

from django.db import models

from credentials_badges.badges.models.fields import ExactCharField


class CallWindow(models.Model):
    """The calls to one host within the present window of time, counted by all processes together."""

    host = ExactCharField(max_length=255, unique=True)
    number = models.BigIntegerField(help_text="Which window it is: seconds since 1970, divided by its length.")
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.calls} calls to {self.host}"
