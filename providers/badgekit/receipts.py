"""What the store says about a badge of ours, be it a code that waits for its learner or an instance."""

from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from credentials_badges.contract.data import Receipt
from credentials_badges.contract.states import BadgeState
from providers.badgekit.models import BadgeInstance, ClaimCode


def of_code(code: ClaimCode) -> Receipt:
    """About a code that was reserved for a learner: its text is the badge's id."""
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
        url=public(claim_path(code.code)) if state is BadgeState.PENDING else "",
        as_of=code.changed_at,
        template_id=code.badge.slug,
        recipient_id=code.recipient_id,
    )


def of_instance(instance: BadgeInstance) -> Receipt:
    """About an instance that a learner has without a code of their own: its slug is the badge's id."""
    over = instance.expires and instance.expires <= timezone.now()
    return Receipt(
        external_id=instance.slug,
        state=BadgeState.EXPIRED if over else BadgeState.ACCEPTED,
        raw_state="expired" if over else "issued",
        url=public(instance.assertion_path),
        template_id=instance.badge.slug,
        recipient_id=instance.recipient_id,
    )


def claim_path(code: str) -> str:
    """The page on which the code is claimed, whatever characters it has."""
    return f"{reverse('enter_code')}{quote(code, safe='')}/"


def public(path: str) -> str:
    """The path as a whole address, for whoever is not calling us at this moment."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}"
