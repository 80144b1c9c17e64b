"""The organisers' desk as a browser uses it: signed in as whoever works for a system of the small store."""

from typing import Any

from django.test import Client

from credentials_badges.badges.models import Learner
from providers.badgekit.models import Member, System
from tests.providers.badgekit.claim_page import browser

ROLES = ("owner", "reviewer", "reader")


def member(role: str = "owner", of: str = "city") -> Learner:
    """Somebody who has the role in the system, and in no other."""
    learner = Learner.objects.get_or_create(username=f"{role}-of-{of}", defaults={"email": f"{role}@{of}.example"})[0]
    Member.objects.update_or_create(system=system(of), user=learner, defaults={"role": role})
    return learner


def system(slug: str = "city") -> System:
    return System.objects.get(slug=slug)


def at_desk(role: str = "owner", of: str = "city") -> Client:
    """Signed in as such a member."""
    return _signed_in(member(role, of))


def stranger() -> Client:
    """Signed in, and a member of nothing."""
    return _signed_in(Learner.objects.get_or_create(username="stranger")[0])


def administrator() -> Client:
    """Signed in as a superuser, who is a member of nothing."""
    told = {"is_staff": True, "is_superuser": True}
    return _signed_in(Learner.objects.get_or_create(username="administrator", defaults=told)[0])


def _signed_in(learner: Learner) -> Client:
    client = browser()
    client.force_login(learner)
    return client


def path(below: str = "", of: str = "city") -> str:
    """The address of a system's page."""
    return f"/desk/{system(of).pk}/{below}"


def statuses(address: str, sent: dict[str, Any] | None = None) -> dict[str, int]:
    """What each sort of visitor is answered to a GET or, if something is sent, to a POST."""
    visitors = {
        "anonymous": browser(),
        "stranger": stranger(),
        "another system's owner": at_desk("owner", "village"),
        **{role: at_desk(role) for role in ROLES[::-1]},
        "administrator": administrator(),
    }
    return {
        name: (client.get(address) if sent is None else client.post(address, sent)).status_code
        for name, client in visitors.items()
    }


LOOKING = {
    "anonymous": 302,
    "stranger": 404,
    "another system's owner": 404,
    "reader": 200,
    "reviewer": 200,
    "owner": 200,
    "administrator": 200,
}
"""The statuses of a page at which every member may look."""
REVIEWING = {**LOOKING, "reader": 403}
"""Of one that is for reviewers and owners."""
OWNING = {**REVIEWING, "reviewer": 403}
"""Of one that is for owners."""
