"""Tells a Celery worker that there is work. The work itself stands in the database, so a lost bell only delays it."""

import logging
import time

from django.db import transaction
from kombu.exceptions import ChannelError, OperationalError

from credentials_badges.celery import app

log = logging.getLogger(__name__)

EVENTS = "badges.process_events"
DELIVERIES = "badges.deliver"
HINTS = "badges.look_into_webhooks"
MESSAGES = "badges.send_messages"
RECOMPUTATIONS = "badges.recompute"
SYNCS = "badges.sync"

REST_SECONDS = 5.0
"""For so long after a bell was not heard none is rung: nobody else is kept waiting for a broker that is away."""
_silent = {"until": 0.0}


def ring(task: str) -> None:
    """After the commit, ask for a run of `task`. A broker that is down is logged; the sweep finds the work."""
    # Whatever goes wrong there, the caller's work is stored, and that is what the caller is told.
    transaction.on_commit(lambda: _send(task), robust=True)


def _send(task: str) -> None:
    if time.monotonic() < _silent["until"]:
        return
    try:
        # An unheard bell is worthless after a minute, when the sweep has been round.
        app.send_task(task, expires=60, retry=False)
    except (OperationalError, ChannelError, OSError) as error:
        _silent["until"] = time.monotonic() + REST_SECONDS
        log.warning("the bell %s was not heard (%s); the sweep will find the work", task, type(error).__name__)
