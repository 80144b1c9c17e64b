"""A small store, and signed calls to its API."""

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from providers.badgekit import signing
from providers.badgekit.models import (
    Badge,
    BadgeInstance,
    ClaimCode,
    Consumer,
    Criterion,
    Image,
    Issuer,
    Milestone,
    Program,
    System,
)

MASTER = "the master's secret, long enough to be one"
SECRET = "the consumer's secret, long enough to be one"
HOOK = "the webhook's secret, long enough to be one"
KEY = "city-site"
ADA = "ada@example.com"
BOB = "bob@example.com"
CONTEXTS = {
    "system": "/systems/city",
    "issuer": "/systems/city/issuers/library",
    "program": "/systems/city/issuers/library/programs/club",
}
"""The three contexts, in each of which `coder` is found."""
CODER = f"{CONTEXTS['system']}/badges/coder"
INSTANCES = f"{CODER}/instances"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)
"""A picture of one pixel."""


def store() -> None:
    """A city with a library and its club, each with a badge; a village beside it; and the city's own site."""
    picture = Image.objects.create(slug="pic", url="https://pictures.example/badge.png")
    city = System.objects.create(
        slug="city", name="The City", url="https://city.example", description="A city.", email="city@example.com"
    )
    library = Issuer.objects.create(slug="library", name="The Library", url="https://library.example", system=city)
    club = Program.objects.create(slug="club", name="Code Club", url="https://club.example", issuer=library)
    village = System.objects.create(slug="village", name="The Village", url="https://village.example")
    told = {"type": "skill", "image": picture, "earner_description": "Do it.", "consumer_description": "Has done it."}
    told["criteria_url"] = "https://city.example/criteria"
    Badge.objects.create(slug="reader", name="Reader", system=city, **told)
    Badge.objects.create(slug="librarian", name="Librarian", system=city, issuer=library, **told)
    coder = Badge.objects.create(slug="coder", name="Coder", system=city, issuer=library, program=club, **told)
    Badge.objects.create(slug="retired", name="Retired", system=city, archived=True, **told)
    Badge.objects.create(slug="farmer", name="Farmer", system=village, **told)
    Criterion.objects.create(badge=coder, description="Write a program.", required=True, note="Any language.")
    Consumer.objects.create(api_key=KEY, api_secret=SECRET, system=city)


def badge(slug: str = "coder") -> Badge:
    """A badge that is not deleted."""
    return Badge.objects.get(slug=slug)


def make(code: str, badge: str = "coder", **told: Any) -> ClaimCode:
    """A claim code."""
    return ClaimCode.objects.create(badge=Badge.objects.get(slug=badge), code=code, **told)


def hold(email: str = ADA, badge: str = "coder", **told: Any) -> BadgeInstance:
    """A badge that was given."""
    told.setdefault("slug", f"{badge}-of-{email}-{told.get('ordinal', 1)}")
    return BadgeInstance.objects.create(badge=Badge.objects.get(slug=badge), email=email, **told)


def milestone(primary: str, *support: str, number: int = 1, system: str = "city", **told: Any) -> Milestone:
    """A milestone that gives one badge for others."""
    place = System.objects.get(slug=system)
    made = Milestone.objects.create(system=place, primary_badge=badge(primary), number_required=number, **told)
    made.support_badges.set([badge(slug) for slug in support])
    return made


@dataclass
class Caller:
    """Makes calls that are signed as documented; `claims` replaces parts of the token, or leaves out what is None."""

    client: Client = field(default_factory=lambda: Client(SERVER_NAME="localhost"))
    key: str = "master"
    secret: str = MASTER
    claims: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> tuple[int, Any]:
        return self.call("GET", path)

    def delete(self, path: str) -> tuple[int, Any]:
        return self.call("DELETE", path)

    def post(self, path: str, body: object = None) -> tuple[int, Any]:
        return self.call("POST", path, body)

    def put(self, path: str, body: object = None) -> tuple[int, Any]:
        return self.call("PUT", path, body)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        """The status and the JSON of the answer. A body is sent as JSON, or as it is if it is bytes."""
        response = self.ask(method, path, body, **options)
        return response.status_code, response.json() if response.content else None

    def upload(self, method: str, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
        """The same, as multipart/form-data."""
        return self.call(method, path, encode_multipart(BOUNDARY, fields), content_type=MULTIPART_CONTENT)

    def ask(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json", **headers: Any
    ) -> Any:
        """The whole answer."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers.setdefault("HTTP_AUTHORIZATION", self.authorization(method, path, raw))
        return self.client.generic(method, path, raw, content_type=content_type if raw else "", **headers)

    def authorization(self, method: str, path: str, raw: bytes = b"") -> str:
        """The header that this call needs."""
        claims = {
            "key": self.key,
            "method": method,
            "path": path,
            "exp": int(time.time()) + 60,
            "body": {"alg": "sha256", "hash": hashlib.sha256(raw).hexdigest()},
            **self.claims,
        }
        return signing.header(signing.sign({k: v for k, v in claims.items() if v is not None}, self.secret))


def picture(name: str = "badge.png", content: bytes = PNG, content_type: str = "image/png") -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile(name, content, content_type)


def at_once(calls: Sequence[tuple[str, str, object]]) -> list[tuple[int, Any]]:
    """The answers to calls that are made at the same moment."""
    start = Barrier(len(calls))

    def make(call: tuple[str, str, object]) -> tuple[int, Any]:
        start.wait(timeout=10)
        try:
            return Caller().call(*call)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
