"""``manage.py sandbox``: play Credly and Accredible on loopback."""

import json
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials_badges.demo.stage import CAST, Stage
from credentials_badges.sandbox import Faults, serve


class Command(BaseCommand):
    """Serves until it is stopped."""

    help = (
        "Play Credly and Accredible on 127.0.0.1, until Ctrl-C. Prints the base URL, id and key of each account, for "
        "add_account; the page at / shows what they hold, plays what people do there, and sends webhooks. SWITCH is "
        "something that a provider leaves open, such as credly.list_lag=2 or accredible.credits=5; an unknown one is "
        "answered with the list. FAULTS is a line such as "
        "lost=0.05,unavailable=0.05,throttled=0.05,html=0.01,slow=0.02,delay=0.2,seed=7: the share of calls to which "
        "each thing happens. FILE says who plays: "
        '{"credly": [{"name": "A", "key": "k", "templates": 60}], "accredible": [...]}.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--port", type=int, default=8800, help="the port; 0 takes a free one")
        parser.add_argument("--faults", default="", help="what goes wrong, and how often")
        parser.add_argument(
            "--switch", action="append", default=[], help="what a provider leaves open, played otherwise"
        )
        parser.add_argument("--data", type=Path, help="a JSON file that says who plays")

    def handle(self, **options: Any) -> None:
        """Serve."""
        if not 0 <= options["port"] <= 65535:
            raise CommandError("a port is a number from 0 to 65535", returncode=2)
        stage = Stage()
        try:
            stage.go_wrong(Faults.parse(options["faults"]))
            for switch in options["switch"]:
                stage.switch(switch)
            stage.cast(json.loads(options["data"].read_text("utf-8")) if options["data"] else CAST)
        except (OSError, ValueError) as error:  # WrongCast and broken JSON are ValueErrors.
            raise CommandError(f"{error}", returncode=2) from None
        try:
            with serve(stage, options["port"]) as address:
                self.stdout.write(f"Sandbox providers at {address}")
                for account in stage.accounts:
                    self.stdout.write(
                        f"{account['provider']}: --external-id {account['external_id']} --api-key {account['key']} "
                        f"--base-url {address}{account['path']}"
                    )
                self.stdout.flush()
                threading.Event().wait()
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error.strerror}") from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
