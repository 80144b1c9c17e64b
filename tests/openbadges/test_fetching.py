"""Only public addresses are called, by the address that was looked up, for a short time; what is ours is not called."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from credentials_badges.openbadges.checking import fetching
from credentials_badges.openbadges.checking.fetching import Fetcher, Unreachable


@pytest.fixture
def found_at(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """Lets each host be found at these addresses. Whoever then really connects has been let through."""
    settings.PUBLIC_BASE_URL, settings.DEBUG = "https://badges.example", False
    connected: list[str] = []

    def pool(*told: Any, **_: Any) -> Any:
        connected.append(told[1])
        raise Unreachable("this is as far as a test goes")

    monkeypatch.setattr("urllib3.poolmanager.PoolManager.connection_from_host", pool)

    def find(*addresses: str) -> list[str]:
        monkeypatch.setattr(fetching, "look_up", lambda host, port: list(addresses))
        return connected

    return find


def is_reached(address: str) -> bool:
    """Whether anything is answered there."""
    try:
        Fetcher().get(address)
    except Unreachable:
        return False
    return True


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "no address",
        ),
    ],
)
def test_no_address_of_ours_or_of_a_neighbour_is_called(found_at: Any, address: str) -> None:
    for found in ([address], ["93.184.215.14", address], [address, "93.184.215.14"]):
        connected = found_at(*found)
        assert not is_reached("https://school.example/1")
        assert connected == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_called_by_what_was_looked_up(found_at: Any, address: str) -> None:
    connected = found_at(address)
    assert not is_reached("https://school.example/1")
    assert connected == [address]


@pytest.mark.parametrize(
    "address",
    [
        *("http://school.example/", "ftp://school.example/", "file:///etc/passwd", "gopher://school.example/", "//a/"),
        *(
            "https://",
            "https://user:password@school.example/",
            "https://school.example:99999/",
            "https://school.example./",
            "https://[::1",
            "",
        ),
        *("https://school.example/\n", "https://school.example/\x00", "https://" + "a" * 70 + ".example/", "school"),
        "https://school.example/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_address_is_not_even_looked_up(
    found_at: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    looked_up: list[str] = []
    monkeypatch.setattr(fetching, "look_up", lambda host, port: looked_up.append(host) or [])
    assert not is_reached(address)
    assert looked_up == []


def test_nobody_waits_for_a_host_that_is_looked_up_for_ever(found_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connected, end = found_at("93.184.215.14"), threading.Event()
    monkeypatch.setattr(fetching, "SECONDS_EACH", 0.1)
    monkeypatch.setattr(fetching, "look_up", lambda host, port: end.wait(5) and ["93.184.215.14"])
    began = time.monotonic()
    assert not is_reached("https://school.example/1")
    assert (time.monotonic() - began < 2, connected) == (True, [])
    end.set()


def test_numbers_in_odd_ways_are_what_the_system_takes_them_for(found_at: Any) -> None:
    connected = found_at("127.0.0.1")
    for host in ("2130706433", "0x7f.1", "127.1", "localhost", "badge.localhost"):
        assert not is_reached(f"https://{host}/")
    assert connected == []


class Site(BaseHTTPRequestHandler):
    """Answers by the path."""

    seen: list[tuple[str, dict[str, str]]] = []

    def do_GET(self) -> None:
        """An answer, a way on, or much of nothing."""
        self.seen.append((self.path, dict(self.headers)))
        name, _, rest = self.path[1:].partition("?")
        if name == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            return
        self.send_response(int(name) if len(name) == 3 else 200)
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        with suppress(OSError):  # Whoever asked has had enough.
            for _ in range(40 if name == "drip" else 0):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
            self.wfile.write(b"x" * (fetching.MOST_BYTES + 1) if name == "much" else b'{"id": "me"}')

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    Site.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def port(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A site on this machine, which is called only since the service is on it, too."""
    settings.PUBLIC_BASE_URL, settings.DEBUG = "http://127.0.0.1:1", False
    monkeypatch.setattr(fetching, "look_up", lambda host, port: [host if host[0].isdigit() else "127.0.0.1"])
    with serving() as told:
        yield told


@pytest.mark.loopback
@pytest.mark.enable_socket
class TestOnLoopback:
    def test_the_host_is_asked_by_its_name_without_cookies_or_names_of_ours(self, port: int) -> None:
        fetcher = Fetcher()
        answer = fetcher.get(f"http://school.test:{port}/1?a=ü")
        assert (answer.status, answer.body) == (200, b'{"id": "me"}')
        assert fetcher.get(f"http://school.test:{port}/1?a=ü") is answer
        fetcher.get(f"http://school.test:{port}/2")
        assert [path for path, _ in Site.seen] == ["/1?a=%C3%BC", "/2"]
        headers = Site.seen[1][1]
        assert headers["Host"] == f"school.test:{port}"
        assert {"Cookie", "Authorization", "Referer"}.isdisjoint(headers)

    @pytest.mark.parametrize("status", [204, 404, 410, 500])
    def test_a_status_is_told_and_is_no_document(self, port: int, status: int) -> None:
        fetcher = Fetcher()
        assert fetcher.get(f"http://school.test:{port}/{status}").status == status
        with pytest.raises(Unreachable):
            fetcher(f"http://school.test:{port}/{status}")

    @pytest.mark.parametrize(
        "leads_to",
        [
            "http://169.254.169.254/latest",
            "http://10.0.0.1/",
            "file:///etc/passwd",
            "https://[::1",
            "http://user@a.test/",
        ],
    )
    def test_no_way_leads_to_where_nobody_may_go(self, port: int, leads_to: str) -> None:
        with pytest.raises(Unreachable):
            Fetcher().get(f"http://school.test:{port}/to?{leads_to}", is_put_in=True)
        assert len(Site.seen) == 1

    def test_only_what_a_person_has_put_in_leads_to_another_site(self, port: int) -> None:
        there = f"http://other.test:{port}/1"
        fetcher = Fetcher()
        assert fetcher.get(f"http://school.test:{port}/to?{there}", is_put_in=True).address == there
        with pytest.raises(Unreachable):
            fetcher.get(f"http://school.test:{port}/to?{there}")
        assert fetcher.get(f"http://school.test:{port}/to?/1").address == f"http://school.test:{port}/1"

    def test_nobody_is_led_on_and_on(self, port: int) -> None:
        with pytest.raises(Unreachable):
            Fetcher().get(f"http://school.test:{port}/to?/to?/to?/to?/to?/1", is_put_in=True)
        assert len(Site.seen) == fetching.MOST_REDIRECTS + 1

    def test_a_long_answer_is_none(self, port: int) -> None:
        with pytest.raises(Unreachable):
            Fetcher().get(f"http://school.test:{port}/much")

    def test_a_slow_answer_is_none(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "SECONDS_EACH", 0.3)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            Fetcher().get(f"http://school.test:{port}/drip")
        assert time.monotonic() - began < 1.5

    def test_only_so_much_is_fetched_for_one_badge(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        fetcher = Fetcher()
        for number in range(fetching.MOST_FETCHES):
            fetcher.get(f"http://school.test:{port}/{number + 200}")
        with pytest.raises(Unreachable):
            fetcher.get(f"http://school.test:{port}/one-more")
        monkeypatch.setattr(fetching, "SECONDS_ALL", 0.0)
        with pytest.raises(Unreachable):
            Fetcher().get(f"http://school.test:{port}/1")
        assert len(Site.seen) == fetching.MOST_FETCHES

    def test_what_has_not_answered_is_not_asked_again(self, port: int) -> None:
        fetcher = Fetcher()
        for _ in range(3):
            with pytest.raises(Unreachable):
                fetcher.get(f"http://school.test:{port}/much")
        assert len(Site.seen) == 1

    def test_nothing_on_this_machine_is_called_once_the_service_is_in_the_world(self, port: int, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://badges.example"
        for scheme in ("http", "https"):
            with pytest.raises(Unreachable):
                Fetcher().get(f"{scheme}://127.0.0.1:{port}/1")
        assert Site.seen == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of school.test, with its key."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "school.test")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("school.test")]), critical=False)
    made = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.loopback
@pytest.mark.enable_socket
def test_a_certificate_has_to_be_known_and_the_hosts_own(
    certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:1"
    monkeypatch.setattr(fetching, "look_up", lambda host, port: ["127.0.0.1"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serving(tls) as port:
        with pytest.raises(Unreachable):
            Fetcher().get(f"https://school.test:{port}/1")
        monkeypatch.setattr(fetching, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
        assert Fetcher().get(f"https://school.test:{port}/1").status == 200
        with pytest.raises(Unreachable):
            Fetcher().get(f"https://other.test:{port}/1")
    assert len(Site.seen) == 1
