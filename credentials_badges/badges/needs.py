"""What needs somebody: what is wrong, how many there are of it, and the link or button that mends it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from credentials_badges.badges import conf, heartbeat, overview, reconciling
from credentials_badges.badges.models import (
    Badge,
    BadgeRequirement,
    BadgeTemplate,
    Issuance,
    LearningEvent,
    ProviderAccount,
    RequirementGroup,
    UnreadableEvent,
    WebhookDelivery,
)
from credentials_badges.badges.overview import Promises
from credentials_badges.badges.seeing import Button, Sight

NOBODY_AFTER = timedelta(minutes=2)
"""So long without a heartbeat, and nobody is at work: the sweep comes every ten seconds."""
NAMED = 10
"""Active templates without a chance that are named one by one; others follow when these are mended."""
OLD_PULL = timedelta(days=2)
BAD, SOON, LATER = "bad", "soon", "later"
"""Whether something stands still, will do so, or is only not finished."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One thing that needs somebody."""

    title: str
    why: str = ""
    number: int = 0
    since: datetime | None = None
    weight: str = BAD
    link: str = ""
    """Where more about it stands."""
    button: Button | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What has been found out already, of what the user may see."""

    sight: Sight
    now: datetime
    accounts: Sequence[Any]
    promises: dict[int, Promises]
    """By account."""


_asked: list[Callable[[Sight], Iterable[Need]]] = []


def also_needs(work: Callable[[Sight], Iterable[Need]]) -> None:
    """From now on, `work` is asked what else needs whoever looks; apps say so when they are ready."""
    _asked.append(work)


def all_of(known: Known) -> list[Need]:
    """Everything, what stands still first; a constant number of statements."""
    found: list[Need] = [
        *_workers(known),
        *_accounts(known),
        *_promises(known),
        *_events(known),
        *_webhooks(known),
        *_disagreements(known),
        *_templates(known),
    ]
    for work in _asked:
        found += work(known.sight)
    return sorted(found, key=lambda need: (BAD, SOON, LATER).index(need.weight))


def _workers(known: Known) -> Iterator[Need]:
    if not known.accounts:
        return
    last = heartbeat.last()
    if last is None or known.now - last > NOBODY_AFTER:
        why = _("Events wait, and nothing is sent. Start the worker and the beat, or “manage.py drain --forever”.")
        yield Need(title=_("Nobody is at work"), why=why, since=last)


def _accounts(known: Known) -> Iterator[Need]:
    pages = known.sight.of(ProviderAccount)
    soon = known.now + timedelta(days=max(conf.KEY_WARNING_DAYS))
    for account in known.sight.counted(ProviderAccount, known.accounts):
        model = pages[account.provider]
        link = known.sight.page_of(model, account.pk)
        check = known.sight.button(model, "check_keys", _("Check the key"), row=account.pk)
        if account.paused_reason:
            title = _("%(account)s is paused") % {"account": account}
            yield Need(title=title, why=account.paused_reason, button=check, link=link)
        if account.key_expires_at and account.key_expires_at <= soon:
            is_over = account.key_expires_at <= known.now
            title = _("The key of %(account)s has expired") if is_over else _("The key of %(account)s expires soon")
            why = _("Make a new one at the provider, and enter it on the account’s page. It ends on %(day)s.")
            why %= {"day": f"{account.key_expires_at:%Y-%m-%d}"}
            yield Need(title=title % {"account": account}, why=why, weight=BAD if is_over else SOON, link=link)
        yield from _pull(account, known, link)


def _pull(account: Any, known: Known, link: str) -> Iterator[Need]:
    """Whether its templates were pulled, and lately."""
    since = account.synced_at
    if account.sync_failure:
        why = _("What is shown of its templates may be old. The account’s page tells what the provider has said.")
        title = _("The last sync of %(account)s failed")
    elif since is None or known.now - since > OLD_PULL:
        why = _("Its templates may have changed since.")
        title = _("%(account)s has not been synced lately") if since else _("%(account)s has never been synced")
    else:
        return
    yield Need(title=title % {"account": account}, why=why, since=since, weight=SOON, link=link)


def _promises(known: Known) -> Iterator[Need]:
    names = {account.pk: account for account in known.accounts}
    for pk, mine in known.promises.items():
        for failure, many in mine.by_failure.items():
            filters: dict[str, Any] = {
                "status__exact": Issuance.Status.DEAD,
                "failure__exact": failure,
                "account__id__exact": pk,
            }
            label = Issuance.Failure(failure).label if failure else _("not known why")
            yield Need(
                title=_("Given up at %(account)s: %(failure)s") % {"account": names[pk], "failure": label},
                why=_("Look at what the provider has said, mend it, and try again."),
                number=many.number,
                since=many.since,
                link=known.sight.list_of(Issuance, **filters),
                button=known.sight.button(Issuance, "retry", _("Retry"), account=pk, **filters),
            )


def _events(known: Known) -> Iterator[Need]:
    sight = known.sight
    if sight.sees(LearningEvent) and (failed := overview.processable(known.now)).number:
        filters: dict[str, Any] = {"state": "failed", "received_at__gte": overview.first_day(known.now).isoformat()}
        yield Need(
            title=_("Failed events"),
            why=_("Nothing came of them. Once the reason is mended, they can be processed again."),
            number=failed.number,
            since=failed.since,
            link=sight.list_of(LearningEvent, **filters),
            button=sight.button(LearningEvent, "process_again", _("Process again"), **filters),
        )
    if sight.sees(UnreadableEvent) and (number := UnreadableEvent.objects.count()):
        why = _("They are no events. Tell their sender what is wrong with them, then delete them.")
        link = sight.list_of(UnreadableEvent)
        yield Need(title=_("Unreadable events"), why=why, number=number, weight=SOON, link=link)


def _webhooks(known: Known) -> Iterator[Need]:
    if not known.sight.sees(WebhookDelivery):
        return
    visible = [account.pk for account in known.sight.counted(WebhookDelivery, known.accounts)]
    dead = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.DEAD, account__in=visible)
    if number := dead.count():
        # Nobody can be asked about those of no account here.
        filters: dict[str, Any] = {"status__exact": WebhookDelivery.Status.DEAD, "account__isnull": False}
        yield Need(
            title=_("Webhooks that failed"),
            why=_("The provider could not be asked what is true of them."),
            number=number,
            link=known.sight.list_of(WebhookDelivery, **filters),
            button=known.sight.button(WebhookDelivery, "look_again", _("Look into them again"), **filters),
        )


def _disagreements(known: Known) -> Iterator[Need]:
    pages = known.sight.of(Badge)
    visible = {account.pk: account.provider for account in known.sight.counted(Badge, known.accounts)}
    torn = Counter[str]()
    if visible:
        rows = reconciling.disagreeing().order_by().values_list("account").annotate(Count("pk"))
        for account, number in rows:
            if account in visible:
                torn[visible[account]] += number
    for slug, number in torn.items():
        yield Need(
            title=_("Disagreements with %(provider)s") % {"provider": slug},
            why=_(
                "One side has taken the badge back, and the other has not. Choose them, and make the provider agree."
            ),
            number=number,
            link=known.sight.list_of(pages[slug], agreement="no"),
        )


def unearnable() -> Q:
    """Templates that nobody could earn, as `BadgeTemplate.cannot_be_active` says of each."""
    size = BadgeRequirement.objects.filter(template=OuterRef("template"), group=OuterRef("name")).order_by()
    sized = Coalesce(Subquery(size.values("group").annotate(number=Count("pk")).values("number")), 0)
    groups = RequirementGroup.objects.filter(template=OuterRef("pk")).annotate(size=sized)
    # Not joined: templates would come several times.
    requirements = BadgeRequirement.objects.filter(template=OuterRef("pk"))
    too_small = Exists(groups.filter(needed__gt=F("size")))
    return ~Q(state=BadgeTemplate.State.ACTIVE) | ~Exists(requirements) | too_small


def _templates(known: Known) -> Iterator[Need]:
    pages = known.sight.of(BadgeTemplate)
    accounts = {account.pk: account.provider for account in known.sight.counted(BadgeTemplate, known.accounts)}
    if not accounts:
        return
    active = BadgeTemplate.objects.filter(is_active=True, account__in=accounts)
    for template in active.filter(unearnable()).order_by("pk").prefetch_related("requirements", "groups")[:NAMED]:
        title = _("“%(template)s” is active, but nobody can earn it") % {"template": template}
        link = known.sight.page_of(pages[accounts[template.account_id]], template.pk)
        yield Need(title=title, why=template.cannot_be_active(), link=link)
    every_event = {"template__is_active": True, "rules__isnull": True, "badge__isnull": True}
    if number := BadgeRequirement.objects.filter(template__account__in=accounts, **every_event).count():
        why = _("Every event of the type counts. Add rules, unless that is meant.")
        link = known.sight.list_of(BadgeRequirement, **every_event)
        yield Need(title=_("Requirements without data rules"), why=why, number=number, weight=SOON, link=link)
    not_begun = BadgeTemplate.objects.filter(is_active=False, state=BadgeTemplate.State.ACTIVE, requirements=None)
    filters = {"requirements__isnull": True, "state__exact": BadgeTemplate.State.ACTIVE, "is_active__exact": 0}
    counts = Counter[str]()
    for account, number in not_begun.order_by().values_list("account").annotate(Count("pk")):
        if account in accounts:
            counts[accounts[account]] += number
    for slug, number in counts.items():
        title = _("Templates of %(provider)s without requirements") % {"provider": slug}
        why = _("Nobody can earn them before somebody says how.")
        yield Need(title=title, why=why, number=number, weight=LATER, link=known.sight.list_of(pages[slug], **filters))
