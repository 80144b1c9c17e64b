"""What is written here: the badges that went out, and what is still to be done."""

from django.db import DEFAULT_DB_ALIAS

from credentials_badges.badges.models import Badge, Issuance, LearningEvent
from tests.faults.report import Held


def badges(database: str = DEFAULT_DB_ALIAS) -> list[Held]:
    """The badges as we have them."""
    columns = "account__external_id", "template__external_id", "learner__email", "learner__uuid", "external_id"
    awarded = Badge.objects.using(database).filter(status=Badge.Status.AWARDED)
    return [Held(*map(str, columns)) for columns in awarded.values_list(*columns)]


def left(database: str = DEFAULT_DB_ALIAS) -> int:
    """How many events and promises there are still to be dealt with."""
    waiting = LearningEvent.objects.using(database).filter(processed_at=None).count()
    return waiting + Issuance.objects.using(database).filter(status__in=Issuance.OPEN).count()
