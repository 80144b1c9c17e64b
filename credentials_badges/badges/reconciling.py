"""Both sides are compared: what a provider holds, and what we recorded."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from credentials_badges.badges import changes, conf, outbox
from credentials_badges.badges.models import Badge, Issuance, ProviderAccount
from credentials_badges.badges.models.badges import TORN
from credentials_badges.contract.data import Receipt, UnreadableRow
from credentials_badges.contract.states import BadgeState

OVERLAP = timedelta(minutes=10)
"""Lists may lag: changes of the last minutes are asked for twice, and what is so new is not called missing."""
LIVE = (BadgeState.PENDING, BadgeState.ACCEPTED, BadgeState.UNKNOWN)
AGAIN = "It is still there, although it was revoked here."


class TooManyMissing(Exception):
    """Suspiciously much seems to be gone; the message says how much, and how to insist."""


@dataclass(slots=True)
class Comparison:
    """How the badges of one account differ from ours."""

    held: int = 0
    """Badges that the provider shows."""
    agreed: int = 0
    missing: list[Badge] = field(default_factory=list)
    """Recorded here with an external id, and not shown there."""
    different: list[tuple[Badge, Receipt]] = field(default_factory=list)
    """The provider says something else than when it was last asked."""
    unknown: list[Receipt] = field(default_factory=list)
    """Live there, of a template that we award, and not recorded here."""
    twice: list[Receipt] = field(default_factory=list)
    """Live there although the learner has the same badge already."""
    unreadable: list[UnreadableRow] = field(default_factory=list)


def disagreement() -> Q:
    """Whether one side has taken a badge back and the other has not, with no promise open that would end it."""
    # Open promises are few: they are read once, and not looked for badge by badge.
    under_way = Issuance.objects.filter(status__in=Issuance.OPEN).order_by().values("badge")
    return TORN & ~Q(pk__in=under_way)


def disagreeing() -> QuerySet[Badge]:
    """Badges on which the sides disagree so."""
    return Badge.objects.filter(disagreement())


def poll(account: ProviderAccount) -> list[str]:
    """Ask what has changed since the last time, and apply it. Raises ProviderError."""
    now = timezone.now()
    since = account.changes_as_of or account.created_at
    told = changes.apply(account, account.adapter.changes(account.as_data(), since - OVERLAP))
    ProviderAccount.objects.filter(pk=account.pk).update(changes_as_of=now)
    return told


def compare(account: ProviderAccount, *, on_row: Callable[[], object] = lambda: None) -> Comparison:
    """List everything that the provider holds, and compare; changes nothing. Raises ProviderError."""
    started = timezone.now()
    result, theirs = Comparison(), {}
    for row in account.adapter.list_badges(account.as_data()):
        on_row()
        if isinstance(row, Receipt):
            theirs[row.external_id] = replace(row, raw={})  # A hundred thousand whole rows would fill the memory.
        else:
            result.unreadable.append(row)
    result.held = len(theirs)
    holders = Counter(_holder(receipt) for receipt in theirs.values() if receipt.state in LIVE)
    ours = account.badges.exclude(external_id=None).select_related("learner", "template").order_by("pk")
    settled_since = Issuance.objects.filter(badge=OuterRef("pk"), delivered_at__gt=started - OVERLAP)
    for badge in ours.annotate(is_new=Exists(settled_since)).iterator(chunk_size=2000):
        receipt = theirs.pop(badge.external_id or "", None)
        if receipt is None:
            _missing(result, badge)
        elif _differs(badge, receipt):
            result.different.append((badge, receipt))
        else:
            result.agreed += 1
    templates = set(account.templates.filter(badges__isnull=False).values_list("external_id", flat=True))
    for receipt in theirs.values():
        if receipt.state in LIVE and receipt.template_id in templates:
            twice = bool(receipt.recipient_id) and holders[_holder(receipt)] > 1
            (result.twice if twice else result.unknown).append(receipt)
    if result.unreadable:
        result.missing.clear()  # One of the rows that cannot be read may be it.
    return result


def _holder(receipt: Receipt) -> tuple[str, str]:
    return receipt.template_id, receipt.recipient_id


def _missing(result: Comparison, badge: Badge) -> None:
    """What is gone there needs no telling if it was revoked here, or told before; and a list may lag."""
    expected = badge.status == Badge.Status.AWARDED and badge.external_state != BadgeState.REVOKED.value
    if expected and not getattr(badge, "is_new", False):
        result.missing.append(badge)
    else:
        result.agreed += 1


def _differs(badge: Badge, receipt: Receipt) -> bool:
    """Whether the provider tells of another state, and not from before what it told last."""
    old = receipt.as_of and badge.external_as_of and receipt.as_of < badge.external_as_of
    return not old and (receipt.state.value, receipt.raw_state) != (badge.external_state, badge.external_state_raw)


def take_over(account: ProviderAccount, found: Comparison, *, force: bool = False) -> list[str]:
    """Write down what the provider says; what we decided stays as it is. Raises TooManyMissing or ProviderError."""
    recorded = len(found.missing) + len(found.different) + found.agreed
    if not force and recorded >= conf.ARCHIVE_GUARD_LEAST and len(found.missing) > conf.ARCHIVE_GUARD_SHARE * recorded:
        raise TooManyMissing(
            f"{account} no longer shows {len(found.missing)} of the {recorded} badges recorded here; nothing was "
            "changed. If they are really gone, use --force."
        )
    receipts = [receipt for _, receipt in found.different]
    receipts += [changes.gone(badge.external_id or "") for badge in found.missing]
    told = []
    for start in range(0, len(receipts), conf.BATCH):
        told += changes.hear(account, receipts[start : start + conf.BATCH])
    return told


def repair(badges: Iterable[Badge], now: datetime) -> tuple[int, int]:
    """Promise again what the provider should hold and does not, or should not hold and does.

    Only badges that disagree are touched; returns how many are to be issued and how many to be revoked.
    """
    with transaction.atomic():
        chosen = disagreeing().filter(pk__in=[badge.pk for badge in badges])
        again = list(chosen.filter(status=Badge.Status.AWARDED))
        away = list(chosen.filter(status=Badge.Status.REVOKED))
        outbox.promise_issues(again, now, unsure=True)  # A list that was late may have called them gone.
        outbox.promise_revocations(away, AGAIN, now)
    return len(again), len(away)
