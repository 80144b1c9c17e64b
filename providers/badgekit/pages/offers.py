"""What a code is to whoever looks at its page."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from credentials_badges.badges.models import Learner
from credentials_badges.badges.models.addresses import is_address
from providers.badgekit.models import Badge, BadgeInstance, Claim, ClaimCode
from providers.badgekit.models.folding import LONGEST, address, folded
from providers.badgekit.models.organisations import shown

OF_THE_WEB = ("https://", "http://", "/images/")
"""How the address of a picture begins that a browser may fetch: elsewhere, or one of ours."""
State = ClaimCode.State


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who looks: somebody signed in, or who has the link that was mailed to an address, or anybody."""

    email: str = ""
    name: str = ""
    learner: Learner | None = None
    source: str = ""
    """Where the link was that led them here."""

    @property
    def is_known(self) -> bool:
        """Whether they may be told what strangers are not."""
        return bool(self.email or self.learner)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a code is to a visitor."""

    code: ClaimCode
    visitor: Visitor
    email: str
    """Who gets the badge by it; empty: somebody whose address is not known, or none."""
    instance: BadgeInstance | None = None
    """What they hold of the badge already."""
    claim: Claim | None = None
    """Their claim to it that is open, or else their last one by this code."""

    @property
    def badge(self) -> Badge:
        """What the code gives."""
        return self.code.badge

    @property
    def was_used(self) -> bool:
        """Whether they hold it by this code."""
        return self.instance is not None and (
            bool(self.code.reservation) or self.instance.claim_code_id == self.code.pk
        )

    @property
    def is_there(self) -> bool:
        """Whether there is more to it, for them, than to a code that nobody ever made."""
        return self.is_offered or self.was_used or self.claim is not None

    @property
    def is_offered(self) -> bool:
        """Whether it can be claimed now; what was promised to somebody is kept, also where the badge is deleted."""
        return self.code.is_free and (bool(self.code.reservation) or not self.badge.is_gone)

    @property
    def why_not(self) -> str:
        """Why it cannot be claimed, which only people who are known are told, and of no code that has been deleted."""
        if not self.visitor.is_known or self.code.reservation:
            return ""
        return {
            State.EXHAUSTED: _("It has been claimed as often as it could be."),
            State.EXPIRED: _("The time in which it could be claimed is over."),
            State.PAUSED: _("It cannot be claimed at present. Ask those who gave it to you."),
            State.SCHEDULED: _("It cannot be claimed yet."),
        }.get(self.code.state, "")

    @property
    def open_claim(self) -> Claim | None:
        """Their claim, if it waits for somebody."""
        return self.claim if self.claim and self.claim.is_open else None

    @property
    def asks(self) -> str:
        """Whether evidence is asked for, by the code that they have claimed or else by this one."""
        return (self.open_claim or self).code.evidence

    @property
    def asks_for(self) -> str:
        """What the evidence is to show."""
        return (self.open_claim or self).code.asks_for

    @property
    def can_claim(self) -> bool:
        """Whether a button would help."""
        is_over = self.claim and self.claim.was_taken_back and not self.code.needs_approval
        return self.is_offered and bool(self.email) and not (self.instance or self.open_claim or is_over)

    @property
    def is_theirs(self) -> bool:
        """Whether their address is one of those that the code is for."""
        return bool(self.code.reservation) or self.code.is_for(self.email)

    @property
    def given_to(self) -> str:
        """Who would get the badge, as somebody who has not signed in has named themselves."""
        name = "" if self.visitor.learner else self.visitor.name
        return f"{name}, {self.email}" if name else self.email

    @property
    def issued_by(self) -> str:
        """Who stands behind the badge."""
        named = (shown(self.badge.program), shown(self.badge.issuer), self.badge.system)
        return ", ".join(row.name for row in named if row)

    @property
    def until(self) -> datetime | None:
        """When the badge ends, where that is known."""
        return self.instance.expires if self.instance else self.code.expires

    @property
    def picture(self) -> str:
        """The badge's picture, if a browser may fetch it."""
        url = self.badge.image.shown_at if self.badge.image else ""
        return url if url.startswith(OF_THE_WEB) else ""


def visitor(user: Learner | AnonymousUser, source: str) -> Visitor:
    """Somebody signed in, or not."""
    if isinstance(user, Learner):
        return Visitor(email=user.email, name=user.full_name, learner=user, source=source)
    return Visitor(source=source)


def find(text: str) -> ClaimCode | None:
    """The code of this text: one that is kept for somebody before all others, then the oldest.

    What was promised to somebody is kept, also where the badge has been deleted since.
    """
    if len(text) > LONGEST or "\0" in text:
        return None
    offered = Q(badge__deleted_at=None, badge__system__deleted_at=None) | Q(reservation__isnull=False)
    rows = whole(ClaimCode.objects.filter(offered, code_key=folded(text)))
    return rows.order_by(Case(When(reservation=None, then=Value(1)), default=Value(0)), "pk").first()


def whole(codes: QuerySet[ClaimCode]) -> QuerySet[ClaimCode]:
    """With all that a page shows of them."""
    return codes.select_related("badge__system", "badge__issuer", "badge__program", "badge__image")


def offer(code: ClaimCode, who: Visitor) -> Offer:
    """What the code is to the visitor. Strangers cost the same number of statements, whatever the code is."""
    if code.reservation:
        mine = Q(claim_code=code) | Q(recipient_id=code.recipient_id) | Q(address=address(code.email or ""))
        # A learner may be promised a second badge of the kind: what they hold counts only once this one is claimed.
        instance = _oldest(code, mine) if code.claimed else None
        email = code.email or ""
        return Offer(code, who, email if is_address(email) else "", instance)
    if not who.is_known:
        return Offer(code, who, "")
    mine = Q(address=address(who.email)) if who.email else Q(pk=None)
    theirs = mine
    if who.learner:
        mine |= Q(recipient_id=str(who.learner.uuid))
        theirs = Q(learner=who.learner)
    email = who.email if is_address(who.email) else ""
    return Offer(code, who, email, _oldest(code, mine), _claim(code, theirs))


def _oldest(code: ClaimCode, mine: Q) -> BadgeInstance | None:
    """What somebody holds of the code's badge: what came by the code itself before all else, then the oldest."""
    held = code.badge.instances.filter(mine)
    return held.order_by(Case(When(claim_code=code, then=Value(0)), default=Value(1)), "pk").first()


def _claim(code: ClaimCode, mine: Q) -> Claim | None:
    """Their open claim to the badge, by whatever code, or the last one by this."""
    rows = code.badge.claims.filter(mine).filter(Q(code=code) | Q(state__in=Claim.OPEN)).select_related("code", "badge")
    is_open = When(state__in=Claim.OPEN, then=Value(0))
    return rows.order_by(Case(is_open, default=Value(1)), "-pk").first()
