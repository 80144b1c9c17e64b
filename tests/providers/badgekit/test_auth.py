"""Who may call: every refusal in its words and in its order, and nothing that helps who guesses."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from providers.badgekit import signing
from providers.badgekit.models import ClaimCode, Consumer, System
from tests.providers.badgekit.api import KEY, MASTER, SECRET, Caller, make

CODES = "/systems/city/badges/coder/codes"

pytestmark = pytest.mark.once


def refused(message: str) -> tuple[int, dict[str, str]]:
    return 403, {"code": "NotAuthorized", "message": message}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
def site(api: Caller) -> Caller:
    """Calls with the key of the city's own site."""
    return replace(api, key=KEY, secret=SECRET)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "token",
        'jwt token="{}"',
        'JWT  token="{}"',
        "JWT token='{}'",
        'JWT token="{}" ',
        'JWT token="{}", x="y"',
        'JWT token=""',
        'Bearer token="{}"',
    ],
)
def test_the_header_has_one_form(api: Caller, header: str) -> None:
    token = signing.sign({"key": "master", "method": "GET", "path": CODES}, MASTER)
    # Servers strip spaces at the end of a header, so these cannot be told apart.
    allowed = header.endswith('" ')
    told = api.call("GET", CODES, HTTP_AUTHORIZATION=header.format(token).rstrip() if allowed else header.format(token))
    assert told[0] == 200 if allowed else told == refused("Missing valid Authorization header")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("garbage", "Missing JWT payload"),
        ("a.b.c", "Missing JWT payload"),
        ("..", "Missing JWT payload"),
        (f"{part({'typ': 'JWT', 'alg': 'HS256'})}.{part(None)}.x", "Missing JWT payload"),
        (f"{part({'typ': 'JWT', 'alg': 'HS256'})}.{part({})}.x", "Missing JWT payload"),
        (f"{part({'alg': 'HS256'})}.{part({'method': 'GET'})}.x", "Missing JWT claim: method"),
        (f"{part([])}.{part({'method': 'GET'})}.x", "Missing JWT claim: method"),
        (f"{part({'typ': 'JWT'})}.{part(['GET'])}.x", "Missing JWT claim: method"),
        (f"{part({'typ': 'JWT'})}.{'W' * 100_000}.x", "Missing JWT payload"),
    ],
)
def test_what_is_no_token_says_nothing(api: Caller, token: str, message: str) -> None:
    assert api.call("GET", CODES, HTTP_AUTHORIZATION=f'JWT token="{token}"') == refused(message)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"method": None}, "Missing JWT claim: method"),
        ({"method": 7}, "Missing JWT claim: method"),
        ({"method": ["GET"]}, "Missing JWT claim: method"),
        ({"method": "PUT"}, '`method` does not match: using "PUT" token for "POST" request'),
        ({"path": None}, "Missing JWT claim: path"),
        ({"path": "/x"}, f'`path` does not match: trying to use token for "/x" on "{CODES}"'),
        ({"path": 7}, f'`path` does not match: trying to use token for "7" on "{CODES}"'),
        ({"path": CODES + "?page=1"}, f'`path` does not match: trying to use token for "{CODES}?page=1" on "{CODES}"'),
        ({"body": None}, "Missing JWT claim: body"),
        ({"body": 7}, "Missing JWT claim: body.alg"),
        ({"body": {"hash": "x"}}, "Missing JWT claim: body.alg"),
        ({"body": {"alg": "sha256"}}, "Missing JWT claim: body.hash"),
        ({"body": {"alg": "zzz", "hash": "x"}}, "Could not calculate hash, unsupported algorithm: zzz"),
        ({"body": {"alg": "shake_128", "hash": "x"}}, "Could not calculate hash, unsupported algorithm: shake_128"),
        ({"body": {"alg": ["sha256"], "hash": "x"}}, "Could not calculate hash, unsupported algorithm: ['sha256']"),
        ({"body": {"alg": "sha256", "hash": "0" * 64}}, "Computed hash does not match given hash"),
        ({"body": {"alg": "sha256", "hash": {"a": 1}}}, "Computed hash does not match given hash"),
        ({"key": None}, "Missing JWT claim: key"),
        ({"key": "nobody"}, "Could not find consumer for API key"),
        ({"key": ["master"]}, "Could not find consumer for API key"),
        ({"key": "a\0b"}, "Could not find consumer for API key"),
    ],
)
def test_what_is_missing_is_told_in_the_words_of_the_original(
    api: Caller, claims: dict[str, Any], message: str
) -> None:
    told = replace(api, claims=claims).post(CODES, {"code": "x"})
    assert told == refused(message)
    assert not ClaimCode.objects.exists()


def test_the_order_of_the_refusals(api: Caller) -> None:
    """Each token lacks everything from one thing on; the first thing that is missing is told."""
    claims: dict[str, Any] = dict.fromkeys(["method", "path", "body", "key"])
    wrong = replace(api, secret="the secret of somebody else", claims={**claims, "exp": 1})
    told = []
    for name, value in [
        ("method", "POST"),
        ("path", CODES),
        ("exp", None),
        ("body", {"alg": "sha256", "hash": hashlib.sha256(b"{}").hexdigest()}),
        ("key", "master"),
    ]:
        told.append(wrong.post(CODES, {})[1]["message"])
        wrong.claims[name] = value
    told.append(wrong.post(CODES, {})[1]["message"])
    assert told[2].startswith("Token is expired (token expiry: 1, server time: ")
    assert [message.partition(" (")[0] for message in told] == [
        "Missing JWT claim: method",
        "Missing JWT claim: path",
        "Token is expired",
        "Missing JWT claim: body",
        "Missing JWT claim: key",
        "Invalid token signature",
    ]


@pytest.mark.parametrize(
    ("exp", "status"),
    [
        (lambda now: now + 60, 200),
        (lambda now: now - 1, 403),
        (lambda now: now * 1000 + 60_000, 200),
        (lambda now: str(now + 60), 200),
        (lambda now: str(now - 1), 403),
        (lambda now: "soon", 200),
        (lambda now: 0, 200),
        (lambda now: None, 200),
        (lambda now: ["x"], 200),
        (lambda now: True, 403),
        (lambda now: 10**400, 200),
    ],
)
def test_when_a_token_ends(api: Caller, exp: Callable[[int], object], status: int) -> None:
    assert replace(api, claims={"exp": exp(int(time.time()))}).get(CODES)[0] == status


def test_the_refusal_of_an_old_token_tells_both_times(api: Caller) -> None:
    message = replace(api, claims={"exp": 1_400_000_000}).get(CODES)[1]["message"]
    assert message.startswith("Token is expired (token expiry: 1400000000, server time: ")
    assert not message.endswith(")")


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        (CODES, CODES),
        (CODES + "/", CODES + "/"),
        (CODES, CODES + "/"),
        (CODES + "/", CODES),
        ("/systems//city/badges/coder/codes", CODES),
        ("/systems/city/badges/coder/codes", "/systems//city/badges///coder/codes//"),
        (CODES + "/a%20b", CODES + "/a%20b"),
        (CODES + "/a b", CODES + "/a%20b"),
        (CODES + "/%c3%a9", CODES + "/%C3%A9"),
        (CODES + "?page=1&count=2", CODES + "?page=1&count=2"),
    ],
)
def test_slashes_and_escapes_are_taken_either_way(api: Caller, signed: str, sent: str) -> None:
    make("a b")
    make("é")
    assert replace(api, claims={"path": signed}).get(sent)[0] == 200


@pytest.mark.parametrize("method", ["get", "Get", "GET"])
def test_the_methods_case_does_not_matter(api: Caller, method: str) -> None:
    assert replace(api, claims={"method": method}).get(CODES)[0] == 200


@pytest.mark.parametrize("algorithm", ["sha256", "SHA256", "sha1", "md5", "sha512", "SHA-384"])
def test_bodies_may_be_hashed_in_any_of_the_usual_ways(api: Caller, algorithm: str) -> None:
    digest = hashlib.new(algorithm.replace("-", ""), '{"code": "é"}'.encode()).hexdigest()
    told = replace(api, claims={"body": {"alg": algorithm, "hash": digest}})
    assert told.post(CODES, '{"code": "é"}'.encode())[0] == 201


@pytest.mark.parametrize("body", [None, {}, {"alg": "sha256", "hash": hashlib.sha256(b"").hexdigest()}])
def test_an_empty_body_may_be_signed_or_not(api: Caller, body: object) -> None:
    assert replace(api, claims={"body": body}).post(f"{CODES}/random")[0] == 201


def test_an_empty_body_with_another_hash_is_refused(api: Caller) -> None:
    body = {"alg": "sha256", "hash": hashlib.sha256(b"{}").hexdigest()}
    told = replace(api, claims={"body": body}).post(f"{CODES}/random")
    assert told == refused("Computed hash does not match given hash")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS384"}, {"alg": "HS512"}, {"alg": "hs256"}, {}, {"alg": 7}]
)
def test_only_hs256_counts(api: Caller, header: dict[str, Any]) -> None:
    claims = {"key": "master", "method": "GET", "path": CODES}
    unsigned = f"{part({'typ': 'JWT', **header})}.{part(claims)}."
    told = api.call("GET", CODES, HTTP_AUTHORIZATION=signing.header(unsigned))
    assert told == refused("Invalid token signature")
    if header.get("alg") in {"HS384", "HS512"}:
        key = OctKey.import_key(MASTER)
        algorithm = str(header["alg"])
        token = jws.serialize_compact({"typ": "JWT", "alg": algorithm}, json.dumps(claims), key, algorithms=[algorithm])
        assert api.call("GET", CODES, HTTP_AUTHORIZATION=signing.header(token)) == refused("Invalid token signature")


def test_a_changed_token_is_refused(api: Caller) -> None:
    head, _, signature = signing.sign({"key": "master", "method": "GET", "path": CODES}, MASTER).split(".")
    changed = part({"key": "master", "method": "GET", "path": CODES, "exp": 9_999_999_999})
    told = api.call("GET", CODES, HTTP_AUTHORIZATION=signing.header(f"{head}.{changed}.{signature}"))
    assert told == refused("Invalid token signature")


def test_without_a_secret_of_the_master_nobody_is_the_master(api: Caller, settings: Any) -> None:
    settings.BADGEKIT_MASTER_SECRET = ""
    assert api.get(CODES) == refused("Could not find consumer for API key")


class TestConsumers:
    def test_a_site_may_make_calls_about_its_own_system(self, site: Caller) -> None:
        assert site.get(CODES)[0] == 200
        assert site.post(CODES, {"code": "winter"})[0] == 201

    def test_the_keys_case_does_not_matter(self, site: Caller) -> None:
        assert replace(site, key=KEY.upper()).get(CODES)[0] == 200

    @pytest.mark.parametrize(
        "path",
        ["/systems/village/badges/farmer/codes", "/systems/CITY/badges/coder/codes", "/systems/nope/badges/x/codes"],
    )
    def test_about_no_other_and_in_no_other_spelling(self, site: Caller, path: str) -> None:
        assert site.get(path) == refused("Invalid token for system")

    def test_another_sites_secret_is_of_no_use(self, site: Caller) -> None:
        other = Consumer.objects.create(
            api_key="village-site", api_secret="the village's own secret", system=System.objects.get(slug="village")
        )
        assert replace(site, secret=other.api_secret).get(CODES) == refused("Invalid token signature")
        assert replace(site, key="village-site", secret=other.api_secret).get(CODES) == refused(
            "Invalid token for system"
        )

    def test_a_secret_that_cannot_be_read_opens_nothing(self, site: Caller, settings: Any) -> None:
        settings.FIELD_ENCRYPTION_KEYS = ["another key"]
        assert site.get(CODES) == refused("Invalid token signature")
        assert replace(site, secret="another secret, long enough to be one").get(CODES) == refused(
            "Invalid token signature"
        )

    def test_a_deleted_systems_site_is_shut_out(self, site: Caller) -> None:
        System.objects.get(slug="city").hide()
        assert site.get(CODES) == refused("Invalid token for system")


@pytest.mark.parametrize("path", ["/", "/healthcheck", "/healthcheck/"])
def test_who_answers_is_told_to_anybody(api: Caller, path: str) -> None:
    assert api.call("GET", path, HTTP_AUTHORIZATION="") == (200, {"app": "BadgeKit API", "version": "0.2.22"})


def test_people_see_the_front_page_at_the_root(api: Caller) -> None:
    answer = api.ask("GET", "/", HTTP_AUTHORIZATION="", HTTP_ACCEPT="text/html,application/xhtml+xml")
    assert (answer.status_code, b"Enter a code" in answer.content) == (200, True)


def test_an_address_that_does_not_exist_is_told_without_a_signature(api: Caller) -> None:
    told = 404, {"code": "ResourceNotFound", "message": "/systems/city/nope does not exist"}
    assert api.call("GET", "/systems/city/nope", HTTP_AUTHORIZATION="") == told
    assert api.call("GET", "/nope", HTTP_AUTHORIZATION="")[1]["message"] == "/nope does not exist"


def test_no_secret_is_in_a_repr_or_an_answer(site: Caller) -> None:
    consumer = Consumer.objects.get()
    assert SECRET not in f"{consumer!r} {consumer}"
    assert SECRET not in str(replace(site, claims={"exp": 1}).get(CODES))


@pytest.mark.parametrize("path", ["/", "/healthcheck"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_who_answers_is_only_to_be_asked_for(api: Caller, path: str, method: str) -> None:
    answer = api.ask(method, path, HTTP_AUTHORIZATION="")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
