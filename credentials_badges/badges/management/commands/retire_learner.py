"""``retire_learner USERNAME``."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials_badges.badges import auditing, retiring
from credentials_badges.badges.models import Learner


class Command(BaseCommand):
    help = "Forgets a learner for good, and promises to erase their badges at the providers; what stays are numbers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and whether to ask."""
        parser.add_argument("username", help="as the LMS knows them, letter for letter")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--missing-ok", action="store_true", help="succeed if nobody is called so")

    def handle(self, *_: Any, username: str, dry_run: bool, yes: bool, missing_ok: bool, **__: Any) -> None:
        """Say what it is about, ask, do it."""
        learner = Learner.objects.filter(username=username, retired_at=None).first()
        try:
            if learner is None:
                raise retiring.Unknown
            trial = retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by="", is_trial=True)
            if dry_run:
                self.stdout.write(f"To be retired: {trial.numbers}. Nothing was done.")
                return
            if not yes and not self._is_sure(username, trial):
                raise CommandError("Nothing was done.")
            user = auditing.system_user()
            self.stdout.write(retiring.retire(learner, timezone.now(), via=auditing.Via.COMMAND, by=user).told)
        except retiring.Unknown:
            told = f"Nobody here is called {username!r}, or not any more."
            if not missing_ok:
                raise CommandError(f"{told} Upper and lower case matter.") from None
            self.stdout.write(told)
        except retiring.StillWorksHere:
            raise CommandError(f"{username!r} works here: take the rights of staff away first.") from None

    def _is_sure(self, username: str, trial: retiring.Retired) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked: say --yes, or look with --dry-run first.")
        self.stdout.write(f"To be retired for good: {trial.numbers}.")
        return input("Type the username again to go on: ") == username
