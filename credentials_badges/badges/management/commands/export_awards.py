"""``manage.py export_awards``: every badge, with what the provider says about it."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db.models import OuterRef, Subquery

from credentials_badges.badges.models import Badge, Issuance

COLUMNS = {
    "learner": "learner__username",
    "email": "learner__email",
    "provider": "account__provider",
    "account": "account__external_id",
    "template": "template__external_id",
    "ordinal": "ordinal",
    "status": "status",
    "awarded_at": "awarded_at",
    "external_id": "external_id",
    "external_state": "external_state",
    "external_state_raw": "external_state_raw",
    "external_url": "external_url",
    "issuance": "issuance",
    "attempts": "attempts",
    "last_error": "last_error",
}


class Command(BaseCommand):
    """Writes one row for each badge, in one statement however many there are."""

    help = (
        "Write one row for each badge: learner, template, our status, the provider's id and state, and where its "
        "newest promise stands (issuance: pending, in_flight, delivered, dead, cancelled)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl", help="JSON lines (default) or CSV")
        parser.add_argument("--output", type=Path, help="a file, instead of standard output")

    def handle(self, **options: Any) -> None:
        """Write it."""
        file = options["output"]
        out: AbstractContextManager[IO[str]] = nullcontext(cast("IO[str]", self.stdout))
        if file:
            try:
                out = file.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise CommandError(f"{file} cannot be written: {error.strerror}") from None
        with out as lines:
            if options["format"] == "csv":
                self.write_csv(lines)
            else:
                for row in rows():
                    lines.write(json.dumps(row, ensure_ascii=False) + "\n")

    def write_csv(self, out: IO[str]) -> None:
        """With a header; None is empty. A text that a spreadsheet would take for a formula gets an apostrophe."""
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in rows():
            writer.writerow(
                f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t\r\n") else value
                for value in row.values()
            )


def rows() -> Iterator[dict[str, Any]]:
    """One dictionary for each badge, oldest first."""
    newest = Issuance.objects.filter(badge=OuterRef("pk")).order_by("-pk")
    badges = Badge.objects.order_by("pk").annotate(
        issuance=Subquery(newest.values("status")[:1]),
        attempts=Subquery(newest.values("attempts")[:1]),
        last_error=Subquery(newest.values("last_error")[:1]),
    )
    for values in badges.values_list(*COLUMNS.values()).iterator(chunk_size=2000):
        row = dict(zip(COLUMNS, values, strict=True))
        yield row | {"awarded_at": row["awarded_at"].isoformat()}
