"""What is told as Open Badges 3.0 is of the form that 1EdTech's own schemas want."""

import copy
from typing import Any

import jwt
import pytest
from django.test import Client
from jsonschema import Draft201909Validator, FormatChecker

from credentials_badges.badges.models import Badge
from providers.badgekit.models import Alignment, BadgeInstance
from providers.badgekit.models import Badge as Stored
from tests.openbadges import kept, signed

pytestmark = [pytest.mark.once, pytest.mark.django_db]
KINDS = {
    "credential": ("achievementcredential", ""),
    "endorsement": ("achievementcredential", "#/$defs/EndorsementCredential"),
    "achievement": ("achievementcredential", "#/$defs/Achievement"),
    "profile": ("profile", ""),
}
"""In which schema each kind of document is described, and where."""


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    """1EdTech's."""
    return kept.ob3_schemas()


def amiss(schemas: dict[str, Any], kind: str, document: dict[str, Any]) -> list[str]:
    """What is wrong with the document, by its schema; dates are looked at, too."""
    name, place = KINDS[kind]
    schema = schemas[name]
    if place:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": place}
    judge = Draft201909Validator(schema, format_checker=Draft201909Validator.FORMAT_CHECKER)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in judge.iter_errors(document)]


@pytest.fixture
def full(badge: Badge) -> Badge:
    """A badge of which all is told that can be: an end, a standard, endorsements."""
    BadgeInstance.objects.update(expires="2099-01-01T00:00:00Z")
    standard = {"name": "A standard", "url": "https://x.example/a", "description": "D"}
    Alignment.objects.create(badge=Stored.objects.get(slug="coder"), **standard)
    for kind in ("badge", "template", "programme"):
        signed.endorse(badge, kind)
    return badge


def claims(text: str) -> dict[str, Any]:
    """What a token says."""
    told: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    return told


def read(path: str) -> dict[str, Any]:
    """The document at that address, or what the token there says."""
    answer = Client().get(path)
    assert answer.status_code == 200
    return claims(answer.text) if path.endswith(".jwt") else answer.json()


@pytest.mark.parametrize("form", ["", ".jwt"])
def test_badges_and_endorsements_are(schemas: dict[str, Any], full: Badge, form: str) -> None:
    told = read(f"/ob/v3/credentials/{full.uuid}{form}")
    assert amiss(schemas, "credential", told) == []
    assert {"validUntil", "credentialStatus"} <= told.keys()
    assert told["credentialSubject"]["achievement"]["alignment"]
    said = signed.endorse(full, "template", voice_provider="badgekit", voice_key="system-1")
    assert amiss(schemas, "endorsement", read(f"/ob/v3/endorsements/{said.uuid}{form}")) == []


def test_a_badge_of_which_next_to_nothing_is_told_is(schemas: dict[str, Any], badge: Badge) -> None:
    Stored.objects.update(consumer_description="")
    type(badge.template).objects.update(description="", image_url="", url="", criteria=[], skills=[])
    assert amiss(schemas, "credential", read(f"/ob/v3/credentials/{badge.uuid}")) == []


def test_endorsements_within_a_badge_are(schemas: dict[str, Any], full: Badge) -> None:
    told = read(f"/ob/v3/credentials/{full.uuid}")
    places = (told["credentialSubject"]["achievement"], told["issuer"])
    within = [each for place in places for each in place["endorsement"]]
    assert [amiss(schemas, "endorsement", each) for each in within] == [[], []]
    told = read(f"/ob/v3/credentials/{full.uuid}.jwt")
    places = (told, told["credentialSubject"]["achievement"], told["issuer"])
    tokens = [claims(each) for place in places for each in place["endorsementJwt"]]
    assert [amiss(schemas, "endorsement", each) for each in tokens] == [[], [], []]


def test_what_badges_stand_for_and_who_gives_them_are(schemas: dict[str, Any], full: Badge) -> None:
    assert amiss(schemas, "achievement", read(f"/ob/v3/achievements/{full.template.uuid}")) == []
    path = signed.DID.removeprefix("did:web:badges.example").replace(":", "/")
    assert amiss(schemas, "profile", read(path)) == []
    said = signed.endorse(full)
    told = read(f"/ob/v3/endorsements/{said.uuid}")["issuer"]
    assert amiss(schemas, "profile", told) == []
    assert amiss(schemas, "profile", read(told["id"].removeprefix("did:web:badges.example").replace(":", "/"))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("validFrom", "yesterday"),
        ("validFrom", "2026-03-01T12:00:00"),
        ("validUntil", "2026-02-30T12:00:00Z"),
        ("@context", ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]),
        ("type", ["VerifiableCredential"]),
        ("issuer", None),
        ("credentialSubject", None),
        ("credentialSubject.type", None),
        ("credentialSubject.identifier", [{"type": "IdentityObject"}]),
        ("credentialSubject.achievement.criteria", None),
        ("credentialSubject.achievement.name", None),
        ("credentialSubject.achievement.description", 7),
        ("credentialStatus.type", None),
    ],
)
def test_one_that_is_broken_is_found_out(schemas: dict[str, Any], full: Badge, path: str, value: object) -> None:
    told = read(f"/ob/v3/credentials/{full.uuid}")
    broken = copy.deepcopy(told)
    *steps, last = path.split(".")
    place = broken
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert amiss(schemas, "credential", told) == []
    assert amiss(schemas, "credential", broken) != []


@pytest.mark.parametrize(("name", "value"), [("id", 7), ("type", []), ("name", None), ("image", {})])
def test_an_issuer_that_is_broken_is_found_out(schemas: dict[str, Any], badge: Badge, name: str, value: object) -> None:
    told = read(f"/ob/v3/credentials/{badge.uuid}")["issuer"]
    assert amiss(schemas, "profile", told) == []
    assert amiss(schemas, "profile", {**told, name: value}) != []


@pytest.mark.parametrize("name", ["credentialSubject", "issuer", "validFrom", "name", "type", "@context"])
def test_an_endorsement_that_is_broken_is_found_out(schemas: dict[str, Any], badge: Badge, name: str) -> None:
    told = read(f"/ob/v3/endorsements/{signed.endorse(badge).uuid}")
    assert amiss(schemas, "endorsement", told) == []
    del told[name]
    assert amiss(schemas, "endorsement", told) != []


def test_dates_are_looked_at() -> None:
    """Without a package for it, they would pass whatever they are."""
    assert "date-time" in FormatChecker.checkers
