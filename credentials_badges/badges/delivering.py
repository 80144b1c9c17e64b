"""Who is called next: each account's promises, its hints, and each destination of messages have a thread of their own,
so that a slow one keeps no other waiting.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from structlog.contextvars import bind_contextvars, bound_contextvars

from credentials_badges.badges import doorbell, issuing, outbox, posting, webhooks
from credentials_badges.badges.models import Issuance, ProviderAccount
from credentials_badges.contract.errors import UnknownProvider

log = logging.getLogger(__name__)

LANES_AT_ONCE = 16
TURN = 20
"""Promises of one account that are looked up at a time."""
WORTH_A_BATCH = 5
"""From so many on, first tries go out in one call, where the provider takes several."""
LOOK_SECONDS = 0.5
"""How often it is looked whether further lanes have something to send."""


class Promises(NamedTuple):
    """What has been promised to one account."""

    account: int


class Hints(NamedTuple):
    """The webhooks about one account. Anybody can send some, so they keep no promise waiting."""

    account: int


Lane = Promises | Hints | posting.Lane
"""What has a thread of its own."""


def deliver_due(
    *bells: str, seconds: float = float("inf"), on_tries: Callable[[int], object] = lambda tries: None
) -> int:
    """Keep promises, look into webhooks and send messages, until nothing is due or the time is up; returns the tries.

    `bells` are those that were heard; without any, all that is due is done. Lanes take turns, the one first that has
    waited longest. `on_tries` is told of the tries of each turn.
    """
    stop, enough = time.monotonic() + seconds, threading.Event()
    tries = 0
    at_work: dict[Lane, Future[int]] = {}
    not_before: dict[Lane, float] = {}
    with ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="deliver") as threads:
        try:
            while True:
                now = time.monotonic()
                if now >= stop:
                    enough.set()
                due = [] if enough.is_set() else due_lanes(*bells)
                due = [lane for lane in due if not_before.get(lane, 0.0) < stop]
                for lane in sorted(due, key=lambda each: not_before.get(each, 0.0)):
                    ready = lane not in at_work and not_before.get(lane, 0.0) <= now
                    if ready and len(at_work) < LANES_AT_ONCE:
                        at_work[lane] = threads.submit(copy_context().run, _work, lane, enough)
                if not at_work and not due:
                    return tries
                if not at_work:
                    time.sleep(LOOK_SECONDS)
                wait(at_work.values(), timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for lane in [lane for lane, work in at_work.items() if work.done()]:
                    done = _done(lane, at_work.pop(lane))
                    # One that broke off is left alone; where somebody else was faster, it is looked again later.
                    rest = float("inf") if done is None else 0.0 if done else LOOK_SECONDS
                    not_before[lane] = time.monotonic() + rest
                    tries += done or 0
                    on_tries(done or 0)
        finally:
            enough.set()  # Else an error or Ctrl-C would wait here until every lane had sent everything.


def _done(lane: Lane, work: Future[int]) -> int | None:
    """The tries of a turn that has ended; None if it broke off."""
    if work.exception():
        log.error("delivering for %s broke off", _name(lane), exc_info=work.exception())
        return None
    return work.result()


def _name(lane: Lane) -> str:
    if isinstance(lane, posting.Lane):
        return f"{lane.model.__name__} to {lane.destination!r}"
    return f"{type(lane).__name__.lower()} of account {lane.account}"


def due_lanes(*bells: str) -> list[Lane]:
    """What there is to do now: promises first, so that they wait for nothing else."""
    now = timezone.now()
    return [lane for bell in bells or DUE for lane in DUE[bell](now)]


def _accounts(due: QuerySet[Any]) -> list[int]:
    """Ids of the accounts of which some are due."""
    theirs = Exists(due.filter(account=OuterRef("pk")))
    return list(ProviderAccount.objects.filter(theirs).values_list("pk", flat=True))


def _due_promises(now: datetime) -> list[Lane]:
    return [Promises(account) for account in _accounts(outbox.due(now))]


def _due_hints(now: datetime) -> list[Lane]:
    return [Hints(account) for account in _accounts(webhooks.due(now))]


def _due_messages(now: datetime) -> list[Lane]:
    return [*posting.due(now)]


DUE: Mapping[str, Callable[[datetime], list[Lane]]] = {
    doorbell.DELIVERIES: _due_promises,
    doorbell.HINTS: _due_hints,
    doorbell.MESSAGES: _due_messages,
}
"""What is to be looked for when each bell is heard."""


def _work(lane: Lane, enough: threading.Event) -> int:
    try:
        match lane:
            case Promises(account_id):
                bind_contextvars(account=account_id)
                return turn(account_id, enough)
            case Hints(account_id):
                bind_contextvars(account=account_id)
                return webhooks.process_due(account_id, enough)
            case _:
                return posting.send_due(lane, enough)
    finally:
        connections.close_all()  # They belong to this thread, which may not be needed again.


def turn(account_id: int, enough: threading.Event) -> int:
    """One batch of first tries of the account, if there are enough of them, and some promises singly.

    Between two calls it is looked whether it is `enough`.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    # Whatever was given back queues behind what has waited longer, so that none of them keeps all others waiting.
    due = outbox.due(timezone.now()).filter(account=account_id).order_by("not_before", "pk")
    fresh = Q(action=Issuance.Action.ISSUE, attempts=0, unsure=False)
    batch = list(due.filter(fresh).values_list("pk", flat=True)[: _batch(account)])
    tries = 0
    if len(batch) >= WORTH_A_BATCH:
        with bound_contextvars(issuances=batch):
            tries = issuing.deliver_many(batch)
        due = due.exclude(fresh)
    for issuance_id in list(due.values_list("pk", flat=True)[:TURN]):
        if not enough.is_set():
            tries += issuing.deliver(issuance_id)
    return tries


def _batch(account: ProviderAccount) -> int:
    """How many badges one call can issue; a provider that is not installed says so when the first one is sent."""
    try:
        return account.adapter.batch if account.adapter.batch > 1 else 0
    except UnknownProvider:
        return 0
