"""Bodies that are larger than any that is taken are refused before anybody reads them."""

import os
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from credentials_badges.large_requests import MOST_BYTES, MOST_BYTES_ELSEWHERE, LargeRequests
from tests.story.service import Service, sqlite

pytestmark = pytest.mark.once


def answered(length: str, path: str = "/desk/") -> int:
    """The status of the answer to a body that is said to be so long; it is 200 if the request is passed on."""
    request = RequestFactory().generic("POST", path, b"x", CONTENT_LENGTH=length)
    return LargeRequests(lambda _: HttpResponse())(request).status_code


@pytest.mark.parametrize("path", ["/desk/", "/admin/", "/login/", "/systems/city/badges", "/claims", "/"])
def test_little_is_taken_where_no_evidence_is(path: str) -> None:
    assert answered(str(MOST_BYTES_ELSEWHERE), path) == 200
    assert answered(str(MOST_BYTES_ELSEWHERE + 1), path) == 413


@pytest.mark.parametrize("path", ["/claim/open-day/", "/claims/a-token/", "/api/v1/claims/"])
def test_all_the_evidence_of_a_claim_is_taken(path: str) -> None:
    assert MOST_BYTES == 5 * 20 * 2**20 + 2**20
    assert answered(str(MOST_BYTES), path) == 200
    assert answered(str(MOST_BYTES + 1), path) == 413


@pytest.mark.parametrize("length", ["", "0", "1", "007"])
def test_what_has_no_length_is_small(length: str) -> None:
    assert answered(length) == 200


@pytest.mark.parametrize("length", ["-1", "+1", "1.0", "1_0", "1, 1", "x", "٣", "9" * 31, "9" * 5000])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert answered(length) == 400


def test_it_is_said_in_plain_words() -> None:
    answer = Client().post("/login/", b"x", content_type="text/plain", headers={"Content-Length": str(2**31)})
    assert answer.status_code == 413
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "The request has 2.0\xa0GB; at most 10.0\xa0MB are taken here. Send less at once.\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of a server, and the folder for what it would put on the disk."""
    folder = tmp_path_factory.mktemp("server")
    spooled = folder / "spooled"
    spooled.mkdir()
    service = Service(sqlite(folder), "")
    with service.server(TMPDIR=str(spooled)) as port:
        yield port, spooled


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.parametrize("path", ["/claim/open-day/", "/login/"])
@pytest.mark.parametrize("begun", [0, 1_000_000])
def test_two_gigabytes_are_refused_before_they_are_sent(served: tuple[int, Path], path: str, begun: int) -> None:
    port, spooled = served
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: multipart/form-data; boundary=x"]
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + b"x" * begun
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, f"Content-Length: {2**31}", "", ""]).encode())
        if begun:
            connection.sendall(part)
        told = connection.recv(65_536)
    assert told.startswith(b"HTTP/1.1 413")
    assert os.listdir(spooled) == []


@pytest.mark.loopback
@pytest.mark.enable_socket
@pytest.mark.parametrize("charset", ["base64", "hex", "rot13", "idna", "undefined", "zlib", "unicode_escape", "utf-7"])
@pytest.mark.parametrize("path", ["/claim/?a=%41", "/claim/x/", "/claims/x/", "/login/"])
def test_forms_are_read_as_utf_8_whatever_they_say(served: tuple[int, Path], path: str, charset: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="code"\r\n\r\nStra\xc3\x9fe\r\n--x--\r\n'
    connection = HTTPConnection("127.0.0.1", served[0], timeout=20)
    connection.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"})
    assert connection.getresponse().status == 403  # Without the token of the form.
    connection.close()
