"""Keys of issuers: one of each sort, encrypted at rest, and served for ever."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from joserfc.jwk import RSAKey
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from credentials_badges.badges.models import AuditEntry, Badge, Learner
from credentials_badges.openbadges import keys
from credentials_badges.openbadges.models import SigningKey
from tests.openbadges import signed

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WHO = ("badgekit", "program-1")
PATH = "/ob/v3/issuers/badgekit/program-1"


def test_a_private_key_is_encrypted_at_rest_and_told_nowhere(
    badge: Badge, client: Client, admin_client: Client
) -> None:
    signed.credential(badge)
    signed.token(badge)
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_pem FROM openbadges_signingkey")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == 2
    assert not any("PRIVATE" in text for text in stored)
    key = SigningKey.objects.first()
    assert key is not None
    pages = [client.get(f"{PATH}/did.json"), client.get(f"{PATH}/jwks.json")]
    pages.append(admin_client.get(reverse("admin:openbadges_signingkey_change", args=[key.pk])))
    for page in pages:
        assert page.status_code == 200
        assert b"PRIVATE" not in page.content
        assert b'"d"' not in page.content
    assert "PRIVATE" not in repr(key) + str(vars(keys))


def test_both_lists_have_every_key_by_the_name_that_signatures_have_for_it(badge: Badge, client: Client) -> None:
    document, listed = client.get(f"{PATH}/did.json").json(), client.get(f"{PATH}/jwks.json").json()
    assert document["id"] == signed.DID
    names = {method["id"] for method in document["verificationMethod"]}
    assert names == {key["kid"] for key in listed["keys"]} == {f"{signed.DID}#rs256-1", f"{signed.DID}#eddsa-1"}
    assert set(document["assertionMethod"]) == names
    assert signed.credential(badge)["proof"]["verificationMethod"] in names


def test_what_older_keys_have_signed_still_holds(badge: Badge, admin_client: Client) -> None:
    document, text = signed.credential(badge), signed.token(badge)
    chosen = list(SigningKey.objects.values_list("pk", flat=True))
    page = reverse("admin:openbadges_signingkey_changelist")
    asked = {"action": "exchange", "_selected_action": chosen}
    assert "2" in admin_client.post(page, asked).content.decode()
    assert SigningKey.objects.count() == 2
    admin_client.post(page, {**asked, "confirmed": "1", "newest": max(chosen)})
    assert SigningKey.objects.count() == 4
    assert AuditEntry.objects.filter(label__contains="badgekit program-1").exists()
    assert signed.credential(badge)["proof"]["verificationMethod"] == f"{signed.DID}#eddsa-2"
    for each in (document, signed.credential(badge)):
        assert signed.check_document(each)
    for each in (text, signed.token(badge)):
        assert signed.check_token(each)


def test_whoever_may_only_look_exchanges_nothing(badge: Badge, client: Client) -> None:
    keys.of(*WHO)
    clerk = Learner.objects.create(username="clerk", is_staff=True)
    client.force_login(clerk)
    page = reverse("admin:openbadges_signingkey_changelist")
    chosen = list(SigningKey.objects.values_list("pk", flat=True))
    answer = client.post(page, {"action": "exchange", "_selected_action": chosen, "confirmed": "1"})
    assert answer.status_code == 403
    assert SigningKey.objects.count() == 2


def test_a_key_that_cannot_be_read_is_a_matter_for_the_operator(
    badge: Badge, client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    signed.credential(badge)
    settings.FIELD_ENCRYPTION_KEYS = ["another"]
    answer = client.get(f"/ob/v3/credentials/{badge.uuid}")
    assert answer.status_code == 503
    assert b"FIELD_ENCRYPTION_KEYS" not in answer.content
    assert "FIELD_ENCRYPTION_KEYS" in caplog.text
    assert client.get(f"{PATH}/did.json").status_code == 200
    assert SigningKey.objects.filter(algorithm="EdDSA").count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "badgekit/program-999",
        "badgekit/nonsense",
        "credly/x",
        "endorser/0123",
        "endorser/00000000000040008000000000000000",
        f"badgekit/program-{'9' * 40}",
        "badgekit/program-01",
        "badgekit/PROGRAM-1",
    ],
)
def test_nobody_makes_keys_for_an_issuer_that_is_not_there(db: None, client: Client, path: str) -> None:
    for below in ("", "/did.json", "/jwks.json", "/status/badges/0", "/status/badges/0.jwt"):
        assert client.get(f"/ob/v3/issuers/{path}{below}").status_code == 404
    assert SigningKey.objects.count() == 0


def test_an_endorser_has_one_name_and_no_other_spelling_of_it_makes_keys(badge: Badge, client: Client) -> None:
    key = signed.endorse(badge).uuid.hex
    for spelling in (key.upper(), f"{key[:8]}-{key[8:]}", f"-{key}"):
        assert client.get(f"/ob/v3/issuers/endorser/{spelling}/did.json").status_code == 404
    assert SigningKey.objects.count() == 0
    assert client.get(f"/ob/v3/issuers/endorser/{key}/did.json").status_code == 200
    assert SigningKey.objects.count() == 2


def test_lists_that_are_none_are_not_there(badge: Badge, client: Client) -> None:
    for which in ("nonsense/0", "badges/1000001", f"badges/{'9' * 30}"):
        assert client.get(f"{PATH}/status/{which}").status_code == 404
    assert client.get(f"{PATH}/status/badges/1000000", headers={"accept": "*/*"}).status_code == 200


def test_a_key_of_another_issuer_signs_nothing_for_this_one(badge: Badge) -> None:
    keys.of("badgekit", "system-1")
    other = keys.newest("badgekit", "system-1", "RS256")
    pem = RSAKey.import_key(other.public_jwk).as_pem(private=False)
    with pytest.raises(OB3VerificationError):
        OB3Verifier(pubkey_pem=pem).verify(signed.token(badge))
