"""``manage.py reconcile``: compare an account's badges with ours."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials_badges.badges import auditing, reconciling
from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract.errors import ProviderError

SHOWN = 20
"""Badges of each kind that are told one by one, unless --all is given."""


class Command(BaseCommand):
    """Prints a plan; changes something only when told to."""

    help = (
        "Compare every badge that a provider holds with what is recorded here: missing there, unknown here, different, "
        "held twice. Only says so, unless --apply (write down what the provider says; our decisions stay) or --repair "
        "(besides, end every disagreement: issue again what is gone or was revoked there only, and revoke again what "
        "is live there though it was revoked here)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("account", help="its external id")
        parser.add_argument("--provider", help="if accounts of two providers have that id")
        parser.add_argument("--apply", action="store_true", help="write down what the provider says")
        parser.add_argument("--repair", action="store_true", help="besides, promise again what it should hold")
        parser.add_argument("--force", action="store_true", help="also if more than 30%% of at least 10 are missing")
        parser.add_argument("--all", action="store_true", help=f"tell of every badge, not only the first {SHOWN}")

    def handle(self, **options: Any) -> None:
        """Compare, tell, and do what was asked."""
        account = self.account(options["account"], options["provider"])
        try:
            with progress(f"Reading the badges of {account}") as advance:
                found = reconciling.compare(account, on_row=advance)
            self.tell(found, options["all"])
            known = reconciling.disagreeing().filter(account=account).exclude(pk__in=[b.pk for b in found.missing])
            self.list_some("Disagreeing already", [f"{b.external_id} {b}" for b in known], options["all"])
            if options["apply"] or options["repair"]:
                auditing.note_command("repaired badges" if options["repair"] else "took over badges", account)
                told = reconciling.take_over(account, found, force=options["force"])
                self.stdout.write(f"Written down: {len(told)}.")
        except (ProviderError, reconciling.TooManyMissing) as error:
            raise CommandError(f"{account}: {error}") from None
        if options["repair"]:
            issued, revoked = reconciling.repair(account.badges.all(), timezone.now())
            self.stdout.write(f"Promised: {issued} to be issued again, {revoked} to be revoked again.")

    def account(self, external_id: str, provider: str | None) -> ProviderAccount:
        """The account of that id."""
        wanted = ProviderAccount.objects.filter(external_id=external_id)
        if provider:
            wanted = wanted.filter(provider=provider)
        if len(wanted) > 1:
            raise CommandError("Accounts of several providers have that id; name one with --provider.", returncode=2)
        if not wanted:
            raise CommandError("There is no such account; manage.py status lists them.", returncode=2)
        return wanted[0]

    def tell(self, found: reconciling.Comparison, everything: bool) -> None:
        """What was found, with the learner by user name and the badge by the provider's id."""
        self.stdout.write(f"Held there: {found.held}. In agreement: {found.agreed}.")
        lines = {
            "Missing there": [f"{badge.external_id} {badge}" for badge in found.missing],
            "Different": [
                f"{badge.external_id} {badge}: {receipt.raw_state} there, {badge.external_state_raw or 'nothing'} here"
                for badge, receipt in found.different
            ],
            "Unknown here": [f"{each.external_id} of template {each.template_id}" for each in found.unknown],
            "Held twice": [f"{each.external_id} of template {each.template_id}" for each in found.twice],
            "Unreadable": [f"{row.where}: {row.why}" for row in found.unreadable],
        }
        for what, badges in lines.items():
            self.list_some(what, badges, everything)

    def list_some(self, what: str, lines: list[str], everything: bool) -> None:
        """How many there are, and the first of them."""
        self.stdout.write(f"{what}: {len(lines)}")
        for line in lines if everything else lines[:SHOWN]:
            self.stdout.write(f"  {line}")
