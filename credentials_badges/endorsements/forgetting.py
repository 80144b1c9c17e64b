"""Who asked, who was asked, and whose badge it was, is forgotten: when they are retired, or when the time is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import In

from credentials_badges.badges import posting, retiring
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.badges.naming import Person
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.moving import OPEN, State

PORTION = 500
"""Rows of one statement."""
PRIVATE: dict[str, Any] = {"endorser_name": "", "endorser_email": "", "message": "", "reason": ""}
PUBLIC: dict[str, Any] = {"text": "", "in_name_of": "", "url": ""}


def forget(person: Person) -> None:
    """Forget the person in all endorsements, in the caller's transaction.

    Of their badges nothing is left. What they have said themselves is taken back; what they have asked for stays.
    """
    about = _locked(Endorsement.objects.filter(badge__learner=person.learner))
    _delete([each for each in about if each.answered_at is None or each.state == State.DECLINED])
    _take_back([each for each in about if each.answered_at and each.state != State.DECLINED], person.now)
    _silence(person)
    Endorsement.objects.filter(asked_by=person.learner).update(asked_by=None)
    retiring.strike(person, Endorsement, "message", "reason", "text", "in_name_of", "endorser_name")
    retiring.strike(person, Endorsement, "url", emptied=True)


def nobody_else(_learner: Learner) -> QuerySet[Learner]:
    """No endorsement makes a row of its own for somebody."""
    return Learner.objects.none()


def purge(before: datetime) -> None:
    """Forget whom was asked in vain, of requests that ended before that. That somebody was asked stays."""
    ended = Q(state__in=(State.EXPIRED, State.CANCELLED), ended_at__lt=before)
    declined = Q(state=State.DECLINED, answered_at__lt=before)
    told = ~Q(**PRIVATE)
    rows = Endorsement.objects.filter(ended | declined, told).order_by("pk")
    while some := list(rows[:PORTION]):
        in_transaction(lambda some=some: _forget_whom(some))  # type: ignore[misc]


def _forget_whom(rows: Sequence[Endorsement]) -> None:
    """Also in mails that could not be sent."""
    Endorsement.objects.filter(pk__in=[each.pk for each in rows]).update(**PRIVATE)
    _delete_messages(rows)


def _silence(person: Person) -> None:
    """Take back what was said by whoever reads the person's mails, and ask them nothing any more."""
    theirs = sorted({email.lower() for email in person.names.emails if email})
    mine = _locked(Endorsement.objects.filter(In(Lower("endorser_email"), theirs)))
    for start in range(0, len(mine), PORTION):
        rows = Endorsement.objects.filter(pk__in=[each.pk for each in mine[start : start + PORTION]])
        ended: dict[str, Any] = {"ended_at": person.now, "open_key": None}
        rows.filter(state__in=OPEN).update(state=State.CANCELLED, **ended)
        rows.filter(state__in=(State.ACCEPTED, State.HIDDEN)).update(state=State.REVOKED, **ended)
        rows.update(**PRIVATE, **PUBLIC)
    _delete_messages(mine)


def _delete(rows: Sequence[Endorsement]) -> None:
    for start in range(0, len(rows), PORTION):
        Endorsement.objects.filter(pk__in=[each.pk for each in rows[start : start + PORTION]]).delete()
    _delete_messages(rows)


def _delete_messages(rows: Sequence[Endorsement]) -> None:
    """All that was to be mailed about these; the rows are locked, so that none comes after this."""
    topics = [str(each.uuid) for each in rows]
    for start in range(0, len(topics), PORTION):
        for model in posting.kinds():
            model._default_manager.filter(topic__in=topics[start : start + PORTION]).delete()


def _locked(rows: QuerySet[Endorsement]) -> list[Endorsement]:
    """In the order of their ids, as everywhere."""
    found = sorted(rows.values_list("pk", flat=True))
    return list(Endorsement.objects.select_for_update().filter(pk__in=found).order_by("pk"))


def _take_back(rows: Sequence[Endorsement], now: datetime) -> None:
    """Leave nothing of them but that they hold no longer: copies that are signed are told so."""
    for start in range(0, len(rows), PORTION):
        some = Endorsement.objects.filter(pk__in=[each.pk for each in rows[start : start + PORTION]])
        some.update(**PRIVATE, **PUBLIC, state=State.REVOKED, ended_at=now, open_key=None, asked_by=None)
    _delete_messages(rows)
