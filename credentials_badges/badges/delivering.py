"""Who calls a provider next: each account has a thread of its own, so a slow one keeps no other waiting."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.db import connections
from django.db.models import Exists, OuterRef
from django.utils import timezone

from credentials_badges.badges import issuing, outbox, webhooks
from credentials_badges.badges.models import Issuance, ProviderAccount
from credentials_badges.contract.errors import UnknownProvider

ACCOUNTS_AT_ONCE = 16
TURN = 20
"""Promises of one account that are looked up at a time."""
WORTH_A_BATCH = 5
"""From so many on, first tries go out in one call, where the provider takes several."""
LOOK_SECONDS = 0.5
"""How often it is looked whether further accounts have something to send."""


def deliver_due(*, seconds: float = float("inf"), on_tries: Callable[[int], object] = lambda tries: None) -> int:
    """Look into webhooks and keep promises, until nothing is due or the time is up; returns the number of tries.

    `on_tries` is told of an account's tries whenever it has nothing more to send.
    """
    stop, enough = time.monotonic() + seconds, threading.Event()
    tries = 0
    at_work: dict[int, Future[int]] = {}
    with ThreadPoolExecutor(ACCOUNTS_AT_ONCE, thread_name_prefix="deliver") as threads:
        try:
            while True:
                if time.monotonic() >= stop:
                    enough.set()
                for account_id in [] if enough.is_set() else due_accounts():
                    if account_id not in at_work and len(at_work) < ACCOUNTS_AT_ONCE:
                        at_work[account_id] = threads.submit(_work, account_id, enough)
                if not at_work:
                    return tries
                wait(at_work.values(), timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for account_id in [account_id for account_id, work in at_work.items() if work.done()]:
                    done = at_work.pop(account_id).result()
                    tries += done
                    on_tries(done)
        finally:
            enough.set()  # Else an error or Ctrl-C would wait here until every account had sent everything.


def due_accounts() -> list[int]:
    """Ids of the accounts that have something to do now."""
    now, theirs = timezone.now(), {"account": OuterRef("pk")}
    waiting = Exists(outbox.due(now).filter(**theirs)) | Exists(webhooks.due(now).filter(**theirs))
    return list(ProviderAccount.objects.filter(waiting).values_list("pk", flat=True))


def _work(account_id: int, enough: threading.Event) -> int:
    try:
        tries = 0
        while not enough.is_set() and (done := turn(account_id)):
            tries += done
        return tries
    finally:
        connections.close_all()  # They belong to this thread, which may not be needed again.


def turn(account_id: int) -> int:
    """Some webhooks of the account, one batch of first tries if there are enough of them, and some promises singly."""
    tries = webhooks.process_due(account_id)
    account = ProviderAccount.objects.get(pk=account_id)
    due = outbox.due(timezone.now()).filter(account=account_id).order_by("pk")
    fresh = due.filter(action=Issuance.Action.ISSUE, attempts=0, unsure=False)
    batch = list(fresh.values_list("pk", flat=True)[: _batch(account)])
    if len(batch) >= WORTH_A_BATCH:
        tries += issuing.deliver_many(batch)
        due = due.exclude(pk__in=fresh)
    return tries + sum(issuing.deliver(issuance_id) for issuance_id in list(due.values_list("pk", flat=True)[:TURN]))


def _batch(account: ProviderAccount) -> int:
    """How many badges one call can issue; a provider that is not installed says so when the first one is sent."""
    try:
        return account.adapter.batch if account.adapter.batch > 1 else 0
    except UnknownProvider:
        return 0
