"""The story of one badge in words, oldest first: what earned it, what was promised, sent and answered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from credentials_badges.badges import auditing, erasing, outbox
from credentials_badges.badges.admin.base import pretty_json
from credentials_badges.badges.explaining import reasons
from credentials_badges.badges.models import AuditEntry, Badge, Issuance, LearningEvent
from credentials_badges.contract.states import BadgeState

Status = Issuance.Status
Action = Issuance.Action
MOST = 200
"""Steps of one kind that are told; the newest of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that happened, or is to happen."""

    at: datetime | None
    words: str
    details: Sequence[str] = ()
    tone: str = "plain"
    """``good``, ``wait``, ``bad`` or ``plain``."""
    page: str = ""
    """Where more is told."""
    answer: SafeString | None = None
    """What the provider said, in whole."""


May = Callable[[type[Model]], bool]
"""Whether the reader may look at rows of that kind."""


def steps_of(
    badge: Badge, promises: Sequence[Issuance], now: datetime, may: May, *, keeps_id: bool = False
) -> list[Step]:
    """All that is known to have happened to the badge, oldest first; a constant number of statements.

    What the reader may not look at is not linked to, and of the trail not told. If the badge's id is kept from them,
    so are the provider's answers, which hold it.
    """
    told = [*_earned(badge, may), *_awarded(badge)]
    for promise in promises:
        told += _promise(badge, promise, now, may, keeps_id=keeps_id)
    told += _heard(badge)
    if may(AuditEntry):
        entries = AuditEntry.objects.filter(model=auditing.kind_of(Badge), key=str(badge.pk))
        told += [Step(at=each.at, words=f"{each.actor_name}: {each.action}") for each in entries[:MOST]]
    if badge.expires_at:
        is_over = badge.expires_at <= now
        words = _("It has expired.") if is_over else _("It will expire.")
        told.append(Step(at=badge.expires_at, words=words, tone="bad" if is_over else "plain"))
    return sorted(told, key=lambda step: step.at or now)


def promises_of(badge: Badge) -> list[Issuance]:
    """The promises about the badge, oldest first."""
    return list(reversed(badge.issuances.select_related("account").order_by("-pk")[:MOST]))


def standing(badge: Badge, promises: Sequence[Issuance], now: datetime) -> tuple[str, str]:
    """How it stands in a word, and its tone."""
    newest = promises[-1].status if promises else None
    if newest == Status.DEAD:
        return _("Failed"), "bad"
    if newest in Issuance.OPEN:
        return _("Waiting"), "wait"
    if badge.status == Badge.Status.REVOKED:
        return _("Revoked"), "plain"
    if badge.external_state == BadgeState.REVOKED:
        return _("Taken back by the provider"), "bad"
    if badge.external_state == BadgeState.EXPIRED or (badge.expires_at and badge.expires_at <= now):
        return _("Expired"), "plain"
    return (_("Pushed"), "good") if badge.external_id else (_("Awarded"), "wait")


def _earned(badge: Badge, may: May) -> Iterator[Step]:
    """The events that it rests on, and whoever gave it by hand."""
    named = [each.get("event") or {} for each in badge.because]
    ids = {(each["source"], each["id"]) for each in named if {"source", "id"} <= each.keys()}
    rows = LearningEvent.objects.filter(source__in={each[0] for each in ids}, event_id__in={each[1] for each in ids})
    known = {(row.source, row.event_id): row for row in rows} if ids else {}
    rests_on = reasons(badge)
    if badge.granted_by_id:  # It comes first of the reasons.
        who = {"who": badge.granted_by, "why": _(badge.grant_reason)}
        yield Step(at=badge.earned_at, words=_("Given by hand by %(who)s: %(why)s") % who)
        rests_on = rests_on[1:]
    for reason, told, event in zip(rests_on, badge.because, named, strict=True):
        row = known.get((event.get("source", ""), event.get("id", "")))
        page = reverse("admin:badges_learningevent_change", args=(row.pk,)) if row and may(LearningEvent) else ""
        about = _subject_of(row.payload) if row else ""
        named_so = [" ".join(str(event[key]) for key in ("type", "id") if key in event)]
        details = [each for each in (about, *named_so, *reason.found) if each]
        at = parse_datetime(str(told.get("at", ""))) or badge.earned_at
        yield Step(at=at, words=_("This counted: %(what)s") % {"what": reason.words}, details=details, page=page)


def _subject_of(payload: Any) -> str:
    """The course or other thing that the event is about, where its payload names one."""
    named = payload.get("course") if isinstance(payload, dict) else None
    if not isinstance(named, dict):
        return ""
    return " · ".join(str(named[key]) for key in ("display_name", "course_key") if named.get(key))


def _awarded(badge: Badge) -> Iterator[Step]:
    yield Step(at=badge.awarded_at, words=_("It was awarded here."), tone="good")
    if badge.revoked_at:
        who = badge.revoked_by or _("the rules")
        words = _("It was taken back here by %(who)s: %(why)s") % {"who": who, "why": _(badge.revoke_reason)}
        yield Step(at=badge.revoked_at, words=words, tone="bad")


def _promise(badge: Badge, promise: Issuance, now: datetime, may: May, *, keeps_id: bool) -> Iterator[Step]:
    """That it was made, and where it stands."""
    page = reverse("admin:badges_issuance_change", args=(promise.pk,)) if may(Issuance) else ""
    provider = promise.account.provider.capitalize()
    made = {
        Action.ISSUE: _("Promised: to issue it at %(provider)s"),
        Action.UPDATE: _("Promised: to send name and address to %(provider)s again"),
        Action.REVOKE: _("Promised: to revoke it at %(provider)s"),
        Action.ERASE: _("Promised: to erase it at %(provider)s"),
    }[Action(promise.action)]
    yield Step(at=promise.created_at, words=made % {"provider": provider}, page=page)
    details = [_("Tries so far: %(count)d") % {"count": promise.attempts}] if promise.attempts else []
    error = [_("Last error: %(error)s") % {"error": promise.last_error}] if promise.last_error else []
    receipt = _answer(promise) if may(Issuance) and not keeps_id else None
    if promise.status == Status.DELIVERED:
        words = _("%(provider)s has it: done.") % {"provider": provider}
        yield Step(at=promise.delivered_at, words=words, details=[*details, *error], tone="good", answer=receipt)
    elif promise.status == Status.CANCELLED:
        words = _("Called off: there was nothing to be done any more.")
        yield Step(at=promise.claimed_at or promise.created_at, words=words, details=error)
    elif promise.status == Status.DEAD:
        words = _("Given up: %(why)s") % {"why": _failure(promise)}
        at = promise.claimed_at or promise.not_before
        yield Step(at=at, words=words, details=[*details, *error], tone="bad", answer=receipt)
    else:
        words = _waiting(promise, now)
        yield Step(
            at=max(promise.not_before, now), words=words, details=[*details, *error], tone="wait", answer=receipt
        )


def _failure(promise: Issuance) -> str:
    """Why it is dead, and what to do about that."""
    provider = promise.account.provider.capitalize()
    return {
        Issuance.Failure.REJECTED: _(
            "%(provider)s refuses it. Mend what the error says, there or in the learner's data, then retry."
        ),
        Issuance.Failure.EXHAUSTED: _(
            "it was tried too often. Find out whether %(provider)s is reachable, then retry: it is looked for there "
            "before it is sent again."
        ),
        Issuance.Failure.CRASHED: _(
            "our adapter for %(provider)s broke; the log says where. Retry once it is mended: it is looked for there "
            "before it is sent again."
        ),
    }.get(Issuance.Failure(promise.failure or Issuance.Failure.REJECTED), "") % {"provider": provider}


def _waiting(promise: Issuance, now: datetime) -> str:
    account = promise.account
    if promise.status == Status.IN_FLIGHT:
        return _("It is being sent at this moment.")
    if account.paused_reason:
        said = _("It waits, because the account is paused: %(why)s")
        return said % {"why": account.paused_reason}
    if promise.not_before > now:
        return _("It waits until %(moment)s to be tried.") % {"moment": _date(promise.not_before)}
    if not outbox.due(now).filter(pk=promise.pk).exists():
        return _("It waits for an older promise about the same learner and template.")
    return _("It is due, and will be sent by the next worker.")


def _answer(promise: Issuance) -> SafeString | None:
    return None if promise.receipt is None else pretty_json(auditing.said(promise.receipt))


def _heard(badge: Badge) -> Iterator[Step]:
    """What the provider has said of it so far; of what was heard before that was kept, only the last is known."""
    rows = list(badge.external_states.order_by("-pk")[:MOST])
    for row in rows:
        words = _("The provider says: %(state)s") % {"state": _state(row.state, row.raw)}
        yield Step(at=row.heard_at, words=words, details=[row.get_how_display()])
    if badge.external_state_raw == erasing.ERASED:
        yield Step(at=badge.external_as_of, words=_("Erased at the provider."))
    elif badge.external_state_raw and badge.external_state_raw not in {row.raw for row in rows[:1]}:
        words = _("The provider says: %(state)s") % {"state": _state(badge.external_state, badge.external_state_raw)}
        yield Step(at=badge.external_as_of, words=words)


def _state(state: str, raw: str) -> str:
    return state.capitalize() if raw.lower() == state.lower() or not raw else f"{state.capitalize()} ({raw})"


def _date(moment: datetime) -> str:
    return f"{date_format(moment, 'DATETIME_FORMAT')} UTC"


def public_page(badge: Badge) -> str:
    """Its address for everybody."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{reverse('badge_page', args=(badge.uuid,))}"


def facts_of(badge: Badge, *, keeps_id: bool = False) -> list[tuple[str, str]]:
    """What is said of it besides the story."""
    told = [
        (_("External id"), "" if keeps_id else badge.external_id or ""),
        (_("At the provider"), _state(badge.external_state, badge.external_state_raw) if badge.external_state else ""),
        (_("Earned"), _date(badge.earned_at)),
        (_("Valid until"), _date(badge.expires_at) if badge.expires_at else ""),
    ]
    return [(capfirst(name), value) for name, value in told if value]
