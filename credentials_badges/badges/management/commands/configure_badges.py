"""``manage.py configure_badges``: rules from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials_badges.badges import auditing, configuring, rules_file
from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.strict_yaml import WrongFile


class Command(BaseCommand):
    """Configures templates as a YAML or JSON file says."""

    help = (
        "Configure requirements, penalties and activation of templates from a YAML or JSON file (docs/rules.md). "
        "The file says what is to be: running it again changes nothing. If any line of it is wrong, none is applied."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("file", type=Path, help="the file")

    def handle(self, **options: Any) -> None:
        """Read all, then apply all."""
        file = options["file"]
        try:
            specs = rules_file.read(file.read_text(encoding="utf-8"))
            with progress("Configuring", total=len(specs)) as advance:
                changes = configuring.apply(specs, on_template=advance)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        except WrongFile as error:
            raise CommandError(f"{file}, {error}. Nothing was changed.") from None
        if changes:
            auditing.note_command("configured badges", label=file.name, changes={"done": changes})
        for change in changes:
            self.stdout.write(change)
        self.stdout.write(f"{len(specs)} templates in the file, {len(changes)} changes.")
