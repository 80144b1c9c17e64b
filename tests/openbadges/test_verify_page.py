"""Anybody checks a badge on a page, which says what holds, keeps nothing, and breaks at nothing."""

import json
import logging
from base64 import urlsafe_b64encode
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credentials_badges.badges.models import CallWindow
from credentials_badges.openbadges.checking import fetching, looking
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.reading import Unreadable
from tests.openbadges.foreign import ADA, DID, NOW, Web, assertion, credential, listed, proved, signed_assertion, token
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)

KID = f"{DID}#rsa"


def put_in(text: str = "", file: bytes | None = None, email: str = "", client: Client | None = None) -> HttpResponse:
    """What the page says of it."""
    told: dict[str, Any] = {"text": text, "email": email}
    if file is not None:
        told["file"] = SimpleUploadedFile("badge", file)
    with time_machine.travel(NOW, tick=False):
        return (client or Client()).post("/verify/", told)


def missing(answer: HttpResponse, *words: str) -> list[str]:
    """Those of the words that an answer does not have, which is a page."""
    assert answer.status_code == 200
    page = answer.content.decode()
    return [each for each in words if each not in page]


@pytest.mark.django_db
class TestPage:
    def test_it_asks_for_a_badge_and_looks_at_nothing_before(self, web: Web) -> None:
        answer = Client().get("/verify/?text=https://school.example/assertions/1")
        assert missing(answer, "Check a badge", 'name="file"', 'name="text"', 'name="email"') == []
        assert web.asked == []

    def test_a_good_badge_is_called_valid_first(self, web: Web) -> None:
        for told in ({"text": token(credential(), kid=KID)}, {"file": json.dumps(proved(credential())).encode()}):
            answer = put_in(**told)
            assert missing(answer, "✓ Valid", "Whoever controls school.example.", "Sailor", "not compared") == []
            page = answer.content.decode()
            assert page.index("✓ Valid") < page.index("Can it be read?")
            assert "no-store" in answer["Cache-Control"]

    def test_the_earners_address_counts_once_it_is_entered(self, web: Web) -> None:
        text = token(credential(), kid=KID)
        assert missing(put_in(text, email=ADA), "✓ Valid", "and it is that person’s") == []
        assert missing(put_in(text, email="bob@school.example"), "✗ Not valid") == []

    def test_what_nobody_knows_is_not_called_valid(self, web: Web) -> None:
        answer = put_in(token(credential(credentialStatus=listed(address="https://gone.example/1")), kid=KID))
        assert missing(answer, "? Nobody can say", "Do not take it for valid.") == []
        assert "✓ Valid" not in answer.content.decode()

    def test_an_altered_badge_is_not_valid(self, web: Web) -> None:
        assert (
            missing(
                put_in(json.dumps({**proved(credential()), "name": "Sailed"})),
                "✗ Not valid",
                "something in it was changed",
            )
            == []
        )

    def test_what_is_no_badge_is_told_in_words(self, web: Web) -> None:
        assert missing(put_in("my badge"), "✗ No badge", "It is neither a badge nor an address of one.") == []
        assert missing(put_in(file=b"\x89PNG\r\n\x1a\nnonsense"), "It is a damaged picture") == []

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({}, "Choose a file, or enter a text or an address."),
            ({"file": b"x" * (2**20 + 1)}, "at most 1 MB is looked at"),
            ({"text": "x" * (256 * 1024 + 1)}, "at most 262144 characters"),
            ({"text": "x", "email": "nobody"}, "Enter a valid email address."),
        ],
        ids=range(4),
    )
    def test_a_form_that_is_filled_in_wrongly_says_so(self, web: Web, told: dict[str, Any], words: str) -> None:
        assert missing(put_in(**told), words) == []
        assert not CallWindow.objects.exists()

    def test_a_file_goes_first(self, web: Web) -> None:
        assert missing(put_in("my badge", token(credential(), kid=KID).encode()), "✓ Valid") == []

    def test_nobody_sends_the_form_from_elsewhere(self, web: Web) -> None:
        assert put_in("x", client=Client(enforce_csrf_checks=True)).status_code == 403

    def test_a_network_checks_so_many_and_then_has_to_wait(self, web: Web) -> None:
        for _ in range(20):
            assert put_in("https://school.example/assertions/1").status_code == 200
        asked = len(web.asked)
        answer = put_in("https://school.example/assertions/1")
        assert (answer.status_code, len(web.asked)) == (429, asked)
        assert 0 < int(answer["Retry-After"]) <= 300
        assert "Too many badges were checked from your network." in answer.content.decode()
        with time_machine.travel(NOW, tick=False):
            elsewhere = Client(REMOTE_ADDR="203.0.113.9").post("/verify/", {"text": "x"})
        assert elsewhere.status_code == 200

    def test_nothing_of_it_is_kept_or_logged(self, web: Web, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            put_in(token(credential(), kid=KID), email=ADA)
        assert "Sailor" not in caplog.text
        assert ADA not in caplog.text
        for window in CallWindow.objects.all():
            assert "127.0.0.1" not in window.host

    def test_a_link_in_it_leads_nowhere_but_to_the_web_and_pictures_are_not_loaded(self, web: Web) -> None:
        document = credential()
        achievement = document["credentialSubject"]["achievement"]
        achievement["criteria"] = {
            "id": "javascript:alert(1)",
            "narrative": "![x](https://spy.example/) [y](javascript:alert)<script>alert(1)</script>*Sail.*",
        }
        achievement["image"] = {"id": "https://spy.example/pixel.png", "type": "Image"}
        achievement["description"] = "<script>alert(1)</script>"
        answer = put_in(file=token(document, kid=KID).encode())
        assert missing(answer, "&lt;script&gt;alert(1)", "<em>Sail.</em>") == []
        page = answer.content.decode()
        assert "<script" not in page
        assert "javascript:" not in page
        assert "spy.example" not in page


STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["did:web:", "http://", "a.b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mangled(draw: st.DrawFn, real: dict[str, Any]) -> dict[str, Any]:
    """The document with something else in one or two of its places."""
    document = json.loads(json.dumps(real))
    for _ in range(draw(st.integers(1, 2))):
        place: Any = document
        while True:
            key = draw(st.sampled_from(sorted(place))) if isinstance(place, dict) else 0
            if not (isinstance(place[key], dict | list) and place[key] and draw(st.booleans())):
                break
            place = place[key]
        place[key] = draw(STRANGE)
    return dict(document)


REAL = [credential(credentialStatus=listed()), assertion(), proved(credential(credentialStatus=listed()))]


def test_no_document_breaks_it(web: Web) -> None:
    @given(st.sampled_from(REAL).flatmap(mangled), st.booleans())
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def try_it(document: dict[str, Any], as_token: bool) -> None:
        text = json.dumps(document)
        if as_token:
            parts = [{"alg": "RS256", "kid": document.get("id")}, document]
            text = ".".join([*map(_encoded, parts), "x"])
        try:
            found = looking.look(text.encode(), ADA, Fetcher(), NOW)
        except Unreadable:
            return
        assert found.holds in {True, False, None}

    with time_machine.travel(NOW, tick=False):
        try_it()


def test_no_answer_breaks_it(web: Web) -> None:
    served = dict(web)

    @given(st.data())
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def try_it(data: st.DataObject) -> None:
        web.clear()
        web.update(served)
        address = data.draw(st.sampled_from(sorted(served)))
        real = served[address]
        web[address] = data.draw(mangled(real) if isinstance(real, dict) else st.binary(max_size=50))
        for text in (
            token(credential(credentialStatus=listed()), kid=KID),
            json.dumps(assertion()),
            signed_assertion(),
        ):
            assert looking.look(text.encode(), ADA, Fetcher(), NOW).holds in {True, False, None}

    with time_machine.travel(NOW, tick=False):
        try_it()


def _encoded(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "169.254.169.254", "a%2Fb", "badges.example%40localhost"])
def test_no_issuer_makes_us_call_ourselves_or_a_neighbour(
    monkeypatch: pytest.MonkeyPatch, settings: Any, host: str
) -> None:
    settings.PUBLIC_BASE_URL, settings.DEBUG = "https://badges.example", False
    monkeypatch.setattr(fetching, "look_up", lambda host, port: [host if host[0] == "1" else "127.0.0.1"])
    issuer = f"did:web:{host}"
    document = credential(issuer={"id": issuer, "type": ["Profile"], "name": "We"})
    with time_machine.travel(NOW, tick=False):
        found = looking.look(token(document, kid=f"{issuer}#1").encode(), "", Fetcher(), NOW)
    assert found.holds is None
