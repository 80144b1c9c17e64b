"""``manage.py sync_accredible_groups``: the name that Open edX operators know."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """A thin door to ``sync_templates --provider accredible``."""

    help = "Pull the groups of Accredible API configs: sync_templates --provider accredible."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """As in Open edX Credentials."""
        parser.add_argument("--api_config_id", help="only this API config (the issuer's id at Accredible)")

    def handle(self, **options: Any) -> None:
        """Go through the door."""
        call_command(
            "sync_templates",
            provider="accredible",
            account=options["api_config_id"],
            stdout=self.stdout,
            stderr=self.stderr,
        )
