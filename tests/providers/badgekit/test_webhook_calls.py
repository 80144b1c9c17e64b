"""A system's own site is told what happens in it: each thing once it is so, signed, in order, and nobody else."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import OctKey

from credentials_badges.badges import delivering
from providers.badgekit import answers
from providers.badgekit.models import Badge, BadgeInstance, Milestone, System, Webhook, WebhookCall
from tests.providers.badgekit.api import ADA, BOB, Caller, make

HOOK_SECRET = "the secret of the city's site, long enough to be one"
PATH = "/systems/city/badges/coder/instances"
CODES = "/systems/city/badges/coder/codes"

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket]


@dataclass
class Site:
    """What a system's site was told; it answers 200, or first these."""

    address: str = ""
    answers: list[int] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The bodies of all calls."""
        return [json.loads(body) for _, _, body in self.calls]

    def hear(self) -> list[dict[str, Any]]:
        """Let be sent whatever is due, or put off, and return what comes."""
        before = len(self.calls)
        WebhookCall.objects.filter(status="pending").update(not_before=timezone.now())
        delivering.deliver_due()
        return self.told[before:]


@contextmanager
def served() -> Iterator[Site]:
    """A site that listens on loopback."""
    site = Site()

    class Receiver(BaseHTTPRequestHandler):
        """Keeps what comes."""

        def do_POST(self) -> None:
            """One call."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            site.calls.append((self.path, dict(self.headers), body))
            self.send_response(site.answers.pop(0) if site.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def site(api: Caller) -> Iterator[Site]:
    """The city has two webhooks, of which only the first is called, and the village has one."""
    with served() as site:
        city, village = System.objects.get(slug="city"), System.objects.get(slug="village")
        Webhook.objects.create(system=village, url=f"{site.address}/village", secret="the village's " * 4)
        Webhook.objects.create(system=city, url=f"{site.address}/first?x=1", secret=HOOK_SECRET)
        Webhook.objects.create(system=city, url=f"{site.address}/second", secret="the second one's " * 4)
        yield site
        assert {path for path, _, _ in site.calls} <= {"/first?x=1"}


def awards(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Of each award, whose it is and of which badge."""
    assert all(each["action"] == "award" for each in told)
    return [(each["email"], each["badge"]["slug"]) for each in told]


def test_an_award_is_told_with_all_that_is_documented(api: Caller, site: Site) -> None:
    sent = {"email": "Ada@example.com", "comment": "Gut gemacht, 王小明 🎓", "issuedOn": 1400094712}
    status, told = api.post(PATH, sent)
    assert (status, site.calls) == (201, [])
    assert site.hear() == [
        {
            "action": "award",
            "uid": told["instance"]["slug"],
            "badge": answers.badge(Badge.objects.get(slug="coder")),
            "email": "Ada@example.com",
            "assertionUrl": told["instance"]["assertionUrl"],
            "issuedOn": 1400094712,
            "comment": sent["comment"],
        }
    ]
    assert site.told[0]["badge"]["system"]["slug"] == "city"
    assert site.hear() == []


def test_the_call_is_signed_as_documented(api: Caller, site: Site) -> None:
    api.post(PATH, {"email": ADA, "comment": "ü"})
    site.hear()
    ((_, headers, body),) = site.calls
    assert headers["Content-Type"] == "application/json"
    word, _, rest = headers["Authorization"].partition(' token="')
    assert (word, rest[-1]) == ("JWT", '"')
    token = jwt.decode(rest[:-1], OctKey.import_key(HOOK_SECRET), algorithms=["HS256"])
    assert token.header == {"typ": "JWT", "alg": "HS256"}
    assert token.claims == {"body": {"alg": "sha256", "hash": hashlib.sha256(body).hexdigest()}}
    with pytest.raises(BadSignatureError):
        jwt.decode(rest[:-1], OctKey.import_key("some other secret, as long as it is"), algorithms=["HS256"])


def test_without_a_comment_it_is_null(api: Caller, site: Site) -> None:
    api.post(PATH, {"email": ADA})
    assert site.hear()[0]["comment"] is None


def test_the_assertion_is_told_at_the_address_that_leads_to_it(api: Caller, site: Site) -> None:
    _, told = api.post(PATH, {"email": ADA, "slug": "ü ö?"})
    (heard,) = site.hear()
    assert (heard["uid"], heard["assertionUrl"]) == ("ü ö?", told["instance"]["assertionUrl"])
    assert api.get(heard["assertionUrl"].removeprefix("http://localhost"))[1]["uid"] == "ü ö?"


def test_of_many_each_new_one_is_told(api: Caller, site: Site) -> None:
    api.post(PATH, {"email": BOB})
    site.hear()
    api.post(f"{PATH}/bulk", {"emails": [BOB, ADA, "ADA@example.com", "zoe@example.com"], "comment": "All of you"})
    told = site.hear()
    assert sorted(awards(told)) == [(ADA, "coder"), ("zoe@example.com", "coder")]
    assert {each["uid"] for each in told} == set(
        BadgeInstance.objects.exclude(email=BOB).values_list("slug", flat=True)
    )
    assert {each["comment"] for each in told} == {"All of you"}


def test_a_claim_is_told_of_as_an_award(api: Caller, site: Site) -> None:
    make("winter")
    api.post(f"{CODES}/winter/claim", {"email": ADA})
    (told,) = site.hear()
    assert awards([told]) == [(ADA, "coder")]
    assert told["uid"] == BadgeInstance.objects.get().slug


def test_an_award_by_code_is_told_once(api: Caller, site: Site) -> None:
    make("winter")
    api.post(PATH, {"email": ADA, "claimCode": "winter", "comment": "By code"})
    (told,) = site.hear()
    assert (awards([told]), told["comment"]) == ([(ADA, "coder")], "By code")


@pytest.mark.parametrize("by", ["award", "many", "claim"])
def test_a_milestones_award_is_told_with_its_own_badge(api: Caller, site: Site, by: str) -> None:
    primary = Badge.objects.get(slug="reader")
    milestone = Milestone.objects.create(system=primary.system, primary_badge=primary, number_required=1)
    milestone.support_badges.add(Badge.objects.get(slug="coder"))
    if by == "award":
        api.post(PATH, {"email": ADA, "comment": "For coding", "issuedOn": 1, "slug": "of-the-coder"})
    elif by == "many":
        api.post(f"{PATH}/bulk", {"emails": [ADA], "comment": "For coding", "issuedOn": 1})
    else:
        make("winter")
        api.post(f"{CODES}/winter/claim", {"email": ADA})
    told = site.hear()
    assert sorted(awards(told)) == [(ADA, "coder"), (ADA, "reader")]
    (own,) = [each for each in told if each["badge"]["slug"] == "reader"]
    assert own["badge"] == answers.badge(primary)
    assert (own["comment"], own["issuedOn"] > 1) == (None, True)
    assert own["uid"] == BadgeInstance.objects.get(badge=primary).slug != "of-the-coder"


def test_a_revocation_is_told_with_the_badges_own_row(api: Caller, site: Site) -> None:
    _, told = api.post(PATH, {"email": "Ada@example.com"})
    site.hear()
    api.delete(f"{PATH}/{ADA}")
    bare = answers.badge(Badge.objects.get(slug="coder"), bare=True)
    assert not {"system", "issuer", "program", "imageUrl"} & bare.keys()
    uid = told["instance"]["slug"]
    assert site.hear() == [{"action": "revoke", "uid": uid, "badge": bare, "email": "Ada@example.com"}]


def test_all_that_is_taken_back_is_told(api: Caller, site: Site) -> None:
    badge = Badge.objects.get(slug="coder")
    for ordinal in (1, 2):
        BadgeInstance.objects.create(badge=badge, email=ADA, slug=f"number-{ordinal}", ordinal=ordinal)
    api.delete(f"{PATH}/{ADA}")
    assert [(each["action"], each["uid"]) for each in site.hear()] == [("revoke", "number-1"), ("revoke", "number-2")]


def test_nothing_is_told_of_what_changes_nothing(api: Caller, site: Site) -> None:
    api.post(PATH, {"email": ADA})
    site.hear()
    make("winter", multiuse=True)
    assert api.post(PATH, {"email": "ADA@example.com"})[0] == 409
    assert api.post(PATH, {"email": ADA, "claimCode": "winter"})[0] == 409
    assert api.post(PATH, {"email": "nobody"})[0] == 400
    assert api.post(f"{PATH}/bulk", {"emails": [ADA]})[0] == 201
    assert api.post(f"{PATH}/bulk", {"emails": [BOB, "nobody"]})[0] == 400
    assert api.post(f"{CODES}/winter/claim", {"email": ADA})[0] == 200
    assert api.post(f"{CODES}/winter/claim")[0] == 200
    assert api.delete(f"{PATH}/{BOB}")[0] == 404
    assert site.hear() == []


def test_nothing_is_told_of_codes(api: Caller, site: Site) -> None:
    assert api.post(CODES, {"code": "winter", "email": ADA})[0] == 201
    assert api.post(f"{CODES}/random")[0] == 201
    assert api.delete(f"{CODES}/winter")[0] == 200
    assert site.hear() == []
    assert not WebhookCall.objects.exists()


def test_another_system_is_told_of_its_own(api: Caller) -> None:
    with served() as site:
        Webhook.objects.create(system=System.objects.get(slug="village"), url=site.address, secret=HOOK_SECRET)
        api.post(PATH, {"email": ADA})
        api.post("/systems/village/badges/farmer/instances", {"email": BOB})
        assert awards(site.hear()) == [(BOB, "farmer")]


def test_a_site_in_trouble_is_told_later_and_once(api: Caller, site: Site) -> None:
    site.answers = [500, 503, 404, 302]
    api.post(PATH, {"email": ADA})
    for _ in range(6):
        site.hear()
    assert len(site.calls) == 5
    assert len({body for _, _, body in site.calls}) == 1
    assert {call.status for call in WebhookCall.objects.all()} == {"sent"}


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_success_will_do(api: Caller, site: Site, status: int) -> None:
    site.answers = [status]
    api.post(PATH, {"email": ADA})
    assert (len(site.hear()), len(site.hear())) == (1, 0)


def test_what_was_given_is_told_before_it_is_taken(api: Caller, site: Site) -> None:
    site.answers = [500, 200]
    api.post(PATH, {"email": ADA, "slug": "s"})
    api.delete(f"{PATH}/{ADA}")
    api.post(PATH, {"email": BOB, "slug": "s"})
    for _ in range(4):
        site.hear()
    assert [(each["action"], each["email"]) for each in site.told] == [
        ("award", ADA),
        ("award", ADA),
        ("revoke", ADA),
        ("award", BOB),
    ]


def test_a_site_that_is_not_there_keeps_nobody_from_giving_badges(api: Caller) -> None:
    city = System.objects.get(slug="city")
    hook = Webhook.objects.create(system=city, url="", secret=HOOK_SECRET)
    urls = ["http://127.0.0.1:9/x", "http://[::1/x", "no address", "", "https://user:password@[::", "http://host:port/"]
    for number, url in enumerate(urls):
        Webhook.objects.filter(pk=hook.pk).update(url=url)
        assert api.post(PATH, {"email": f"{number}@example.com"})[0] == 201
        delivering.deliver_due()
    assert {call.status for call in WebhookCall.objects.all()} == {"pending"}
    assert not any("password" in call.destination for call in WebhookCall.objects.all())
