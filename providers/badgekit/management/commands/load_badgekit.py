"""``manage.py load_badgekit``: fill the claim-code store from a file."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from credentials_badges.badges import auditing
from providers.badgekit.loading import LoadError, load

HELP = """Fill BadgeKit's store with systems, issuers, programs, badges, claim codes and badge instances.

The file takes the place of what the store holds, unless --append is given. All of it is loaded or nothing is.

example:
  manage.py load_badgekit store.json, where store.json is

  {"format": "badgekit-fixture/1",
   "images": [{"id": 1, "url": "https://example.org/badge.png"}],
   "systems": [{"id": 1, "slug": "city", "name": "The City", "url": "https://example.org"}],
   "badges": [{"id": 1, "slug": "reader", "name": "Reader", "type": "skill", "systemId": 1, "imageId": 1,
               "earnerDescription": "Read ten books.", "created": "2024-05-21 19:22:09"}],
   "claimCodes": [{"id": 1, "code": "library-day", "multiuse": true, "badgeId": 1}]}

  Then: manage.py add_account badgekit --external-id city
"""


class Command(BaseCommand):
    """Reads the file, and tells what became of it."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help: it shows a file."""
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and how it is taken."""
        parser.add_argument("file", metavar="FILE", type=Path, help="a JSON file of the form badgekit-fixture/1")
        parser.add_argument("--append", action="store_true", help="add to what the store holds instead of replacing it")

    def handle(self, *args: Any, file: Path, append: bool, **options: Any) -> None:
        """Load the file. Raises CommandError, with the store unchanged, if anything in it is wrong."""
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        try:
            loaded = load(text, append=append)
        except LoadError as error:
            raise CommandError(f"{error}. Nothing was changed.") from None
        deed = "added to the BadgeKit store" if append else "replaced the BadgeKit store"
        auditing.note_command(deed, label=file.name, changes=loaded.stored)
        self.stdout.write(f"loaded: {_counted(loaded.stored)}")
        if loaded.left_out:
            self.stdout.write(f"left out: {_counted(loaded.left_out)}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
