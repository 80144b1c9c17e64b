"""``manage.py recompute``: judge stored events again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from credentials_badges.badges import auditing, recomputing
from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import BadgeTemplate, Recomputation

AT_ONCE = 500
"""Templates of one job."""
SHOWN = 20
"""Learners of each kind that are told by name."""


class Command(BaseCommand):
    """Says who would earn what, and lets them have it."""

    help = (
        "Judge stored events again by the rules as they stand, also those that came before a template was active or "
        "its rules were changed: who would earn a badge, who holds one that the events do not earn, who is on the way. "
        "Without --dry-run, what is earned is awarded; nothing is taken back unless --revoke is given. Running it "
        "again changes nothing. With --dry-run, templates need not be active; what rests on badges counts those that "
        "are held, not those that would be awarded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument(
            "templates", nargs="*", metavar="TEMPLATE", help="external ids or names; all active ones if none"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--revoke", action="store_true", help="take back what the events do not earn")

    def handle(self, **options: Any) -> None:
        """Ask for the job, and do it here."""
        applies = not options["dry_run"]
        if options["revoke"] and not applies:
            raise CommandError("--revoke does something, and --dry-run does nothing: give one of them.", returncode=2)
        templates = self.templates(options["templates"], must_be_active=applies)
        for start in range(0, len(templates), AT_ONCE):
            some = templates[start : start + AT_ONCE]
            if applies:
                deed = "recomputed, and let badges be taken back" if options["revoke"] else "recomputed"
                auditing.note_command(deed, *some)
            self.do(recomputing.ask(some, timezone.now(), applies=applies, revokes=options["revoke"]))

    def do(self, job: Recomputation) -> None:
        """Carry it out, and tell of it."""
        with progress("Judging learners") as advance:
            mine = recomputing.carry_on(job.pk, on_learners=advance)
        job.refresh_from_db()
        if not mine:
            self.stdout.write(f"A worker has taken {job} up; its page in the admin shows how it goes on.")
            return
        for told in job.report.values():
            self.tell(told, job)
        self.stdout.write(f"{job.done} learners judged for {len(job.report)} templates.")

    def templates(self, words: list[str], *, must_be_active: bool) -> list[BadgeTemplate]:
        """The templates that were named, or all that are active."""
        active = Q(is_active=True, state=BadgeTemplate.State.ACTIVE)
        if not words:
            return list(BadgeTemplate.objects.filter(active))
        found = []
        for word in words:
            named = list(BadgeTemplate.objects.filter(Q(external_id=word) | Q(name=word))[:2])
            if len(named) != 1:
                many = "Several templates are" if named else "No template is"
                raise CommandError(f"{many} named {word!r}; external ids are shown in the admin.", returncode=2)
            if must_be_active and not BadgeTemplate.objects.filter(active, pk=named[0].pk).exists():
                raise CommandError(f"{named[0]} is not active, so nobody is awarded it; try --dry-run.", returncode=2)
            found += named
        return found

    def tell(self, told: dict[str, Any], job: Any) -> None:
        """A paragraph for each template."""
        would = "" if job.applies else "would "
        kept = "is taken back" if job.revokes else "is kept"
        self.stdout.write(
            f"{told['name']} ({told['account']}): {told['hold']} hold it, {told['on_the_way']} on the way"
        )
        self.list_some(f"  {would}earn it", told["earn"], told["earners"])
        self.list_some(f"  hold it, and have not earned it by these rules ({kept})", told["lose"], told["losers"])
        if told["seats"] is not None:
            self.stdout.write(f"  seats left before: {told['seats']}")

    def list_some(self, what: str, number: int, names: list[str]) -> None:
        """How many, and the first of them by name."""
        shown = ", ".join(names[:SHOWN]) + (" …" if number > SHOWN else "")
        self.stdout.write(f"{what}: {number}" + (f" ({shown})" if names else ""))
