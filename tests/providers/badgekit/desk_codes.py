"""The desk's lists of codes, as a browser uses them."""

from typing import Any

from django.test import Client

from providers.badgekit import batches
from providers.badgekit.batches import Terms
from providers.badgekit.models import Batch, ClaimCode
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import words
from tests.providers.badgekit.desk import at_desk, member, path


def listed(query: str = "", client: Client | None = None) -> set[str]:
    """The texts of the codes that the list shows."""
    answer = (client or at_desk("reader")).get(path(f"codes/{query}"))
    assert answer.status_code == 200
    return {code.code for code in answer.context["page"]}


def change(*codes: ClaimCode, action: str = "pause", query: str = "", **told: Any) -> Any:
    sent = {"action": action, "codes": [code.pk for code in codes], **told}
    return at_desk().post(path(f"codes/change/{query}"), sent)


def said(answer: Any) -> str:
    """The words of the page that follows."""
    return words(answer.client.get(answer["Location"]))


def fair(number: int = 3, label: str = "Fair", of: str = "coder", **terms: Any) -> Batch:
    return batches.make_batch(badge(of), label, number, Terms(**terms), member())
