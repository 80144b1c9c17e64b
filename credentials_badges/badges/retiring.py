"""A learner is retired: what is known of the person is forgotten here, and promised to be erased at the providers.

All of it happens in one transaction, under the learner's lock, so that whatever else is decided about the learner comes
wholly before or after. What is left are numbers: badges without a name, and the ids of events, by which a repetition
is still known. Whoever has the same username afterwards is somebody else.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from rest_framework.authtoken.models import Token

from credentials_badges.badges import auditing, events, outbox, posting
from credentials_badges.badges.locking import in_transaction, locked_learners
from credentials_badges.badges.models import (
    AuditEntry,
    Badge,
    BadgeProgress,
    Fulfillment,
    Issuance,
    Learner,
    LearningEvent,
    Recomputation,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.badges.redacting import Names

PERMISSION = "badges.retire_learner"
AT_A_TIME = 500
"""Rows of one statement."""


class Unknown(Exception):
    """Nobody is called so, or not any more."""


class StillWorksHere(Exception):
    """Whoever administers this service is not retired."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is being forgotten: the learner as they were, and what stands in the place of their name from now on."""

    learner: Learner
    alias: str
    names: Names
    now: datetime
    via: auditing.Via
    by: Learner | str
    """Who retires them: a learner, or the name of somebody who is none."""


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


def also_forget(work: Callable[[Person], None]) -> None:
    """From now on, `work` is called for whoever is retired, in the same transaction; apps say so when ready."""
    _forgets.append(work)


def retire(learner: Learner, now: datetime, *, via: auditing.Via, by: Learner | str, is_trial: bool = False) -> Retired:
    """Retire the learner; a trial tells what would be done, and does nothing. Raises Unknown, or StillWorksHere."""

    def work() -> Retired:
        done = _retire(learner.pk, now, via, by)
        if is_trial:
            transaction.set_rollback(True)
        return done

    return in_transaction(work)


def _retire(learner_id: int, now: datetime, via: auditing.Via, by: Learner | str) -> Retired:
    # A portion that is being judged may name the learner in a report that nobody sees yet. These locks come before
    # the learner's, as they do there: the other order makes deadlocks.
    jobs = Recomputation.objects.filter(finished_at=None).select_for_update().order_by("pk")
    list(jobs.values_list("pk"))
    learner = next(iter(locked_learners(pk=learner_id, retired_at=None)), None)
    if learner is None:
        raise Unknown
    if learner.is_staff or learner.is_superuser:
        raise StillWorksHere
    alias = f"retired__{secrets.token_hex(16)}"
    person = Person(learner=learner, alias=alias, names=_names(learner), now=now, via=via, by=by)
    badges = list(Badge.objects.filter(learner=learner_id).order_by("pk"))
    outbox.promise_erasures(badges, now)
    count = _forget_deeds(learner_id, now)
    _forget_login(person)
    Learner.objects.filter(pk=learner_id).update(
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
    _forget_mentions(person)
    for work in _forgets:
        work(person)
    promised = Issuance.objects.filter(badge__learner=learner_id, action=Issuance.Action.ERASE).count()
    done = Retired(alias=alias, badges=len(badges), erasures=promised, events=count)
    numbers = {"badges": done.badges, "erasures": done.erasures, "events": done.events}
    auditing.note(via, by, "retired", Learner.objects.get(pk=learner_id), changes=numbers)
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


def _names(learner: Learner) -> Names:
    """All that the person was ever called here, as far as events tell, and the ids by which providers know them."""
    emails, full_names = {learner.email: None}, {learner.full_name: None}
    told = LearningEvent.objects.filter(learner=learner).values_list("payload", flat=True)
    for payload in told.iterator(chunk_size=AT_A_TIME):
        person = events.person_in(payload)
        if person and person.username == learner.username:
            emails[person.email], full_names[person.full_name] = None, None
    held = Badge.objects.filter(learner=learner).exclude(external_id=None).values_list("external_id", flat=True)
    ids = (str(learner.uuid), *(external_id or "" for external_id in held))
    return Names(learner.username, tuple(emails), tuple(full_names), ids)


def _forget_deeds(learner_id: int, now: datetime) -> int:
    """Empty what was written down of the learner's own events and badges; returns the number of events."""
    Issuance.objects.filter(badge__learner=learner_id).update(reason="", last_error="", receipt=None)
    Badge.objects.filter(learner=learner_id).update(
        because=Value([], models.JSONField()), grant_reason="", revoke_reason="", external_url=""
    )
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
    if learner.last_login:
        open_ones = Session.objects.filter(expire_date__gt=person.now).iterator(chunk_size=AT_A_TIME)
        theirs = [each.pk for each in open_ones if each.get_decoded().get("_auth_user_id") == str(learner.pk)]
        Session.objects.filter(pk__in=theirs).delete()


def _forget_mentions(person: Person) -> None:
    """Strike the person out of whatever may name them beside their own rows."""
    for model in posting.kinds():
        forget_rows(person, model._default_manager.all())
    nobodys = LearningEvent.objects.filter(learner=None, purged_at=None)
    purge_events(nobodys.filter(pk__in=[row.pk for row in person.names.named_in(nobodys, "payload")]), person.now)
    for said_by_strangers in (WebhookDelivery, UnreadableEvent):
        strike(person, models.QuerySet(said_by_strangers), "body", emptied=True)
    strike(person, models.QuerySet(WebhookDelivery), "kind", "outcome")
    strike(person, models.QuerySet(UnreadableEvent), "source", "reason")
    strike(person, Recomputation.objects.select_for_update().order_by("pk"), "report", "error")
    strike(person, models.QuerySet(AuditEntry), "actor_name", "action", "label", "changes")
    strike(person, models.QuerySet(LogEntry), "object_repr", "change_message")


def forget_rows(person: Person, rows: QuerySet[Any]) -> None:
    """Delete the rows of which any text names the person."""
    gone = [row.pk for row in person.names.named_in(rows, *_texts(rows.model))]
    rows.filter(pk__in=gone).delete()


def strike(person: Person, rows: QuerySet[Any], *columns: str, emptied: bool = False) -> None:
    """Put the alias in the place of the person's names in these columns, or nothing in the place of the whole text."""
    changed = []
    for row in person.names.named_in(rows, *columns):
        for column in columns:
            said = getattr(row, column)
            struck = person.names.struck_from(said, person.alias)
            if struck != said:
                setattr(row, column, "" if emptied else _fitting(row, column, struck))
        changed.append(row)
    models.QuerySet(rows.model).bulk_update(changed, columns, batch_size=AT_A_TIME)


def _fitting(row: models.Model, column: str, value: Any) -> Any:
    """The value, cut to what the column takes: an alias may be longer than a name."""
    longest = getattr(row._meta.get_field(column), "max_length", None)
    return value[:longest] if isinstance(value, str) and longest else value


def _texts(model: type[models.Model]) -> Iterable[str]:
    fields = model._meta.concrete_fields
    return [field.name for field in fields if isinstance(field, models.CharField | models.TextField | models.JSONField)]
