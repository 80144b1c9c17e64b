"""The REST API below `/api/v1/`, called with the tokens of people who work for a system of the small store."""

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token

from credentials_badges.badges.models import Learner
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import learner
from tests.providers.badgekit.desk import ROLES, member, system

API = "/api/v1/"
OTHER = "another system's owner"
ADMIN = "administrator"


def calling(user: Learner | None) -> Client:
    """Calls with the user's token; with None, without one. Hands on a 500 instead of raising."""
    headers = {}
    if user:
        headers["Authorization"] = f"Token {Token.objects.get_or_create(user=user)[0].key}"
    return Client(headers=headers, raise_request_exception=False)


def working(role: str = "owner", of: str = "city") -> Client:
    return calling(member(role, of))


def claiming(username: str = "ada", email: str | None = None) -> Client:
    return calling(learner(username, email))


def everybody() -> dict[str, Client]:
    """A client of each sort of caller."""
    admin = Learner.objects.get_or_create(username="administrator", defaults={"is_superuser": True})[0]
    return {
        "anonymous": calling(None),
        "stranger": claiming("stranger"),
        OTHER: working("owner", "village"),
        **{role: working(role) for role in ROLES[::-1]},
        ADMIN: calling(admin),
    }


def at(below: str = "", of: str = "city") -> str:
    """The address of something of a system."""
    return f"{API}systems/{system(of).pk}/{below}"


def send(client: Client, method: str, address: str, body: object = None, **headers: str) -> Any:
    """Send what is given: bytes as they are, all else as JSON."""
    if body is None:
        return client.generic(method, address, headers=headers)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(method, address, raw, content_type="application/json", headers=headers)


def done(client: Client, method: str, address: str, body: object = None, *, status: int = 200) -> Any:
    """What is answered, as JSON, if the status is the right one."""
    answer = send(client, method, address, body)
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def look(client: Client, address: str, **query: Any) -> Any:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def read(answer: Any) -> bytes:
    """All that is answered; what is not read to its end stays open."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def statements(client: Client, address: str) -> int:
    """How many of the database's it takes."""
    read(client.get(address))
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(address)
        assert answer.status_code == 200
        read(answer)
    return len(caught)


def statuses(method: str, address: str, body: object = None) -> dict[str, int]:
    """What each sort of caller is answered; those who may do least call first."""
    found = {}
    for name, client in everybody().items():
        answer = send(client, method, address, body)
        read(answer)
        found[name] = answer.status_code
    return found


def expected(least: str, status: int = 200) -> dict[str, int]:
    """The same, of what needs at least that role."""
    told = {"anonymous": 401, "stranger": 404, OTHER: 404}
    enough = ROLES[: ROLES.index(least) + 1]
    return {**told, **{role: status if role in enough else 403 for role in ROLES[::-1]}, ADMIN: status}


def make_batch(number: int = 2, **told: Any) -> Any:
    """A batch of codes, as its owner is told it."""
    sent = {"badge": badge().pk, "label": "Open day", "number": number, **told}
    return done(working("owner"), "POST", at("batches/"), sent, status=201)
