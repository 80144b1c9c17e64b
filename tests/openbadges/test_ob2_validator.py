"""1EdTech's validator of Open Badges 2.0 takes what this server tells for true, and not what somebody has altered."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone

from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import BadgeInstance, Image
from tests.openbadges import signed
from tests.openbadges.ob2_validator import HOLDER, altered, validate

pytestmark = [
    pytest.mark.once,
    pytest.mark.loopback,
    pytest.mark.enable_socket,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def here(badge: Badge, live_server: Any, settings: Any) -> str:
    """The address of the running server, under which everything is told; the badge has a picture that is there."""
    settings.PUBLIC_BASE_URL = live_server.url
    picture = f"{live_server.url}/static/openbadges/badge.png"
    BadgeTemplate.objects.update(image_url=picture)
    Image.objects.update(url=picture)
    return str(live_server.url)


@pytest.fixture
def said(badge: Badge) -> Endorsement:
    """What somebody from outside says of the badge's template."""
    return signed.endorse(badge, "template")


def test_the_badge_its_class_and_its_issuer_are_valid(badge: Badge, here: str) -> None:
    assertion = f"{here}/ob/v2/assertions/{badge.uuid}"
    class_ = requests.get(assertion, timeout=20).json()["badge"]
    issuer = requests.get(class_, timeout=20).json()["issuer"]
    of_badge, of_class, of_issuer = validate(assertion, class_, issuer)
    assert (of_badge.valid, of_badge.complaints) == (True, [])
    assert of_badge.kinds == {"Assertion", "BadgeClass", "Issuer"}
    assert (of_class.valid, of_class.complaints) == (True, [])
    assert (of_issuer.valid, of_issuer.complaints) == (True, [])


def test_it_is_valid_for_whoever_holds_it_only(badge: Badge, here: str) -> None:
    assertion = f"{here}/ob/v2/assertions/{badge.uuid}"
    (theirs,) = validate(assertion, recipient=HOLDER)
    assert (theirs.valid, theirs.complaints) == (True, [])
    (others,) = validate(assertion, recipient={"email": "bob@example.com"})
    assert not others.valid
    assert any("recipient" in each.lower() for each in others.complaints)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_with_the_badge_in_it_is_valid(badge: Badge, here: str, tmp_path: Path, kind: str) -> None:
    picture = tmp_path / f"badge.{kind}"
    picture.write_bytes(requests.get(f"{here}/ob/v2/assertions/{badge.uuid}.{kind}", timeout=20).content)
    (report,) = validate(picture, recipient=HOLDER)
    assert report.told["baked"] == f"{here}/ob/v2/assertions/{badge.uuid}"
    assert (report.valid, report.complaints) == (True, [])
    (others,) = validate(picture, recipient={"email": "bob@example.com"})
    assert not others.valid


def test_one_that_has_ended_is_not_valid(badge: Badge, here: str) -> None:
    BadgeInstance.objects.update(expires=timezone.now() - timedelta(days=1))
    (report,) = validate(f"{here}/ob/v2/assertions/{badge.uuid}")
    assert not report.valid
    assert [each for each in report.complaints if " expired on " in each] == report.complaints != []


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    """Take that out of a document."""
    return lambda document: document.pop(name)


def test_a_badge_that_was_altered_is_not_valid(badge: Badge, here: str) -> None:
    path = f"/ob/v2/assertions/{badge.uuid}"
    with altered(here, path) as copy:
        assert validate(copy, recipient=HOLDER)[0].valid
    for name in ("issuedOn", "recipient", "badge", "verification"):
        with altered(here, path, without(name)) as copy:
            (report,) = validate(copy)
        assert not report.valid
        assert any(name in each for each in report.complaints), report.complaints


def test_an_endorsement_is_valid(badge: Badge, here: str, said: Endorsement) -> None:
    address = f"{here}/ob/v2/endorsements/{said.uuid}"
    by_address, as_document = validate(address, requests.get(address, timeout=20).text)
    assert (by_address.valid, by_address.complaints) == (True, [])
    assert as_document.valid
    assert "Endorsement" in by_address.kinds


def test_a_badge_with_endorsements_is_valid_with_them(badge: Badge, here: str, said: Endorsement) -> None:
    signed.endorse(badge, "badge")
    issuer = requests.get(f"{here}/ob/v2/badges/{badge.template.uuid}", timeout=20).json()["issuer"]
    signed.endorse(badge, "programme", issuer_key=issuer.rpartition("/")[2])
    (report,) = validate(f"{here}/ob/v2/assertions/{badge.uuid}", recipient=HOLDER)
    assert (report.valid, report.complaints) == (True, [])
    read = [each["id"] for each in report.told["graph"] if each.get("type") == "Endorsement"]
    assert sorted(read) == sorted(f"{here}/ob/v2/endorsements/{each.uuid}" for each in Endorsement.objects.all())


def test_an_endorsement_that_was_altered_is_not_valid(badge: Badge, here: str, said: Endorsement) -> None:
    path = f"/ob/v2/endorsements/{said.uuid}"
    with altered(here, path) as copy:
        assert validate(copy)[0].valid
    for name in ("claim", "issuer", "issuedOn"):
        with altered(here, path, without(name)) as copy:
            (report,) = validate(copy)
        assert not report.valid
        assert any(name in each for each in report.complaints), report.complaints


def test_what_was_taken_back_is_told_as_such_since_the_validator_does_not_look(
    badge: Badge, here: str, said: Endorsement
) -> None:
    Endorsement.objects.update(state="revoked", ended_at=timezone.now(), reason="Changed my mind")
    Badge.objects.update(status="revoked", revoked_at=timezone.now(), revoke_reason="Copied it")
    for path in (f"assertions/{badge.uuid}", f"endorsements/{said.uuid}"):
        answer = requests.get(f"{here}/ob/v2/{path}", timeout=20)
        assert (answer.status_code, answer.json()["revoked"]) == (410, True)
        assert answer.json()["id"] == f"{here}/ob/v2/{path}"
        assert "Changed" not in answer.text
        assert "Copied" not in answer.text
    # It tells no reason, but at least it finds nothing that holds.
    assert not validate(f"{here}/ob/v2/assertions/{badge.uuid}")[0].valid
