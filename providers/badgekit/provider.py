"""The adapter of the store that lives here: a badge is issued by reserving a claim code in our own database.

An account is one BadgeKit system, named by its slug; there is no key, since nothing leaves this process.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    IssueOrder,
    Receipt,
    RevokeOrder,
    TemplateData,
)
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, NotFound, Rejected
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState, TemplateState
from providers.badgekit.codes import reserve
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, System


class BadgeKitProvider(Provider):
    """Translates the contract into rows of `providers.badgekit.models`."""

    slug = "badgekit"
    name = "BadgeKit"

    def check(self, account: Account) -> AccountInfo:
        """The system's slug and name. Raises `Misconfigured` if there is no such system."""
        system = _system(account)
        return AccountInfo(external_id=system.slug, name=system.name)

    def list_templates(self, account: Account) -> Iterator[TemplateData]:
        """The badges of the system, those of its issuers and programs included, in the order of their ids."""
        badges = _system(account).badges.select_related("issuer", "program").order_by("pk")
        for badge in badges.iterator():
            yield _template(badge)

    def list_badges(self, account: Account) -> Iterator[Receipt]:
        """The codes that were reserved for learners."""
        codes = ClaimCode.objects.filter(badge__system=_system(account), reservation__isnull=False)
        for code in codes.select_related("badge").order_by("pk").iterator():
            yield _receipt(code)

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Reserve a code for the learner; the same promise gets the same code again.

        Raises `NotFound` if the badge is not one of this system, `Rejected` if it is archived or if the code of this
        promise has been cancelled, and `AlreadyIssued` if the learner has the badge, or a code for it; with `again`,
        those that are known do not count.
        """
        system = _system(account)
        badge = system.badges.filter(slug=order.template_id).first()
        if badge is None:
            raise NotFound(f"the BadgeKit system {system.slug!r} has no badge {order.template_id!r}")
        if not ClaimCode.objects.filter(reservation=order.key).exists():
            if badge.archived:
                raise Rejected(f"the BadgeKit badge {badge.slug!r} is archived")
            if _has(order, badge):
                raise AlreadyIssued(f"the learner has the BadgeKit badge {badge.slug!r}, or a code for it")
        code = reserve(badge, order)
        if code.cancelled_at:
            raise Rejected("the code of this promise has been cancelled; a new award needs a promise of its own")
        return _receipt(code)

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """The code reserved for this promise, else another one that waits for this learner or was claimed."""
        live = _live(order).filter(badge__system=_system(account), badge__slug=order.template_id)
        free = live.exclude(code__in=order.taken)
        code = min(free, key=lambda code: (code.reservation != order.key, code.pk), default=None)
        return _receipt(code) if code else None

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Cancel the code, so that it cannot be claimed, and delete the instance if it has been."""
        ours = ClaimCode.objects.filter(
            badge__system=_system(account), code=order.external_id, reservation__isnull=False
        )
        with transaction.atomic():
            # Cancelling comes first: a claim that runs at the same time either ends before it, or finds it done.
            ours.filter(cancelled_at=None).update(cancelled_at=timezone.now())
            code = ours.first()
            if code is None:
                return Receipt(external_id=order.external_id, state=BadgeState.REVOKED, raw_state="gone")
            BadgeInstance.objects.filter(claim_code=code).delete()
        return _receipt(code)


def _system(account: Account) -> System:
    try:
        return System.objects.get(slug=account.external_id)
    except System.DoesNotExist:
        raise Misconfigured(
            f"no BadgeKit system is called {account.external_id!r} here; load one with load_badgekit"
        ) from None


def _template(badge: Badge) -> TemplateData:
    return TemplateData(
        external_id=badge.slug,
        name=badge.name,
        description=badge.earner_description or badge.consumer_description,
        image_url=badge.image_url,
        url=badge.criteria_url,
        state=TemplateState.ARCHIVED if badge.archived else TemplateState.ACTIVE,
        raw={
            "id": badge.pk,
            "slug": badge.slug,
            "type": badge.type,
            "limit": badge.limit,
            "unique": badge.unique,
            "archived": badge.archived,
            "issuer": badge.issuer.slug if badge.issuer else None,
            "program": badge.program.slug if badge.program else None,
        },
    )


def _live(order: IssueOrder) -> QuerySet[ClaimCode]:
    """The codes reserved for the learner that have not been cancelled, nor were over when the order was made.

    The id decides, not the address: a code that somebody made for the same address is not ours to adopt.
    """
    reserved = ClaimCode.objects.filter(recipient_id=order.recipient.id, reservation__isnull=False, cancelled_at=None)
    return reserved.exclude(expires__lte=order.issued_at)


def _has(order: IssueOrder, badge: Badge) -> bool:
    """Whether BadgeKit would call another instance a duplicate, or a code of ours is out already."""
    instances, codes = badge.instances.filter(email__iexact=order.recipient.email), _live(order).filter(badge=badge)
    if order.again:
        instances = instances.exclude(claim_code__code__in=order.taken)
        codes = codes.exclude(code__in=order.taken)
    return instances.exists() or codes.exists()


def _receipt(code: ClaimCode) -> Receipt:
    if code.cancelled_at:
        state, word = BadgeState.REVOKED, "deleted" if code.claimed else "cancelled"
    elif code.expires and code.expires <= timezone.now():
        state, word = BadgeState.EXPIRED, "expired"
    elif code.claimed:
        state, word = BadgeState.ACCEPTED, "claimed"
    else:
        state, word = BadgeState.PENDING, "reserved"
    return Receipt(
        external_id=code.code,
        state=state,
        raw_state=word,
        as_of=code.cancelled_at,
        template_id=code.badge.slug,
        recipient_id=code.recipient_id,
    )
