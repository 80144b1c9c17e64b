"""``manage.py status``: how things stand."""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from credentials_badges.badges.status import summary


class Command(BaseCommand):
    """Prints what an operator asks first."""

    help = "Say how things stand: accounts, templates, events waiting and failed, badges and promises by state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--json", action="store_true", help="as one JSON object")

    def handle(self, **options: Any) -> None:
        """Print it."""
        told = summary(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        table = Table("What", "How it stands", show_header=False, title="Badges")
        for account in told.pop("accounts"):
            how = f"paused until {account['paused_until']}: {account['paused']}" if account["paused"] else "running"
            key = f", its key until {account['key_expires'][:10]}" if account["key_expires"] else ""
            waits = f", {account['open']} promises open" if account["open"] else ""
            table.add_row(f"{account['provider']} {account['name'] or account['external_id']}", how + key + waits)
        calls = told.pop("calls")
        for what, values in told.items():
            for name, value in values.items() if isinstance(values, dict) else [("", values)]:
                shown = (
                    ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
                )
                table.add_row(f"{what} {name}".replace("_", " ").strip(), "–" if shown in (None, "") else str(shown))
        for call in calls:
            each = f"{call['calls']}, {call['seconds'] / call['calls']:.2f} s each"
            table.add_row(f"calls to {call['host']} {call['outcome']}", each)
        # What people and providers wrote is shown as it is, "[key]" too.
        console = Console(file=cast("IO[str]", self.stdout), highlight=False, markup=False, emoji=False)
        console.print(table)
