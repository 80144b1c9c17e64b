"""Badges go out: promises are claimed, sent and settled. Never lost, never sent twice.

No transaction is open while the provider is called. If a try may have arrived (a lost answer, a dead worker), the next
one looks before it sends.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import DataError, IntegrityError, OperationalError
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from credentials_badges.badges import conf, erasing, outbox, pausing
from credentials_badges.badges.goals import Policy
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge, Issuance
from credentials_badges.contract.data import IssueOrder, Receipt, Recipient, RevokeOrder
from credentials_badges.contract.errors import (
    AlreadyIssued,
    Misconfigured,
    NotYet,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)

log = logging.getLogger(__name__)

T = TypeVar("T")
SEVERAL = frozenset({Policy.EVERY_TIME, Policy.AGAIN_AFTER_EXPIRY})
"""With these, a learner may hold several badges of one template."""
UNSEEN_TRIES = 5
"""How often the provider may say that the learner holds the badge, and not show it, before a person has to look."""
ANOTHER_LEARNERS = "the provider answered with a badge of another learner or template"


class Crashed(ProviderError):
    """The adapter raised what no adapter may raise."""


class Unsendable(Rejected):
    """It is not sent, because of something that is known here."""


def deliver(issuance_id: int) -> bool:
    """Make one try at one promise; False if it was not there to be claimed."""
    claimed = outbox.claim([issuance_id])
    for issuance in claimed:
        with bound_contextvars(issuance=issuance.pk):
            outcome = _call(issuance, lambda issuance=issuance: _send(issuance))  # type: ignore[misc]
            _conclude(issuance, outcome)
    return bool(claimed)


def deliver_many(issuance_ids: Sequence[int]) -> int:
    """Make the first try at several issues of one account in one call; returns how many were there to be claimed."""
    claimed = outbox.claim(issuance_ids)
    orders = _orders(claimed)
    fit = [each for each in claimed if each.badge.status == Badge.Status.AWARDED and each.badge.learner.email]
    for each in claimed:
        if each not in fit:  # What is to become of it, is told when it goes by itself.
            _give_back(each, "", timezone.now())
    if not fit:
        return len(claimed)
    account = fit[0].account
    outcome = _call(
        fit[0], lambda: account.adapter.issue_many(account.as_data(), [orders[each.badge_id] for each in fit])
    )
    if isinstance(outcome, list) and len(outcome) != len(fit):
        outcome = OutcomeUnknown("the adapter told of another number of badges")
    for number, each in enumerate(fit):
        if isinstance(outcome, list):
            _conclude_one_of_many(each, outcome[number])
        elif isinstance(outcome, Rejected | Crashed | Misconfigured):  # Perhaps because of one: each goes by itself.
            if isinstance(outcome, Crashed):
                _doubt(each)
            _give_back(each, str(outcome), timezone.now())
        else:
            _conclude(each, outcome)
    return len(claimed)


def _conclude_one_of_many(issuance: Issuance, outcome: Receipt | ProviderError) -> None:
    if isinstance(outcome, AlreadyIssued) or type(outcome) is Retriable:  # To be looked for, or not sent at all.
        issuance.unsure = isinstance(outcome, AlreadyIssued)
        _give_back(issuance, str(outcome), timezone.now())
    else:
        _conclude(issuance, outcome)


def _call(issuance: Issuance, call: Callable[[], T]) -> T | ProviderError:
    """What came of calling the provider: an answer, or the error; the account learns from it."""
    outcome: T | ProviderError
    try:
        outcome = call()
    except ProviderError as error:
        outcome = error
    except OperationalError as error:  # Our own database, also behind a provider that lives in it.
        return OutcomeUnknown(f"the database broke off ({type(error).__name__})")
    except Exception as error:
        log.exception("issuance %d crashed the %s adapter", issuance.pk, issuance.account.provider)
        return Crashed(f"{type(error).__name__} in the adapter; the log has the details")
    several = outcome if isinstance(outcome, list) else [outcome]
    unsent = isinstance(outcome, list) and all(type(each) is Retriable for each in several)
    if outcome is not None and not unsent and not isinstance(outcome, Unsendable):  # Else perhaps there was no call.
        trouble = (each for each in several if isinstance(each, Misconfigured | RateLimited))
        pausing.note(issuance.account, next(trouble, outcome))
    return outcome


def _send(issuance: Issuance) -> Receipt | None:
    """What the provider says afterwards; None if there is nothing to be done any more."""
    adapter, account, badge = issuance.account.adapter, issuance.account.as_data(), issuance.badge
    order = _orders([issuance])[badge.pk]
    if issuance.action == Issuance.Action.ERASE:
        return erasing.erase(issuance, order)
    if issuance.action == Issuance.Action.ISSUE:
        return _issue(issuance, order)
    if issuance.action == Issuance.Action.UPDATE:
        wanted = badge.external_id and badge.status == Badge.Status.AWARDED
        return adapter.update(account, order, badge.external_id or "") if wanted else None
    external_id = badge.external_id
    if not external_id:
        found = adapter.find(account, order)
        if found is None:
            return None
        external_id = found.external_id
    revoke = RevokeOrder(key=str(issuance.key), external_id=external_id, reason=issuance.reason)
    return adapter.revoke(account, revoke)


def _issue(issuance: Issuance, order: IssueOrder) -> Receipt | None:
    adapter, account = issuance.account.adapter, issuance.account.as_data()
    revoked = issuance.badge.status == Badge.Status.REVOKED or issuance.badge.learner.retired_at is not None
    if issuance.unsure and (revoked or not order.waiting_id) and (found := adapter.find(account, order)):
        return found
    if revoked:
        return None
    if not order.recipient.email:
        raise Unsendable("the learner has no e-mail address, and a badge is sent to one")
    try:
        return adapter.issue(account, order)
    except AlreadyIssued as error:
        if found := adapter.find(account, order):
            return found
        issuance.unsure, issuance.unseen = True, issuance.unseen + 1
        if issuance.unseen >= UNSEEN_TRIES:
            perhaps = "it gives nobody several, or another has it" if order.again else "another has it"
            raise Rejected(f"{error}; but it shows no such badge of this learner, perhaps {perhaps}") from None
        raise NotYet(f"{error}; it does not show the badge yet") from None


def _orders(issuances: Sequence[Issuance]) -> dict[int, IssueOrder]:
    """An order for each badge, by its id; two statements, however many."""
    badges = [issuance.badge for issuance in issuances]
    waiting = {issuance.badge_id for issuance in issuances if issuance.receipt is not None}
    doubted = {issuance.badge_id: issuance.doubted_at for issuance in issuances if issuance.unsure}
    learners, templates = {badge.learner_id for badge in badges}, {badge.template_id for badge in badges}
    held: dict[tuple[int, int], set[tuple[int, str]]] = {}
    rows = Badge.objects.filter(learner__in=learners, template__in=templates).exclude(external_id=None)
    for row in rows.values_list("learner", "template", "pk", "external_id"):
        held.setdefault(row[:2], set()).add((row[2], row[3] or ""))
    issues = Issuance.objects.filter(badge__in=badges, action=Issuance.Action.ISSUE).order_by("pk")
    keys = dict(issues.values_list("badge", "key"))  # The newest issue of a badge is the one that counts.
    return {
        badge.pk: IssueOrder(
            key=str(keys[badge.pk]),
            template_id=badge.template.external_id,
            template_raw=badge.template.raw,
            recipient=Recipient(
                id=str(badge.learner.uuid), email=badge.learner.email.lower(), full_name=badge.learner.full_name
            ),
            issued_at=badge.awarded_at,
            expires_at=badge.expires_at,
            again=badge.template.award in SEVERAL,
            taken=frozenset(
                external_id for pk, external_id in held.get((badge.learner_id, badge.template_id), ()) if pk != badge.pk
            ),
            doubted_for=_seconds_since(doubted.get(badge.pk)),
            waiting_id=badge.external_id or "" if badge.pk in waiting else "",
        )
        for badge in badges
    }


def _seconds_since(moment: datetime | None) -> float | None:
    return (timezone.now() - moment).total_seconds() if moment else None


def _conclude(issuance: Issuance, outcome: Receipt | ProviderError | None) -> None:
    if isinstance(outcome, Misconfigured | RateLimited):  # The account is paused, and this was no try at all.
        issuance.attempts -= 1
        hurried = isinstance(outcome, RateLimited) and issuance.last_error  # Says more than a wish to wait.
        _give_back(issuance, hurried or str(outcome), timezone.now())
    elif isinstance(outcome, Retriable):
        _postpone(issuance, outcome)
    elif isinstance(outcome, Crashed):
        _doubt(issuance)
        _bury(issuance, Issuance.Failure.CRASHED, str(outcome))
    elif isinstance(outcome, ProviderError):
        _bury(issuance, Issuance.Failure.REJECTED, str(outcome))
    elif outcome and not _is_theirs(outcome, issuance.badge):
        _bury(issuance, Issuance.Failure.REJECTED, ANOTHER_LEARNERS)
    else:
        _settle(issuance, outcome)


def _is_theirs(receipt: Receipt, badge: Badge) -> bool:
    """Whether the receipt says nothing else than that it is about this template and this learner."""
    learner, template = str(badge.learner.uuid), badge.template.external_id
    return receipt.recipient_id in {"", learner} and receipt.template_id in {"", template}


def _settle(issuance: Issuance, receipt: Receipt | None) -> None:
    def note() -> None:
        if outbox.finish(issuance, **_ending(issuance, receipt)) and receipt:
            # Read anew: a webhook may have told something later meanwhile.
            Badge.objects.select_for_update().get(pk=issuance.badge_id).observe(receipt)

    def note_erasure() -> None:
        if outbox.finish(issuance, **_ending(issuance, receipt)):
            erasing.settle(issuance, receipt)

    try:
        in_transaction(note_erasure if issuance.action == Issuance.Action.ERASE else note)
    except IntegrityError:
        _bury(issuance, Issuance.Failure.REJECTED, ANOTHER_LEARNERS)
    except (DataError, TypeError, ValueError, OverflowError, RecursionError) as error:
        _doubt(issuance)
        _bury(issuance, Issuance.Failure.CRASHED, f"the provider's answer cannot be stored ({type(error).__name__})")


def _ending(issuance: Issuance, receipt: Receipt | None) -> dict[str, object]:
    """The columns of a promise that is kept, called off, or kept but for the provider's release of the badge."""
    stored = {"receipt": dict(receipt.raw) if receipt else None}
    wanted = issuance.action == Issuance.Action.ISSUE and issuance.badge.status == Badge.Status.AWARDED
    if wanted and not issuance.badge.learner.retired_at and receipt and receipt.waiting:
        issuance.unsure = True
        issuance.attempts = min(issuance.attempts, conf.MAX_ATTEMPTS // 2)  # Waiting exhausts nobody.
        not_before = timezone.now() + timedelta(seconds=_backoff(issuance))
        return {"status": Issuance.Status.PENDING, "last_error": receipt.waiting, "not_before": not_before, **stored}
    if receipt is None and issuance.action in {Issuance.Action.ISSUE, Issuance.Action.UPDATE}:
        return {"status": Issuance.Status.CANCELLED, "open_key": None, "last_error": "", **stored}
    done = {"status": Issuance.Status.DELIVERED, "delivered_at": timezone.now()}
    left = erasing.left_there(issuance, receipt) if issuance.action == Issuance.Action.ERASE else ""
    return {"open_key": None, "last_error": left, **done, **stored}


def _postpone(issuance: Issuance, error: Retriable) -> None:
    if isinstance(error, OutcomeUnknown):
        _doubt(issuance)
    if issuance.attempts >= conf.MAX_ATTEMPTS:
        _bury(issuance, Issuance.Failure.EXHAUSTED, str(error))
        return
    wait = max(_backoff(issuance), error.after or 0.0)
    if issuance.unsure:
        wait = max(wait, issuance.account.adapter.lag)
    _give_back(issuance, str(error), timezone.now() + timedelta(seconds=min(wait, conf.RETRY_CAP_SECONDS)))


def _doubt(issuance: Issuance) -> None:
    """From now on, look before sending."""
    issuance.unsure, issuance.doubted_at = True, timezone.now()


def _backoff(issuance: Issuance) -> float:
    return pausing.backoff(issuance.attempts - 1, conf.RETRY_CAP_SECONDS)


def _give_back(issuance: Issuance, error: str, not_before: datetime) -> None:
    outbox.finish(issuance, status=Issuance.Status.PENDING, last_error=error, not_before=not_before)


def _bury(issuance: Issuance, failure: Issuance.Failure, error: str) -> None:
    log.warning("issuance %d is dead (%s): %s", issuance.pk, failure, error)
    outbox.finish(issuance, status=Issuance.Status.DEAD, failure=failure, last_error=error, open_key=None)
