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


def in_badge_of_evil(web: Web, said: str, issuer: dict[str, Any] | None = None) -> str:
    """A badge that names the school's achievement as its own."""
    web["https://evil.example/.well-known/did.json"] = foreign.keys_of("did:web:evil.example", rsa=rsa(9))
    made = {"id": "did:web:evil.example", "type": ["Profile"], "name": "Evil"}
    document = credential(id="https://evil.example/1", issuer=issuer or made)
    document["credentialSubject"]["achievement"]["endorsementJwt"] = [said]
    if issuer:
        document["issuer"] = {**issuer, "endorsementJwt": [by_guild(issuer["id"])]}
        return token(document, rsa(9), jwk=foreign.jwk(rsa(9)))
    return token(document, rsa(9), kid="did:web:evil.example#rsa")


def test_nobody_borrows_what_is_said_of_the_achievement_of_others(web: Web) -> None:
    found = look(in_badge_of_evil(web, by_guild(ACHIEVEMENT)))
    assert (found.holds, [each.holds for each in found.endorsements]) == (True, [None])
    assert found.endorsements[0].checks[2].answer == (
        "Nobody can say: it is about something that others may name, too."
    )


def test_neither_does_whoever_only_calls_themselves_by_the_name_of_another(web: Web) -> None:
    school = {"id": f"{SITE}/issuer", "type": ["Profile"], "name": "The School"}
    found = look(in_badge_of_evil(web, by_guild(ACHIEVEMENT), school))
    assert (found.holds, [each.holds for each in found.endorsements]) == (None, [None, None])


def test_who_is_called_by_their_key_has_that_name_alone(web: Web) -> None:
    issuer = {"id": foreign.did_key(), "type": ["Profile"], "endorsementJwt": [by_guild(foreign.did_key())]}
    found = look(token(credential(issuer=issuer, endorsementJwt=[by_guild(BADGE)]), ed25519()))
    assert [each.holds for each in found.endorsements] == [None, True]


@pytest.mark.parametrize("said", [token(credential(), kid=KID), proved(credential())], ids=["token", "proof"])
def test_a_badge_is_no_endorsement(web: Web, said: Any) -> None:
    both = endorsement(BADGE, type=["VerifiableCredential", "EndorsementCredential", "OpenBadgeCredential"])
    plain = proved(endorsement(BADGE, type=["VerifiableCredential"]), ed25519(2), f"{GUILD}#ed")
    found = look(endorsed(said, token(both, rsa(2), kid=f"{GUILD}#rsa"), plain))
    assert [[(check.answer, check.holds) for check in each.checks] for each in found.endorsements] == [
        [("No: it is no endorsement.", False)]
    ] * 3


def test_one_that_has_ended_by_an_older_name_of_that_is_over(web: Web) -> None:
    over = by_guild(BADGE, expirationDate=(NOW - timedelta(days=1)).isoformat())
    assert [each.holds for each in look(endorsed(over)).endorsements] == [False]
