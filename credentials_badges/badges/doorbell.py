"""Tells a Celery worker that there is work. The work itself stands in the database, so a lost bell only delays it."""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

from credentials_badges.celery import app

log = logging.getLogger(__name__)

EVENTS = "badges.process_events"
DELIVERIES = "badges.deliver"
RECOMPUTATIONS = "badges.recompute"


def ring(task: str) -> None:
    """After the commit, ask for a run of `task`. A broker that is down is logged; the sweep finds the work."""
    transaction.on_commit(lambda: _send(task))


def _send(task: str) -> None:
    try:
        # An unheard bell is worthless after a minute, when the sweep has been round.
        app.send_task(task, expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("the bell %s was not heard (%s); the sweep will find the work", task, type(error).__name__)
