"""``manage.py consume_events``: events from the Open edX event bus."""

import inspect
import json
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from credentials_badges.contract.errors import Misconfigured


class Command(BaseCommand):
    """Stores what the bus carries, to be processed by workers or by ``drain``."""

    help = (
        "Store the events that arrive on the Open edX event bus, until it is stopped (SIGTERM). Any number may run "
        "beside each other. A message is acknowledged once it is stored; one that cannot be read is kept where an "
        "administrator sees it. Workers, or drain, process what was stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line, as openedx-events has them."""
        parser.add_argument(
            *("-t", "--topic"),
            required=True,
            action="append",
            help="the topic, without the environment's prefix; several joined by commas, or said several times",
        )
        parser.add_argument(
            "-g", "--group_id", required=True, help="the consumer group, whose members share the events"
        )
        parser.add_argument(
            "--extra",
            default="{}",
            help='more for the consumer, as a JSON object: {"consumer_name": "one", "claim_msgs_older_than": 60000}',
        )

    def handle(self, **options: Any) -> None:
        """Read until told to stop."""
        topics = [each.strip() for topic in options["topic"] for each in topic.split(",") if each.strip()]
        if not topics:
            raise CommandError("--topic names none.")
        make, is_ours = self.consumer_class()
        if len(topics) > 1 and not is_ours:
            raise CommandError("This consumer reads one topic; start one for each.")
        known: dict[str, Any] = {"topic": topics if is_ours else topics[0], "group_id": options["group_id"]}
        try:
            consumer = make(**known, **self.more(options["extra"], make, is_ours=is_ours))
        except (TypeError, ValueError) as error:
            # Others' ValueErrors may quote an address, and with it a password.
            why = error if is_ours or isinstance(error, TypeError) else type(error).__name__
            raise CommandError(f"The consumer cannot be made: {why}.") from None
        if is_ours:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: consumer.stop.set())
        try:
            consumer.consume_indefinitely()
        except Misconfigured as error:
            raise CommandError(f"{error}.") from None

    def consumer_class(self) -> tuple[Any, bool]:
        """What EVENT_BUS_CONSUMER names, and whether it stores events itself; else our receivers do."""
        path = settings.EVENT_BUS_CONSUMER
        try:
            from credentials_badges.eventbus import receiving  # Here, since its packages are an extra.

            make = import_string(path)
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error.name} is not installed: pip install 'credentials-badges[openedx]' brings what Redis needs."
            ) from None
        except ImportError as error:
            raise CommandError(f"EVENT_BUS_CONSUMER: {error}.") from None
        is_ours = getattr(make, "stores_events", False)
        if not is_ours:
            receiving.connect()
        return make, is_ours

    def more(self, said: str, make: Any, *, is_ours: bool) -> dict[str, Any]:
        """What --extra says."""
        try:
            extra = json.loads(said or "{}")
        except ValueError:
            extra = None
        if not isinstance(extra, dict):
            raise CommandError("--extra is not a JSON object.")
        known = set(inspect.signature(make).parameters)
        if is_ours and (unknown := sorted(extra.keys() - known)):
            raise CommandError(f"--extra holds {', '.join(unknown)}; this consumer knows {', '.join(sorted(known))}.")
        return extra
