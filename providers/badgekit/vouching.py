"""What the store tells of the badges that are given in it: of the same rows are BadgeKit's own assertions made."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import F, Q, QuerySet

from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.badges.models import BadgeTemplate, Learner, ProviderAccount
from credentials_badges.badges.row_ids import row_id
from credentials_badges.badges.vouching import Given, Issuer, Meaning, Standard, Told
from providers.badgekit import claimable, members, sharing
from providers.badgekit.models import Badge, BadgeInstance, ClaimCode, Program, System
from providers.badgekit.models import Issuer as StoredIssuer
from providers.badgekit.models.folding import address

Organisation = System | StoredIssuer | Program
KINDS: dict[str, type[Organisation]] = {"system": System, "issuer": StoredIssuer, "program": Program}
ABOVE = (
    *(("issuer", "image"), ("issuer", "system__image")),
    *(("program", "image"), ("program", "issuer__image"), ("program", "issuer__system__image")),
)
"""What is read along with each kind: those that speak for it, and their pictures."""


class StoreVoucher:
    """Tells of BadgeKit's badges. Slugs are used again; so an issuer's key is made of its row's number."""

    def given(self, badge: OurBadge) -> Given | None:
        """The instance; its address is as it was sent, which may be in capitals."""
        of_template = {"badge__slug": badge.template.external_id, "badge__system__slug": badge.account.external_id}
        held = BadgeInstance.objects.filter(**of_template).select_related("badge")
        reserved = held.filter(recipient_id=str(badge.learner.uuid), claim_code__reservation__isnull=False)
        # Two statements, since each has an index: no database looks for an instance by both at once.
        found = reserved.filter(claim_code__code=badge.external_id).first()
        found = found or held.filter(Q(recipient_id="") | _is_theirs(badge.learner), slug=badge.external_id).first()
        if found is None:
            return None
        # Once it has been deleted, another may have its slug.
        meant = found.badge_id if found.badge.deleted_at else None
        return Given(email=found.email, at=found.issued_on, until=found.expires, meant=meant)

    def meaning(self, template: BadgeTemplate, meant: int | None = None) -> Meaning | None:
        """What the badge says of itself to those to whom it is shown, and the nearest of those who issue it."""
        badge = _stored(template, meant).prefetch_related("alignments").first()
        if badge is None:
            return None
        standards = (
            Standard(name=row.name, url=row.url, description=row.description) for row in badge.alignments.all()
        )
        issuer = _told(badge.program or badge.issuer or badge.system)
        now = Meaning(issuer=issuer, description=badge.consumer_description, standards=tuple(standards))
        if not meant:
            return now
        lines = tuple(each.description for each in badge.criteria.all())
        then = Told(url=badge.criteria_url, criteria=lines, image_url=sharing.picture(badge.image))
        return replace(now, name=badge.name, told=then)

    def issuer(self, key: str) -> Issuer | None:
        """The organisation of this number, deleted or not: people hold badges that name it."""
        kind, _, number = key.partition("-")
        if kind not in KINDS or (pk := row_id(number)) is None:
            return None
        above = [each for of, each in ABOVE if of == kind]
        row = KINDS[kind]._default_manager.select_related("image", *above).filter(pk=pk).first()
        return _told(row) if row else None

    def of_issuer(self, key: str) -> QuerySet[OurBadge]:
        """Those of whose templates this one is the nearest."""
        kind, _, number = key.partition("-")
        nearest = {"system": Q(issuer=None, program=None), "issuer": Q(program=None), "program": Q()}[kind]
        stored = Badge.objects.filter(nearest, **{kind: int(number)})
        return OurBadge.objects.filter(
            account__provider="badgekit",
            account__external_id__in=stored.values("system__slug"),
            template__external_id__in=stored.values("slug"),
        )

    def issuers_of(self, account: ProviderAccount) -> Iterator[Issuer]:
        """The system, its issuers, and their programs, as far as they are not deleted."""
        here = {
            "system": {"slug": account.external_id},
            "issuer": {"system__slug": account.external_id},
            "program": {"issuer__system__slug": account.external_id},
        }
        for kind, model in KINDS.items():
            above = [each for of, each in ABOVE if of == kind]
            rows = model._default_manager.select_related("image", *above).filter(deleted_at=None, **here[kind])
            yield from map(_told, rows.order_by("pk"))

    def line_of(self, template: BadgeTemplate) -> list[Issuer]:
        """Its program, that one's issuer, and the system, as far as it has them."""
        badge = _stored(template).first()
        line = (badge.program, badge.issuer, badge.system) if badge else ()
        return [_told(each) for each in line if each]

    def accounts_of(self, user: Learner) -> QuerySet[ProviderAccount]:
        """Those of the systems that the user owns."""
        owned = members.systems(user, members.Role.OWNER)
        return ProviderAccount.objects.filter(provider="badgekit", external_id__in=owned.values("slug"))

    def picture(self, template: BadgeTemplate, meant: int | None = None) -> tuple[str, bytes] | None:
        """The badge's image, if it was uploaded."""
        badge = _stored(template, meant).first()
        image = badge.image if badge else None
        return (image.mimetype, bytes(image.data)) if image and image.data else None

    def is_claimable(self, template: BadgeTemplate) -> bool:
        """Whether a code can be used now that is kept for nobody."""
        slug = template.external_id if claimable.is_of_the_store(template) else claimable.slug_of(template)
        free = ClaimCode.objects.filter(ClaimCode.free(), reservation=None, badge__slug=slug, badge__deleted_at=None)
        return free.exists()


def _is_theirs(learner: Learner) -> Q:
    """Whether an instance was given to them; one that was found by its address may bear another row's number."""
    return Q(recipient_id=str(learner.uuid)) | (Q(address=address(learner.email)) if learner.email else Q(pk=None))


def _stored(template: BadgeTemplate, meant: int | None = None) -> QuerySet[Badge]:
    """The store's badge of that template, or the one of that number; one that is deleted only if none is there."""
    rows = Badge.objects.select_related("image", "system__image", *(f"{kind}__{each}" for kind, each in ABOVE))
    rows = rows.filter(slug=template.external_id, system__slug=template.account.external_id)
    rows = rows.filter(pk=meant) if meant else rows
    return rows.order_by(F("deleted_at").asc(nulls_first=True), "-pk")


def _told(row: Organisation) -> Issuer:
    """What it does not say of itself is said by its issuer, and then by its system, as in BadgeKit's own documents."""
    rows: list[Organisation] = [row]
    if isinstance(row, Program) and row.issuer:
        rows.append(row.issuer)
    if isinstance(rows[-1], StoredIssuer):
        rows.append(rows[-1].system)
    kind = next(name for name, model in KINDS.items() if isinstance(row, model))
    return Issuer(
        key=f"{kind}-{row.pk}",
        name=row.name,
        url=next(filter(None, (each.url for each in rows)), ""),
        email=next(filter(None, (each.email for each in rows)), "") or "",
        description=next(filter(None, (each.description for each in rows)), "") or "",
        image_url=sharing.picture(next(filter(None, (each.image for each in rows)), None)),
    )
