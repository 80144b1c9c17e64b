"""Claim codes: how they are made, and how one is set aside for a learner."""

import secrets

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from credentials_badges.badges import posting
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Mail
from credentials_badges.contract.data import IssueOrder
from providers.badgekit import receipts
from providers.badgekit.models import Badge, ClaimCode

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without 0, o, 1, l and i, which people mistake for one another when they type a code."""
LENGTH = 12
"""31 to the power of 12 codes, near 8e17: a second code of the same text in a system is not to be expected."""


def random_code() -> str:
    """A new code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def random_hex() -> str:
    """A new code of ten characters, as BadgeKit's own server makes them."""
    return secrets.token_hex(5)


def reserve(badge: Badge, order: IssueOrder) -> ClaimCode:
    """The single-use code set aside for this promise: made at the first call, the same one at every other.

    The learner is sent the link to it, once. Two workers at once get one code, too: the reservation is unique, so the
    slower insert fails and reads the row.
    """
    return in_transaction(lambda: _reserve(badge, order))


def _reserve(badge: Badge, order: IssueOrder) -> ClaimCode:
    code, is_new = ClaimCode.objects.get_or_create(
        reservation=order.key,
        defaults={
            "badge": badge,
            "code": random_code(),
            "email": order.recipient.email.lower(),
            "recipient_id": order.recipient.id,
            "ordinal": len(order.taken) + 1 if order.again else 1,
            "expires": order.expires_at,
        },
    )
    if is_new:
        _send_link(code, order.recipient.full_name)
    return code


def _send_link(code: ClaimCode, name: str) -> None:
    link = receipts.public(receipts.claim_path(code.code))
    told = {"name": name, "badge": code.badge, "link": link, "expires": code.expires}
    with translation.override(settings.LANGUAGE_CODE):  # Nobody knows the learner's.
        subject = _("Your badge “%(badge)s” is waiting for you") % {"badge": code.badge.name}
        text = render_to_string("badgekit/claim_mail.txt", told)
    posting.post([Mail(to=code.email or "", subject=subject, text=text)])
