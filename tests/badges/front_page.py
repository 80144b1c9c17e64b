"""How tests look at the administration's first page, and press its buttons."""

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import (
    Badge,
    Issuance,
    Learner,
)

NOW = timezone.now


def page(client: Client) -> str:
    answer = client.get("/admin/")
    assert answer.status_code == 200
    return answer.text


def tile(text: str, title: str) -> int:
    """The number beneath a title."""
    found = re.search(rf'front-title">{title}</span>\s*<span class="front-big">(?:<a [^>]*>)?(\d+)', text)
    assert found, title
    return int(found[1])


def titles(client: Client) -> list[str]:
    return [need.title for need in client.get("/admin/").context["needs"]]


def bury(badge: Badge, failure: str = "rejected", days: int = 0) -> None:
    then = NOW() - timedelta(days)
    dead = {"status": "dead", "failure": failure, "claimed_at": then, "created_at": then}
    Issuance.objects.filter(badge=badge).update(**dead)


def press(client: Client, title: str) -> Any:
    """Press the button of the need of that title, and confirm where that is asked for."""
    (need,) = [each for each in client.get("/admin/").context["needs"] if each.title == title]
    told = {"action": need.button.action, "select_across": need.button.across, "_selected_action": need.button.row}
    answer = client.post(need.button.address, {**told, "index": 0}, follow=True)
    if answer.templates and answer.templates[0].name == "admin/badges/confirm_action.html":
        assert f"({need.number})" in answer.text
        answer = client.post(need.button.address, {**told, "confirmed": "yes"}, follow=True)
    return answer


def staff(*permissions: str) -> Client:
    made = Learner.objects.create(username="sam", is_staff=True)
    made.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(made)
    return client
