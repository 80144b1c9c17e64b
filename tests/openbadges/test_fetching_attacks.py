"""Sites that want to hold a worker for ever, look like others, or write into our logs: nothing comes of it."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from credentials_badges.openbadges.checking import fetching
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable
from tests.openbadges.foreign import SITE, Web, ed25519, jwk, rsa
from tests.openbadges.foreign import web as web  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_fetching import found_at as found_at  # noqa: PLC0414 (A fixture.)
from tests.openbadges.test_fetching import is_reached

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "size of a chunk": (CHUNKED + b"1;", b"a"),
    "what follows the last chunk": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"a: b\r\n"),
    "first line": (b"HTTP/1.1 200", b" "),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
}
LONG = 5.0


def site(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A site on this machine that answers each call so."""

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # Whoever asked has had enough.
            connection.recv(65536)
            answer(connection)

    def serve() -> None:
        with suppress(OSError):  # The test is over.
            while True:
                threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def _here(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets it be called."""
    settings.PUBLIC_BASE_URL, settings.DEBUG = "http://127.0.0.1:1", False
    monkeypatch.setattr(fetching, "look_up", lambda host, port: ["127.0.0.1"])


def seconds_until_nothing_came_of(address: str) -> float:
    began = time.monotonic()
    assert not is_reached(address)
    return time.monotonic() - began


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.usefixtures("_here")
class TestOnLoopback:
    @pytest.mark.parametrize("drip", DRIPS)
    def test_nobody_waits_longer_for_what_drips(self, monkeypatch: pytest.MonkeyPatch, drip: str) -> None:
        begin, again = DRIPS[drip]
        monkeypatch.setattr(fetching, "SECONDS_EACH", 0.3)

        def answer(connection: socket.socket) -> None:
            connection.sendall(begin)
            ends = time.monotonic() + LONG
            while time.monotonic() < ends:
                time.sleep(0.05)
                connection.sendall(again)

        for port in site(answer):
            assert seconds_until_nothing_came_of(f"http://school.test:{port}/1") < LONG / 2

    def test_all_of_a_call_has_the_time_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "SECONDS_EACH", 1.0)

        def look_up(host: str, port: int) -> list[str]:
            time.sleep(0.8)
            return ["127.0.0.1"]

        def answer(connection: socket.socket) -> None:
            time.sleep(0.8)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            time.sleep(0.8)
            connection.sendall(b"{}")

        monkeypatch.setattr(fetching, "look_up", look_up)
        for port in site(answer):
            assert seconds_until_nothing_came_of(f"http://school.test:{port}/1") < 1.5

    def test_what_ends_in_time_is_not_hung_up(self) -> None:
        for port in site(lambda connection: connection.sendall(CHUNKED + b"2\r\n{}\r\n0\r\n\r\n")):
            assert Fetcher().get(f"http://school.test:{port}/1").body == b"{}"

    def test_nothing_of_odd_headers_or_of_the_address_is_in_our_logs(self, caplog: pytest.LogCaptureFixture) -> None:
        odd = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n secret=ada@school.example\r\nno colon here\r\n\r\n{}"
        with caplog.at_level(logging.DEBUG):
            for port in site(lambda connection: connection.sendall(odd)):
                with suppress(Unreachable):  # Whether such an answer counts is no matter.
                    Fetcher().get(f"http://school.test:{port}/1?private=token")
        assert not [record for record in caplog.records if record.name.startswith("urllib3")]


@pytest.mark.parametrize(
    "address",
    [
        *("https://school․example∕b.evil.example/", "https://аpple.example/", "https://straße.example/"),
        *(
            "https://school%2Eexample/",
            "https://school.example%2F@evil.example/",
            "https://school.example@evil.example/",
        ),
        *(
            "https://school.example\\.evil.example/",
            "https://school.example\\@evil.example/",
            "https://a\u202eb.example/",
        ),
        *("https://school.example/\u202e", "https://a,b.example/", "https://a'b.example/"),
        *(
            "https://school.example/us/../~eve/1",
            "https://school.example/us/%2e%2e/~eve",
            "https://a.example/..%2f~eve",
        ),
        "https://school.example/us/..\\~eve",
    ],
)
def test_what_looks_like_another_address_is_not_even_looked_up(
    found_at: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    looked_up: list[str] = []
    monkeypatch.setattr(fetching, "look_up", lambda host, port: looked_up.append(host) or [])
    assert not is_reached(address)
    assert looked_up == []


@pytest.mark.parametrize("host", ["xn--pple-43d.example", "under_score.example", "A.example"])
def test_a_plain_host_is(found_at: Any, host: str) -> None:
    connected = found_at("93.184.215.14")
    assert not is_reached(f"https://{host}/us/1..2/.well-known/did.json")
    assert connected == ["93.184.215.14"]


@pytest.mark.parametrize("address", ["fec0::1", "feff::1"])
def test_a_neighbour_of_old_times_is_not_called(found_at: Any, address: str) -> None:
    connected = found_at(address)
    assert not is_reached("https://school.example/1")
    assert connected == []


@pytest.mark.parametrize("leads_to", ["https://[::1", "//[", "https://a℀b/", "https://school.example:x/"])
def test_a_site_that_leads_nowhere_does_not_answer(web: Web, leads_to: str) -> None:
    web[f"{SITE}/1"] = (leads_to,)
    assert not is_reached(f"{SITE}/1")


def test_a_question_of_too_many_parts_is_not_found_here(web: Web) -> None:
    assert Fetcher().get("https://badges.example/ob/v2/badges/x?" + "&" * 1001).status == 404
    assert web.asked == []


@pytest.mark.parametrize(
    "told",
    [
        {"verificationMethod": [{"publicKeyJwk": {**jwk(rsa()), "d": "AQAB"}}]},
        {"verificationMethod": [{"publicKeyJwk": {**jwk(rsa()), "n": "A" * 9000}}]},
        {"keys": [{**jwk(rsa()), "e": "A" * 900}]},
        {**jwk(ed25519()), "d": "AQAB"},
        {"a": [[{"b": {**jwk(rsa()), "p": None}}]]},
        '{"kty": "RSA", "d": "AQAB", "d": "AQAB"}',
        "{}".encode("utf-16") + b"{",
        b"\xff",
        "no document",
    ],
    ids=range(9),
)
def test_no_library_gets_a_private_or_huge_key_or_what_it_may_read_otherwise_than_we(web: Web, told: Any) -> None:
    web[f"{SITE}/1"] = told
    assert Fetcher().get(f"{SITE}/1").status == 200
    with pytest.raises(Unreachable):
        Fetcher()(f"{SITE}/1")


def test_public_keys_and_tokens_are_passed_on(web: Web) -> None:
    for told in ({"keys": [jwk(rsa()), jwk(ed25519())]}, "ab.cd.ef"):
        web[f"{SITE}/1"] = told
        assert Fetcher()(f"{SITE}/1")
