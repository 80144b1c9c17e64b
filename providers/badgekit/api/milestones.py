"""Milestones: a badge that is given to whoever holds so many of some others.

Source: https://github.com/mozilla/badgekit-api/blob/master/docs/milestones.md
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.db import IntegrityError
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse

from credentials_badges.badges.locking import in_transaction
from providers.badgekit import answers
from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer, from_json, listed
from providers.badgekit.api.columns import UNEXPECTED, Choice, Column, Integer, Wrong, check, read
from providers.badgekit.api.errors import ApiError, detail, invalid, not_found
from providers.badgekit.api.routes import Route
from providers.badgekit.models import Badge, Milestone, System

FIELDS = (
    Column(name="primaryBadgeId", kind=Integer(), required=True),
    Column(name="numberRequired", kind=Integer(), required=True),
    Column(name="action", kind=Choice(("issue", "queue-application")), empty="issue"),
)
SUPPORT = "supportBadges"
MOST_SUPPORT = 1000
BADGE = (Column(name="badgeId", kind=Integer(), required=True),)


def list_milestones(call: Call) -> HttpResponse:
    """All milestones of a system."""
    return listed(call, "milestones", _whole(_system(call)), answers.milestone)


def get_milestone(call: Call) -> HttpResponse:
    """One milestone."""
    system = _system(call)
    milestone = _whole(system).filter(pk=finding.milestone(call, system).pk).first()
    if milestone is None:
        raise _gone(call)
    return answer({"milestone": answers.milestone(milestone)})


def create_milestone(call: Call) -> HttpResponse:
    """A milestone of badges of the system."""
    system = _system(call)
    values, support = _read(call)

    def work() -> answers.Json:
        _check_badges(system, {"primaryBadgeId": [values["primary_badge_id"]], SUPPORT: support or []})
        milestone = Milestone.objects.create(system=system, **values)
        milestone.support_badges.set(support or [])
        return _told(milestone)

    return answer({"status": "created", "milestone": in_transaction(work, again_on=IntegrityError)}, 201)


def update_milestone(call: Call) -> HttpResponse:
    """Only what is sent changes; a list of badges takes the place of the old one."""
    found = finding.milestone(call, _system(call))
    values, support = _read(call, partly=True)
    primary = [values["primary_badge_id"]] if "primary_badge_id" in values else []

    def change(milestone: Milestone) -> None:
        _check_badges(milestone.system, {"primaryBadgeId": primary, SUPPORT: support or []})
        for name, value in values.items():
            setattr(milestone, name, value)
        milestone.save(update_fields=values)
        if support is not None:
            milestone.support_badges.set(support)

    return _changed(call, found, change)


def add_badge(call: Call) -> HttpResponse:
    """Let one more badge count; one that counts already stays."""
    found = finding.milestone(call, _system(call))
    badge = read(BADGE, call.fields)["badge_id"]

    def change(milestone: Milestone) -> None:
        if not milestone.support_badges.filter(pk=badge).exists():
            _check_badges(milestone.system, {"badgeId": [badge]})
            milestone.support_badges.add(badge)

    return _changed(call, found, change)


def remove_badge(call: Call) -> HttpResponse:
    """Let a badge no longer count, if it does."""
    found = finding.milestone(call, _system(call))
    badge = read(BADGE, call.fields)["badge_id"]
    return _changed(call, found, lambda milestone: milestone.support_badges.remove(badge))


def delete_milestone(call: Call) -> HttpResponse:
    """Nobody reaches it any more; whoever did keeps its badge."""
    found = finding.milestone(call, _system(call))
    in_transaction(lambda: _locked(call, found).delete(), again_on=IntegrityError)
    return answer({"status": "deleted"})


def _changed(call: Call, found: Milestone, change: Callable[[Milestone], object]) -> HttpResponse:
    """Change the milestone, and tell what it is then."""

    def work() -> answers.Json:
        milestone = _locked(call, found)
        change(milestone)
        return _told(milestone)

    return answer({"status": "updated", "milestone": in_transaction(work, again_on=IntegrityError)})


def _system(call: Call) -> System:
    return cast("System", finding.context(call))


def _whole(system: System) -> QuerySet[Milestone]:
    """The system's milestones with all that an answer needs. A badge that has been deleted takes part in none."""
    support = Prefetch("support_badges", Badge.objects.filter(deleted_at=None).order_by("pk"))
    rows = system.milestones.filter(primary_badge__deleted_at=None)
    return rows.select_related("primary_badge").prefetch_related(support).order_by("pk")


def _told(milestone: Milestone) -> answers.Json:
    return answers.milestone(_whole(milestone.system).get(pk=milestone.pk))


def _locked(call: Call, found: Milestone) -> Milestone:
    """The milestone as it is now, locked till the end of the transaction. Raises ApiError (404) if it has gone."""
    row = Milestone.objects.select_for_update().filter(pk=found.pk).first()
    if row is None or row.primary_badge.deleted_at:
        raise _gone(call)
    return row


def _gone(call: Call) -> ApiError:
    return not_found("milestone", "id", call.params["milestone"])


def _read(call: Call, *, partly: bool = False) -> tuple[dict[str, Any], list[int] | None]:
    """The milestone's own values, and the ids of the badges that count; None if they were not sent.

    Raises ApiError (400).
    """
    values, details = check(FIELDS, call.fields, partly=partly)
    sent = call.fields.get(SUPPORT)
    support: list[int] = []
    try:
        support = _ids(sent)
    except Wrong as wrong:
        details.append(detail(SUPPORT, sent, str(wrong)))
    if details:
        raise invalid(details)
    return values, support if SUPPORT in call.fields else None


def _ids(sent: object) -> list[int]:
    """The list of ids, each once. A form sends it as a JSON text, or as a field that comes once or several times."""
    if isinstance(sent, str):
        try:
            sent = from_json(sent or "[]")
        except ValueError:
            raise Wrong(UNEXPECTED) from None
        sent = sent if isinstance(sent, list) else [sent]
    listed = [] if sent is None else sent
    if not isinstance(listed, list) or len(listed) > MOST_SUPPORT:
        raise Wrong(UNEXPECTED)
    return list(dict.fromkeys(map(Integer().read, listed)))


def _check_badges(system: System, sent: Mapping[str, Sequence[int]]) -> None:
    """Raise ApiError (400) that names each id, by the field that it was sent in, which no badge of the system has."""
    rows = Badge.objects.filter(system=system, deleted_at=None, pk__in={id_ for ids in sent.values() for id_ in ids})
    known = set(rows.values_list("pk", flat=True))
    unknown = [(field, id_) for field, ids in sent.items() for id_ in ids if id_ not in known]
    if unknown:
        raise invalid([detail(field, id_, "The system has no badge with this id") for field, id_ in unknown])


PATH = "/systems/{system}/milestones"
ONE = f"{PATH}/{{milestone}}"
BADGES = ((SUPPORT, {"type": "array", "items": Integer().schema, "maxItems": MOST_SUPPORT, "nullable": True}),)
ROUTES = (
    Route("GET", PATH, list_milestones, "List the milestones of a system", answers="Milestones", paged=True),
    Route(
        *("POST", PATH, create_milestone, "Create a milestone"),
        answers="MilestoneChanged",
        takes=FIELDS,
        also_takes=BADGES,
        status=201,
        refusals=(400,),
    ),
    Route("GET", ONE, get_milestone, "Get a milestone", answers="Milestone"),
    Route(
        *("PUT", ONE, update_milestone, "Change a milestone"),
        answers="MilestoneChanged",
        takes=FIELDS,
        also_takes=BADGES,
        refusals=(400,),
    ),
    Route("DELETE", ONE, delete_milestone, "Delete a milestone", answers="MilestoneDeleted"),
    Route(
        *("POST", f"{ONE}/add-badge", add_badge, "Let one more badge count towards a milestone"),
        answers="MilestoneChanged",
        takes=BADGE,
        refusals=(400,),
    ),
    Route(
        *("POST", f"{ONE}/remove-badge", remove_badge, "Let a badge no longer count towards a milestone"),
        answers="MilestoneChanged",
        takes=BADGE,
        refusals=(400,),
    ),
)
