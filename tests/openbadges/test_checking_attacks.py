"""Badges that are made to freeze us, to break us, or to borrow what is said of others."""

import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.urls import reverse

from credentials_badges.badges.models import Badge
from credentials_badges.openbadges.checking import looking, report
from credentials_badges.openbadges.checking.report import About
from tests.openbadges import foreign
from tests.openbadges.foreign import DID, LIST, NOW, SITE, Web, assertion, credential, listed, rsa, signed_assertion
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_checking import KID, look, of, words
from tests.openbadges.test_checking import _now as _now  # noqa: PLC0414 (A fixture.)

EVIL = "https://evil.example"
LEFT_OUT = {**foreign.jwk(rsa()), "d": "AQAB" * 300}
"""A private key whose primes are to be looked for."""
UNKNOWN_KIND = "-----BEGIN PUBLIC KEY-----\nMBAwCwYJKwYBBAGZmQEBAwEA\n-----END PUBLIC KEY-----\n"
OTHER_KIND = X448PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by_evil(**changed: Any) -> dict[str, Any]:
    """A badge of somebody who has a site."""
    issuer = {"id": "did:web:evil.example", "type": ["Profile"], "name": "Evil"}
    return credential(**{"id": f"{EVIL}/1", "issuer": issuer, **changed})


def signed_by_evil(web: Web, document: dict[str, Any]) -> str:
    web[f"{EVIL}/.well-known/did.json"] = foreign.keys_of("did:web:evil.example", rsa=rsa(9))
    return foreign.token(document, rsa(9), kid="did:web:evil.example#rsa")


class TestKeys:
    def test_a_private_one_that_a_site_tells_is_not_even_loaded(self, web: Web) -> None:
        method = {"id": KID, "publicKeyJwk": LEFT_OUT}
        web[f"{SITE}/.well-known/did.json"] = {"id": DID, "verificationMethod": [method]}
        began = time.monotonic()
        found = look(foreign.token(credential(), kid=KID))
        assert (found.holds, of(found, "signature"), time.monotonic() - began < 1) == (None, None, True)

    @pytest.mark.parametrize(
        "pem",
        [
            foreign.pem(rsa()).decode(),
            foreign.public(rsa()).decode() + foreign.pem(rsa()).decode(),
            LEFT_OUT,
            foreign.jwk(rsa()),
            "ssh-rsa AAAA",
            UNKNOWN_KIND,
            OTHER_KIND.decode(),
            foreign.public(rsa()).decode() + "A" * 9000,
            *(None, "", 3, [], {}),
        ],
        ids=range(13),
    )
    def test_one_that_is_no_public_one_in_letters_does_not_fit(self, web: Web, pem: Any) -> None:
        web[f"{SITE}/key"]["publicKeyPem"] = pem
        found = look(signed_assertion())
        assert (found.holds, of(found, "signature")) == (False, False)

    def test_a_huge_one_in_the_token_is_not_loaded(self, web: Web) -> None:
        issuer = {"id": f"{SITE}/issuer", "type": ["Profile"]}
        huge = {**foreign.jwk(rsa(3)), "n": "A" * 100_000}
        assert of(look(foreign.token(credential(issuer=issuer), rsa(3), jwk=huge)), "signature") is None

    @pytest.mark.parametrize("issuer", [f"{SITE}/issuer", SITE, f"{SITE}/issuer?of=1"])
    def test_a_file_of_a_student_is_not_the_issuers_key(self, web: Web, issuer: str) -> None:
        kid = f"{SITE}/~eve/key.json"
        web[kid] = foreign.jwk(rsa(3))
        told = credential(issuer={"id": issuer, "type": ["Profile"], "name": "The School"})
        found = look(foreign.token(told, rsa(3), kid=kid))
        assert (found.holds, of(found, "signature"), of(found, "who")) == (None, True, None)
        beside = look(foreign.token(told, rsa(3), kid=f"{SITE}/issuer/../~eve/key.json"))
        assert (beside.holds, of(beside, "who")) == (None, None)

    @pytest.mark.parametrize("name", ["publicKey", "verificationMethod", "jwks"])
    def test_one_that_the_issuer_names_is(self, web: Web, name: str) -> None:
        kid = f"{SITE}/keys/1"
        web[kid] = foreign.jwk(rsa(3))
        told = credential(issuer={"id": f"{SITE}/issuer", "type": ["Profile"], "name": "The School"})
        named = {"keys": [{"kid": kid}, {"kid": []}]} if name == "jwks" else [{"id": kid}, 7]
        web[f"{SITE}/issuer"][name] = named
        assert look(foreign.token(told, rsa(3), kid=kid)).holds is True
        web[f"{SITE}/issuer"]["id"] = f"{SITE}/other"
        assert look(foreign.token(told, rsa(3), kid=kid)).holds is None


@pytest.mark.django_db
class TestOnThePage:
    def post(self, text: str) -> Any:
        return Client(raise_request_exception=False).post("/verify/", {"text": text})

    def test_nothing_that_a_site_answers_breaks_it(self, web: Web) -> None:
        web[f"{SITE}/badges/1"] = ("https://[::1",)
        for text in (f"{SITE}/badges/1", foreign.json.dumps(assertion())):
            assert self.post(text).status_code == 200
        many = assertion(id="https://badges.example/x?" + "&" * 1001)
        assert self.post(foreign.json.dumps(many)).status_code == 200

    def test_no_badge_of_others_leads_to_what_this_service_says_of_ours(self, web: Web, badge: Badge) -> None:
        address = "https://badges.example" + reverse("ob3_credential", args=[badge.uuid])
        text = signed_by_evil(web, by_evil(id=address))
        found = look(text)
        assert (found.holds, found.address, found.is_ours, looking.page_of(found)) == (True, address, False, "")
        assert f"/badges/{badge.uuid}/verify/" not in self.post(text).content.decode()
        assert looking.page_of(look(signed_assertion(id=address))) == ""
        assert looking.page_of(look(f"https://badges.example/ob/v2/assertions/{badge.uuid}")) != ""

    def test_it_shows_where_links_lead_in_letters_that_do_not_turn_round(self, web: Web) -> None:
        page = self.post(foreign.token(credential(), kid=KID)).content.decode()
        assert "Told at <bdi>school.example</bdi></a>" in page


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://School.example:8443/a", "school.example"),
        ("https://[2606:2800::1]/", "2606:2800::1"),
        ("https://evil.example\\@school.example/", ""),
        ("https://evil.example\\.school.example/", ""),
        ("https://school.example@evil.example/", ""),
        ("https://аpple.example/", ""),
        ("https://\u202eelpmaxe.loohcs/", ""),
        ("https://school%2eexample.evil.example/", ""),
        ("", ""),
    ],
)
def test_a_link_tells_the_host_that_a_browser_opens_or_is_none(address: str, site: str) -> None:
    told = report.about({"criteria": {"id": address}}, {"url": address})
    assert (told.criteria_site, told.issuer_site) == (site, site)
    assert About(criteria_url=address).criteria_site == site


def test_no_site_is_named_that_only_looks_like_another(web: Web) -> None:
    found = look(assertion(id="https://аpple.example/1"))
    assert (found.holds, words(found, "stands")) == (None, "Nobody can say: ?, where it is kept, does not answer.")
    assert web.asked == []


class TestTakenBack:
    GONE = "urn:uuid:7f2c4b0a-1111-4222-8333-444455556666"

    def without_id(self, **named: str) -> str:
        told = foreign.jwt.decode(signed_assertion(), options={"verify_signature": False}) | named
        told.pop("id")
        return foreign.jwt.encode(told, rsa(), "RS256")

    @pytest.mark.parametrize("listed_as", ["uid", "id"])
    def test_a_badge_with_an_older_name_is_found_in_the_list(self, web: Web, listed_as: str) -> None:
        web[f"{SITE}/revoked"]["revokedAssertions"] = [{listed_as: "abc"}]
        assert of(look(self.without_id(uid="abc")), "stands") is False
        assert of(look(self.without_id(uid="abd")), "stands") is True
        assert of(look(self.without_id()), "stands") is None

    @pytest.mark.parametrize("told", [None, "elsewhere", {GONE: "why"}, [[GONE]], [{}], [7], [GONE[:-1], None]])
    def test_a_list_that_nobody_can_read_says_nothing(self, web: Web, told: Any) -> None:
        web[f"{SITE}/revoked"]["revokedAssertions"] = told
        found = look(signed_assertion())
        assert (found.holds, of(found, "stands")) == (None, None)
        assert words(found, "stands") == "Nobody can say, since its issuer’s list cannot be read."

    @pytest.mark.parametrize("told", [[f"{SITE}/revoked"], "", 7, {}, False])
    def test_neither_does_one_that_is_named_oddly(self, web: Web, told: Any) -> None:
        web[f"{SITE}/issuer"]["revocationList"] = told
        assert of(look(signed_assertion()), "stands") is None

    @pytest.mark.parametrize(
        ("told", "stands"), [("true", False), (1, False), (0, False), ("", False), ([], False), (None, True)]
    )
    def test_whatever_odd_a_site_says_of_it_does_not_let_it_stand(self, web: Web, told: Any, stands: bool) -> None:
        web[f"{SITE}/assertions/1"] = assertion(revoked=told)
        assert of(look(f"{SITE}/assertions/1"), "stands") is stands
        web[f"{SITE}/assertions/1"] = assertion(revoked=False)
        assert of(look(f"{SITE}/assertions/1"), "stands") is True

    def test_a_list_has_to_be_the_one_that_was_asked_for_and_not_have_another_in_it(self, web: Web) -> None:
        good = foreign.status_list()
        text = foreign.token(credential(credentialStatus=listed()), kid=KID)
        assert of(look(text), "stands") is True
        without = {name: value for name, value in good.items() if name != "id"}
        for odd in ({**good, "vc": good}, {**good, "id": f"{LIST}?"}, without):
            web[LIST] = foreign.token({**odd, "id": odd.get("id", "")}, kid=KID)
            assert of(look(text), "stands") is None
            web[LIST] = foreign.proved(odd) if "vc" not in odd else {**foreign.proved(good), "vc": good}
            assert of(look(text), "stands") is None


def test_an_end_by_its_older_name_is_an_end(web: Web) -> None:
    over, later = (NOW - timedelta(days=2)).isoformat(), (NOW + timedelta(days=2)).isoformat()
    assert of(look(foreign.token(credential(expirationDate=over), kid=KID)), "time") is False
    found = look(foreign.token(credential(expirationDate=later), kid=KID))
    assert (of(found, "time"), words(found, "time")) == (True, "Yes: until June 3, 2026.")
