"""A credential goes on saying what its badge was given for, whatever becomes of slugs, names and rows in the store."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from credentials_badges.badges.models import Badge, Learner
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import Badge as StoredBadge
from providers.badgekit.models import BadgeInstance, ClaimCode, Program
from tests.openbadges import signed
from tests.providers.badgekit.api import hold

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_badge_that_is_renamed_in_the_store_stays_whose_it_was(badge: Badge, client: Client) -> None:
    document = signed.credential(badge)
    stored = StoredBadge.objects.get(slug="coder")
    stored.slug = "programmer"
    stored.save(update_fields=("slug", "slug_key"))
    badge.template.refresh_from_db()
    assert badge.template.external_id == "programmer"
    assert signed.credential(badge)["id"] == document["id"]
    assert client.get(f"/ob/v2/assertions/{badge.uuid}").status_code == 200
    assert client.get(f"/ob/v2/badges/{badge.template.uuid}").status_code == 200


def test_a_living_badge_is_never_signed_in_the_name_of_a_deleted_one(badge: Badge) -> None:
    """The deleted one has the higher number, and the slug had been its before."""
    stored = StoredBadge.objects.get(slug="coder")
    dead = StoredBadge.objects.create(
        slug="dead", name="Dead", type="skill", system=stored.system, program=Program.objects.get(slug="club")
    )
    dead.hide()
    StoredBadge.objects.filter(pk=dead.pk).update(slug="coder")
    StoredBadge.objects.filter(pk=stored.pk).update(program=None, issuer=None)
    assert signed.credential(badge)["issuer"]["id"].endswith(f"system-{stored.system_id}")


def test_what_a_slug_stood_for_before_is_told_whole(badge: Badge) -> None:
    old = StoredBadge.objects.get(slug="coder")
    old.hide()
    StoredBadge.objects.create(slug="coder", name="Snail breeder", type="skill", system=old.system)
    template = badge.template
    template.name, template.description, template.criteria = "Snail breeder", "Snails.", ["Breed a snail."]
    template.url, template.image_url, template.skills = (
        "https://x.example/snails",
        "https://x.example/s.png",
        ["Snails"],
    )
    template.save()
    signed.endorse(badge, "template", text="Good snails.")
    told = signed.credential(badge)
    assert signed.check_document(told)
    achievement = told["credentialSubject"]["achievement"]
    assert (told["name"], achievement["name"]) == ("Coder", "Coder")
    assert achievement["criteria"]["narrative"] == "* Write a program."
    assert "snail" not in str(told).lower()
    assert "snail" not in str(signed.client.get(f"/ob/v2/badges/{template.uuid}?meant={old.pk}").json()).lower()


def test_nobody_else_s_instance_is_taken_for_theirs(badge: Badge) -> None:
    """Ada holds by a reserved code; Bob has an instance whose slug is spelt like it."""
    ben = Learner.objects.create(username="ben", email="ben@b.example")
    BadgeInstance.objects.filter(slug="held").update(slug="elsewhere")
    hold("ben@b.example", slug="held", recipient_id=str(ben.uuid), issued_on=timezone.now() + timedelta(days=1))
    assert signed.client.get(f"/ob/v2/assertions/{badge.uuid}").status_code == 404
    assert ClaimCode.objects.filter(code="held").count() == 0


def test_clocks_that_are_a_little_behind_can_read_lists(badge: Badge, client: Client) -> None:
    path = signed.credential(badge)["credentialStatus"]["statusListCredential"].removeprefix(signed.BASE)
    claims: dict[str, Any] = jwt.decode(client.get(f"{path}.jwt").content, options={"verify_signature": False})
    assert claims["nbf"] <= timezone.now().timestamp() - 60


@pytest.mark.parametrize("state", [Endorsement.State.HIDDEN, Endorsement.State.REVOKED])
def test_whoever_takes_their_words_back_is_not_named_any_more(badge: Badge, client: Client, state: str) -> None:
    said = signed.endorse(badge, "template")
    paths = [f"/ob/{version}/issuers/endorser/{said.uuid.hex}" for version in ("v2", "v3")]
    assert all("The Navy" in client.get(path).content.decode() for path in paths)
    Endorsement.objects.filter(pk=said.pk).update(state=state)
    for path in paths:
        answer = client.get(path).content.decode()
        assert "Navy" not in answer
        assert "navy.example" not in answer
    assert client.get(f"{paths[1]}/did.json").status_code == 200


def test_what_is_said_of_a_badge_that_nobody_has_accepted_is_told_to_nobody(badge: Badge, client: Client) -> None:
    said = signed.endorse(badge, "badge", text="Ada is good.")
    Badge.objects.filter(pk=badge.pk).update(external_state="pending")
    BadgeInstance.objects.all().delete()
    for path in ("/ob/v3/endorsements/{}", "/ob/v3/endorsements/{}.jwt", "/ob/v2/endorsements/{}"):
        assert client.get(path.format(said.uuid)).status_code == 404
    assert client.get(f"/api/v1/endorsements/?badge={badge.uuid}").json() == []


def test_the_answer_to_one_that_was_revoked_names_the_document(badge: Badge, client: Client) -> None:
    said = signed.endorse(badge, state=Endorsement.State.REVOKED)
    answer = client.get(f"/ob/v3/endorsements/{said.uuid}.jwt", headers={"host": "localhost"})
    assert answer.json() == {"id": f"{signed.BASE}/ob/v3/endorsements/{said.uuid}", "revoked": True}
