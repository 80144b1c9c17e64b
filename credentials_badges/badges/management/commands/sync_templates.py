"""``manage.py sync_templates``: pull badge templates from the providers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials_badges.badges import auditing, syncing
from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract import registry
from credentials_badges.contract.errors import ProviderError


class Command(BaseCommand):
    """Pulls the templates of all accounts, or of some."""

    help = (
        "Pull badge templates from the providers, all pages. New ones arrive inactive; those that are gone there are "
        "archived here and never deleted. One failing account does not stop the others, and makes the exit status 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--provider", choices=registry.slugs(), help="only this provider's accounts")
        parser.add_argument("--account", help="only the account with this external id")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument(
            "--force", action="store_true", help="also if more than 30%% of at least 10 templates would be archived"
        )

    def handle(self, **options: Any) -> None:
        """Pull each account in turn."""
        wanted = ProviderAccount.objects.all()
        if options["provider"]:
            wanted = wanted.filter(provider=options["provider"])
        if options["account"] is not None:
            wanted = wanted.filter(external_id=options["account"])
        if not wanted:
            raise CommandError("There is no such account; add one with add_account.")
        failed = [account for account in wanted if not self.pull(account, options["dry_run"], options["force"])]
        if failed:
            raise CommandError(f"{len(failed)} of {len(wanted)} accounts could not be pulled.")

    def pull(self, account: ProviderAccount, dry_run: bool, force: bool) -> bool:
        """Pull one account and say what came of it."""
        try:
            with progress(f"Pulling {account}") as advance:
                plan = syncing.pull(account, dry_run=dry_run, force=force, on_row=advance)
        except (ProviderError, syncing.PlanTooLarge) as error:
            self.stderr.write(f"{account}: {error}")
            return False
        if not dry_run:
            numbers = {"created": len(plan.new), "changed": len(plan.changed), "archived": len(plan.gone)}
            deed = "pulled templates by force" if force else "pulled templates"
            auditing.note_command(deed, account, changes=numbers)
        for row in plan.unreadable:
            self.stderr.write(f"{account}: {row.where} was left out: {row.why}.")
        self.stdout.write(
            f"{account}: {'would be ' if dry_run else ''}created {len(plan.new)}, changed {len(plan.changed)}, "
            f"unchanged {plan.unchanged}, archived {len(plan.gone)}"
        )
        return True
