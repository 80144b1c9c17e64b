"""Credly's webhooks, played: real HTTP, repeated until they are answered as Credly wants it.

Reference: https://www.credly.com/docs/webhooks
"""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import requests

from providers.credly.sandbox_rows import Organization, Row, made_id

SECONDS = 5.0
"""How long an answer may take; Credly's limit is not known."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver."""

    event_id: str
    status: int
    """What it was answered with; 0 if there was no answer."""


class WebhookSender:
    """Posts a notice of each event to the organization's `webhook_url`; give its `send` to `CredlyWorld.tell`."""

    def __init__(self, waits: Sequence[float] = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)) -> None:
        self.waits = waits
        """Seconds before each repetition. Credly goes on for 25 days."""
        self.twice = False
        """Whether each notice is delivered twice, though the first one was answered well."""
        self.held_back = False
        """Whether notices wait until they are released."""
        self.deliveries: list[Delivery] = []
        """Every try and what came of it."""
        self._held: list[tuple[Organization, Row]] = []
        self._threads: list[threading.Thread] = []
        self._numbers: Iterator[int] = itertools.count()

    def send(self, org: Organization, event: Row) -> None:
        """Deliver a notice of the event, in a thread of its own; nothing if the organization wants none."""
        if self.held_back:
            self._held.append((org, event))
        elif org.webhook_url:
            notice = {key: event[key] for key in ("id", "organization_id", "event_type", "occurred_at")}
            for _ in range(2 if self.twice else 1):
                thread = threading.Thread(target=self._deliver, args=(org.webhook_url, notice), daemon=True)
                self._threads.append(thread)
                thread.start()

    def release(self, *, backwards: bool = False) -> None:
        """Deliver what was held back, one after the other, perhaps the latest first."""
        self.held_back, held, self._held = False, self._held, []
        for org, event in reversed(held) if backwards else held:
            self.send(org, event)
            self.settle()

    def forge(self, org: Organization, kind: str = "badge_template.deleted") -> None:
        """Deliver what a stranger could write: a notice of an event that never happened."""
        forged = made_id(org.id, "forged", str(next(self._numbers)))
        occurred_at = "2026-10-10T12:00:00.000Z"
        self.send(org, {"id": forged, "organization_id": org.id, "event_type": kind, "occurred_at": occurred_at})

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until every notice has been delivered or given up."""
        stop = time.monotonic() + seconds
        while self._threads:
            thread = self._threads.pop()
            thread.join(max(0.0, stop - time.monotonic()))

    def _deliver(self, url: str, notice: Row) -> None:
        """Only 200 counts as delivered."""
        for wait in (0.0, *self.waits):
            time.sleep(wait)
            try:
                status = requests.post(url, json=notice, timeout=SECONDS, allow_redirects=False).status_code
            except requests.RequestException:
                status = 0
            self.deliveries.append(Delivery(notice["id"], status))
            if status == 200:
                return
