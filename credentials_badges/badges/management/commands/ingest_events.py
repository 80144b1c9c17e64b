"""``manage.py ingest_events``: events from a file."""

import hashlib
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials_badges.badges import conf, events, rules
from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import UnreadableEvent

LONGEST_LINE = 1_000_000
"""Bytes; a longer line is no event of ours, and must not fill the memory."""
MOST_BYTES = 4_000_000
"""Of one statement: MariaDB takes 16 MB unless told otherwise."""
MOST_SENTENCES = 20
"""Wrong lines, and types that nobody asks for, that are told one by one; all are kept."""


class Command(BaseCommand):
    """Stores the events of a file, to be processed by workers or by ``drain``."""

    help = (
        "Store learning events: CloudEvents 1.0 as JSON, one a line. An event whose source and id are known already is "
        "counted as duplicate. A line that is no event is reported with its number and kept where an administrator "
        "sees it; the rest goes on. Workers, or drain, process what was stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words of the command line."""
        parser.add_argument("file", help="the file; - for standard input")

    def handle(self, **options: Any) -> None:
        """Store batch by batch."""
        name = options["file"]
        self.source = "stdin" if name == "-" else Path(name).name[:255]
        self.counts: Counter[str] = Counter(accepted=0, duplicate=0, invalid=0)
        self.first_line_of: dict[str, int] = {}
        self.without_learner: list[int] = []
        if name == "-" and sys.stdin is None:
            raise CommandError("standard input is closed")
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as lines:
                self.ingest(lines)
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}") from None
        self.tell()

    def ingest(self, lines: IO[bytes]) -> None:
        """Read and store."""
        batch: list[events.Event] = []
        held = 0
        with progress("Storing events") as advance:
            for number, line in _numbered(lines):
                advance()
                try:
                    event = events.read(_json(line), source=self.source)
                except events.InvalidEvent as error:
                    self.keep(number, line, str(error))
                    continue
                self.first_line_of.setdefault(event.type, number)
                if event.person is None:
                    self.without_learner.append(number)
                batch.append(event)
                held += len(line)
                if len(batch) == conf.BATCH or held > MOST_BYTES:
                    self.store(batch)
                    batch, held = [], 0
            self.store(batch)

    def store(self, batch: list[events.Event]) -> None:
        """Store one batch, in one transaction."""
        if batch:
            done = events.accept(batch)
            self.counts.update(accepted=done.accepted, duplicate=done.duplicate)

    def keep(self, number: int, line: bytes, reason: str) -> None:
        """Keep a line that is no event, once, however often the file is sent."""
        self.counts["invalid"] += 1
        if self.counts["invalid"] <= MOST_SENTENCES:
            self.stderr.write(f"{self.source}, line {number}: {reason}.")
        UnreadableEvent.objects.get_or_create(
            source=self.source,
            digest=hashlib.sha256(line).hexdigest(),
            defaults={
                "where": f"line {number}",
                "reason": reason,
                "body": line.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_LINE],
                "received_at": timezone.now(),
            },
        )

    def tell(self) -> None:
        """The counts, and what nobody may have meant."""
        if self.counts["invalid"] > MOST_SENTENCES:
            self.stderr.write(f"… and {self.counts['invalid'] - MOST_SENTENCES} more lines that are no events.")
        if self.without_learner:
            self.stderr.write(
                f"{self.source}, line {self.without_learner[0]}: {events.NO_LEARNER} "
                f"Events of this kind: {len(self.without_learner)}; they were kept, and nothing comes of them."
            )
        known = rules.current().event_types
        unknown = [(number, type_) for type_, number in self.first_line_of.items() if type_ not in known]
        for number, event_type in unknown[:MOST_SENTENCES]:
            self.stderr.write(
                f"{self.source}, line {number}: no active rule asks for events of type {event_type}; kept."
            )
        if len(unknown) > MOST_SENTENCES:
            self.stderr.write(f"… nor for those of {len(unknown) - MOST_SENTENCES} more types; kept.")
        self.stdout.write(", ".join(f"{name} {count}" for name, count in self.counts.items()))


def _numbered(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; of one that is too long only the beginning."""
    number = 0
    while line := lines.readline(LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := lines.readline(LONGEST_LINE)):
            line = line[:LONGEST_LINE] + b"\0"
        if line.strip():
            yield number, line.strip(b"\r\n")


def _json(line: bytes) -> object:
    if len(line) >= LONGEST_LINE:
        raise events.InvalidEvent(f"it is longer than {LONGEST_LINE:,} bytes")
    return events.parse(line)
