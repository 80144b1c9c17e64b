"""``manage.py add_account``: make a provider's account known."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from credentials_badges.badges import accounts, auditing
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract import registry
from credentials_badges.contract.errors import ProviderError

CHOICES = "; ".join(
    f"{slug}: {', '.join(option.name for option in registry.get(slug).options)}"
    for slug in registry.slugs()
    if registry.get(slug).options
)

TOLD = ("external_id", "name", "api_key", "base_url", "options")


class Command(BaseCommand):
    """Makes or updates an account after asking the provider whether its key works."""

    help = """Make a provider's account known, or give a known one a new key.

The provider is asked whether the key works before anything is saved; its name, and its id
where the provider tells it, are taken over. A paused account goes on when its new key works.

  manage.py add_account credly --external-id 5d0f6c1e-… --api-key env:CREDLY_KEY
  manage.py add_account accredible --api-key env:ACCREDIBLE_KEY --base-url eu --option time_zone=Europe/Rome
  manage.py add_account badgekit --external-id city
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the help."""
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("provider", choices=registry.slugs(), help="the provider")
        parser.add_argument("--external-id", default="", help="the provider's id of the account, if it has to be told")
        parser.add_argument(
            "--api-key", default="", help="the key, or env:NAME to read it from the environment each time it is used"
        )
        parser.add_argument("--name", default="", help="what to call it, instead of the provider's own name")
        parser.add_argument(
            "--base-url", default="", help="where the API is, if not at the usual address: that address, or its name"
        )
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help=f"a choice for this account; {CHOICES}"
        )

    def handle(self, **options: Any) -> None:
        """Check, then save."""
        told = {name: options[name].strip() for name in ("external_id", "api_key", "name", "base_url")}
        asked = self.known(options["provider"], told["external_id"]) or ProviderAccount(provider=options["provider"])
        self.tell(asked, told, options["option"])
        if asked.adapter.base_urls and not told["api_key"]:
            raise CommandError(f"{asked.adapter.name} needs --api-key", returncode=2)
        try:
            accounts.verify(asked)
        except ProviderError as error:
            raise CommandError(f"The account was not saved: {error}") from None
        if not asked.pk and (held := self.known(asked.provider, asked.external_id)):  # The provider told the id.
            self.tell(held, told, options["option"])
            for name in set(accounts.VERIFIED) - {"name"}:
                setattr(held, name, getattr(asked, name))
            asked = held
        created = not asked.pk
        before: Any = ProviderAccount.objects.filter(pk=asked.pk).values(*TOLD).first() or {}
        asked.save()
        after = {name: getattr(asked, name) for name in TOLD}
        changes = auditing.differences(before, after, ProviderAccount)
        auditing.note_command("added" if created else "changed", asked, changes=changes)
        accounts.resume()
        self.stdout.write(f"{'Added' if created else 'Updated'} {asked}, external id {asked.external_id}.")

    def known(self, provider: str, external_id: str) -> ProviderAccount | None:
        """The account of that id, if it is here already."""
        return ProviderAccount.objects.filter(provider=provider, external_id=external_id).first()

    def tell(self, account: ProviderAccount, told: dict[str, str], choices: list[str]) -> None:
        """Take over what was given, options as NAME=VALUE; what was not given stays as it was."""
        for name, value in told.items():
            setattr(account, name, value or getattr(account, name))
        known = {option.name for option in account.adapter.options}
        kept = {name: value for name, value in account.options.items() if name in known}
        given = {name: value for name, _, value in (choice.partition("=") for choice in choices)}
        try:
            account.options = accounts.chosen_options({**kept, **given}, account.adapter.options)
            account.clean_fields(exclude=["external_id"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
