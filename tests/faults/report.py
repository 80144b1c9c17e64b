"""What is told at the end, and the comparison on which it rests."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

WIDTH = 110


class Award(NamedTuple):
    """A template that a learner has earned."""

    template: str
    email: str


class Held(NamedTuple):
    """One live badge, as the one side or the other has it."""

    account: str
    template: str
    email: str
    learner: str
    """Our own id of the learner."""
    external_id: str

    @property
    def award(self) -> Award:
        """What it was given for."""
        return Award(self.template, self.email)


@dataclass(frozen=True)
class Verdict:
    """How many badges are amiss, in each way in which they can be."""

    lost: int
    """Earned, but the provider holds none."""
    twice: int
    """Held beyond the one that was earned."""
    strangers: int
    """Held by somebody who did not earn it, or not recorded here as it is held there."""
    astray: int
    """Recorded here, but not held there as it is recorded."""


def judge(earned: set[Award], there: Sequence[Held], here: Sequence[Held]) -> Verdict:
    """Compare what was earned, what the providers hold, and what is recorded here."""
    holders = Counter(badge.award for badge in there)
    return Verdict(
        lost=len(earned - holders.keys()),
        twice=sum(count - 1 for count in holders.values()),
        strangers=len({badge for badge in there if badge.award not in earned} | (set(there) - set(here))),
        astray=len(set(here) - set(there)),
    )


def show(told: dict[str, Any]) -> None:
    """Print all of it as tables, and the closing line."""
    console = Console(highlight=False, width=WIDTH)
    for title, rows in told.items():
        if isinstance(rows, dict):
            table = Table(title.capitalize(), "", show_header=True)
            for name, value in rows.items():
                table.add_row(str(name).replace("_", " "), _line(value))
            console.print(table)
    for sentence in told["amiss"]:
        console.print(f"[red]✗[/red] {sentence}")
    console.print(f"{told['seconds']} s, seed {told['seed']}")
    sys.stdout.write(f"FAULTS {json.dumps(told)}\n")


def _line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(value)


def amiss(verdict: Verdict, *, stuck: int, missing: Sequence[str]) -> list[str]:
    """A sentence for each thing that is not as it must be."""
    sentences = [f"{count} badges {way}" for way, count in asdict(verdict).items() if count]
    if stuck:
        sentences.append(f"{stuck} promises or events stuck")
    return sentences + [f"the run did not have all of its {name}" for name in missing]
