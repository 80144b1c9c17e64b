"""``manage.py drain``: the daemon without Celery."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from credentials_badges.badges import conf, delivering, events, heartbeat, outbox, recomputing, sync_jobs, tasks
from credentials_badges.badges.management.terminal import progress

IDLE_SECONDS = 1.0
BEAT_SECONDS = 10.0


class Command(BaseCommand):
    """Does what is waiting, once or for ever."""

    help = (
        "Process waiting events, look into webhooks, deliver due promises to the providers and send mails and other "
        "messages, until nothing is due. "
        "Safe beside any number of other drains and Celery workers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--forever", action="store_true", help="go on, looking for new work each second")

    def handle(self, **options: Any) -> None:
        """Work, and rest only if told to go on."""
        self.beaten = float("-inf") if options["forever"] else float("inf")
        with progress("Draining") as advance:

            def work(number: int) -> None:
                advance(number)
                self.beat()

            while True:
                try:
                    self.beat()
                    taken = self.drain(work)
                except (OperationalError, InterfaceError) as error:
                    if not options["forever"]:
                        raise CommandError(f"The database broke off: {type(error).__name__}.") from None
                    self.stderr.write(f"The database broke off ({type(error).__name__}); trying again.")
                    connection.close()
                    taken = 0
                if not taken:
                    if not options["forever"]:
                        break
                    time.sleep(IDLE_SECONDS)

    def beat(self) -> None:
        """Give a sign of life and see to what is due, now and then; not while draining once: none may rely on that."""
        if time.monotonic() - self.beaten >= BEAT_SECONDS:
            heartbeat.beat(timezone.now())
            tasks.see_to_what_is_due(timezone.now())
            self.beaten = time.monotonic()

    def drain(self, advance: Callable[[int], object]) -> int:
        """One round: all waiting events, recomputations and pulls, then webhooks, promises and messages for a while."""
        outbox.reap(timezone.now())
        processed = 0
        while taken := events.process_waiting():
            processed += taken
            advance(taken)
        for job in recomputing.waiting(timezone.now()):
            recomputing.carry_on(job.pk, on_learners=advance)
        for run in sync_jobs.waiting(timezone.now()):
            sync_jobs.carry_on(run.pk, on_row=lambda: advance(1))
        tries = delivering.deliver_due(seconds=conf.TURN_SECONDS, on_tries=advance)
        if processed or tries:
            self.stdout.write(f"{processed} events processed, {tries} tries at delivering")
        return processed + tries
