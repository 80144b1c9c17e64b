"""The desk's page on which codes are mailed, as a browser uses it."""

from typing import Any

from django.utils import timezone

from providers.badgekit import invitations
from providers.badgekit.models import Batch, ClaimCode
from tests.providers.badgekit.claim_page import words
from tests.providers.badgekit.desk import at_desk, path

NOW = timezone.now()
ADA, BEN, CYD = "ada@example.com", "ben@example.org", "cyd@example.net"
LETTER = {"subject": "A badge for you", "message": "Thank you.\n\nSee <you> soon."}


def page(giving: Batch | ClaimCode) -> str:
    return path(f"{'batches' if isinstance(giving, Batch) else 'codes'}/{giving.pk}/mail/")


def look(giving: Batch | ClaimCode, addresses: str = "", **told: Any) -> Any:
    """What follows the form: a look at what would be sent."""
    return at_desk().post(page(giving), {**LETTER, "addresses": addresses, **told})


def press(giving: Batch | ClaimCode, *addresses: str, **told: Any) -> str:
    """Send it; returns the words of the page that follows."""
    client = at_desk()
    answer = client.post(page(giving), {**LETTER, "addresses": "\n".join(addresses), "send": "yes", **told})
    return words(client.get(answer["Location"]) if answer.status_code == 302 else answer)


def whose() -> dict[str, str]:
    """To whom each code was handed out."""
    return dict(ClaimCode.objects.exclude(handed_out_to="").values_list("code", "handed_out_to"))


def read(text: str, giving: Batch | ClaimCode | None = None) -> list[tuple[int, str, str, str]]:
    guests = invitations.read(text, giving or Batch())
    return [(guest.line, guest.email, guest.name, guest.error) for guest in guests]
