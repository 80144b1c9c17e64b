"""An account whose calls fail is paused for a while, says why, and goes on by itself; the others notice nothing.

A pause always ends: the first call afterwards finds out whether the cause is mended, and costs one try.
"""

import logging
import random
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from credentials_badges.badges import conf
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import ProviderAccount
from credentials_badges.contract.errors import Misconfigured, NotYet, RateLimited, Retriable

log = logging.getLogger(__name__)

KNOWN_BY_PROVIDER = ("api_key", "base_url", "options")
"""What an administrator changes to mend an account."""


def over(column: str, now: datetime) -> Q:
    """Rows that have waited long enough. A wait beyond the longest was written by a clock that has been set back."""
    return Q((f"{column}__lte", now)) | Q((f"{column}__gt", now + timedelta(seconds=conf.RETRY_CAP_SECONDS)))


def running(now: datetime) -> Q:
    """Accounts that may be called."""
    return Q(paused_until=None) | over("paused_until", now)


def backoff(failures: int, cap: float) -> float:
    """Seconds to wait after so many failures: doubled each time, with jitter, since many wait for one provider."""
    wait = min(cap, conf.retry_base_seconds() * 2.0 ** min(failures, 30))
    return wait * random.uniform(0.5, 1.0)  # noqa: S311 (Jitter, not a secret.)


def note(account: ProviderAccount, outcome: object) -> None:
    """Learn from what came of a call: an error that concerns more than this one call pauses the account.

    `account` is the row as it was when the call was prepared.
    """
    if isinstance(outcome, Misconfigured | Retriable) and not isinstance(outcome, NotYet):
        paused = in_transaction(lambda: _count(account, outcome))
        if paused:
            level = logging.INFO if isinstance(outcome, RateLimited) else logging.ERROR
            log.log(level, "account %d is paused: %s", account.pk, paused)
    elif account.failures or account.paused_reason:
        in_transaction(lambda: _lift(account))


def _lift(used: ProviderAccount) -> None:
    """End the row of failures, and the pause, unless that began since the call was prepared."""
    this = ProviderAccount.objects.filter(pk=used.pk)
    if not this.filter(paused_until=used.paused_until).update(failures=0, paused_reason="", paused_until=None):
        this.update(failures=0)


def _count(used: ProviderAccount, error: Misconfigured | Retriable) -> str:
    """Count one more failure; returns why the account is paused now, empty if it is not."""
    account = ProviderAccount.objects.select_for_update().get(pk=used.pk)
    if any(getattr(account, name) != getattr(used, name) for name in KNOWN_BY_PROVIDER):
        return ""  # Mended while the call with the old key was under way.
    now = timezone.now()
    pause_ends = max(filter(None, (account.paused_until, now)))
    resting = now < pause_ends <= now + timedelta(seconds=conf.RETRY_CAP_SECONDS)
    # A limit that says for how long is no sign of trouble; it may be our own, which all accounts of a host share.
    limited = isinstance(error, RateLimited) and error.after is not None
    if resting and not limited:
        return ""  # Sent before the pause began.
    account.failures += not limited
    alone = isinstance(error, Misconfigured | RateLimited)
    said = ""
    if alone or account.failures >= conf.PAUSE_AFTER:
        said = str(error) or type(error).__name__
        said = said if alone else f"{account.failures} calls in a row failed, the last one: {said}"
        until = now + timedelta(seconds=_seconds(account.failures, error))
        account.paused_reason, account.paused_until = said, max(until, pause_ends) if resting else until
    account.save(update_fields=("failures", "paused_reason", "paused_until"))
    return said


def _seconds(failures: int, error: Misconfigured | Retriable) -> float:
    """What the provider asked for, or else longer after each failure; never nothing at all."""
    asked = error.after if isinstance(error, Retriable) else None
    if asked is None:
        return backoff(max(0, failures - conf.PAUSE_AFTER), conf.PAUSE_CAP_SECONDS)
    return min(max(asked, conf.retry_base_seconds()), conf.RETRY_CAP_SECONDS)
