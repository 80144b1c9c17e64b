"""The outbox: promises are made here, in the same transaction as the decision, and taken and given back by workers.

A worker owns a promise when its conditional UPDATE touched the row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, connection
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from credentials_badges.badges import conf, doorbell, pausing
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import Badge, Issuance, ProviderAccount


def promise_issues(badges: Sequence[Badge], now: datetime, *, unsure: bool = False) -> None:
    """Promise to issue these badges at their providers; `unsure`, if they may be there after all."""
    _promise(badges, Issuance.Action.ISSUE, "", now, unsure=unsure)


def promise_updates(badges: Sequence[Badge], now: datetime) -> None:
    """Promise to bring name and address of these badges in line with ours."""
    _promise(badges, Issuance.Action.UPDATE, "", now)


def promise_revocations(badges: Sequence[Badge], reason: str, now: datetime) -> None:
    """Promise to revoke these badges at their providers; an issue that cannot have left yet is called off instead.

    Corrections that have not left are called off as well. Three statements, however many badges.
    """
    # Locked, so that no worker claims one of them between the look and the decision.
    others = Issuance.objects.select_for_update().filter(badge__in=badges).exclude(action=Issuance.Action.REVOKE)
    never_left = [
        other
        for other in others
        if other.status in {Issuance.Status.PENDING, Issuance.Status.DEAD} and not other.unsure
    ]
    given_up = [other for other in others if other.status == Issuance.Status.DEAD]
    Issuance.objects.filter(pk__in={each.pk for each in never_left + given_up}).update(
        status=Issuance.Status.CANCELLED, open_key=None
    )
    called_off = {each.badge_id for each in never_left if each.action == Issuance.Action.ISSUE}
    _promise([badge for badge in badges if badge.pk not in called_off], Issuance.Action.REVOKE, reason, now)


def promise_erasures(badges: Sequence[Badge], now: datetime) -> None:
    """Promise to erase these badges at their providers, if they may be there; all that waits to be told is called off.

    What is under way goes first: the erasure comes behind it, and finds what it has left. Three statements.
    """
    # Locked, so that no worker claims one of them between the look and the decision.
    others = list(Issuance.objects.select_for_update().filter(badge__in=badges).order_by("pk"))
    waiting = [each.pk for each in others if each.status in {Issuance.Status.PENDING, Issuance.Status.DEAD}]
    Issuance.objects.filter(pk__in=waiting).update(status=Issuance.Status.CANCELLED, open_key=None)
    gone_out = {Issuance.Status.IN_FLIGHT, Issuance.Status.DELIVERED}
    perhaps = {each.badge_id for each in others if each.unsure or each.status in gone_out}
    _promise([badge for badge in badges if badge.external_id or badge.pk in perhaps], Issuance.Action.ERASE, "", now)


def _promise(
    badges: Sequence[Badge], action: Issuance.Action, reason: str, now: datetime, *, unsure: bool = False
) -> None:
    if not badges:
        return
    if not connection.features.can_return_rows_from_bulk_insert:  # MySQL does not tell the keys of new rows.
        badges = list(Badge.objects.filter(uuid__in=[badge.uuid for badge in badges]))
    Issuance.objects.bulk_create(
        [
            Issuance(
                badge=badge,
                account_id=badge.account_id,
                action=action,
                open_key=Issuance.open_key_of(badge.pk, action),
                reason=reason,
                unsure=unsure,
                not_before=now,
                created_at=now,
            )
            for badge in badges
        ],
        ignore_conflicts=True,
    )
    doorbell.ring(doorbell.DELIVERIES)


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
    return Issuance.objects.filter(_ripe(now), ~Exists(older))


def _ripe(now: datetime) -> Q:
    """Pending, of an account that is running, and waited long enough."""
    running = ProviderAccount.objects.filter(pausing.running(now))
    return Q(status=Issuance.Status.PENDING, account__in=running) & pausing.over("not_before", now)


def claim(issuance_ids: Sequence[int]) -> list[Issuance]:
    """Take those of the promises that are still to be had, oldest first, with all that sending them needs to know."""
    now, token = timezone.now(), uuid4()
    mine = Issuance.objects.filter(pk__in=issuance_ids, claim=token).order_by("pk")

    def take() -> int:
        taken = Issuance.objects.filter(_ripe(now), pk__in=issuance_ids).update(
            status=Issuance.Status.IN_FLIGHT, claimed_at=now, claim=token, attempts=F("attempts") + 1
        )
        if taken:
            # A correction that is under way may carry an older name: from now on, another one may be asked for.
            mine.filter(action=Issuance.Action.UPDATE).update(open_key=None)
        return taken

    if not in_transaction(take):
        return []
    return list(mine.select_related("account", "badge__learner", "badge__template"))


def finish(issuance: Issuance, **columns: object) -> bool:
    """Write the end of a try, unless the promise was meanwhile taken from this worker as from a dead one."""
    mine = Issuance.objects.filter(pk=issuance.pk, status=Issuance.Status.IN_FLIGHT, claim=issuance.claim)
    counted = {name: getattr(issuance, name) for name in ("attempts", "unsure", "doubted_at", "unseen")}
    written = {"claim": None, **counted, **columns}

    def work() -> bool:
        if not mine.update(**written):
            return False
        # Of a learner who was retired meanwhile, nothing is kept. Only now is it certain that this can be seen. It is
        # read without a lock: in the UPDATE, MariaDB would lock the learner after the promise, and others first.
        retired = Badge.objects.filter(pk=issuance.badge_id, learner__retired_at__isnull=False)
        if columns.get("receipt") and retired.exists():
            Issuance.objects.filter(pk=issuance.pk).update(receipt=None)
        return True

    return in_transaction(work)


def reap(now: datetime) -> int:
    """Take promises back from workers that died with them in flight; what they sent may have arrived."""
    lease = timedelta(seconds=conf.lease_seconds())
    in_flight = Issuance.objects.filter(status=Issuance.Status.IN_FLIGHT)
    # The clock was set back: a new lease, and doubts that begin now, or they would last until it is there again.
    in_flight.filter(claimed_at__gt=now + lease).update(claimed_at=now)
    Issuance.objects.filter(status=Issuance.Status.PENDING, doubted_at__gt=now + lease).update(doubted_at=now)
    return in_flight.filter(claimed_at__lt=now - lease).update(
        status=Issuance.Status.PENDING,
        claim=None,
        unsure=True,
        doubted_at=now,
        last_error="The worker died while sending.",
    )


def retry(issuance: Issuance) -> bool:
    """Open a dead promise again, for a person who has seen its reason; False if it is not dead, or superseded."""
    return bool(retry_all([issuance]))


def retry_all(issuances: Sequence[Issuance]) -> list[Issuance]:
    """Open those of these dead promises that are `retriable`, and return them; a constant number of statements."""
    dead = Issuance.objects.filter(pk__in=[each.pk for each in issuances], status=Issuance.Status.DEAD)
    learners = set(dead.values_list("badge__learner", flat=True))

    def work() -> list[Issuance]:
        locked_learners(pk__in=learners)  # Whoever makes promises holds these locks.
        opened = list(retriable(dead))
        Issuance.objects.filter(pk__in=[each.pk for each in opened], status=Issuance.Status.DEAD).update(
            status=Issuance.Status.PENDING,
            failure="",
            attempts=0,
            unseen=0,
            unsure=True,
            not_before=timezone.now(),
            open_key=Concat(Cast("badge_id", CharField()), Value(":"), F("action")),
        )
        return opened

    opened = in_transaction(work, again_on=IntegrityError)  # Somebody has just promised the same.
    if opened:
        doorbell.ring(doorbell.DELIVERIES)
    return opened


def retriable(dead: QuerySet[Issuance]) -> QuerySet[Issuance]:
    """Those of dead promises that can be opened again: not beside an equal or newer open one, nor a newer one of these.

    That one waits for older ones, unless it is under way already.
    """
    newer = Issuance.objects.filter(
        badge__learner=OuterRef("badge__learner"), badge__template=OuterRef("badge__template"), pk__gt=OuterRef("pk")
    )
    beside = newer.filter(Q(status__in=Issuance.OPEN) | Q(pk__in=dead.order_by().values("pk")))
    same = Issuance.objects.filter(badge=OuterRef("badge"), action=OuterRef("action"), open_key__isnull=False)
    known = Q(badge__learner__retired_at=None) | Q(action=Issuance.Action.ERASE)
    return dead.filter(known, ~Exists(beside), ~Exists(same))
