"""Badges of others by Open Badges 3.0: what holds is said to hold, and of what nobody knows, nothing else is said."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from credentials_badges.openbadges.checking import looking
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.report import Report
from tests.openbadges import foreign
from tests.openbadges.foreign import ADA, DID, LIST, NOW, SITE, Web, credential, ed25519, listed, proved, rsa, token
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)

KID = f"{DID}#rsa"
QUESTIONS = {
    "who": "Who issued it?",
    "signature": "Is it as it was signed?",
    "stands": "Does it still stand?",
    "time": "Is it still in time?",
    "whose": "To whom was it given?",
}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def look(put_in: str | dict[str, Any], email: str = "") -> Report:
    """What is found of it."""
    text = put_in if isinstance(put_in, str) else json.dumps(put_in)
    return looking.look(text.encode(), email, Fetcher(), NOW)


def of(found: Report, what: str) -> bool | None:
    """What one check has come to."""
    every = [*found.checks, *([found.whose] if found.whose else [])]
    return next(check.holds for check in every if check.question == QUESTIONS[what])


def words(found: Report, what: str) -> str:
    every = [*found.checks, *([found.whose] if found.whose else [])]
    return next(check.answer for check in every if check.question == QUESTIONS[what])


def altered(text: str) -> str:
    """The token with another name in it."""
    header, _, signature = text.split(".")
    other = token(credential(name="Sailed"), kid=KID).split(".")[1]
    return ".".join([header, other, signature])


@pytest.mark.parametrize("form", ["token", "proof"])
def test_a_good_one_holds_and_tells_who_controls_the_site(web: Web, form: str) -> None:
    document = credential(credentialStatus=listed())
    found = look(token(document, kid=KID) if form == "token" else proved(document))
    assert found.holds is True
    assert words(found, "who") == "Whoever controls school.example. They call themselves “The School” in it."
    assert (found.about.name, found.about.criteria, found.about.issuer) == ("Sailor", "Sail.", "The School")


@pytest.mark.parametrize("form", ["token", "proof"])
def test_one_letter_that_was_changed_makes_it_worthless(web: Web, form: str) -> None:
    found = look(altered(token(credential(), kid=KID)) if form == "token" else {**proved(credential()), "name": "Sail"})
    assert found.holds is False
    assert (of(found, "signature"), of(found, "who")) == (False, None)
    assert LIST not in web.asked


@pytest.mark.parametrize("form", ["token", "proof"])
def test_the_signature_of_another_is_no_signature(web: Web, form: str) -> None:
    document = credential()
    found = look(token(document, rsa(3), kid=KID) if form == "token" else proved(document, ed25519(3)))
    assert (found.holds, of(found, "signature")) == (False, False)


def test_one_without_a_signature_may_be_anybodys(web: Web) -> None:
    found = look(credential())
    assert (found.holds, of(found, "signature"), web.asked) == (False, False, [])


def test_a_proof_by_the_key_of_somebody_else_does_not_make_it_theirs(web: Web) -> None:
    method = f"{foreign.did_key(5)}#{foreign.did_key(5).removeprefix('did:key:')}"
    assert look(proved(credential(), ed25519(5), method)).holds is False


@pytest.mark.parametrize("email", [ADA, ADA.upper()])
def test_the_earners_address_fits(web: Web, email: str) -> None:
    found = look(token(credential(), kid=KID), email)
    assert (found.holds, of(found, "whose")) == (True, True)


def test_the_address_of_another_does_not_fit(web: Web) -> None:
    found = look(token(credential(), kid=KID), "bob@school.example")
    assert (found.holds, of(found, "whose")) == (False, False)


def test_without_an_address_nobody_says_whose_it_is_and_the_badge_holds_all_the_same(web: Web) -> None:
    found = look(token(credential(), kid=KID))
    assert (found.holds, of(found, "whose"), found.is_compared) == (True, None, False)


def test_an_address_that_stands_in_it_is_compared_and_never_told(web: Web) -> None:
    document = credential()
    document["credentialSubject"] = {**document["credentialSubject"], "id": f"mailto:{ADA}", "identifier": []}
    found = look(token(document, kid=KID), ADA)
    assert of(found, "whose") is True
    assert ADA not in repr(found)
    assert ADA not in repr(look(token(document, kid=KID)))


@pytest.mark.parametrize("change", [{"identityHash": "md5$abc"}, {"identityType": "name"}])
def test_what_cannot_be_compared_nobody_can_say(web: Web, change: dict[str, str]) -> None:
    document = credential()
    document["credentialSubject"]["identifier"][0].update(change)
    found = look(token(document, kid=KID), ADA)
    assert (found.holds, of(found, "whose")) == (None, None)


@pytest.mark.parametrize("form", ["token", "proof"])
def test_one_that_has_expired_is_over_though_its_signature_is_right(web: Web, form: str) -> None:
    document = credential(validUntil=(NOW - timedelta(days=2)).isoformat())
    found = look(token(document, kid=KID) if form == "token" else proved(document))
    assert (found.holds, of(found, "signature"), of(found, "time")) == (False, True, False)
    assert words(found, "time") == "No: it was valid until May 30, 2026."


@pytest.mark.parametrize("form", ["token", "proof"])
def test_one_that_has_not_begun_does_not_hold_yet(web: Web, form: str) -> None:
    document = credential(validFrom=(NOW + timedelta(days=2)).isoformat())
    found = look(token(document, kid=KID) if form == "token" else proved(document))
    assert (found.holds, of(found, "time")) == (False, False)


def test_a_token_that_is_over_is_over_whatever_is_written_in_it(web: Web) -> None:
    document = credential()
    over = {"exp": int((NOW - timedelta(days=2)).timestamp())}
    claims = foreign.jwt.decode(token(document), options={"verify_signature": False}) | over
    found = look(foreign.jwt.encode(claims, rsa(), "RS256", {"kid": KID}))
    assert (found.holds, of(found, "time")) == (False, False)
    assert words(found, "time") == "No: its signature is good for another time than this."


LISTS = {
    "token": lambda gone: token(foreign.status_list(gone), kid=KID),
    "proof": lambda gone: proved(foreign.status_list(gone)),
}


@pytest.mark.parametrize("form", LISTS)
@pytest.mark.parametrize(("gone", "holds"), [([7], False), ([6, 8], True)])
def test_the_issuers_list_tells_whether_it_was_taken_back(web: Web, form: str, gone: list[int], holds: bool) -> None:
    web[LIST] = LISTS[form](gone)
    found = look(token(credential(credentialStatus=listed()), kid=KID))
    assert (found.holds, of(found, "stands")) == (holds, holds)


@pytest.mark.parametrize(
    "served",
    [
        None,
        404,
        "<html>",
        "{}",
        "a.b.c",
        b"\xff\xfe",
        foreign.status_list(),
        token(foreign.status_list(), rsa(3), kid=KID),
        token(foreign.status_list(issuer="did:web:guild.example"), rsa(2), kid="did:web:guild.example#rsa"),
        proved(foreign.status_list(), ed25519(3)),
        {**proved(foreign.status_list()), "name": "another"},
        token(foreign.status_list(validUntil=(NOW - timedelta(days=2)).isoformat()), kid=KID),
        token(foreign.status_list(id=f"{SITE}/status/2.jwt"), kid=KID),
    ],
    ids=lambda served: str(served)[:12],
)
def test_a_list_that_is_not_there_or_not_the_issuers_own_says_nothing(web: Web, served: Any) -> None:
    web[LIST] = served
    found = look(token(credential(credentialStatus=listed()), kid=KID))
    assert (found.holds, of(found, "stands")) == (None, None)


def test_whoever_holds_a_key_is_nobody_that_is_known(web: Web) -> None:
    issuer = {"id": foreign.did_key(), "type": ["Profile"], "name": "The School"}
    method = f"{foreign.did_key()}#{foreign.did_key().removeprefix('did:key:')}"
    for put_in in (token(credential(issuer=issuer), ed25519()), proved(credential(issuer=issuer), method=method)):
        found = look(put_in)
        assert (found.holds, of(found, "signature"), of(found, "who")) == (None, True, None)
        assert "nobody says who that is" in words(found, "who")
    assert web.asked == []


def test_a_key_that_comes_along_proves_nothing_of_the_site_that_is_named(web: Web) -> None:
    issuer = {"id": f"{SITE}/issuer", "type": ["Profile"], "name": "The School"}
    found = look(token(credential(issuer=issuer), rsa(3), jwk=foreign.jwk(rsa(3))))
    assert (found.holds, of(found, "signature"), of(found, "who")) == (None, True, None)


@pytest.mark.parametrize("as_set", [True, False])
def test_a_key_at_the_issuers_own_address_does(web: Web, as_set: bool) -> None:
    issuer = {"id": f"{SITE}/issuer", "type": ["Profile"], "name": "The School"}
    key = {**foreign.jwk(rsa(3)), "kid": f"{SITE}/issuer/jwk"}
    web[f"{SITE}/issuer/jwk"] = {"keys": [{**foreign.jwk(rsa(4)), "kid": "other"}, key]} if as_set else key
    found = look(token(credential(issuer=issuer), rsa(3), kid=f"{SITE}/issuer/jwk"))
    assert found.holds is True
    assert words(found, "who") == "Whoever controls school.example/issuer. They call themselves “The School” in it."
    elsewhere = token(credential(issuer=issuer), rsa(3), kid="https://other.example/jwk")
    web["https://other.example/jwk"] = key
    assert look(elsewhere).holds is None


@pytest.mark.parametrize("told", [None, 500, "<html>", {"id": "did:web:other.example"}, "[" * 5000])
def test_a_site_that_does_not_tell_its_keys_proves_nothing(web: Web, told: Any) -> None:
    web[f"{SITE}/.well-known/did.json"] = told
    found = look(token(credential(), kid=KID))
    assert found.holds is not True
    assert of(found, "who") is None


@pytest.mark.parametrize(
    "below", ["%2Fuploads%2Feve.json%23", "%3Fa", "%40evil.example", ":..:x", ":", ":a%2F..", "%00"]
)
def test_an_issuer_is_not_the_site_that_its_name_only_seems_to_lead_to(web: Web, below: str) -> None:
    issuer = {"id": f"{DID}{below}", "type": ["Profile"], "name": "The School"}
    found = look(token(credential(issuer=issuer), rsa(3), kid=f"{DID}{below}#1"))
    assert (found.holds, of(found, "who"), web.asked) == (None, None, [])


def test_nobody_says_that_a_private_key_in_it_is_right(web: Web) -> None:
    issuer = {"id": f"{SITE}/issuer", "type": ["Profile"], "name": "The School"}
    private = {**foreign.jwk(rsa(3)), "d": "AQAB"}
    assert look(token(credential(issuer=issuer), rsa(3), jwk=private)).holds is None
    shared = {"kty": "oct", "k": "c2VjcmV0"}
    forged = foreign.jwt.encode(credential(issuer=issuer), "secret" * 8, "HS256", {"jwk": shared})
    assert of(look(forged), "signature") is None
    unsigned = foreign.jwt.encode(credential(), None, "none", {"kid": KID})
    assert look(f"{unsigned}AA").holds is False
