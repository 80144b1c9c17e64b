"""A real server on loopback, and clients that speak HTTP in their own way."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

import pytest

from tests.providers.badgekit.api import MASTER, Caller
from tests.story.service import Service, sqlite

STORE = {
    "format": "badgekit-fixture/1",
    "systems": [{"id": 1, "slug": "city", "name": "The City", "url": "https://city.example"}],
    "badges": [{"id": 1, "slug": "coder", "name": "Coder", "type": "skill", "systemId": 1, "created": "now"}],
    "claimCodes": [
        {"id": 1, "code": "winter", "badgeId": 1},
        {"id": 2, "code": "summer", "multiuse": True, "limit": 7, "badgeId": 1},
    ],
}
CODES = "/systems/city/badges/coder/codes"
SIGNER = Caller(secret=MASTER)
PEOPLE = 200

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.once]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a server with a store of its own."""
    folder: Path = tmp_path_factory.mktemp("server")
    service = Service(sqlite(folder), "")
    service.environment["BADGEKIT_MASTER_SECRET"] = MASTER
    (folder / "store.json").write_text(json.dumps(STORE))
    service.manage("load_badgekit", str(folder / "store.json"))
    with service.server() as port:
        yield port


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": SIGNER.authorization(method, path, body), **headers}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def head(method: str, path: str, body: bytes, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Authorization: {SIGNER.authorization(method, path, body)}", *more, "", ""]).encode()


@pytest.mark.parametrize(("code", "uses"), [("winter", 1), ("summer", 7)])
def test_of_200_clients_at_once_exactly_as_many_get_the_badge_as_the_code_allows(
    port: int, code: str, uses: int
) -> None:
    start = Barrier(PEOPLE)

    def claim(number: int) -> int:
        body = json.dumps({"email": f"{code}{number}@example.com"}).encode()
        start.wait(timeout=60)
        return ask(port, "POST", f"{CODES}/{code}/claim", body, **{"Content-Type": "application/json"})[0]

    with ThreadPoolExecutor(PEOPLE) as pool:
        statuses = list(pool.map(claim, range(PEOPLE)))
    assert {status: statuses.count(status) for status in set(statuses)} == {200: uses, 400: PEOPLE - uses}


def test_bodies_in_chunks_are_read_and_the_connection_goes_on(port: int) -> None:
    body, second = b'{"code": "in-chunks"}', b'{"code": "after-it"}'
    first = head("POST", CODES, body, "Transfer-Encoding: chunked")
    chunks = b"5;x=y\r\n" + body[:5] + b"\r\n%x\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n"
    last = head("POST", CODES, second, f"Content-Length: {len(second)}", "Connection: close") + second
    told = raw(port, first + chunks + last)
    assert told.count(b"HTTP/1.1 201") == 2
    assert b'"in-chunks"' in told
    assert b'"after-it"' in told


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"-1\r\n", b"5\r\nab", b"", b"fffffffffffffffffff\r\n"])
def test_chunks_that_are_none_are_refused(port: int, chunks: bytes) -> None:
    told = raw(port, head("POST", CODES, b"{}", "Transfer-Encoding: chunked") + chunks)
    assert told.startswith(b"HTTP/1.1 400")
    assert b"InvalidContent" in told


def test_a_body_in_chunks_may_not_be_too_large(port: int) -> None:
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    told = raw(port, head("POST", CODES, b"", "Transfer-Encoding: chunked") + piece * 100 + b"0\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("code", ["a/b", "/a", "a/", "a//b", "x/claim", "50%", "a?b", "ü ö"])
def test_codes_with_any_characters_are_made_found_claimed_and_deleted(port: int, code: str) -> None:
    path, told = f"{CODES}/{quote(code, safe='')}", {"Content-Type": "application/json"}
    body = json.dumps({"code": code}).encode()
    assert ask(port, "POST", CODES, body, **told)[0] == 201
    assert ask(port, "GET", path)[0] == 200
    assert ask(port, "GET", f"/systems/city/codes/{quote(code, safe='')}")[0] == 200
    assert ask(port, "POST", f"{path}/claim")[0] == 200
    assert ask(port, "DELETE", path)[0] == 200
    assert ask(port, "GET", path)[0] == 404


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=hex",
        "application/json; charset=utf-8; charset=undefined",
        "application/json; charset*=utf-8''hex",
        "x; x*=nope''%41",
    ],
)
def test_content_types_that_are_nonsense_are_no_fault_of_ours(port: int, content_type: str) -> None:
    path = f"{CODES}?page=1"
    assert ask(port, "GET", path, **{"Content-Type": content_type})[0] == 200


def test_accept_headers_that_are_nonsense_are_not_acceptable(port: int) -> None:
    assert ask(port, "GET", CODES, Accept="a/b; x*=nope''%41")[0] == 406


def test_thousands_of_parameters_are_refused(port: int) -> None:
    path = f"{CODES}?{'&'.join('a=1' for _ in range(2000))}"
    status, told = ask(port, "GET", path)
    assert (status, told["code"]) == (400, "InvalidContent")


@pytest.mark.parametrize("crit", [1, [1], None, "x", ["b64"]])
def test_token_headers_that_ask_for_more_are_refused(port: int, crit: object) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"key": "master", "method": "GET", "path": CODES}
    token = f"{part({'typ': 'JWT', 'alg': 'HS256', 'crit': crit})}.{part(claims)}.AAAA"
    assert ask(port, "GET", CODES, Authorization=f'JWT token="{token}"')[0] == 403


def test_answers_are_written_as_javascript_writes_them(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/healthcheck")
        assert connection.getresponse().read() == b'{"app":"BadgeKit API","version":"0.2.22"}'
