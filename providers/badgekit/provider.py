"""The adapter of the store that lives here: a badge is issued by reserving a claim code in our own database.

An account is one BadgeKit system, named by its slug; there is no key, since nothing leaves this process. A badge's id
is the text of the code that is kept for its learner, or the slug of the instance where there is no such code.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q, QuerySet

from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Learner
from credentials_badges.contract.data import (
    Account,
    AccountInfo,
    IssueOrder,
    Option,
    Receipt,
    RevokeOrder,
    TemplateData,
)
from credentials_badges.contract.errors import AlreadyIssued, Misconfigured, NotFound, Rejected
from credentials_badges.contract.provider import Provider
from credentials_badges.contract.states import BadgeState, TemplateState
from credentials_badges.contract.words import gettext_noop as _
from providers.badgekit import forgetting, instances, receipts
from providers.badgekit.codes import reserve
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, System
from providers.badgekit.models.folding import address
from providers.badgekit.models.organisations import shown

GIVE = Option(
    name="give",
    label=_("Who has earned a badge"),
    help=_("gets a code by mail, and the badge once they claim it; or the badge at once."),
    default="code",
    choices=("code", "at once"),
)


class BadgeKitProvider(Provider):
    """Translates the contract into rows of `providers.badgekit.models`."""

    slug = "badgekit"
    name = "BadgeKit"
    erases = True
    secret_ids = True
    options = (GIVE,)

    def check(self, account: Account) -> AccountInfo:
        """The system's slug and name. Raises `Misconfigured` if there is no such system."""
        system = _system(account)
        return AccountInfo(external_id=system.slug, name=system.name)

    def list_templates(self, account: Account) -> Iterator[TemplateData]:
        """The badges of the system, those of its issuers and programs included, in the order of their ids."""
        badges = _system(account).badges.filter(deleted_at=None).select_related("issuer", "program", "image")
        for badge in badges.prefetch_related("criteria").order_by("pk").iterator(chunk_size=500):
            yield _template(badge)

    def list_badges(self, account: Account) -> Iterator[Receipt]:
        """The codes that were reserved for learners, and what learners got without one."""
        system = _system(account)
        codes = ClaimCode.objects.filter(badge__system=system, reservation__isnull=False)
        for code in codes.select_related("badge").order_by("pk").iterator():
            yield receipts.of_code(code)
        others = _instances().filter(badge__system=system).exclude(recipient_id="")
        for instance in others.exclude(claim_code__reservation__isnull=False).order_by("pk").iterator():
            yield receipts.of_instance(instance)

    def issue(self, account: Account, order: IssueOrder) -> Receipt:
        """Reserve a code for the learner, or give the badge; the same promise gets the same one again.

        Raises `NotFound` if the badge is not one of this system, `Rejected` if it is archived or if the code of this
        promise has been cancelled, and `AlreadyIssued` if the learner has the badge, or a code for it; with `again`,
        those that are known do not count.
        """
        system = _system(account)
        badge = system.badges.filter(slug=order.template_id, deleted_at=None).select_related("system", "issuer").first()
        if badge is None:
            raise NotFound(f"the BadgeKit system {system.slug!r} has no badge {order.template_id!r}")
        if kept := _promised(order):
            if isinstance(kept, ClaimCode) and kept.cancelled_at:
                raise Rejected("the code of this promise has been cancelled; a new award needs a promise of its own")
            return _receipt(kept)
        if badge.archived:
            raise Rejected(f"the BadgeKit badge {badge.slug!r} is archived")
        if _has(order, badge):
            raise AlreadyIssued(f"the learner has the BadgeKit badge {badge.slug!r}, or a code for it")
        if (account.options.get(GIVE.name) or GIVE.default) == "code":
            return receipts.of_code(reserve(badge, order))
        return receipts.of_instance(_give(badge, order))

    def find(self, account: Account, order: IssueOrder) -> Receipt | None:
        """What this promise made, else something else that is the learner's, waiting or claimed."""
        system = _system(account)
        free: list[ClaimCode | BadgeInstance] = [
            *_live(order, system).exclude(code__in=order.taken),
            *_held(order, system).exclude(slug__in=order.taken),
        ]
        found = min(free, key=lambda each: each.reservation != order.key, default=None)
        # What was given to the address is the learner's, whoever they were known as then.
        return replace(_receipt(found), recipient_id=order.recipient.id) if found else None

    def revoke(self, account: Account, order: RevokeOrder) -> Receipt:
        """Cancel the code, so that it cannot be claimed, and delete the instance if it has been."""
        system = _system(account)
        ours = ClaimCode.objects.filter(badge__system=system, code=order.external_id, reservation__isnull=False)

        def work() -> Receipt:
            # Cancelling comes first: a claim that runs at the same time either ends before it, or finds it done.
            code = ClaimCode.objects.select_for_update().filter(pk__in=list(ours.values_list("pk", flat=True))).first()
            if code:
                code.end(is_cancelled=True)
            instance = Q(claim_code=code) if code else Q(slug=order.external_id) & ~Q(recipient_id="")
            gone = list(_instances().filter(instance, badge__system=system))
            instances.take(gone)
            if code:
                return receipts.of_code(code)
            word = "deleted" if gone else "gone"
            return Receipt(external_id=order.external_id, state=BadgeState.REVOKED, raw_state=word)

        return in_transaction(work)

    def erase(self, account: Account, order: IssueOrder, external_id: str) -> Receipt:
        """Delete the instance, and cancel the code and what it says of its learner; the system's site is not told."""
        gone = forgetting.erase(_system(account), external_id)
        return Receipt(external_id=external_id, state=BadgeState.REVOKED, raw_state="deleted" if gone else "gone")


def _system(account: Account) -> System:
    system = System.objects.filter(slug=account.external_id, deleted_at=None).first()
    if system is None:
        raise Misconfigured(f"no BadgeKit system is called {account.external_id!r} here; load one with load_badgekit")
    return system


def _template(badge: Badge) -> TemplateData:
    issuer, program = shown(badge.issuer), shown(badge.program)
    return TemplateData(
        external_id=badge.slug,
        name=badge.name,
        description=badge.earner_description or badge.consumer_description,
        image_url=_web_address(badge),
        url=badge.criteria_url,
        state=TemplateState.ARCHIVED if badge.archived else TemplateState.ACTIVE,
        criteria=tuple(criterion.description for criterion in badge.criteria.all()),
        duration=f"{badge.time_value} {badge.time_units or ''}".strip() if badge.time_value else "",
        raw={
            "id": badge.pk,
            "slug": badge.slug,
            "type": badge.type,
            "limit": badge.limit,
            "unique": badge.unique,
            "archived": badge.archived,
            "issuer": issuer.slug if issuer else None,
            "program": program.slug if program else None,
        },
    )


def _web_address(badge: Badge) -> str:
    if badge.image is None:
        return ""
    return badge.image.url or receipts.public(badge.image.shown_at)


def _instances() -> QuerySet[BadgeInstance]:
    """Instances, with what a receipt tells of them."""
    return BadgeInstance.objects.select_related("badge__system", "claim_code")


def _promised(order: IssueOrder) -> ClaimCode | BadgeInstance | None:
    """What this promise made before."""
    code = ClaimCode.objects.filter(reservation=order.key).select_related("badge").first()
    return code or _instances().filter(reservation=order.key).first()


def _receipt(row: ClaimCode | BadgeInstance) -> Receipt:
    return receipts.of_code(row) if isinstance(row, ClaimCode) else receipts.of_instance(row)


def _give(badge: Badge, order: IssueOrder) -> BadgeInstance:
    award = instances.Award(
        email=order.recipient.email,
        base_url=settings.PUBLIC_BASE_URL,
        expires=order.expires_at,
        recipient_id=order.recipient.id,
        ordinal=len(order.taken) + 1 if order.again else None,
        reservation=order.key,
    )
    try:
        return in_transaction(lambda: instances.give(badge, award), again_on=IntegrityError)
    except instances.Held as held:
        if held.instance.reservation == order.key:
            return held.instance  # Another worker made it at this moment.
        raise AlreadyIssued(f"the learner has the BadgeKit badge {badge.slug!r}") from None


def _live(order: IssueOrder, system: System) -> QuerySet[ClaimCode]:
    """The codes reserved for the learner that have not been cancelled, nor were over when the order was made.

    The id decides, not the address: a code that somebody made for the same address is not ours to adopt.
    """
    reserved = ClaimCode.objects.filter(badge__system=system, badge__slug=order.template_id, cancelled_at=None)
    reserved = reserved.filter(recipient_id=order.recipient.id, reservation__isnull=False)
    return reserved.exclude(expires__lte=order.issued_at).select_related("badge").order_by("pk")


def _held(order: IssueOrder, system: System) -> QuerySet[BadgeInstance]:
    """What the learner holds without a reserved code, or what their address was given before they were known here."""
    email = address(order.recipient.email)
    before = ["", *(str(uuid) for uuid in Learner.objects.filter(username=email).values_list("uuid", flat=True))]
    theirs = Q(recipient_id=order.recipient.id) | Q(recipient_id__in=before, address=email)
    held = _instances().filter(theirs, badge__system=system, badge__slug=order.template_id)
    return held.exclude(claim_code__reservation__isnull=False).exclude(expires__lte=order.issued_at).order_by("pk")


def _has(order: IssueOrder, badge: Badge) -> bool:
    """Whether BadgeKit would call another instance a duplicate, or a code of ours is out already."""
    held = badge.instances.filter(address=address(order.recipient.email))
    codes = _live(order, badge.system).filter(badge=badge)
    if order.again:
        held = held.exclude(claim_code__code__in=order.taken).exclude(slug__in=order.taken)
        codes = codes.exclude(code__in=order.taken)
    return held.exists() or codes.exists()
