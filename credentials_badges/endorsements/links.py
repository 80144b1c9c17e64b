"""Links for endorsers, who need no account: whoever opens one has read the mail that it came with."""

from uuid import UUID

from django.core import signing
from django.urls import get_script_prefix

from credentials_badges.badges import showing
from credentials_badges.endorsements.models import Endorsement

SALT = "credentials_badges.endorsements.endorser"
WHOLE = ("account", "template__account", "badge__learner", "badge__template__account", "badge__account", "asked_by")
"""What is read along with an endorsement, so that its target costs no further statement."""


def link(endorsement: Endorsement) -> str:
    """The path of the page on which the endorser answers, and later sees what they said: always the same."""
    return f"{get_script_prefix()}endorse/{_signer().sign(endorsement.uuid.hex)}/"


def whole_link(endorsement: Endorsement) -> str:
    """The same for a mail."""
    return showing.whole(link(endorsement))


def read(token: str) -> Endorsement | None:
    """Whose link it is; None if it is not one of ours, or leads to nothing any more."""
    try:
        uuid = UUID(hex=_signer().unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    found = Endorsement.objects.select_related(*WHOLE).filter(uuid=uuid).first()
    return None if found and found.badge and found.badge.learner.retired_at else found


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)
