"""Celery's way in. Each task asks the database what is waiting, so a lost or doubled message is harmless."""

import logging

from django.utils import timezone

from credentials_badges.badges import doorbell, events, issuing, syncing
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.celery import app
from credentials_badges.contract.errors import ProviderError

log = logging.getLogger(__name__)

TURN_SECONDS = 20.0
"""How long one delivery task works: a worker that is asked to stop must not keep anybody waiting for longer."""


@app.task(name=doorbell.EVENTS)
def process_events() -> None:
    """Process all waiting events."""
    while events.process_waiting():
        pass


@app.task(name=doorbell.ISSUANCES)
def deliver() -> None:
    """Deliver due promises; what is left after the turn rings again."""
    issuing.deliver_due(seconds=TURN_SECONDS)
    if issuing.due(timezone.now()).exists():
        doorbell.ring(doorbell.ISSUANCES)


@app.task(name="badges.sweep")
def sweep() -> None:
    """Find the work whose bell was lost or whose worker died."""
    issuing.reap(timezone.now())
    process_events()
    deliver()


@app.task(name="badges.pull_templates")
def pull_templates() -> None:
    """Pull the templates of every account that is not paused; one that fails does not stop the others."""
    for account in ProviderAccount.objects.filter(paused_reason=""):
        try:
            syncing.pull(account)
        except (ProviderError, syncing.PlanTooLarge) as error:
            log.warning("pulling templates of account %d failed: %s", account.pk, error)
