"""How a play begins: accounts, templates and rules, each by the command that an operator would use."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from credentials_badges.badges.models import ProviderAccount
from credentials_badges.demo.stage import Stage

HERE = Path(__file__).resolve().parent


def prepare() -> None:
    """Make the tables. Raises CommandError if the database is in use: a play must not mix with real learners."""
    call_command("migrate", verbosity=0)
    if ProviderAccount.objects.exists():
        raise CommandError("A demonstration wants an empty database; make demo and make run give it one.")


def set_up(stage: Stage, address: str, out: Any) -> None:
    """Add an account for each of the three providers, pull, and configure `rules.yaml`; `out` is told of it."""
    call_command("load_badgekit", HERE / "badgekit.json", stdout=out)
    for account in stage.accounts:
        call_command(
            "add_account",
            account["provider"],
            external_id=account["external_id"],
            api_key=account["key"],
            base_url=address + account["path"],
            stdout=out,
        )
    call_command("add_account", "badgekit", external_id="river-city", stdout=out)
    out.write("\nTemplates, pulled: they arrive inactive")
    call_command("sync_templates", stdout=out)
    out.write("\nRules, from credentials_badges/demo/rules.yaml")
    call_command("configure_badges", HERE / "rules.yaml", stdout=out)
