"""What a person is called: by which names a learner who is retired is looked for in what others have said."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from credentials_badges.badges import auditing, events
from credentials_badges.badges.models import BadgeTemplate, Learner, LearningEvent, ProviderAccount
from credentials_badges.badges.redacting import Names


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


def called(learner: Learner, batch: list[int]) -> Names:
    """All that the person was ever called here, as far as events tell; `batch` are the ids of all of their rows.

    What is somebody else's today is no name of theirs any more: an address, or a name that others share.
    """
    emails, full_names = {learner.email: None}, {learner.full_name: None}
    told = LearningEvent.objects.filter(learner=learner).values_list("payload", flat=True)
    for payload in told.iterator(chunk_size=500):
        person = events.person_in(payload)
        if person and person.username == learner.username:
            emails[person.email], full_names[person.full_name] = None, None
    shared = {
        "",
        *Learner.objects.exclude(pk__in=batch).filter(full_name__in=full_names).values_list("full_name", flat=True),
    }
    for named in (BadgeTemplate, ProviderAccount):  # Whose names stand in others' mails.
        shared.update(named.objects.filter(name__in=full_names).values_list("name", flat=True))
    not_theirs = {"", *of_others(emails, learner, batch)}
    mine, names = (
        [each for each in told if each not in left] for told, left in ((emails, not_theirs), (full_names, shared))
    )
    return Names(learner.username, tuple(mine), tuple(names))


def of_others(emails: Collection[str], learner: Learner, batch: list[int]) -> set[str]:
    """Those of the learner's addresses that are somebody else's today: former ones, or of whom that was told later."""
    same = Q(email__in=emails) | Q(address__in=[email.lower() for email in emails])
    found = set()
    for other in Learner.objects.filter(same, retired_at=None).exclude(pk__in=batch).exclude(email=""):
        theirs = {email for email in emails if email == other.email or email.lower() == other.address}
        mine, told = learner.identity_as_of, other.identity_as_of
        is_later = told is not None and (mine is None or told > mine)
        found |= theirs if is_later else {email for email in theirs if email.lower() != learner.email.lower()}
    return found
