"""``manage.py export_rules``: what is configured, as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials_badges.badges import configuring, rules_file


class Command(BaseCommand):
    """Writes the file that ``configure_badges`` reads."""

    help = "Write what is configured in the form that configure_badges reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--output", type=Path, help="a file, instead of standard output")

    def handle(self, **options: Any) -> None:
        """Write it."""
        text = rules_file.write(configuring.export())
        file = options["output"]
        if not file:
            self.stdout.write(text, ending="")
            return
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}") from None
