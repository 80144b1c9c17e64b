"""What of the store stands on a learner's own page: what they hold, what is kept for them, and their claims.

A row is the learner's by our own id of them, or by a claim that names them. By an address alone nothing is: nobody has
verified that it is theirs.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges import shelves
from credentials_badges.badges.models import Badge as OurBadge
from credentials_badges.badges.models import Learner
from credentials_badges.badges.shelves import Card, Shelf, Source
from providers.badgekit import receipts, tokens
from providers.badgekit.models import Badge, BadgeInstance, Claim, ClaimCode
from providers.badgekit.models.organisations import shown
from providers.badgekit.pages.offers import OF_THE_WEB

SHOWN = ("badge__system", "badge__issuer", "badge__program", "badge__image")


def put_up() -> None:
    """Put all of it on the learner's page."""
    shelves.also_on(Shelf.WAITING, kept)
    shelves.also_on(Shelf.EARNED, held)
    shelves.also_on(Shelf.REVIEW, open_claims)


def held(learner: Learner) -> Source:
    """What the learner holds in the store alone: what is a badge of ours as well stands there already."""
    mine = Q(recipient_id=str(learner.uuid)) | Q(pk__in=Claim.objects.filter(learner=learner).values("instance"))
    rows = BadgeInstance.objects.filter(mine).exclude(expires__isnull=False, expires__lte=timezone.now())
    rows = rows.exclude(_ours(learner, "slug")).exclude(_ours(learner, "claim_code__code"))
    return Source(rows.select_related(*SHOWN).order_by("-issued_on", "-pk"), _held_card)


def kept(learner: Learner) -> Source:
    """Codes that wait for the learner, but for those that are badges of ours."""
    rows = ClaimCode.objects.filter(ClaimCode.free(), recipient_id=str(learner.uuid), reservation__isnull=False)
    rows = rows.exclude(_ours(learner, "code")).exclude(email=None)
    return Source(rows.select_related(*SHOWN).order_by("-made_at", "-pk"), _kept_card)


def open_claims(learner: Learner) -> Source:
    """Claims that wait for a reviewer, or for the learner."""
    rows = Claim.objects.filter(learner=learner, state__in=Claim.OPEN)
    return Source(rows.select_related("code", *SHOWN).order_by("-made_at", "-pk"), _claim_card)


def _ours(learner: Learner, column: str) -> Exists:
    """Whether a badge of the learner's is known at BadgeKit by what stands in the column."""
    ours: QuerySet[OurBadge] = OurBadge.objects.filter(learner=learner, account__provider="badgekit")
    return Exists(ours.filter(external_id=OuterRef(column)))


def _issuer(badge: Badge) -> str:
    return ", ".join(row.name for row in (shown(badge.program), shown(badge.issuer), badge.system) if row)


def _picture(badge: Badge) -> str:
    url: str = badge.image.shown_at if badge.image else ""
    return url if url.startswith(OF_THE_WEB) else ""


def _held_card(instance: BadgeInstance) -> Card:
    badge = instance.badge
    return Card(
        name=badge.name,
        issuer=_issuer(badge),
        picture=_picture(badge),
        at=instance.issued_on,
        at_words=_("Earned"),
        until=instance.expires,
        elsewhere=instance.assertion_path,
    )


def _kept_card(code: ClaimCode) -> Card:
    badge = code.badge
    return Card(
        name=badge.name,
        issuer=_issuer(badge),
        picture=_picture(badge),
        at=code.made_at,
        at_words=_("Kept for you since"),
        until=code.expires,
        act=receipts.claim_path(code.code),
        act_words=_("Accept your badge"),
    )


def _claim_card(claim: Claim) -> Card:
    badge, is_returned = claim.badge, claim.state == Claim.State.RETURNED
    words = _("A reviewer asks you to change something.") if is_returned else ""
    return Card(
        name=badge.name,
        issuer=_issuer(badge),
        picture=_picture(badge),
        at=claim.made_at,
        at_words=_("Claimed"),
        state=claim.get_state_display(),
        tone="wait",
        words=words or _("A reviewer looks at it, and you will get a mail."),
        act=tokens.claim_link(claim.code, claim.email, claim.name, claim.source),
        act_words=_("Change your claim") if is_returned else _("Look at your claim"),
    )
