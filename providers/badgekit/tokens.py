"""Links for people who have not signed in: whoever opens one has read the mail that it came with."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core import signing
from django.urls import reverse

from providers.badgekit.models import ClaimCode

SALT = "providers.badgekit.claim"
DAYS = 30
"""For which a link is good; each mail about a claim holds a new one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """Whose link it is, and what for."""

    code_id: int
    email: str
    name: str = ""
    source: str = ""
    """Where the link was that led them to the code's page."""


def claim_link(code: ClaimCode, email: str, name: str = "", source: str = "") -> str:
    """The path of the page on which whoever has this address claims the code, and later sees what became of it."""
    token = Token(code_id=code.pk, email=email, name=name, source=source)
    return reverse("claim", args=(signing.dumps(asdict(token), salt=SALT, compress=True),))


def read(text: str) -> Token | None:
    """What the link says; None if it is not one of ours, or too old."""
    try:
        told: dict[str, Any] = signing.loads(text, salt=SALT, max_age=DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Token(**told)
