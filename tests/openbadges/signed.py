"""Signed documents as strangers get them: over our addresses, and checked with a library that knows nothing of us."""

import json
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from openbadgeslib.ob3 import OB3LdpVerifier, OB3Verifier

from credentials_badges.badges.models import Badge
from credentials_badges.endorsements.models import Endorsement

BASE = "https://badges.example"
DID = "did:web:badges.example:ob:v3:issuers:badgekit:program-1"
client = Client()


def download(url: str, *_: Any, **__: Any) -> bytes:
    """What our address answers to somebody who names no form."""
    assert url.startswith(BASE)
    answer = client.get(url.removeprefix(BASE))
    assert answer.status_code == 200, url
    return answer.content


def credential(badge: Badge) -> dict[str, Any]:
    document: dict[str, Any] = client.get(f"/ob/v3/credentials/{badge.uuid}").json()
    return document


def token(badge: Badge) -> str:
    return client.get(f"/ob/v3/credentials/{badge.uuid}.jwt").content.decode()


def check_document(document: dict[str, Any]) -> Any:
    """Raises OB3VerificationError if anything does not hold, the status included."""
    verifier = OB3LdpVerifier.for_issuer_did(document["issuer"]["id"])
    return verifier.verify(json.dumps(document, ensure_ascii=False), download=download, check_status=True)


def check_token(text: str, issuer: str = DID) -> Any:
    """Likewise."""
    return OB3Verifier.for_issuer_did(issuer, download=download).verify(text, check_status=True, download=download)


def endorse(badge: Badge, kind: str = "badge", **named: Any) -> Endorsement:
    """Accepted, by somebody from outside."""
    what = {
        "badge": {"badge": badge},
        "template": {"template": badge.template},
        "programme": {"issuer_key": "program-1"},
    }
    now = timezone.now()
    columns = {
        "account": badge.account,
        "kind": kind,
        **what[kind],
        "organisation": "Our city",
        "endorser_name": "Grace Hopper",
        "endorser_email": "grace@navy.example",
        "language": "en",
        "in_name_of": "The Navy",
        "url": "https://navy.example/",
        "text": "We **trust** it.",
        "state": Endorsement.State.ACCEPTED,
        "asked_at": now,
        "expires_at": now,
        "answered_at": now,
        "uuid": uuid4(),
        **named,
    }
    return Endorsement.objects.create(**columns)
