"""Endorsements in badges of others: each is looked into by itself, and none makes a badge better or worse."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.openbadges import foreign
from tests.openbadges.foreign import ADA, DID, NOW, SITE, Web, credential, ed25519, endorsement, proved, rsa, token
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_checking import KID, look
from tests.openbadges.test_checking import _now as _now  # noqa: PLC0414 (A fixture.)

GUILD = "did:web:guild.example"
BADGE, ACHIEVEMENT = f"{SITE}/credentials/1", f"{SITE}/achievements/1"


def by_guild(about: str, **changed: Any) -> str:
    return token(endorsement(about, **changed), rsa(2), kid=f"{GUILD}#rsa")


def endorsed(*said: Any, where: str = "badge") -> str:
    """The badge with these."""
    document = credential()
    parts = {
        "badge": document,
        "achievement": document["credentialSubject"]["achievement"],
        "issuer": document["issuer"],
    }
    parts[where]["endorsementJwt"] = [each for each in said if isinstance(each, str)]
    parts[where]["endorsement"] = [each for each in said if not isinstance(each, str)]
    return token(document, kid=KID)


@pytest.mark.parametrize(("where", "about"), [("badge", BADGE), ("achievement", ACHIEVEMENT), ("issuer", DID)])
def test_a_good_one_tells_in_whose_name_it_is(web: Web, where: str, about: str) -> None:
    with_proof = proved(endorsement(about), ed25519(2), f"{GUILD}#ed")
    found = look(endorsed(by_guild(about), with_proof, where=where))
    assert [(each.holds, each.name, each.comment) for each in found.endorsements] == [
        (True, "The Guild", "Very good."),
        (True, "The Guild", "Very good."),
    ]
    assert "Whoever controls guild.example" in found.endorsements[0].checks[0].answer


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (by_guild(ACHIEVEMENT), False),
        (by_guild(BADGE, validUntil=(NOW - timedelta(days=1)).isoformat()), False),
        (token(endorsement(BADGE), rsa(3), kid=f"{GUILD}#rsa"), False),
        (endorsement(BADGE), False),
        ({**proved(endorsement(BADGE), ed25519(2), f"{GUILD}#ed"), "name": "Other"}, False),
        (proved(endorsement(BADGE), ed25519(), f"{DID}#ed"), False),
        (token(endorsement(BADGE, issuer={"id": "did:web:gone.example"}), kid="did:web:gone.example#1"), None),
        (token(endorsement(BADGE, issuer={"id": foreign.did_key()}), ed25519()), None),
        ("no token", False),
        (7, False),
        ({}, False),
    ],
    ids=range(11),
)
def test_one_that_is_not_what_it_seems_is_told_and_the_badge_holds_all_the_same(
    web: Web, said: Any, holds: bool | None
) -> None:
    found = look(endorsed(said))
    assert (found.holds, [each.holds for each in found.endorsements]) == (True, [holds])


def test_an_endorsement_that_was_taken_back_does_not_hold(web: Web) -> None:
    address = "https://guild.example/status.jwt"
    gone = foreign.status_list([9], GUILD, id=address)
    web[address] = token(gone, rsa(2), kid=f"{GUILD}#rsa")
    found = look(endorsed(by_guild(BADGE, credentialStatus=foreign.listed(9, address))))
    assert [each.holds for each in found.endorsements] == [False]


def test_only_a_few_are_looked_into_and_the_rest_is_told(web: Web) -> None:
    found = look(endorsed(*[by_guild(BADGE)] * 14))
    assert (len(found.endorsements), found.unseen) == (10, 4)


def test_none_of_a_badge_that_nobody_has_signed_is_looked_into(web: Web) -> None:
    found = look(json.dumps({**credential(), "endorsementJwt": [by_guild(BADGE)]}), ADA)
    assert (found.endorsements, web.asked) == ([], [])
