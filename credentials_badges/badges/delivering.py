"""Who is called next: each account, and each destination of messages, has a thread of its own, so that a slow one
keeps no other waiting.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.db import connections
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from credentials_badges.badges import issuing, outbox, posting, webhooks
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


Lane = int | posting.Lane
"""What has a thread of its own: an account, by its id, or what goes to one destination of messages."""


def deliver_due(*, seconds: float = float("inf"), on_tries: Callable[[int], object] = lambda tries: None) -> int:
    """Keep promises, look into webhooks and send messages, until nothing is due or the time is up; returns the tries.

    Lanes take turns, the one first that has waited longest. `on_tries` is told of the tries of each turn.
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
                due = [] if enough.is_set() else [each for each in due_lanes() if not_before.get(each, 0.0) < stop]
                for lane in sorted(due, key=lambda each: not_before.get(each, 0.0)):
                    ready = lane not in at_work and not_before.get(lane, 0.0) <= now
                    if ready and len(at_work) < LANES_AT_ONCE:
                        at_work[lane] = threads.submit(_work, lane, enough)
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
    return f"account {lane}" if isinstance(lane, int) else f"{lane.model.__name__} to {lane.destination!r}"


def due_lanes() -> list[Lane]:
    """What there is to do now: accounts first, so that their promises wait for no message."""
    return [*due_accounts(), *posting.due(timezone.now())]


def due_accounts() -> list[int]:
    """Ids of the accounts that have something to do now."""
    now, theirs = timezone.now(), {"account": OuterRef("pk")}
    waiting = Exists(outbox.due(now).filter(**theirs)) | Exists(webhooks.due(now).filter(**theirs))
    return list(ProviderAccount.objects.filter(waiting).values_list("pk", flat=True))


def _work(lane: Lane, enough: threading.Event) -> int:
    try:
        return turn(lane, enough) if isinstance(lane, int) else posting.send_due(lane, enough)
    finally:
        connections.close_all()  # They belong to this thread, which may not be needed again.


def turn(account_id: int, enough: threading.Event) -> int:
    """One batch of first tries of the account, if there are enough of them, some promises singly, and some webhooks.

    Webhooks come last: anybody can send one, and none may keep a promise waiting. Between two calls it is looked
    whether it is `enough`.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    # Whatever was given back queues behind what has waited longer, so that none of them keeps all others waiting.
    due = outbox.due(timezone.now()).filter(account=account_id).order_by("not_before", "pk")
    fresh = Q(action=Issuance.Action.ISSUE, attempts=0, unsure=False)
    batch = list(due.filter(fresh).values_list("pk", flat=True)[: _batch(account)])
    tries = 0
    if len(batch) >= WORTH_A_BATCH:
        tries = issuing.deliver_many(batch)
        due = due.exclude(fresh)
    for issuance_id in list(due.values_list("pk", flat=True)[:TURN]):
        if not enough.is_set():
            tries += issuing.deliver(issuance_id)
    return tries + webhooks.process_due(account_id, enough)


def _batch(account: ProviderAccount) -> int:
    """How many badges one call can issue; a provider that is not installed says so when the first one is sent."""
    try:
        return account.adapter.batch if account.adapter.batch > 1 else 0
    except UnknownProvider:
        return 0
