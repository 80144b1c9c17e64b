"""``manage.py demo``: the main job, end to end, against sandbox providers that fail on purpose."""

import json
import time
from argparse import ArgumentParser
from collections import Counter
from io import StringIO
from typing import IO, Any, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Min
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner, LearningEvent
from credentials_badges.badges.status import summary
from credentials_badges.demo import lms, scene
from credentials_badges.demo.comparing import Comparison, compare
from credentials_badges.demo.stage import Stage
from credentials_badges.sandbox import Faults, serve

FAULTS = "lost=0.05,unavailable=0.04,throttled=0.04,html=0.02,slow=0.01,delay=0.2"
LEARNERS = 240
PATIENCE_SECONDS = 240
"""Accredible takes 33 calls in 6 s: a batch whose answer is lost means up to five for each of its badges."""
WIDTH = 110


class Command(BaseCommand):
    """Shows the service at work, and checks that nothing was lost and nothing issued twice."""

    help = (
        "Run the main job once: play Credly and Accredible on loopback, pull templates, configure rules, take events "
        "in, and push badges while the providers lose answers and refuse calls. Needs an empty database (make demo "
        "gives it one). Ends with a line DEMO {json}; exit status 1 if anything was lost, doubled or left over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--seed", type=int, default=7, help="for the dice of events and faults (default 7)")

    def handle(self, **options: Any) -> None:
        """Play it through."""
        self.started = time.monotonic()
        self.console = Console(file=cast("IO[str]", self.stdout), highlight=False, width=WIDTH)
        scene.prepare()
        stage = Stage()
        stage.cast()
        with serve(stage) as address:
            self.say("Accounts")
            scene.set_up(stage, address, self.stdout)
            stage.go_wrong(Faults.parse(f"{FAULTS},seed={options['seed']}"))
            lines = list(lms.lines(learners=LEARNERS, seed=options["seed"]))
            # In two parts, so that some badges are lost by events that come after they were pushed.
            cut = len(lines) * 2 // 3
            self.take_events_in("autumn", lines[:cut])
            self.say(f"Badges, pushed while the providers fail ({FAULTS})")
            call_command("drain", stdout=self.stdout)
            self.take_events_in("winter", lines[cut:])
            self.drain()
            comparisons = compare(stage.held())
        self.show(stage, comparisons)
        told = self.told(comparisons)
        self.stdout.write(f"DEMO {json.dumps(told)}")
        if told["pending"] or told["failed"] or not all(comparison.agrees for comparison in comparisons):
            raise CommandError("Something was lost, doubled or left over; the tables above say where.")

    def take_events_in(self, name: str, lines: list[str]) -> None:
        """Some thousand events, with duplicates and bad lines among them."""
        self.say(f"Events of the {name}, from a file with duplicates and bad lines")
        file = settings.VAR / f"demo-{name}.jsonl"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        call_command("ingest_events", str(file), stdout=self.stdout, stderr=self.stdout)

    def drain(self) -> None:
        """Process and push until every promise is kept, waiting for those that were postponed."""
        self.say("The rest of the badges, until every promise is kept")
        stop = time.monotonic() + PATIENCE_SECONDS
        open_promises = Issuance.objects.filter(status__in=Issuance.OPEN)
        rounds = 0
        with progress("Waiting for postponed promises") as advance:
            while time.monotonic() < stop:
                call_command("drain", stdout=self.stdout if rounds == 0 else StringIO())
                rounds += 1
                advance()
                due = open_promises.aggregate(due=Min("not_before"))["due"]
                if due is None:
                    break
                time.sleep(max(0.2, (due - timezone.now()).total_seconds()))
        self.stdout.write(f"{rounds} rounds")

    def show(self, stage: Stage, comparisons: list[Comparison]) -> None:
        """What happened, as tables."""
        table = Table("Provider", "Template", "held there", "recorded here", "twice", "taken back", title="Badges")
        for comparison in comparisons:
            agrees = "" if comparison.agrees else " [red]✗[/red]"
            table.add_row(
                comparison.provider,
                comparison.template,
                str(comparison.held),
                f"{comparison.recorded}{agrees}",
                str(comparison.twice),
                str(comparison.revoked),
            )
        self.console.print(table)
        faults = Table("Provider", "what befell its calls", title="Faults that really happened")
        for sandbox in stage.sandboxes:
            told = ", ".join(f"{name} {count}" for name, count in sorted(sandbox.happened.items()))
            faults.add_row(sandbox.slug, told)
        self.console.print(faults)
        tries = Counter(Issuance.objects.values_list("attempts", flat=True))
        self.console.print(
            "Tries for each promise: " + ", ".join(f"{n} × {count}" for n, count in sorted(tries.items()))
        )

    def told(self, comparisons: list[Comparison]) -> dict[str, Any]:
        """The closing line."""
        status = summary(timezone.now())
        promises = status["issuances"]["by_status"]
        delivered = Issuance.objects.filter(action=Issuance.Action.ISSUE, status=Issuance.Status.DELIVERED)
        issued = dict(delivered.values_list("account__provider").annotate(Count("pk")).order_by())
        return {
            "accounts": len(status["accounts"]),
            "templates_pulled": BadgeTemplate.objects.count(),
            "templates_active": status["templates"]["active"],
            "events": LearningEvent.objects.count(),
            "unreadable": status["events"]["unreadable"],
            "learners": Learner.objects.count(),
            "badges_awarded": Badge.objects.count(),
            "badges_revoked": status["badges"]["by_status"].get("revoked", 0),
            "issued": {provider: issued.get(provider, 0) for provider in ("credly", "accredible", "badgekit")},
            "pending": promises.get("pending", 0) + promises.get("in_flight", 0) + status["events"]["waiting"],
            "failed": promises.get("dead", 0),
            "twice": sum(comparison.twice for comparison in comparisons),
            "agrees": all(comparison.agrees for comparison in comparisons),
            "seconds": round(time.monotonic() - self.started, 1),
        }

    def say(self, heading: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold]{heading}[/bold]")
