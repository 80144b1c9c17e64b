"""Open Badges 3.0: whoever has a copy can check it, and nobody can change it."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone
from openbadgeslib.ob3 import OB3VerificationError, verify_endorsement_jwt

from credentials_badges.badges.models import Badge
from credentials_badges.contract.states import BadgeState
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import Badge as StoredBadge
from providers.badgekit.models import BadgeInstance
from tests.openbadges import signed
from tests.openbadges.conftest import GIVEN

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def claims_of(text: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    return claims


def test_a_document_says_who_has_what_of_whom(badge: Badge) -> None:
    told = signed.credential(badge)
    assert signed.check_document(told).name == "Coder"
    assert told["id"] == f"{signed.BASE}/ob/v3/credentials/{badge.uuid}"
    assert told["validFrom"] == told["awardedDate"] == "2026-03-01T12:00:00Z"
    assert told["issuer"]["id"] == signed.DID
    assert told["issuer"]["name"] == "Code Club"
    subject = told["credentialSubject"]
    (identity,) = subject["identifier"]
    hashed = sha256(f"ada@example.com{identity['salt']}".encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${hashed}"
    assert subject["achievement"]["criteria"]["narrative"] == "* Write a program.\n* Show it."
    assert "ada" not in json.dumps(told).lower()


def test_a_token_repeats_what_it_says_in_its_claims(badge: Badge) -> None:
    text = signed.token(badge)
    assert signed.check_token(text).name == "Coder"
    claims = claims_of(text)
    assert claims["iss"] == claims["issuer"]["id"]
    assert claims["jti"] == claims["id"]
    assert claims["sub"] == claims["credentialSubject"]["id"]
    assert claims["nbf"] == GIVEN.timestamp()
    assert "exp" not in claims
    header = jwt.get_unverified_header(text)
    assert (header["alg"], header["typ"], header["kid"]) == ("RS256", "JWT", f"{signed.DID}#rs256-1")


def test_it_ends_when_the_badge_does(badge: Badge) -> None:
    end = timezone.now().replace(microsecond=5) + timedelta(days=3)
    BadgeInstance.objects.update(expires=end)
    told = signed.credential(badge)
    assert datetime.fromisoformat(told["validUntil"]) == end.replace(microsecond=0)
    assert claims_of(signed.token(badge))["exp"] == int(end.timestamp())
    BadgeInstance.objects.update(expires=datetime(2026, 3, 2, tzinfo=UTC))
    with pytest.raises(OB3VerificationError, match="expired"):
        signed.check_document(signed.credential(badge))


@pytest.mark.parametrize("path", ["name", "issuer.name", "validFrom", "credentialSubject.achievement.name"])
def test_whatever_is_changed_is_found_out(badge: Badge, path: str) -> None:
    told = signed.credential(badge)
    *steps, last = path.split(".")
    place = told
    for step in steps:
        place = place[step]
    place[last] = "2026-03-01T12:00:01Z" if last == "validFrom" else "Pilot"
    with pytest.raises(OB3VerificationError):
        signed.check_document(told)


def test_a_token_of_which_a_letter_is_changed_is_found_out(badge: Badge) -> None:
    header, payload, signature = signed.token(badge).split(".")
    with pytest.raises(OB3VerificationError):
        signed.check_token(f"{header}.{payload[:40]}{'A' if payload[40] != 'A' else 'B'}{payload[41:]}.{signature}")


@pytest.mark.parametrize(
    "told",
    [
        {"status": Badge.Status.REVOKED},
        {"external_state": BadgeState.REVOKED},
        {"external_state": BadgeState.EXPIRED},
    ],
)
def test_copies_are_told_to_hold_no_longer(badge: Badge, told: dict[str, str]) -> None:
    document, text = signed.credential(badge), signed.token(badge)
    Badge.objects.filter(pk=badge.pk).update(**told)
    with pytest.raises(OB3VerificationError, match="revocation"):
        signed.check_document(document)
    with pytest.raises(OB3VerificationError, match="revocation"):
        signed.check_token(text)


def test_one_that_was_taken_back_is_answered_so(badge: Badge, client: Client) -> None:
    Badge.objects.filter(pk=badge.pk).update(status=Badge.Status.REVOKED)
    for form in ("", ".jwt", ".png", ".svg"):
        assert client.get(f"/ob/v3/credentials/{badge.uuid}{form}").status_code == 410
    assert client.get(f"/ob/v3/credentials/{badge.uuid}").json()["revoked"] is True


def test_one_that_nobody_has_accepted_is_not_there(badge: Badge, client: Client) -> None:
    BadgeInstance.objects.all().delete()
    for form in ("", ".jwt", ".png", ".svg"):
        assert client.get(f"/ob/v3/credentials/{badge.uuid}{form}").status_code == 404


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", "application/vc+ld+json"),
        ("application/json", "application/json"),
        ("application/ld+json", "application/vc+ld+json"),
        ("application/vc+jwt", "text/plain"),
        ("text/plain", "text/plain"),
        ("image/webp", "application/vc+ld+json"),
    ],
)
def test_each_gets_the_form_that_they_read(badge: Badge, client: Client, accept: str, answered: str) -> None:
    answer = client.get(f"/ob/v3/credentials/{badge.uuid}", headers={"accept": accept})
    assert answer["Content-Type"].split(";")[0] == answered
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer["Vary"]


def test_browsers_are_led_to_the_page(badge: Badge, client: Client) -> None:
    page = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert client.get(f"/ob/v3/credentials/{badge.uuid}", headers=page)["Location"] == f"/badges/{badge.uuid}/"
    file = client.get(f"/ob/v3/credentials/{badge.uuid}?download", headers=page)
    assert file["Content-Disposition"] == 'attachment; filename="badge.json"'
    achievement = f"/ob/v3/achievements/{badge.template.uuid}"
    assert client.get(achievement, headers=page)["Location"] == f"/templates/{badge.template.uuid}/"
    assert client.get(achievement).json()["name"] == "Coder"


def test_odd_words_are_signed_as_they_are(badge: Badge) -> None:
    odd = '<b>"Łódź"</b> \u202e مرحبا 🛠️ {{ x }} \\'
    StoredBadge.objects.filter(slug="coder").update(consumer_description=odd)
    template = badge.template
    template.criteria, template.skills = [odd, "  "], [odd, "urn:x:y", "@id"]
    template.url, template.image_url = "https://city.example/a b?q=<ü>", "https://pictures.example/ä ö.png"
    template.save()
    row = StoredBadge.objects.get(slug="coder")
    row.alignments.create(name=odd, url="https://std.example/ü{}|^ x", description="")
    row.alignments.create(name="No address", url="not an address", description="x")
    told = signed.credential(badge)
    assert signed.check_document(told)
    achievement = told["credentialSubject"]["achievement"]
    assert achievement["description"] == odd
    assert achievement["tag"][0] == odd
    assert [each["targetName"] for each in achievement["alignment"]] == [odd]
    assert signed.check_token(signed.token(badge))


def places(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Where endorsements of each kind stand in a credential."""
    return {"badge": told, "template": told["credentialSubject"]["achievement"], "programme": told["issuer"]}


@pytest.mark.parametrize("kind", ["template", "programme"])
def test_endorsements_are_in_a_document_with_proofs_of_their_own(badge: Badge, kind: str) -> None:
    signed.endorse(badge, kind)
    told = signed.credential(badge)
    assert signed.check_document(told)
    place = places(told)[kind]
    (endorsement,) = place["endorsement"]
    assert endorsement["credentialSubject"]["id"] == place["id"]
    assert endorsement["credentialSubject"]["endorsementComment"] == "We **trust** it."
    assert endorsement["issuer"]["name"] == "The Navy"
    assert "grace" not in json.dumps(told).lower()
    place["endorsement"][0]["credentialSubject"]["endorsementComment"] = "We doubt it."
    with pytest.raises(OB3VerificationError):
        signed.check_document(told)


@pytest.mark.parametrize("kind", ["badge", "template", "programme"])
def test_endorsements_are_in_a_token_as_tokens(badge: Badge, kind: str) -> None:
    signed.endorse(badge, kind)
    text = signed.token(badge)
    assert signed.check_token(text)
    place = places(claims_of(text))[kind]
    (said,) = place["endorsementJwt"]
    assert verify_endorsement_jwt(said, download=signed.download)["endorses"] == place["id"]


def test_what_is_said_of_one_badge_is_left_out_of_its_document(badge: Badge) -> None:
    signed.endorse(badge, "badge")
    told = signed.credential(badge)
    assert signed.check_document(told)
    assert "endorsement" not in told


@pytest.mark.parametrize("state", [state for state in Endorsement.State if state != Endorsement.State.ACCEPTED])
def test_only_accepted_ones_are_told(badge: Badge, client: Client, state: str) -> None:
    said = signed.endorse(badge, state=state)
    assert "endorsementJwt" not in claims_of(signed.token(badge))
    for address in ("v3/endorsements/{}", "v3/endorsements/{}.jwt", "v2/endorsements/{}"):
        answer = client.get(f"/ob/{address.format(said.uuid)}")
        assert answer.status_code == (410 if state == Endorsement.State.REVOKED else 404)
        assert b"trust" not in answer.content


def test_a_copy_of_one_that_was_revoked_is_told_to_hold_no_longer(badge: Badge, client: Client) -> None:
    said = signed.endorse(badge, "template")
    (endorsement,) = signed.credential(badge)["credentialSubject"]["achievement"]["endorsement"]
    entry = endorsement["credentialStatus"]
    path = entry["statusListCredential"].removeprefix(signed.BASE)
    before = client.get(path, headers={"accept": "application/json"}).json()["credentialSubject"]["encodedList"]
    Endorsement.objects.filter(pk=said.pk).update(state=Endorsement.State.REVOKED)
    after = client.get(path, headers={"accept": "application/json"}).json()["credentialSubject"]["encodedList"]
    assert before != after


def test_a_document_holds_no_more_than_a_few_endorsements(badge: Badge) -> None:
    for number in range(8):
        signed.endorse(badge, "template", text=f"Number {number}", voice_provider="badgekit", voice_key="system-1")
    told = signed.credential(badge)
    (newest,) = told["credentialSubject"]["achievement"]["endorsement"]
    assert newest["credentialSubject"]["endorsementComment"] == "Number 7"
    assert signed.check_document(told)
    text = signed.token(badge)
    assert len(claims_of(text)["credentialSubject"]["achievement"]["endorsementJwt"]) == 5
    assert signed.check_token(text)


def test_a_badge_about_which_much_is_said_can_still_be_read(badge: Badge) -> None:
    StoredBadge.objects.filter(slug="coder").update(consumer_description="🛠" * 300_000)
    row = StoredBadge.objects.get(slug="coder")
    for number in range(60):
        row.alignments.create(name=f"{number} 🛠" * 500, url=f"https://std.example/{number}", description="🛠" * 5_000)
    for kind in ("badge", "template", "programme"):
        for _ in range(5):
            signed.endorse(badge, kind, text="🛠" * 5_000)
    document, text = signed.credential(badge), signed.token(badge)
    assert signed.check_document(document)
    assert signed.check_token(text)
    assert len(json.dumps(document, ensure_ascii=False).encode()) < 256 * 1024
    assert len(text) < 256 * 1024
