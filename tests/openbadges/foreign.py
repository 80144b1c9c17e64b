"""Badges of others, made by another library, and a web of a few sites that answer with what they refer to."""

import json
from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc.jwk import OKPKey, RSAKey
from openbadgeslib.ob3.did import did_key_from_pem
from openbadgeslib.ob3.ldp import add_data_integrity_proof
from openbadgeslib.ob3.status_list import build_status_list_credential, status_entry

from credentials_badges.openbadges.checking.fetching import Answer, Fetcher, Unreachable

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITE = "https://school.example"
DID = "did:web:school.example"
LIST = f"{SITE}/status/1.jwt"
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
ADA = "ada@school.example"
FINGERPRINT = f"sha256${sha256(f'{ADA}salt'.encode()).hexdigest()}"


@cache
def _key(kind: str, number: int) -> Any:
    return generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()


def rsa(number: int = 1) -> RSAPrivateKey:
    """A key; another for each number."""
    key: RSAPrivateKey = _key("rsa", number)
    return key


def ed25519(number: int = 1) -> Ed25519PrivateKey:
    """A key; another for each number."""
    key: Ed25519PrivateKey = _key("ed25519", number)
    return key


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: RSAPrivateKey | Ed25519PrivateKey) -> dict[str, Any]:
    kind = RSAKey if isinstance(key, RSAPrivateKey) else OKPKey
    return dict(kind.import_key(public(key)).as_dict(private=False))


def credential(**changed: Any) -> dict[str, Any]:
    """What the school says of Ada."""
    return {
        "@context": CONTEXT,
        "id": f"{SITE}/credentials/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Sailor",
        "issuer": {"id": DID, "type": ["Profile"], "name": "The School", "url": f"{SITE}/about"},
        "validFrom": (NOW - timedelta(days=30)).isoformat(),
        "validUntil": (NOW + timedelta(days=30)).isoformat(),
        "credentialSubject": {
            "id": "urn:uuid:7f2c4b0a-1111-4222-8333-444455556666",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": FINGERPRINT,
                    "identityType": "emailAddress",
                    "salt": "salt",
                }
            ],
            "achievement": {
                "id": f"{SITE}/achievements/1",
                "type": ["Achievement"],
                "name": "Sailor",
                "description": "Has sailed.",
                "criteria": {"id": f"{SITE}/criteria", "narrative": "Sail."},
            },
        },
        **changed,
    }


def endorsement(about: str, **changed: Any) -> dict[str, Any]:
    """What the guild says of something."""
    return {
        "@context": CONTEXT,
        "id": "https://guild.example/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement",
        "issuer": {"id": "did:web:guild.example", "type": ["Profile"], "name": "The Guild"},
        "validFrom": (NOW - timedelta(days=3)).isoformat(),
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"], "endorsementComment": "Very good."},
        **changed,
    }


def token(document: dict[str, Any], key: Any = None, **header: Any) -> str:
    """It as a VC-JWT."""
    claims = {
        **document,
        "iss": document["issuer"]["id"] if isinstance(document["issuer"], dict) else document["issuer"],
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": int(datetime.fromisoformat(document["validFrom"]).timestamp()),
    }
    if "validUntil" in document:
        claims["exp"] = int(datetime.fromisoformat(document["validUntil"]).timestamp())
    algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "RS256"
    return jwt.encode(claims, key or rsa(), algorithm, headers=header)


def proved(document: dict[str, Any], key: Any = None, method: str = f"{DID}#ed") -> dict[str, Any]:
    """It with a proof in it."""
    return add_data_integrity_proof(deepcopy(document), pem(key or ed25519()), method, created=NOW - timedelta(days=1))


def did_key(number: int = 1) -> str:
    return str(did_key_from_pem(public(ed25519(number))))


def keys_of(did: str, **keys: Any) -> dict[str, Any]:
    """The document in which a site tells its keys."""
    methods = [
        {"id": f"{did}#{name}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk(key)}
        for name, key in keys.items()
    ]
    return {"@context": ["https://www.w3.org/ns/did/v1"], "id": did, "verificationMethod": methods}


def status_list(gone: Iterable[int] = (), issuer: str = DID, **changed: Any) -> dict[str, Any]:
    """The list of what was taken back."""
    until = NOW + timedelta(days=1)
    built = build_status_list_credential(issuer, LIST, "revocation", gone, issued=NOW, valid_until=until)
    return {**built, **changed}


def listed(place: int = 7, address: str = LIST) -> dict[str, Any]:
    """Where a credential says that its bit is."""
    return dict(status_entry(address, "revocation", place))


def assertion(**changed: Any) -> dict[str, Any]:
    """The same by Open Badges 2.0."""
    return {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": f"{SITE}/assertions/1",
        "recipient": {"type": "email", "hashed": True, "salt": "salt", "identity": FINGERPRINT},
        "badge": f"{SITE}/badges/1",
        "verification": {"type": "HostedBadge"},
        "issuedOn": (NOW - timedelta(days=30)).isoformat(),
        **changed,
    }


def signed_assertion(key: Any = None, **changed: Any) -> str:
    """The same, signed."""
    told = {"id": "urn:uuid:7f2c4b0a-1111-4222-8333-444455556666"}
    told["verification"] = {"type": "SignedBadge", "creator": f"{SITE}/key"}  # type: ignore[assignment]
    return jwt.encode({**assertion(**told), **changed}, key or rsa(), "RS256")


class Web(dict[str, Any]):
    """What is at which address: a document, a text, a status alone, or another address to go on to."""

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self.asked: list[str] = []
        self[f"{SITE}/.well-known/did.json"] = keys_of(DID, rsa=rsa(), ed=ed25519())
        guild = "did:web:guild.example"
        self["https://guild.example/.well-known/did.json"] = keys_of(guild, rsa=rsa(2), ed=ed25519(2))
        self.update(
            {
                f"{SITE}/assertions/1": assertion(),
                f"{SITE}/badges/1": {
                    "type": "BadgeClass",
                    "id": f"{SITE}/badges/1",
                    "name": "Sailor",
                    "description": "Has sailed.",
                    "criteria": {"narrative": "Sail."},
                    "issuer": f"{SITE}/issuer",
                },
                f"{SITE}/issuer": {
                    "type": "Issuer",
                    "id": f"{SITE}/issuer",
                    "name": "The School",
                    "url": f"{SITE}/about",
                    "publicKey": [f"{SITE}/key"],
                    "revocationList": f"{SITE}/revoked",
                },
                f"{SITE}/key": {
                    "type": "CryptographicKey",
                    "id": f"{SITE}/key",
                    "owner": f"{SITE}/issuer",
                    "publicKeyPem": public(rsa()).decode(),
                },
                f"{SITE}/revoked": {"type": "RevocationList", "id": f"{SITE}/revoked", "revokedAssertions": []},
            }
        )
        self[LIST] = token(status_list(), rsa(), kid=f"{DID}#rsa")

    def ask(self, parts: SplitResult) -> tuple[Answer, str]:
        """In place of a call."""
        address = parts.geturl()
        self.asked.append(address)
        told = self.get(address)
        if told is None:
            raise Unreachable("there is no such site")
        if isinstance(told, tuple):
            return Answer(302, b"", address), told[0]
        if isinstance(told, int):
            return Answer(told, b"", address), ""
        body = told if isinstance(told, str | bytes) else json.dumps(told)
        return Answer(200, body.encode() if isinstance(body, str) else body, address), ""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Web:
    """The sites of a school and of a guild; no other is there."""
    settings.PUBLIC_BASE_URL = "https://badges.example"
    sites = Web()
    monkeypatch.setattr(Fetcher, "_ask", sites.ask)
    return sites
