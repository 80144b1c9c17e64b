"""What a report is about: whose codes, of which time, and the rows that belong to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from credentials_badges.badges.models import BadgeTemplate, BadgeVisits
from providers.badgekit.claimable import is_of_the_store, slug_of
from providers.badgekit.models import Badge, Batch, Claim, ClaimCode, CodeVisits, System


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is counted: all of a system, or of one of its badges, batches or codes; from a day to a day, each if any."""

    system: System
    badge: Badge | None = None
    batch: Batch | None = None
    code: ClaimCode | None = None
    since: date | None = None
    until: date | None = None

    @property
    def codes(self) -> QuerySet[ClaimCode]:
        """The codes of any time, without those that are kept for one learner."""
        return ClaimCode.objects.filter(self._about(""))

    @property
    def claims(self) -> QuerySet[Claim]:
        """The claims of any time, each with `stands_for`: the id of our template, if one is behind its badge."""
        return Claim.objects.filter(self._about("code__")).order_by().alias(stands_for=self._stands_for)

    @property
    def opened(self) -> QuerySet[CodeVisits]:
        """What happened on the pages of codes, and to their links, in this time."""
        return CodeVisits.objects.filter(self._about("code__"), self.days)

    @property
    def visited(self) -> QuerySet[BadgeVisits]:
        """What happened on the public pages of badges that came by these codes, in this time."""
        # The codes are looked up apart: joined, SQLite goes through all of them for every badge.
        theirs = {"learner": OuterRef("badge__learner"), "stands_for": OuterRef("badge__template")}
        claimed = Claim.objects.alias(stands_for=self._stands_for).filter(state=Claim.State.AWARDED, **theirs)
        of_ours = BadgeVisits.objects.filter(self.days, badge__template__in=[each.pk for each in self.behind.values()])
        return of_ours.filter(Exists(claimed.filter(code__in=self.codes)))

    @property
    def days(self) -> Q:
        """Rows about a day of this time."""
        told = Q()
        if self.since:
            told &= Q(day__gte=self.since)
        if self.until:
            told &= Q(day__lte=self.until)
        return told

    def within(self, column: str) -> Q:
        """Rows whose moment lies in this time."""
        told = Q(**{f"{column}__isnull": False})
        if self.since:
            told &= Q(**{f"{column}__gte": datetime.combine(self.since, time.min, UTC)})
        if self.until:
            told &= Q(**{f"{column}__lte": datetime.combine(self.until, time.max, UTC)})
        return told

    @cached_property
    def behind(self) -> dict[int, BadgeTemplate]:
        """Our templates, by the id of the store's badge that stands for each."""
        which = {"pk": self.badge.pk} if self.badge else {"batches": self.batch} if self.batch else {}
        slugs = dict(Badge.objects.filter(system=self.system, **which).values_list("pk", "slug"))
        ours = Q(account__provider="badgekit", account__external_id=self.system.slug)
        found = BadgeTemplate.objects.filter(ours | Q(uuid__in=_uuids(slugs.values()))).select_related("account")
        by_slug = {each.external_id if is_of_the_store(each) else slug_of(each): each for each in found}
        return {pk: by_slug[slug] for pk, slug in slugs.items() if slug in by_slug}

    @property
    def held(self) -> Q:
        """Claims whose badge is held in the store, unless it stands for another provider's."""
        elsewhere = [pk for pk, template in self.behind.items() if not is_of_the_store(template)]
        return Q(instance__isnull=False) & ~Q(badge__in=elsewhere)

    @property
    def _stands_for(self) -> Case:
        whens = [When(badge=pk, then=Value(template.pk)) for pk, template in self.behind.items()]
        return Case(*whens, default=None, output_field=IntegerField())

    def _about(self, code: str) -> Q:
        """Rows of these codes; `code` is the way from a row to its code, such as ``code__``."""
        told = Q(**{f"{code}badge__system": self.system, f"{code}reservation": None})
        for name, one in (("badge", self.badge), ("batch", self.batch), ("pk", self.code)):
            if one:
                told &= Q(**{f"{code}{name}": one.pk})
        return told


def _uuids(slugs: Iterable[str]) -> list[UUID]:
    """Of templates for which badges with these slugs may stand."""
    found = []
    for slug in slugs:
        try:
            found.append(UUID(slug.removeprefix("claim-")))
        except ValueError:
            continue
    return found
