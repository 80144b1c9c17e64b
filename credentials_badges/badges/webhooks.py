"""Webhooks come in: a hint is stored and answered at once; afterwards the provider itself is asked what is true.

Anybody can send a webhook, so nothing in it is believed, and none does more harm than one call of ours.
"""

import hashlib
import hmac
import logging
import threading
from datetime import datetime, timedelta
from typing import cast

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from credentials_badges.badges import changes, conf, doorbell, pausing
from credentials_badges.badges.models import ProviderAccount, WebhookDelivery
from credentials_badges.contract.data import Hint
from credentials_badges.contract.errors import Misconfigured, NotFound, ProviderError, RateLimited, Rejected, Retriable
from credentials_badges.contract.provider import Provider
from credentials_badges.http import storable

log = logging.getLogger(__name__)

MOST_BYTES = 65_536
TURN = 20
"""Hints about one account that are looked into before its promises have their turn."""
MOST_TRIES = 12
UNKNOWN_TRIES = 3
"""How often a thing is asked for that the provider does not know: it may be too new to be shown."""
TRY_SECONDS = 120.0
"""After so long, a delivery whose worker says nothing is taken up again; doing it twice does no harm."""
MOST_IGNORED = 1_000
"""Hints that lead nowhere are kept to be looked at, but anybody can send them: so many at most."""

Status = WebhookDelivery.Status


class Unwanted(Exception):
    """The request is no webhook of this provider; the message says why."""


def account_of(provider: str, token: str) -> ProviderAccount | None:
    """The account to whose secret address it was sent. Compared in constant time, one account like the other."""
    found = None
    for account in ProviderAccount.objects.filter(provider=provider):
        if hmac.compare_digest(account.webhook_token.encode(), token.encode()):
            found = account
    return found


def receive(adapter: Provider, body: bytes, account: ProviderAccount | None = None) -> None:
    """Store the hint, once however often it comes; without an account, find the one that it claims to be about.

    Asks nobody. Raises Unwanted if the body is no webhook of this provider.
    """
    try:
        hint = adapter.read_webhook(body)
        if max(len(hint.account_id), len(hint.delivery_id)) > 255:
            raise ValueError("its ids are longer than any real one")
    except ValueError as error:
        _store(adapter, Hint(delivery_id=_digest(body), account_id=""), body, None, f"It cannot be read: {error}.")
        raise Unwanted(str(error)) from None
    ignored = ""
    if account is None:
        account = ProviderAccount.objects.filter(provider=adapter.slug, external_id=hint.account_id).first()
        ignored = "" if account else "No account here has the id that it names."
    elif account.external_id != hint.account_id:
        account, ignored = None, f"It names another account than the one to whose address it was sent, {account}."
    _store(adapter, hint, body, account, ignored)


def _store(adapter: Provider, hint: Hint, body: bytes, account: ProviderAccount | None, ignored: str) -> None:
    now = timezone.now()
    try:
        with transaction.atomic():
            WebhookDelivery.objects.create(
                provider=adapter.slug,
                claimed_account=hint.account_id,
                account=account,
                # Under another id, so that what leads nowhere never stands in the way of the real one.
                delivery_id=_digest(body) if ignored else hint.delivery_id,
                kind=storable(hint.kind)[:255],
                body=storable(body.decode(errors="replace")),
                status=Status.IGNORED if ignored else Status.PENDING,
                outcome=ignored,
                not_before=now,
                received_at=now,
            )
    except IntegrityError:
        return  # It came before.
    if ignored:
        log.warning("a webhook for %s is ignored: %s", adapter.slug, ignored)
        _forget_oldest_ignored()
    else:
        doorbell.ring(doorbell.HINTS)


def _forget_oldest_ignored() -> None:
    ignored = WebhookDelivery.objects.filter(status=Status.IGNORED)
    for last in ignored.order_by("-pk").values_list("pk", flat=True)[MOST_IGNORED : MOST_IGNORED + 1]:
        ignored.filter(pk__lte=last).delete()


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def process_due(account_id: int, enough: threading.Event) -> int:
    """Look into what the account's hints are about, a few at a time or until it is enough; returns how many."""
    done = 0
    while done < TURN and not enough.is_set() and (delivery := due(timezone.now()).filter(account=account_id).first()):
        with bound_contextvars(webhook=delivery.pk):
            done += _take(delivery)
    return done


def due(now: datetime) -> QuerySet[WebhookDelivery]:
    """Hints that may be looked into, oldest first: not those about paused accounts."""
    running = ProviderAccount.objects.filter(pausing.running(now))
    waiting = WebhookDelivery.objects.filter(status=Status.PENDING, account__in=running)
    return waiting.filter(pausing.over("not_before", now)).order_by("not_before", "pk")


def _take(delivery: WebhookDelivery) -> bool:
    """One try. It is claimed by being put off: a worker that dies leaves it to be taken up again."""
    mine = WebhookDelivery.objects.filter(
        pk=delivery.pk, status=Status.PENDING, not_before=delivery.not_before, attempts=delivery.attempts
    )
    later = timezone.now() + timedelta(seconds=TRY_SECONDS)
    if not mine.update(attempts=F("attempts") + 1, not_before=later):
        return False
    delivery.attempts += 1
    account = cast("ProviderAccount", delivery.account)  # Without one, it would not be due.
    try:
        told = changes.apply(account, account.adapter.resolve(account.as_data(), _hint(delivery)))
    except (Misconfigured, RateLimited) as error:
        pausing.note(account, error)
        _write(delivery, Status.PENDING, str(error), attempts=delivery.attempts - 1, seconds=0)
    except (ProviderError, OperationalError) as error:
        pausing.note(account, error)
        _try_again(delivery, error)
    except Exception as error:
        log.exception("webhook delivery %d crashed", delivery.pk)
        _write(delivery, Status.DEAD, f"{type(error).__name__} in the adapter; the log has the details.")
    else:
        pausing.note(account, told)
        _write(delivery, Status.DONE, "; ".join(told) or "Nothing of ours has changed.")
    return True


def _try_again(delivery: WebhookDelivery, error: Exception) -> None:
    most = UNKNOWN_TRIES if isinstance(error, NotFound) else 1 if isinstance(error, Rejected) else MOST_TRIES
    if delivery.attempts < most:
        asked = error.after if isinstance(error, Retriable) and error.after else 0.0
        wait = max(asked, pausing.backoff(delivery.attempts - 1, conf.RETRY_CAP_SECONDS))
        _write(delivery, Status.PENDING, str(error), seconds=min(wait, conf.RETRY_CAP_SECONDS))
    elif isinstance(error, NotFound):
        _write(delivery, Status.IGNORED, f"The provider knows nothing of it: {error}")
        _forget_oldest_ignored()
    else:
        _write(delivery, Status.DEAD, str(error))


def _write(delivery: WebhookDelivery, status: str, outcome: str, *, seconds: float = 0, **columns: object) -> None:
    not_before = timezone.now() + timedelta(seconds=seconds)
    WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.PENDING).update(
        status=status, outcome=outcome, not_before=not_before, **columns
    )


def _hint(delivery: WebhookDelivery) -> Hint:
    return Hint(delivery_id=delivery.delivery_id, account_id=delivery.claimed_account, kind=delivery.kind)


def retry(delivery: WebhookDelivery) -> bool:
    """Look into it once more, for a person; False if that leads nowhere or is under way already."""
    return bool(retry_all(WebhookDelivery.objects.filter(pk=delivery.pk)))


def retry_all(deliveries: QuerySet[WebhookDelivery]) -> int:
    """The same for all that are `retriable`, in one statement; returns how many."""
    opened = retriable(deliveries).update(status=Status.PENDING, attempts=0, not_before=timezone.now(), outcome="")
    if opened:
        doorbell.ring(doorbell.HINTS)
    return opened


def retriable(deliveries: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """Those into which it makes sense to look once more."""
    return deliveries.filter(account__isnull=False).exclude(status=Status.PENDING)
