"""Claim codes: how they are made, and how one is set aside for a learner."""

import secrets

from credentials_badges.contract.data import IssueOrder
from providers.badgekit.models import Badge, ClaimCode

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without 0, o, 1, l and i, which people mistake for one another when they type a code."""
LENGTH = 12
"""31 to the power of 12 codes, near 8e17: a second code of the same text in a system is not to be expected."""


def random_code() -> str:
    """A new code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def reserve(badge: Badge, order: IssueOrder) -> ClaimCode:
    """The single-use code set aside for this promise: made at the first call, the same one at every other.

    Two workers at once get one code, too: the reservation is unique, so the slower insert fails and reads the row.
    """
    code, _ = ClaimCode.objects.get_or_create(
        reservation=order.key,
        defaults={
            "badge": badge,
            "code": random_code(),
            "email": order.recipient.email.lower(),
            "recipient_id": order.recipient.id,
            "expires": order.expires_at,
        },
    )
    return code
