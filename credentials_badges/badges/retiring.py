"""A learner is retired: what is known of the person is forgotten here, and promised to be erased at the providers.

All of it happens in one transaction, under the lock of all rows that the person has, so that whatever else is decided
about the learner comes wholly before or after. What is left are numbers: badges without a name, and the ids of events,
by which a repetition is still known. Whoever has the same username afterwards is somebody else.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import In
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing, naming, outbox, posting
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeProgress,
    ExternalState,
    Fulfillment,
    Issuance,
    Learner,
    LearningEvent,
    Mail,
    Recomputation,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.badges.naming import Person

PERMISSION = "badges.retire_learner"
AT_A_TIME = 500
"""Rows of one statement."""
OF_PEOPLE = (Badge, BadgeProgress, Issuance, Token)
"""What is called after the learner whose it is, whose username ends the label."""


class Unknown(Exception):
    """Nobody is called so, or not any more."""


class StillWorksHere(Exception):
    """Whoever administers this service is not retired."""


@dataclass(frozen=True, kw_only=True)
class Retired:
    """What became of a learner, in numbers."""

    alias: str
    badges: int
    erasures: int
    """Badges that are to be erased at their providers."""
    events: int

    @property
    def numbers(self) -> str:
        """How much it was."""
        return f"badges: {self.badges}, to be erased at their providers: {self.erasures}, events: {self.events}"

    @property
    def told(self) -> str:
        """A sentence that names nobody."""
        return f"Retired, and known as {self.alias} from now on; {self.numbers}."


_forgets: list[Callable[[Person], None]] = []
_finders: list[Callable[[Learner], QuerySet[Learner]]] = []


def also_forget(work: Callable[[Person], None], *, also_is: Callable[[Learner], QuerySet[Learner]]) -> None:
    """From now on, `work` is called for whoever is retired, in the same transaction; apps say so when ready.

    `also_is` finds other rows that the app has made for the same person, who are retired along.
    """
    _forgets.append(work)
    _finders.append(also_is)


def retire(learner: Learner, now: datetime, *, via: auditing.Via, by: Learner | str, is_trial: bool = False) -> Retired:
    """Retire the learner; a trial tells what would be done, and does nothing. Raises Unknown, or StillWorksHere."""

    def work() -> Retired:
        rows = _locked_rows(learner.pk)
        batch = [row.pk for row in rows]
        done = {row.pk: _retire(row, now, via, by, batch) for row in rows}
        if is_trial:
            transaction.set_rollback(True)
        return done[learner.pk]

    return in_transaction(work)


def _locked_rows(learner_id: int) -> list[Learner]:
    """All rows of the learner's, locked together in the order of their ids: of two who share one, one waits.

    Whoever works here is not retired along. Raises Unknown, or StillWorksHere.
    """
    # A portion that is being judged may name the learner in a report that nobody sees yet. These locks come before
    # the learner's, as they do there: the other order makes deadlocks.
    jobs = Recomputation.objects.filter(finished_at=None).select_for_update().order_by("pk")
    list(jobs.values_list("pk"))
    learner = Learner.objects.filter(pk=learner_id, retired_at=None).first()
    if learner is None:
        raise Unknown
    along = [row.pk for also_is in _finders for row in also_is(learner)]
    rows = {row.pk: row for row in locked_learners(pk__in=[learner_id, *along], retired_at=None)}
    if learner_id not in rows:  # Somebody else has just done so.
        raise Unknown
    if works_here(learner := rows[learner_id]):
        raise StillWorksHere
    if naming.of_others({learner.email}, learner, list(rows)):
        return [learner]
    return [row for row in rows.values() if row == learner or (row.address == learner.address and not works_here(row))]


def works_here(learner: Learner) -> bool:
    """Whether the learner administers this service."""
    return learner.is_staff or learner.is_superuser


def _retire(learner: Learner, now: datetime, via: auditing.Via, by: Learner | str, batch: list[int]) -> Retired:
    alias = f"retired__{secrets.token_hex(16)}"
    person = Person(learner=learner, alias=alias, names=naming.called(learner, batch), now=now, via=via, by=by)
    badges = list(Badge.objects.filter(learner=learner).order_by("pk"))
    outbox.promise_erasures(badges, now)
    count = _forget_deeds(learner.pk, now)
    _forget_login(person)
    Learner.objects.filter(pk=learner.pk).update(
        username=alias,
        email="",
        full_name="",
        lms_user_id=None,
        identity_as_of=None,
        password=make_password(None),
        is_active=False,
        last_login=None,
        retired_at=now,
    )
    _forget_messages(person, badges)
    _forget_mentions(person)
    _forget_in_trails(person)
    for work in _forgets:
        work(person)
    promised = Issuance.objects.filter(badge__learner=learner, action=Issuance.Action.ERASE).count()
    done = Retired(alias=alias, badges=len(badges), erasures=promised, events=count)
    numbers = {"badges": done.badges, "erasures": done.erasures, "events": done.events}
    # Whoever retires themselves is called as they are from now on.
    actor = Learner.objects.get(pk=by.pk) if isinstance(by, Learner) else by
    auditing.note(via, actor, "retired", Learner.objects.get(pk=learner.pk), changes=numbers)
    return done


def promise_again(now: datetime) -> int:
    """Promise to erase what is still known to be at a provider of whoever has been retired; returns how many.

    There is some where a worker of an older release, which knows of no erasures, kept such a promise in its own way.
    """
    erasures = Issuance.objects.filter(badge=OuterRef("pk"), action=Issuance.Action.ERASE)
    cared_for = Q(status__in=(*Issuance.OPEN, Issuance.Status.DEAD)) | ~Q(last_error="")
    left = Badge.objects.filter(~Exists(erasures.filter(cared_for)), learner__retired_at__isnull=False)

    def work() -> int:
        badges = list(left.exclude(external_id=None).order_by("pk")[:AT_A_TIME])
        outbox.promise_erasures(badges, now)
        return len(badges)

    return in_transaction(work)


def _forget_deeds(learner_id: int, now: datetime) -> int:
    """Empty what was written down of the learner's own events and badges; returns the number of events."""
    Issuance.objects.filter(badge__learner=learner_id).update(reason="", last_error="", receipt=None)
    Badge.objects.filter(learner=learner_id).update(
        because=Value([], models.JSONField()), grant_reason="", revoke_reason="", external_url=""
    )
    ExternalState.objects.filter(badge__learner=learner_id).delete()
    Fulfillment.objects.filter(learner=learner_id).delete()
    BadgeProgress.objects.filter(learner=learner_id).delete()
    return purge_events(LearningEvent.objects.filter(learner=learner_id), now)


def purge_events(rows: QuerySet[LearningEvent], now: datetime) -> int:
    """Keep of these events that they are known, and nothing that they say; those that wait are not processed."""
    nothing = Value({}, models.JSONField())
    return rows.update(payload=nothing, error="", purged_at=now, processed_at=Coalesce("processed_at", Value(now)))


def _forget_login(person: Person) -> None:
    learner = person.learner
    Token.objects.filter(user=learner.pk).delete()
    learner.groups.clear()
    learner.user_permissions.clear()
    learner.account_memberships.all().delete()
    if learner.last_login:
        open_ones = Session.objects.filter(expire_date__gt=person.now).iterator(chunk_size=AT_A_TIME)
        theirs = [each.pk for each in open_ones if each.get_decoded().get("_auth_user_id") == str(learner.pk)]
        Session.objects.filter(pk__in=theirs).delete()


def _forget_messages(person: Person, badges: list[Badge]) -> None:
    """Delete the messages to the person, and those about their badges; others that name them say less."""
    mine = [email.lower() for email in person.names.emails]
    Mail.objects.filter(In(Lower("to"), mine)).delete()
    for model in posting.kinds():
        model._default_manager.filter(topic__in=[str(badge.uuid) for badge in badges]).delete()
        strike(person, model, "last_error")
    strike(person, Mail, "subject", "text", "html")


def _forget_mentions(person: Person) -> None:
    """Strike the person out of what others have said."""
    nobodys = LearningEvent.objects.filter(learner=None, purged_at=None)
    named = [row.pk for row in person.names.named_in(nobodys, "payload")]
    purge_events(nobodys.filter(pk__in=named), person.now)
    for said_by_strangers in (WebhookDelivery, UnreadableEvent):
        strike(person, said_by_strangers, "body", emptied=True)
    strike(person, WebhookDelivery, "outcome")
    strike(person, UnreadableEvent, "reason")
    strike(person, Recomputation, "report", "error")


def _forget_in_trails(person: Person) -> None:
    """Name them nowhere in the audit trail, nor in Django's log: what they have done, and what was done to them."""
    learner_id, kind = person.learner.pk, auditing.kind_of(Learner)
    trail: QuerySet[AuditEntry] = models.QuerySet(AuditEntry)
    trail.filter(actor=learner_id).update(actor_name=person.alias)
    trail.filter(model=kind, key=str(learner_id)).update(label=person.alias)
    strike(person, AuditEntry, "actor_name", "label", "changes")
    type_ = ContentType.objects.get_for_model(Learner)
    LogEntry.objects.filter(content_type=type_, object_id=str(learner_id)).update(object_repr=person.alias)
    strike(person, LogEntry, "object_repr", "change_message")
    types = ContentType.objects.get_for_models(*OF_PEOPLE).values()
    _rename(person, trail.filter(model__in=map(auditing.kind_of, OF_PEOPLE)), "label")
    _rename(person, LogEntry.objects.filter(content_type__in=types), "object_repr")


def _rename(person: Person, rows: QuerySet[Any], column: str) -> None:
    """Call what was called after the person after the alias; not what belongs to “queen of art” after that of “art”."""
    end = f" of {person.names.username}"
    longer = Learner.objects.filter(username__endswith=end).values_list("username", flat=True)
    others = tuple(f" of {username}" for username in longer if username.endswith(end))
    changed = []
    for row in rows.filter(**{f"{column}__endswith": end}).iterator(chunk_size=AT_A_TIME):
        label = getattr(row, column)
        if label.endswith(end) and not label.endswith(others):
            setattr(row, column, _fitting(row, column, label.removesuffix(end) + f" of {person.alias}"))
            changed.append(row)
    models.QuerySet(rows.model).bulk_update(changed, [column], batch_size=AT_A_TIME)


def strike(person: Person, model: type[models.Model], *columns: str, emptied: bool = False) -> None:
    """Put the alias in the place of the person's names in these columns, or nothing in the place of the whole text.

    The rows are locked in the order of their ids and read again, since others write them, too; only what changes is
    written. Statements are constant for each portion.
    """
    found = sorted(row.pk for row in person.names.named_in(models.QuerySet(model).order_by("pk"), *columns))
    for start in range(0, len(found), AT_A_TIME):
        some: QuerySet[Any] = models.QuerySet(model).filter(pk__in=found[start : start + AT_A_TIME])
        rows = list(some.select_for_update().order_by("pk"))
        for column in columns:
            changed = [row for row in rows if _strike_one(person, row, column, emptied=emptied)]
            models.QuerySet(model).bulk_update(changed, [column], batch_size=AT_A_TIME)


def _strike_one(person: Person, row: models.Model, column: str, *, emptied: bool) -> bool:
    """Strike the names out of one column of the row, which is not saved; whether that changes it."""
    struck = person.names.struck_from(said := getattr(row, column), person.alias, column)
    if struck == said:
        return False
    setattr(row, column, "" if emptied else _fitting(row, column, struck))
    return True


def _fitting(row: models.Model, column: str, value: Any) -> Any:
    """The value as the column takes it: an alias may be longer than a name."""
    longest = getattr(row._meta.get_field(column), "max_length", None)
    return value[:longest] if isinstance(value, str) and longest else value
