"""The administration's first page: whether everything flows, what needs somebody, and how to begin."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges import needs, overview
from credentials_badges.badges.charts import Chart, Span, draw
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    LearningEvent,
    ProviderAccount,
)
from credentials_badges.badges.needs import Known
from credentials_badges.badges.overview import ByDay, Many, Promises
from credentials_badges.badges.seeing import Sight

ROWS = 50
"""Accounts in the table; those in trouble come first."""
COLOURS = 5
"""Accounts that a chart tells apart; the others are one."""
EVENTS, FAILED, OTHERS = "events", "failed", "others"
Tile = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """How one account is doing."""

    account: Any
    page: str
    promises: Promises
    open_list: str
    dead_list: str
    today: int
    key_days: int | None


def content(site: AdminSite, request: HttpRequest) -> dict[str, Any]:
    """What the page shows to this user; a constant number of statements."""
    now, sight = timezone.now(), Sight(site, request)
    everything = overview.accounts()
    sent = sight.counted(Issuance, everything)
    told = overview.promises() if sent else {}
    promises = {each.pk: told[each.pk] for each in sent if each.pk in told}
    tiles, charts = _events(sight, now)
    pushed: ByDay = {}
    for part in (_badges(sight, everything, now), *([_promises(sight, sent, promises, now)] if sent else [])):
        tiles += part[0]
        charts += part[1]
        pushed = part[2] or pushed
    shown = sight.counted(ProviderAccount, everything)
    known = Known(sight=sight, now=now, accounts=everything, promises=promises)
    found = needs.all_of(known)
    return {
        "now": now,
        "tiles": tiles,
        "charts": charts,
        "rows": _rows(sight, shown, promises, pushed, now)[:ROWS],
        "more_rows": max(len(shown) - ROWS, 0),
        "sees_promises": bool(sent),
        "needs": found,
        "is_well": not [need for need in found if need.weight != needs.LATER],
        "steps": (steps := _steps(sight, shown)),
        "has_something": bool(tiles and (everything or not steps)),
    }


def _events(sight: Sight, now: datetime) -> tuple[list[Tile], list[tuple[str, str, Chart]]]:
    if not sight.sees(LearningEvent):
        return [], []
    came, failed, waiting = overview.events_in(now), overview.events_failed(now), overview.events_waiting()
    since = {"received_at__gte": overview.first_day(now).isoformat()}
    to = sight.list_of
    tiles = [
        _tile(_("Events in"), Many(came.total()), to(LearningEvent, **since)),
        _tile(_("Events waiting"), waiting, to(LearningEvent, state="waiting"), now="now"),
        _tile(_("Events failed"), Many(failed.total()), to(LearningEvent, state="failed", **since), bad=True),
    ]
    well = Counter({day: came[day] - failed[day] for day in came})
    days = {EVENTS: well, FAILED: failed}
    return tiles, [
        _chart("events", _("Events in"), {EVENTS: _("Processed or waiting"), FAILED: _("Failed")}, days, now)
    ]


def _badges(sight: Sight, accounts: Sequence[Any], now: datetime) -> Any:
    visible = sight.counted(Badge, accounts)
    if not visible:
        return [], [], {}
    told = overview.awarded(now)
    since = {"awarded_at__gte": overview.first_day(now).isoformat()}
    lists = [(slug, sight.list_of(model, **since)) for slug, model in sorted(sight.of(Badge).items())]
    pks = [each.pk for each in visible]
    tile = _tile(_("Badges awarded"), Many(overview.total(told, pks)), lists[0][1] if len(lists) == 1 else "")
    tile["lists"] = lists if len(lists) > 1 else []
    return [tile], [_by_account("awarded", _("Badges awarded"), visible, told, now)], {}


def _promises(sight: Sight, accounts: Sequence[Any], promises: dict[int, Promises], now: datetime) -> Any:
    pushed, dead = overview.pushed(now), overview.given_up(now)
    pks = [each.pk for each in accounts]
    postponed, buried = Many(), Many()
    for each in promises.values():
        postponed, buried = postponed.plus(*each.postponed), buried.plus(*each.dead)
    state = "status__exact"
    since = {"delivered_at__gte": overview.first_day(now).isoformat()}
    delivered = sight.list_of(Issuance, **{state: Issuance.Status.DELIVERED, **since})
    later = sight.list_of(Issuance, **{state: Issuance.Status.PENDING, "attempts__gt": 0})
    tiles = [
        _tile(_("Pushed to providers"), Many(overview.total(pushed, pks)), delivered),
        _tile(_("Put off after a failure"), postponed, later, now="now", bad=True),
        _tile(_("Given up"), buried, sight.list_of(Issuance, **{state: Issuance.Status.DEAD}), now="now", bad=True),
    ]
    charts = [
        _by_account("pushed", _("Pushed to providers"), accounts, pushed, now),
        _by_account("given-up", _("Given up"), accounts, dead, now),
    ]
    return tiles, charts, pushed


def _tile(title: str, many: Many, link: str, *, now: str = "", bad: bool = False) -> Tile:
    """A number; of these days, unless it is of now."""
    return {"title": title, "many": many, "link": link, "is_now": bool(now), "is_bad": bad and bool(many.number)}


def _by_account(name: str, title: str, accounts: Sequence[Any], told: ByDay, now: datetime) -> tuple[str, str, Chart]:
    """A chart that tells those accounts apart of which there is most."""
    mine = sorted((each for each in accounts if each.pk in told), key=lambda each: -told[each.pk].total())
    series = {f"account-{number}": str(each) for number, each in enumerate(mine[:COLOURS], start=1)}
    days = {f"account-{number}": told[each.pk] for number, each in enumerate(mine[:COLOURS], start=1)}
    if rest := mine[COLOURS:]:
        series[OTHERS] = _("Other accounts")
        days[OTHERS] = sum((told[each.pk] for each in rest), Counter[date]())
    return _chart(name, title, series, days, now)


def _chart(
    name: str, title: str, series: dict[str, str], days: dict[str, Counter[date]], now: datetime
) -> tuple[str, str, Chart]:
    spans = [
        Span(day.isoformat(), f"{day:%m-%d}", {each: counts[day] for each, counts in days.items()})
        for day in overview.days(now)
    ]
    return name, title, draw(spans, series, stacked=True, width=420, height=190)


def _rows(
    sight: Sight, accounts: Sequence[Any], promises: dict[int, Promises], pushed: ByDay, now: datetime
) -> list[Row]:
    """Those in trouble first."""
    pages, none = sight.of(ProviderAccount), Promises()
    rows = []
    for account in accounts:
        mine = {"account__id__exact": account.pk}
        ends = account.key_expires_at
        rows.append(
            Row(
                account=account,
                page=sight.page_of(pages.get(account.provider), account.pk),
                promises=promises.get(account.pk, none),
                open_list=sight.list_of(Issuance, status__in=",".join(Issuance.OPEN), **mine),
                dead_list=sight.list_of(Issuance, status__exact=Issuance.Status.DEAD, **mine),
                today=pushed.get(account.pk, Counter())[now.date()],
                key_days=max((ends - now).days, 0) if ends else None,
            )
        )
    return sorted(rows, key=lambda row: (not row.account.paused_reason, not row.promises.dead.number))


def _steps(sight: Sight, accounts: Sequence[Any]) -> list[dict[str, Any]]:
    """How to begin, and what of it is done; nothing once the first badge was awarded, or for others."""
    pages = sight.of(ProviderAccount)
    if not pages or Badge.objects.exists():
        return []
    site, request = sight.site, sight.request
    adding = [model for model in pages.values() if site.get_model_admin(model).has_add_permission(request)]
    add = [
        (str(model._meta.verbose_name), reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"))
        for model in adding
    ]
    lists = [(str(model._meta.verbose_name_plural), sight.list_of(model)) for model in pages.values()]
    templates = [
        (str(each._meta.verbose_name_plural), sight.list_of(each)) for each in sight.of(BadgeTemplate).values()
    ]
    bench = [(_("Test bench"), reverse("admin:badges_learningevent_test_bench"))] if sight.sees(LearningEvent) else []
    pulled = BadgeTemplate.objects.filter(account__in=[each.pk for each in accounts])
    return [
        {"title": _("Add an account of a provider"), "is_done": bool(accounts), "links": add},
        {"title": _("Sync its templates"), "is_done": pulled.exists(), "links": lists},
        {
            "title": _("Say what has to happen for a badge: requirements and rules"),
            "is_done": BadgeRequirement.objects.filter(template__in=pulled).exists(),
            "links": templates,
        },
        {"title": _("Activate the template"), "is_done": pulled.filter(is_active=True).exists(), "links": templates},
        {"title": _("Let events come in"), "is_done": LearningEvent.objects.exists(), "links": bench},
    ]
