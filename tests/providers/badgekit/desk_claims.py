"""The desk's pages of claims, as a browser uses them."""

from typing import Any

from django.test import Client

from providers.badgekit.models import Claim
from tests.providers.badgekit.claim_page import words
from tests.providers.badgekit.desk import at_desk, path


def page(of: Claim) -> str:
    return path(f"claims/{of.pk}/")


def listed(client: Client | None = None, **query: Any) -> list[str]:
    """The addresses on the list, in its order."""
    answer = (client or at_desk("reader")).get(path("claims/"), query)
    assert answer.status_code == 200
    return [each.email for each in answer.context["page"]]


def press(client: Client, of: Claim, do: str, said: str = "") -> str:
    """Press one of the buttons; returns the words of the page that follows."""
    answer = client.post(page(of), {"do": do, "words": said})
    assert answer.status_code == 302, words(answer)
    return words(client.get(answer["Location"]))


def state(of: Claim) -> str:
    of.refresh_from_db()
    return of.state
