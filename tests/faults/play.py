"""The play: events come in by portions, badges go out, and all the while something befalls somebody."""

import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count

from credentials_badges.badges.management.terminal import progress
from credentials_badges.badges.models import Issuance, LearningEvent, ProviderAccount
from credentials_badges.sandbox import Faults, serve
from tests.faults import broker, cast, recorded
from tests.faults.children import Children
from tests.faults.report import amiss, judge
from tests.faults.setting import command, configure

FAULTS = "lost=0.1,unavailable=0.1,throttled=0.05,html=0.02,slow=0.02,delay=2.5"
PORTIONS = 12
"""Of the events, so that there is work for all kills."""
WIPED_AFTER = (4, 9)
"""Portions."""
KILL_SECONDS = (0.3, 2.0)
"""Between one kill and the next."""
MEND_SECONDS = 5.0
"""How long after its key has ended an account gets a new one."""
TICK_SECONDS = 0.2
PATIENCE_SECONDS = 300


class Play:
    """One run, from empty tables to the comparison."""

    def __init__(self, folder: Path, *, seed: int, awards: int, kills: int) -> None:
        self.started = time.monotonic()
        self.folder, self.seed, self.kills = folder, seed, kills
        self.dice = random.Random(seed)
        self.stage = cast.stage()
        self.events = cast.events(awards, self.dice)
        portions = [self.events[start::PORTIONS] for start in range(PORTIONS)]
        self.portions = [*portions[:3], portions[2], *portions[3:]]
        """Each once, but one of them twice."""
        self.happened: Counter[str] = Counter()
        self.pauses: set[tuple[int, object]] = set()
        self.out = 0
        self.next_kill = self.key_ended = 0.0
        self.organization = ""

    def through(self) -> dict[str, Any]:
        """Play it; returns what is to be told."""
        with broker.borrowed(), serve(self.stage) as address:
            self.set_up(address)
            self.stage.go_wrong(Faults.parse(f"{FAULTS},seed={self.seed}"))
            with Children(self.folder / "children.log") as children:
                self.work(children)
        self.happened.update({"restarts": children.restarts, "ended by themselves": children.fell})
        return self.told()

    def set_up(self, address: str) -> None:
        """Empty tables, and what an operator does before anything can be earned."""
        call_command("migrate", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        rules = self.folder / "rules.json"
        rules.write_text(cast.rules())
        configure(address, self.stage.accounts, str(rules))

    def work(self, children: Children) -> None:
        """Until everything has happened and nothing is left to be done, or patience is at an end."""
        stop = time.monotonic() + PATIENCE_SECONDS
        with progress("Badges out", len(self.events)) as advance:
            while time.monotonic() < stop and (self.missing() or recorded.left()):
                children.start_missing()
                self.send()
                self.wipe()
                self.change_key()
                self.enter_new_key()
                self.kill_one_of(children)
                before, self.out = self.out, Issuance.objects.filter(status=Issuance.Status.DELIVERED).count()
                advance(self.out - before)
                paused = ProviderAccount.objects.exclude(paused_until=None)
                self.pauses.update(paused.values_list("pk", "paused_until"))
                time.sleep(TICK_SECONDS)

    def missing(self) -> list[str]:
        """What has not happened as often as it should."""
        wanted = {"portions": len(self.portions), "kills": self.kills, "wipes": len(WIPED_AFTER), "new keys": 1}
        return [name for name, count in wanted.items() if self.happened[name] < count]

    def send(self) -> None:
        """Take in the next portion of events when its share of the kills is done, or the workers have nothing to do."""
        number = self.happened["portions"]
        if number == len(self.portions):
            return
        if self.happened["kills"] >= self.kills * number / len(self.portions) or not recorded.left():
            file = self.folder / f"events-{number}.jsonl"
            file.write_text("".join(f"{json.dumps(event)}\n" for event in self.portions[number]))
            command("ingest_events", str(file))
            self.happened["portions"] += 1

    def wipe(self) -> None:
        """Let the broker forget everything."""
        number = self.happened["wipes"]
        if number < len(WIPED_AFTER) and self.happened["portions"] > WIPED_AFTER[number]:
            self.happened["things wiped"] += broker.wipe()
            self.happened["wipes"] += 1

    def change_key(self) -> None:
        """Half-way, one account's key stops working."""
        if not self.key_ended and self.out >= len(self.events) / 2:
            self.organization = cast.change_key(self.stage)
            self.key_ended = time.monotonic()

    def enter_new_key(self) -> None:
        """Some seconds later, the operator enters the new one, and again if a fault befalls the check of it."""
        if self.key_ended and not self.happened["new keys"] and time.monotonic() > self.key_ended + MEND_SECONDS:
            self.happened["tries to enter the new key"] += 1
            with suppress(CommandError):
                command("add_account", "credly", external_id=self.organization, api_key=cast.NEW_KEY)
                self.happened["new keys"] += 1

    def kill_one_of(self, children: Children) -> None:
        """At a random moment, if there is work under way."""
        if self.happened["kills"] < self.kills and time.monotonic() > self.next_kill and recorded.left():
            in_flight = Issuance.objects.filter(status=Issuance.Status.IN_FLIGHT).exists()
            if children.kill_one(self.dice):
                self.happened["kills"] += 1
                self.happened["kills with promises in flight"] += in_flight
                self.next_kill = time.monotonic() + self.dice.uniform(*KILL_SECONDS)

    def told(self) -> dict[str, Any]:
        """The numbers, and what is amiss."""
        verdict = judge(cast.earned(self.stage, self.events), cast.held(self.stage), recorded.badges())
        stuck = recorded.left() + Issuance.objects.filter(status=Issuance.Status.DEAD).count()
        promises = Issuance.objects.order_by()
        return {
            "seed": self.seed,
            "seconds": round(time.monotonic() - self.started, 1),
            "badges": {"earned": len(self.events), **asdict(verdict), "stuck": stuck},
            "awards": dict(promises.values_list("account__name").annotate(Count("pk"))),
            "happened": {
                **self.happened,
                "events sent twice": sum(map(len, self.portions)) - LearningEvent.objects.count(),
                "pauses": len(self.pauses),
            },
            "calls": {sandbox.slug: dict(sandbox.happened) for sandbox in self.stage.sandboxes},
            "tries": dict(promises.values_list("attempts").annotate(Count("pk")).order_by("attempts")),
            "amiss": amiss(verdict, stuck=stuck, missing=self.missing()),
        }
