"""Others who know nothing of us check what is signed here: each finds it true, and finds out whatever is changed.

For tokens these are PyJWT, joserfc and openbadgeslib, for documents openbadgeslib and, in Node, Digital Bazaar.
"""

import base64
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import joserfc.errors
import joserfc.jwt
import jwt
import pytest
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3 import OB3Verifier, verify_endorsement_jwt

from credentials_badges.badges.models import Badge
from tests.openbadges import kept, signed

pytestmark = [pytest.mark.once, pytest.mark.django_db]
CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "ob-v3p0-context-3.0.3.json",
    "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
}
LISTED = 131_072
"""Bits of a list of what holds no longer."""


def claims(text: str) -> dict[str, Any]:
    """What a token says, to whoever does not check it."""
    told: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    return told


def place_of(did: str, name: str) -> str:
    """Where a decentralized identifier of the web leads, as its standard says."""
    host, *path = did.removeprefix("did:web:").split(":")
    return f"https://{unquote(host)}/{'/'.join(path)}/{name}"


def read(did: str, name: str) -> dict[str, Any]:
    """What is told of an issuer's keys."""
    told: dict[str, Any] = json.loads(signed.download(place_of(did, name)))
    return told


def endorsement(badge: Badge, form: str = "") -> Any:
    """What somebody from outside says of the badge's template."""
    answer = signed.client.get(f"/ob/v3/endorsements/{signed.endorse(badge, 'template').uuid}{form}")
    return answer.text if form else answer.json()


def status_list(badge: Badge, form: str = "") -> Any:
    """What says whether the badge still holds."""
    entry = (claims(signed.token(badge)) if form else signed.credential(badge))["credentialStatus"]
    return list_at(entry["statusListCredential"], form)


def list_at(address: str, form: str) -> Any:
    """The list there; as a document, it has to be asked for as one."""
    asked = {} if form else {"accept": "application/vc+ld+json"}
    answer = signed.client.get(address.removeprefix(signed.BASE), headers=asked)
    return answer.text if form else answer.json()


TOKENS: dict[str, Callable[[Badge], str]] = {
    "badge": signed.token,
    "endorsement": lambda badge: str(endorsement(badge, ".jwt")),
    "list": lambda badge: str(status_list(badge, ".jwt")),
}
DOCUMENTS: dict[str, Callable[[Badge], dict[str, Any]]] = {
    "badge": signed.credential,
    "endorsement": endorsement,
    "list": status_list,
}


def by_pyjwt(text: str, did: str) -> dict[str, Any]:
    """What the token says, by the issuer's key set."""
    keys = jwt.PyJWKSet.from_dict(read(did, "jwks.json"))
    key = keys[jwt.get_unverified_header(text)["kid"]]
    required = {"require": ["iss", "sub", "nbf", "jti"]}
    told: dict[str, Any] = jwt.decode(text, key, algorithms=["RS256"], issuer=did, options=required)
    return told


class Roomy(JWSRegistry):
    """Takes tokens that bring their key along, as ours do."""

    max_header_length = 2_048


def by_joserfc(text: str, did: str) -> dict[str, Any]:
    """Likewise."""
    keys = KeySet.import_key_set(read(did, "jwks.json"))
    told = joserfc.jwt.decode(text, keys, registry=Roomy(algorithms=["RS256"]))
    joserfc.jwt.JWTClaimsRegistry(iss={"essential": True, "value": did}).validate(told.claims)
    return dict(told.claims)


def by_library(kind: str, text: str, did: str) -> object:
    """What openbadgeslib reads from it."""
    if kind == "endorsement":
        return verify_endorsement_jwt(text, download=signed.download)["issuer"]
    verifier = OB3Verifier.for_issuer_did(did, download=signed.download)
    return verifier.verify(text, check_status=True, download=signed.download).issuer.id


def by_node(*documents: dict[str, Any]) -> list[bool]:
    """Whether each holds."""
    folder = files("openbadgeslib.ob3.contexts")
    known = {address: json.loads((folder / name).read_text()) for address, name in CONTEXTS.items()}
    dids = {document["proof"]["verificationMethod"].partition("#")[0] for document in documents}
    known |= {did: read(did, "did.json") for did in dids if did.startswith("did:web:badges.example:")}
    lines = [json.dumps({"document": document, "known": known}) for document in documents]
    done = subprocess.run(
        [shutil.which("node") or "node", kept.node_checker()],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["why"] for each in told if each["verified"]] == ["" for each in told if each["verified"]]
    assert len(told) == len(documents)
    return [each["verified"] for each in told]


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_are_true_to_all_who_read_them(badge: Badge, kind: str) -> None:
    text = TOKENS[kind](badge)
    did = claims(text)["iss"]
    assert by_pyjwt(text, did) == by_joserfc(text, did) == claims(text)
    # It reads lists of what holds no longer only on its way.
    assert kind == "list" or by_library(kind, text, did) == did


def test_a_badges_token_is_true_to_those_who_look_for_its_key_in_either_place(badge: Badge) -> None:
    text = signed.token(badge)
    kid = jwt.get_unverified_header(text)["kid"]
    (published,) = (key for key in read(signed.DID, "jwks.json")["keys"] if key["kid"] == kid)
    by_key = OB3Verifier(RSAKey.import_key(published).as_pem(private=False), signed.DID)
    assert by_key.verify(text).name == "Coder"
    by_did = OB3Verifier.for_issuer_did(signed.DID, download=signed.download)
    assert by_did.verify(text, check_status=True, download=signed.download).name == "Coder"
    (method,) = (each for each in read(signed.DID, "did.json")["verificationMethod"] if each["id"] == kid)
    same = {name: published[name] for name in ("kty", "n", "e")}
    assert {name: method["publicKeyJwk"][name] for name in same} == same
    assert {name: jwt.get_unverified_header(text)["jwk"][name] for name in same} == same


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_that_another_has_signed_is_found_out_by_all(badge: Badge, kind: str) -> None:
    text = TOKENS[kind](badge)
    told, header = claims(text), jwt.get_unverified_header(text)
    key = RSAKey.generate_key(2048)
    forged = joserfc.jwt.encode({**header, "jwk": key.as_dict(private=False)}, told, key)
    head, payload, signature = text.split(".")
    altered = f"{head}.{payload[:50]}{'A' if payload[50] != 'A' else 'B'}{payload[51:]}.{signature}"
    unsigned = jwt.encode(told, None, algorithm="none", headers={"kid": header["kid"]})
    for wrong in (forged, altered, unsigned):
        with pytest.raises((jwt.PyJWTError, KeyError)):
            by_pyjwt(wrong, told["iss"])
        with pytest.raises((joserfc.errors.JoseError, ValueError)):
            by_joserfc(wrong, told["iss"])
        with pytest.raises(LibOpenBadgesException):
            by_library(kind, wrong, told["iss"])


def test_documents_are_true_in_node(badge: Badge) -> None:
    whole = [make(badge) for make in DOCUMENTS.values()]
    signed.endorse(badge, "programme")
    with_endorsements = signed.credential(badge)
    within = with_endorsements["issuer"]["endorsement"]
    assert by_node(*whole, with_endorsements, *within) == [True] * 5


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_that_somebody_changed_is_found_out_in_node(badge: Badge, kind: str) -> None:
    told = DOCUMENTS[kind](badge)
    other = DOCUMENTS["list" if kind == "badge" else "badge"](badge)
    subject = told["credentialSubject"]
    changed = [
        {**told, "validFrom": "2020-01-01T00:00:00Z"},
        {**told, "id": told["id"] + "0"},
        {**told, "credentialSubject": {**subject, "id": "urn:uuid:00000000-0000-4000-8000-000000000000"}},
        {**told, "proof": other["proof"]},
        {**told, "proof": {**told["proof"], "created": "2026-01-01T00:00:00Z"}},
        {**told, "proof": {**told["proof"], "proofPurpose": "authentication"}},
        {**told, "proof": {**told["proof"], "verificationMethod": "did:web:evil.example#eddsa-1"}},
    ]
    assert by_node(told, *changed) == [True, *[False] * len(changed)]


def test_what_is_said_in_an_endorsement_cannot_be_changed(badge: Badge) -> None:
    told = endorsement(badge)
    told["credentialSubject"]["endorsementComment"] = "We doubt it."
    assert by_node(told) == [False]
    told["credentialSubject"]["endorsementComment"] = "We **trust** it."
    assert by_node(told) == [True]


@pytest.mark.parametrize("form", ["", ".jwt"])
def test_the_bit_of_a_badge_is_where_it_says(badge: Badge, form: str) -> None:
    entry = (claims(signed.token(badge)) if form else signed.credential(badge))["credentialStatus"]
    assert entry["statusPurpose"] == "revocation"

    def bits() -> str:
        found = list_at(entry["statusListCredential"], form)
        told = claims(found) if form else found
        packed = told["credentialSubject"]["encodedList"].removeprefix("u")
        unpacked = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        return "".join(f"{byte:08b}" for byte in unpacked)

    assert bits() == "0" * LISTED
    Badge.objects.filter(pk=badge.pk).update(status="revoked")
    at = int(entry["statusListIndex"])
    assert bits() == "0" * at + "1" + "0" * (LISTED - at - 1)
