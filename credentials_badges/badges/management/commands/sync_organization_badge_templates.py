"""``manage.py sync_organization_badge_templates``: the name that Open edX operators know."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """A thin door to ``sync_templates --provider credly``."""

    help = "Pull the badge templates of Credly organizations: sync_templates --provider credly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """As in Open edX Credentials."""
        parser.add_argument("--organization_id", help="only this organization (a UUID)")

    def handle(self, **options: Any) -> None:
        """Go through the door."""
        call_command(
            "sync_templates",
            provider="credly",
            account=options["organization_id"],
            stdout=self.stdout,
            stderr=self.stderr,
        )
