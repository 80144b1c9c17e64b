"""Badges of others by Open Badges 2.0: what their issuer's site says counts, and it has to be the issuer's."""

import json
from datetime import timedelta
from typing import Any

import pytest

from credentials_badges.openbadges.checking.reading import Unreadable
from tests.openbadges.foreign import ADA, NOW, SITE, Web, assertion, rsa, signed_assertion
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_checking import _now as _now  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_checking import look, of, words

AT = f"{SITE}/assertions/1"
EVIL = "https://evil.example"


def test_a_good_one_holds_be_it_a_copy_or_an_address(web: Web) -> None:
    for put_in in (json.dumps(assertion()), AT):
        found = look(put_in, ADA)
        assert found.holds is True
        assert words(found, "who") == "Whoever controls school.example. They call themselves “The School” in it."
        assert (found.about.name, found.about.criteria) == ("Sailor", "Sail.")


@pytest.mark.parametrize(
    "change", [{"badge": f"{SITE}/badges/2"}, {"expires": "2099-01-01T00:00:00Z"}, {"narrative": "The best."}]
)
def test_a_copy_that_says_something_else_was_changed(web: Web, change: dict[str, str]) -> None:
    assert look(assertion(**change)).holds is False


def test_the_same_moment_may_be_written_in_another_way(web: Web) -> None:
    written = assertion()["issuedOn"].replace("+00:00", "Z")
    assert look(assertion(issuedOn=written)).holds is True


@pytest.mark.parametrize(
    ("served", "stands"),
    [
        (410, False),
        (404, False),
        (500, None),
        (None, None),
        ("<html>", None),
        ({"id": AT, "type": "Assertion", "revoked": True}, False),
        (assertion(id=f"{SITE}/assertions/2"), False),
    ],
)
def test_what_its_address_does_not_say_does_not_hold(web: Web, served: Any, stands: bool | None) -> None:
    web[AT] = served
    found = look(assertion())
    assert (found.holds, of(found, "stands"), of(found, "who")) == (stands, stands, None)


def test_one_that_has_expired_is_over(web: Web) -> None:
    web[AT] = assertion(expires=(NOW - timedelta(days=1)).isoformat())
    assert of(look(AT), "time") is False


@pytest.mark.parametrize("moved", ["assertion", "badge"])
def test_what_stands_on_another_site_does_not_belong_to_the_issuer(web: Web, moved: str) -> None:
    copied = {"assertion": (AT, "/assertions/1"), "badge": (f"{SITE}/badges/1", "/badges/1")}[moved]
    document = {**web[copied[0]], "id": EVIL + copied[1]}
    web[EVIL + copied[1]] = document
    if moved == "badge":
        web[AT] = assertion(badge=EVIL + copied[1])
    found = look(web[AT] if moved == "badge" else document)
    assert (found.holds, of(found, "who")) == (False, False)


def test_the_issuer_may_say_that_another_site_speaks_for_them(web: Web) -> None:
    web[f"{EVIL}/assertions/1"] = assertion(id=f"{EVIL}/assertions/1")
    web[f"{SITE}/issuer"]["verification"] = {"allowedOrigins": ["evil.example", "school.example"]}
    assert look(f"{EVIL}/assertions/1").holds is True
    web[f"{SITE}/issuer"]["verification"] = {"startsWith": [f"{EVIL}/other/", SITE]}
    assert look(f"{EVIL}/assertions/1").holds is False


def test_a_site_that_leads_on_to_another_does_not_speak_for_it(web: Web) -> None:
    web[AT] = (f"{EVIL}/made-up",)
    web[f"{EVIL}/made-up"] = assertion()
    assert look(assertion()).holds is None
    assert look(AT).holds is None


def test_an_issuer_who_is_called_otherwise_than_its_address_is_not_believed(web: Web) -> None:
    web[f"{EVIL}/badges/1"] = {**web[f"{SITE}/badges/1"], "id": f"{EVIL}/badges/1", "issuer": f"{EVIL}/issuer"}
    web[f"{EVIL}/issuer"] = web[f"{SITE}/issuer"]
    web[f"{EVIL}/assertions/1"] = assertion(id=f"{EVIL}/assertions/1", badge=f"{EVIL}/badges/1")
    assert of(look(f"{EVIL}/assertions/1"), "who") is False


class TestSigned:
    def test_a_good_one_holds(self, web: Web) -> None:
        found = look(signed_assertion(), ADA)
        assert (found.holds, of(found, "signature"), of(found, "stands")) == (True, True, True)

    def test_another_key_or_another_word_does_not_fit(self, web: Web) -> None:
        head, _, tail = signed_assertion().split(".")
        other = signed_assertion(narrative="The best.").split(".")[1]
        for put_in in (signed_assertion(rsa(3)), f"{head}.{other}.{tail}"):
            found = look(put_in)
            assert (found.holds, of(found, "signature"), of(found, "who")) == (False, False, None)

    @pytest.mark.parametrize(
        "change", [{"owner": f"{EVIL}/issuer"}, {"id": f"{SITE}/other"}, {"publicKeyPem": "no key"}]
    )
    def test_the_key_has_to_be_the_issuers(self, web: Web, change: dict[str, str]) -> None:
        web[f"{SITE}/key"].update(change)
        assert look(signed_assertion()).holds is False

    def test_the_key_has_to_be_in_the_issuers_list(self, web: Web) -> None:
        web[f"{SITE}/issuer"]["publicKey"] = []
        assert look(signed_assertion()).holds is False

    @pytest.mark.parametrize(
        ("told", "stands"),
        [
            ([{"id": "urn:uuid:7f2c4b0a-1111-4222-8333-444455556666"}], False),
            (["urn:uuid:7f2c4b0a-1111-4222-8333-444455556666"], False),
            ([{"id": "urn:uuid:00000000-1111-4222-8333-444455556666"}], True),
        ],
    )
    def test_the_issuers_list_tells_whether_it_was_taken_back(self, web: Web, told: list[Any], stands: bool) -> None:
        web[f"{SITE}/revoked"]["revokedAssertions"] = told
        assert of(look(signed_assertion()), "stands") is stands

    def test_a_list_that_is_not_there_says_nothing(self, web: Web) -> None:
        web[f"{SITE}/revoked"] = None
        assert (look(signed_assertion()).holds, of(look(signed_assertion()), "stands")) == (None, None)

    def test_one_that_says_so_and_is_not_signed_is_anybodys(self, web: Web) -> None:
        verification = {"type": "SignedBadge", "creator": f"{SITE}/key"}
        assert look(assertion(verification=verification)).holds is False


class TestEndorsements:
    def said(self, **changed: Any) -> dict[str, Any]:
        return {
            "type": "Endorsement",
            "id": "https://guild.example/e/1",
            "issuer": "https://guild.example/us",
            "claim": {"id": f"{SITE}/badges/1", "endorsementComment": "Very good."},
            **changed,
        }

    @pytest.mark.parametrize(
        ("change", "holds"),
        [
            ({}, True),
            ({"claim": {"id": f"{SITE}/badges/2"}}, False),
            ({"issuer": f"{SITE}/issuer"}, False),
            ({"issuer": "https://nobody.example/"}, None),
            ({"id": "https://guild.example/e/2"}, False),
            ({"revoked": True}, False),
            ({"revoked": True, "issuer": None, "claim": None}, False),
            ({"expires": "2020-01-01T00:00:00Z"}, False),
            ({"type": "Assertion"}, False),
        ],
    )
    def test_it_is_what_its_authors_site_says(self, web: Web, change: dict[str, Any], holds: bool | None) -> None:
        web[f"{SITE}/badges/1"]["endorsement"] = [self.said()["id"]]
        web["https://guild.example/e/1"] = self.said(**change)
        us = {"type": "Profile", "id": "https://guild.example/us", "name": "The Guild"}
        web["https://guild.example/us"] = us
        found = look(AT)
        assert (found.holds, [each.holds for each in found.endorsements]) == (True, [holds])

    @pytest.mark.parametrize(
        ("called", "holds"), [(AT, True), ("urn:uuid:7f2c4b0a-1111-4222-8333-444455556666", None), (EVIL, None)]
    )
    def test_a_signed_badge_may_bear_the_name_of_another(self, web: Web, called: str, holds: bool | None) -> None:
        web["https://guild.example/e/1"] = self.said(claim={"id": called})
        web["https://guild.example/us"] = {"type": "Profile", "id": "https://guild.example/us", "name": "The Guild"}
        web[f"{SITE}/issuer"]["verification"] = {"allowedOrigins": ["school.example", "evil.example", ""]}
        found = look(signed_assertion(id=called, endorsement=self.said()["id"]))
        assert (found.holds, [each.holds for each in found.endorsements]) == (True, [holds])


@pytest.mark.parametrize("address", [f"{SITE}/nothing", "http://school.example/a", "https://[", "https://127.0.0.1/"])
def test_an_address_with_no_badge_is_told(web: Web, address: str) -> None:
    web[f"{SITE}/nothing"] = 404
    with pytest.raises(Unreadable):
        look(address)
