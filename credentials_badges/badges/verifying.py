"""What holds of a badge, check by check, in words for people, by our own rows: nobody else is asked."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from credentials_badges.badges import showing
from credentials_badges.badges.models import Badge
from credentials_badges.badges.showing import Shown, State
from credentials_badges.contract.states import BadgeState


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One of the things that have to hold."""

    question: str
    answer: str
    holds: bool | None
    """None: nobody can say so yet."""


def holds(found: Collection[Check]) -> bool | None:
    """What follows from all of them; None while nobody can say so of one, unless another does not hold."""
    if any(check.holds is False for check in found):
        return False
    return None if any(check.holds is None for check in found) else True


def checks(badge: Badge, shown: Shown, issuer: str) -> list[Check]:
    """All of them, at this moment, by what is written down here; no statement."""
    return [
        _exists(badge, issuer),
        _whose(badge, shown),
        _not_revoked(badge, shown),
        _not_expired(shown),
        _at_provider(badge, shown),
    ]


def _exists(badge: Badge, issuer: str) -> Check:
    told = {"issuer": issuer, "day": date_format(badge.awarded_at), "name": badge.template.name}
    words = _("Yes: “%(name)s” was issued by %(issuer)s on %(day)s, and is written down here.")
    return Check(question=_("Was it issued?"), answer=words % told, holds=True)


def _whose(badge: Badge, shown: Shown) -> Check:
    question = _("Who earned it?")
    if shown.state is State.DECLINED:
        return Check(question=question, answer=_("Whoever earned it has declined it."), holds=False)
    if shown.is_unseen:
        return Check(
            question=question,
            answer=_("Whoever earned it has not accepted it yet. Who it is, is told once they have."),
            holds=None,
        )
    if not badge.learner.full_name:
        return Check(
            question=question,
            answer=_("Somebody whose name is not known here. Ask them to show you their own page."),
            holds=True,
        )
    return Check(
        question=question, answer=_("It was earned by %(name)s.") % {"name": badge.learner.full_name}, holds=True
    )


def _not_revoked(badge: Badge, shown: Shown) -> Check:
    question = _("Does it still stand?")
    if shown.state is not State.REVOKED:
        return Check(question=question, answer=_("Yes: nobody has taken it back."), holds=True)
    if badge.revoked_at:
        return Check(
            question=question,
            answer=_("No: it was taken back on %(day)s.") % {"day": date_format(badge.revoked_at)},
            holds=False,
        )
    return Check(question=question, answer=_("No: it was taken back."), holds=False)


def _not_expired(shown: Shown) -> Check:
    question = _("Is it still in time?")
    day = date_format(shown.until) if shown.until else ""
    if shown.state is State.EXPIRED or (shown.until and shown.until <= timezone.now()):
        words = _("No: it was valid until %(day)s.") % {"day": day} if day else _("No: its time is over.")
        return Check(question=question, answer=words, holds=False)
    return Check(
        question=question,
        answer=_("Yes: until %(day)s.") % {"day": day} if day else _("Yes: it has no end."),
        holds=True,
    )


def _at_provider(badge: Badge, shown: Shown) -> Check:
    """What the provider has said; when, where it says so itself."""
    question = _("What does the store say that gave it?")
    if not showing.is_ours(badge):
        question = _("What does %(provider)s say, where it is kept?") % {"provider": showing.provider_name(badge)}
    if not badge.external_state:
        return Check(question=question, answer=_("Nothing yet: it is on its way there."), holds=None)
    if showing.is_ours(badge) and badge.external_state == BadgeState.ACCEPTED and shown.given is None:
        return Check(question=question, answer=_("It does not know of it at present."), holds=None)
    words = {
        "pending": _("It is there, and waits to be accepted."),
        "accepted": _("It is there, and was accepted."),
        "rejected": _("It was declined there."),
        "expired": _("It has expired there."),
        "revoked": _("It was taken back there."),
    }.get(badge.external_state, _("It is there."))
    holds = {"pending": None, "rejected": False, "expired": False, "revoked": False}.get(badge.external_state, True)
    if badge.external_as_of:
        moment = f"{date_format(badge.external_as_of, 'DATETIME_FORMAT')} UTC"
        words = _("%(words)s It said so of %(moment)s.") % {"words": words, "moment": moment}
    return Check(question=question, answer=words, holds=holds)
