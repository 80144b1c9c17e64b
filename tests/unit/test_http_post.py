"""The way out to whoever wants to be told something: only to safe addresses, and never for long."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import responses

from credentials_badges import http
from credentials_badges.contract.errors import Misconfigured, Retriable
from credentials_badges.http import post
from tests.unit.test_http import LOST, NEVER_SENT

HOOK = "https://hooks.example.com/badges?token=s3cret"


@pytest.fixture
def provider() -> Iterator[responses.RequestsMock]:
    """The other end of the line."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize("status", [200, 204, 302, 404, 410, 429, 500])
def test_a_post_tells_the_status_whatever_it_is(provider: responses.RequestsMock, status: int) -> None:
    provider.post(HOOK, body=b"x" * 100_000, status=status, headers={"Location": "https://evil.example.com/"})
    assert post(HOOK, "आदित्य".encode(), {"Content-Type": "application/json", "X-Signature": "s"}) == status
    assert [call.request.url for call in provider.calls] == [HOOK]
    sent = provider.calls[0].request
    assert sent.body == "आदित्य".encode()
    assert (sent.headers["Content-Type"], sent.headers["X-Signature"]) == ("application/json", "s")


@pytest.mark.parametrize("error", [*NEVER_SENT, *LOST], ids=repr)
def test_a_post_without_an_answer_may_be_made_again(provider: responses.RequestsMock, error: Exception) -> None:
    provider.post(HOOK, body=error)
    with pytest.raises(Retriable, match=r"'hooks\.example\.com' gave no answer") as told:
        post(HOOK, b"{}", {})
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/?token=s3cret",
        "http://127.0.0.1.example.com/s3cret",
        "https://s3cret@hooks.example.com/",
        "https://hooks.example.com/#s3cret",
        "https://hooks.example.com:port/s3cret",
        "https:///s3cret",
        "file:///etc/passwd",
        "hooks.example.com/s3cret",
        "",
    ],
)
def test_a_post_goes_only_where_nobody_can_read_it_on_the_way(provider: responses.RequestsMock, url: str) -> None:
    with pytest.raises(Misconfigured, match="the address") as told:
        post(url, b"{}", {})
    assert "s3cret" not in str(told.value)
    assert not provider.calls


def test_a_post_with_a_header_that_cannot_be_sent_says_so(provider: responses.RequestsMock) -> None:
    with pytest.raises(Misconfigured, match="InvalidHeader") as told:
        post(HOOK, b"{}", {"X-Token": "s3cret\r\nX: y"})
    assert "s3cret" not in str(told.value)


def test_a_post_takes_no_password_from_a_netrc_and_keeps_no_cookie(
    provider: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine hooks.example.com login eve password eve")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    provider.post(HOOK, headers={"Set-Cookie": "session=1; Path=/"})
    for _ in range(2):
        post(HOOK, b"{}", {})
    assert not {"Authorization", "Cookie"} & {name for call in provider.calls for name in call.request.headers}


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping(socketserver.BaseRequestHandler):
        """Never silent for as long as the time-out, and never done."""

        def handle(self) -> None:
            """One call."""
            self.request.recv(65_536)
            with suppress(OSError):
                for _ in range(100):
                    self.request.sendall(b"H")
                    time.sleep(0.1)

    monkeypatch.setattr(http, "POST_READ_SECONDS", 0.5)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Retriable, match="ReadTimeout"):
            post(f"http://127.0.0.1:{server.server_address[1]}/hook", b"{}", {})
        assert time.monotonic() - began < 5
        server.shutdown()


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nx", b"junk\r\n\r\n", b""])
def test_a_post_to_this_machine_may_be_plain_and_waits_for_no_body(answer: bytes) -> None:
    class Receiver(socketserver.BaseRequestHandler):
        """Answers, and then says nothing more until the other side has gone."""

        def handle(self) -> None:
            """One call."""
            self.request.settimeout(5)
            self.request.recv(65_536)
            self.request.sendall(answer)
            if b"200" in answer:
                self.request.recv(65_536)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        if b"200" in answer:
            assert post(url, b"{}", {}) == 200
        else:
            with pytest.raises(Retriable):
                post(url, b"{}", {})
        server.shutdown()
