"""What all our commands have in common."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError


class BadgesCommand(BaseCommand):
    """A command that tells in one sentence when the database is away, busy, or has not got its tables yet."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it. Raises CommandError."""
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(f"The database cannot do this: {reason}. Has manage.py migrate been run?") from error
