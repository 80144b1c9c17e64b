"""Badges go out: each open promise is claimed, sent and settled. Never lost, never sent twice.

A worker owns a promise when its conditional UPDATE touched the row. No transaction is open while the provider is
called. If a try may have arrived (a lost answer, a dead worker), the next one looks before it sends.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from credentials_badges.badges import conf, doorbell
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge, Issuance, ProviderAccount
from credentials_badges.contract.data import Account, IssueOrder, Receipt, Recipient, RevokeOrder
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Retriable,
)
from credentials_badges.contract.provider import Provider

log = logging.getLogger(__name__)

FAIR_SHARE = 20
"""Promises taken of one account before it is the next account's turn."""
UNSEEN_TRIES = 5
"""How often the provider may say that the learner holds the badge, and not show it, before a person has to look."""


def deliver_due(*, seconds: float | None = None, on_try: Callable[[], object] = lambda: None) -> int:
    """Deliver what is due, account by account in turn, until nothing is due or the time is up; returns the tries."""
    stop = None if seconds is None else time.monotonic() + seconds
    tries = 0
    while batch := _due_in_turn(timezone.now()):
        for issuance_id in batch:
            tries += deliver(issuance_id)
            on_try()
            if stop is not None and time.monotonic() > stop:
                return tries
    return tries


def due(now: datetime) -> QuerySet[Issuance]:
    """Promises that may be sent: not those of paused accounts, nor any behind an older one.

    Older promises of the same learner and template go first, also if they are about an earlier award of it: to the
    provider, both are the same badge.
    """
    older = Issuance.objects.filter(
        badge__learner=OuterRef("badge__learner"),
        badge__template=OuterRef("badge__template"),
        status__in=Issuance.OPEN,
        pk__lt=OuterRef("pk"),
    )
    return Issuance.objects.filter(_ripe(now), ~Exists(older), account__paused_reason="")


def _ripe(now: datetime) -> Q:
    """Pending, and waited long enough; a wait beyond the longest was written by a clock that has been set back."""
    beyond = now + timedelta(seconds=conf.RETRY_CAP_SECONDS)
    return Q(status=Issuance.Status.PENDING) & (Q(not_before__lte=now) | Q(not_before__gt=beyond))


def _due_in_turn(now: datetime) -> list[int]:
    accounts = ProviderAccount.objects.filter(Exists(due(now).filter(account=OuterRef("pk")))).values_list(
        "pk", flat=True
    )
    return [
        issuance_id
        for account in accounts
        for issuance_id in due(now).filter(account=account).order_by("pk").values_list("pk", flat=True)[:FAIR_SHARE]
    ]


def deliver(issuance_id: int) -> bool:
    """Make one try at one promise; False if it was not there to be claimed."""
    issuance = _claim(issuance_id)
    if issuance is None:
        return False
    try:
        receipt = _send(issuance)
    except Misconfigured as error:
        _pause(issuance, error)
    except Retriable as error:
        _postpone(issuance, error)
    except ProviderError as error:
        _bury(issuance, Issuance.Failure.REJECTED, str(error))
    except OperationalError as error:  # Our own database, also behind a provider that lives in it.
        _postpone(issuance, OutcomeUnknown(f"the database broke off ({type(error).__name__})"))
    except Exception as error:
        log.exception("issuance %d crashed the %s adapter", issuance.pk, issuance.account.provider)
        issuance.unsure = True
        _bury(issuance, Issuance.Failure.CRASHED, f"{type(error).__name__} in the adapter; the log has the details")
    else:
        _settle(issuance, receipt)
    return True


def _claim(issuance_id: int) -> Issuance | None:
    now, claim = timezone.now(), uuid4()
    claimed = Issuance.objects.filter(_ripe(now), pk=issuance_id).update(
        status=Issuance.Status.IN_FLIGHT, claimed_at=now, claim=claim, attempts=F("attempts") + 1
    )
    if not claimed:
        return None
    return Issuance.objects.select_related("account", "badge__learner", "badge__template").get(pk=issuance_id)


def _send(issuance: Issuance) -> Receipt | None:
    """What the provider says afterwards; None if there is nothing to be issued, or revoked, any more."""
    adapter, account, badge = issuance.account.adapter, issuance.account.as_data(), issuance.badge
    order = _order(issuance)
    if issuance.action == Issuance.Action.ISSUE:
        return _issue(adapter, account, order, issuance)
    external_id = badge.external_id
    if not external_id:
        found = adapter.find(account, order)
        if found is None:
            return None
        external_id = found.external_id
    revoke = RevokeOrder(key=str(issuance.key), external_id=external_id, reason=issuance.reason)
    return adapter.revoke(account, revoke)


def _issue(adapter: Provider, account: Account, order: IssueOrder, issuance: Issuance) -> Receipt | None:
    if issuance.unsure and (found := adapter.find(account, order)):
        return found
    if issuance.badge.status == Badge.Status.REVOKED:
        return None
    if not order.recipient.email:
        raise Rejected("the learner has no e-mail address, and a badge is sent to one")
    try:
        return adapter.issue(account, order)
    except AlreadyIssued as error:
        if found := adapter.find(account, order):
            return found
        issuance.unseen += 1
        if issuance.unseen >= UNSEEN_TRIES:
            raise Rejected(f"{error}; but it shows no such badge of this learner, perhaps another has it") from None
        raise OutcomeUnknown(f"{error}; it does not show the badge yet") from None


def _order(issuance: Issuance) -> IssueOrder:
    badge = issuance.badge
    others = Badge.objects.filter(learner=badge.learner_id, template=badge.template_id).exclude(pk=badge.pk)
    first = badge.issuances.filter(action=Issuance.Action.ISSUE).order_by("pk")
    return IssueOrder(
        key=str(first.values_list("key", flat=True)[0]),
        template_id=badge.template.external_id,
        recipient=Recipient(
            id=str(badge.learner.uuid), email=badge.learner.email.lower(), full_name=badge.learner.full_name
        ),
        issued_at=badge.awarded_at,
        taken=frozenset(filter(None, others.values_list("external_id", flat=True))),
    )


def _settle(issuance: Issuance, receipt: Receipt | None) -> None:
    issue_called_off = receipt is None and issuance.action == Issuance.Action.ISSUE

    def note() -> None:
        settled = _finish(
            issuance,
            status=Issuance.Status.CANCELLED if issue_called_off else Issuance.Status.DELIVERED,
            open_key=None,
            last_error="",
            delivered_at=None if issue_called_off else timezone.now(),
            receipt=dict(receipt.raw) if receipt else None,
        )
        if settled and receipt:
            issuance.badge.observe(receipt)

    try:
        in_transaction(note)
    except IntegrityError:
        _bury(
            issuance,
            Issuance.Failure.REJECTED,
            "the provider answered with a badge that is already recorded as another learner's",
        )
    except (DataError, ValueError, OverflowError, RecursionError) as error:
        issuance.unsure = True
        _bury(issuance, Issuance.Failure.CRASHED, f"the provider's answer cannot be stored ({type(error).__name__})")


def _postpone(issuance: Issuance, error: Retriable) -> None:
    issuance.unsure |= isinstance(error, OutcomeUnknown)
    if issuance.attempts >= conf.MAX_ATTEMPTS:
        _bury(issuance, Issuance.Failure.EXHAUSTED, str(error))
        return
    wait = min(conf.RETRY_CAP_SECONDS, conf.retry_base_seconds() * 2 ** (issuance.attempts - 1))
    wait = max(wait * random.uniform(0.5, 1.0), error.after or 0.0)  # noqa: S311 (Jitter, not a secret.)
    if issuance.unsure:
        wait = max(wait, issuance.account.adapter.lag)
    _give_back(issuance, str(error), timezone.now() + timedelta(seconds=min(wait, conf.RETRY_CAP_SECONDS)))


def _pause(issuance: Issuance, error: Misconfigured) -> None:
    """Stop sending for the account. The try does not count: it could not have succeeded."""
    issuance.attempts -= 1
    _give_back(issuance, str(error), timezone.now())
    reason = str(error) or "The account is misconfigured."
    used = issuance.account

    def note() -> bool:
        account = ProviderAccount.objects.select_for_update().get(pk=used.pk)
        if account.paused_reason or (account.api_key, account.base_url) != (used.api_key, used.base_url):
            return False  # Paused already, or mended while the call with the old key was under way.
        account.paused_reason = reason
        account.save(update_fields=("paused_reason",))
        return True

    if in_transaction(note):
        log.error("account %d is paused: %s", issuance.account_id, error)


def _give_back(issuance: Issuance, error: str, not_before: datetime) -> None:
    _finish(issuance, status=Issuance.Status.PENDING, last_error=error, not_before=not_before)


def _bury(issuance: Issuance, failure: Issuance.Failure, error: str) -> None:
    log.warning("issuance %d is dead (%s): %s", issuance.pk, failure, error)
    _finish(issuance, status=Issuance.Status.DEAD, failure=failure, last_error=error, open_key=None)


def _finish(issuance: Issuance, **columns: object) -> bool:
    """Write the end of a try, unless the promise was meanwhile taken from this worker as from a dead one."""
    mine = Issuance.objects.filter(pk=issuance.pk, status=Issuance.Status.IN_FLIGHT, claim=issuance.claim)
    counted = {name: getattr(issuance, name) for name in ("attempts", "unsure", "unseen")}
    written = {"claim": None, **counted, **columns}
    return in_transaction(lambda: bool(mine.update(**written)))


def reap(now: datetime) -> int:
    """Take promises back from workers that died with them in flight; what they sent may have arrived."""
    lease = timedelta(seconds=conf.LEASE_SECONDS)
    dead = Q(claimed_at__lt=now - lease) | Q(claimed_at__gt=now + lease)  # The latter: the clock has been set back.
    return Issuance.objects.filter(dead, status=Issuance.Status.IN_FLIGHT).update(
        status=Issuance.Status.PENDING, claim=None, unsure=True, last_error="The worker died while sending."
    )


def retry(issuance: Issuance) -> bool:
    """Open a dead promise again, for a person who has seen its reason; False if it is not dead, or superseded."""
    try:
        with transaction.atomic():
            opened = Issuance.objects.filter(pk=issuance.pk, status=Issuance.Status.DEAD).update(
                status=Issuance.Status.PENDING,
                failure="",
                attempts=0,
                unseen=0,
                unsure=True,
                not_before=timezone.now(),
                open_key=Issuance.open_key_of(issuance.badge_id, issuance.action),
            )
    except IntegrityError:
        return False
    if opened:
        doorbell.ring(doorbell.ISSUANCES)
    return bool(opened)
