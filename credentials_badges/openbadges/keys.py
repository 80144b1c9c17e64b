"""Keys of issuers: made when they are first needed, and exchanged without making older signatures worthless."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.db import IntegrityError, transaction
from django.utils import timezone
from joserfc.jwk import OKPKey, RSAKey
from joserfc.jws import serialize_compact
from openbadgeslib.errors import ErrorSigningFile
from openbadgeslib.ob3.did import multikey_from_pem
from openbadgeslib.ob3.ldp import add_data_integrity_proof

from credentials_badges.openbadges import issuers
from credentials_badges.openbadges.answers import Unavailable
from credentials_badges.openbadges.models import SigningKey

Algorithm = SigningKey.Algorithm
RSA_BITS = 2048


def of(provider: str, issuer_key: str) -> list[SigningKey]:
    """All keys of the issuer, those that sign first; the first of its own are made now."""
    for algorithm in Algorithm:
        newest(provider, issuer_key, algorithm)
    return list(SigningKey.objects.filter(provider=provider, issuer_key=issuer_key).order_by("-number", "-algorithm"))


def newest(provider: str, issuer_key: str, algorithm: str) -> SigningKey:
    """The key that signs."""
    rows = SigningKey.objects.filter(provider=provider, issuer_key=issuer_key, algorithm=algorithm)
    return rows.order_by("-number").first() or _make(provider, issuer_key, algorithm, 1)


def exchange(keys: Iterable[SigningKey]) -> list[SigningKey]:
    """Let a new key sign in the place of each. The older ones stay, so that what they signed can be checked."""
    return [_make(key.provider, key.issuer_key, key.algorithm, key.number + 1) for key in keys]


def _make(provider: str, issuer_key: str, algorithm: str, number: int) -> SigningKey:
    """A key of that number; if somebody else was faster, theirs."""
    private = Ed25519PrivateKey.generate() if algorithm == Algorithm.EDDSA else generate_private_key(65537, RSA_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    jwk = (OKPKey if algorithm == Algorithm.EDDSA else RSAKey).import_key(pem).as_dict(private=False)
    named = {"provider": provider, "issuer_key": issuer_key, "algorithm": algorithm, "number": number}
    made = {"private_pem": pem.decode(), "public_jwk": jwk, "created_at": timezone.now()}
    try:
        with transaction.atomic():
            return SigningKey.objects.create(**named, **made)
    except IntegrityError:
        return SigningKey.objects.get(**named)


def sign_token(provider: str, issuer_key: str, document: dict[str, Any]) -> str:
    """The document as a VC-JWT. The claims repeat what the document says, as both standards want.

    Source: https://www.imsglobal.org/spec/ob/v3p0#jwt-proof
    """
    key = newest(provider, issuer_key, Algorithm.RS256)
    subject = document["credentialSubject"]
    claims = {**document, "iss": _identifier(document["issuer"]), "jti": document["id"], "sub": subject["id"]}
    claims["nbf"] = _seconds(document["validFrom"])
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    header = {"alg": "RS256", "typ": "JWT", "kid": _method(key), "jwk": key.public_jwk}
    # It is our own, and was checked when it was made: that takes forty times as long as to sign.
    pem = _private(key).encode()
    private = cast("RSAPrivateKey", load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True))
    return serialize_compact(header, json.dumps(claims, ensure_ascii=False), RSAKey(private, private))


def sign_document(provider: str, issuer_key: str, document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The document with a proof in it: Data Integrity, eddsa-rdfc-2022.

    Source: https://www.w3.org/TR/vc-di-eddsa/
    """
    key = newest(provider, issuer_key, Algorithm.EDDSA)
    try:
        return add_data_integrity_proof(document, _private(key), _method(key), created=now)
    except ErrorSigningFile as error:
        raise Unavailable(f"{document['id']} cannot be signed: {error}") from error


def did_document(provider: str, issuer_key: str) -> dict[str, Any]:
    """All public keys, for those who check signatures."""
    identifier = issuers.did(provider, issuer_key)
    methods = [_as_method(key, identifier) for key in of(provider, issuer_key)]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": identifier,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def jwks(provider: str, issuer_key: str) -> dict[str, Any]:
    """The same as a JSON Web Key Set, by the names that tokens have for them."""
    return {"keys": [{**key.public_jwk, "kid": _method(key), "use": "sig"} for key in of(provider, issuer_key)]}


def _as_method(key: SigningKey, controller: str) -> dict[str, Any]:
    told = {"id": _method(key), "controller": controller}
    if key.algorithm == Algorithm.RS256:
        return {**told, "type": "JsonWebKey", "publicKeyJwk": key.public_jwk}
    pem = OKPKey.import_key(key.public_jwk).as_pem(private=False)
    return {**told, "type": "Multikey", "publicKeyMultibase": multikey_from_pem(pem)}


def _method(key: SigningKey) -> str:
    return f"{issuers.did(key.provider, key.issuer_key)}#{key.fragment}"


def _private(key: SigningKey) -> str:
    if not key.private_pem:
        raise Unavailable(f"the private key of {key} cannot be decrypted: is its key in FIELD_ENCRYPTION_KEYS?")
    return str(key.private_pem)


def _identifier(issuer: Any) -> str:
    return str(issuer["id"] if isinstance(issuer, dict) else issuer)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
