"""The way out: each answer becomes the error that names its cure, and the key goes nowhere else."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import time_machine
from urllib3.exceptions import NameResolutionError, NewConnectionError, ProtocolError

from credentials_badges.contract.errors import (
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Retriable,
)
from credentials_badges.http import Api

BASE = "https://api.example.com/v1/"
URL = f"{BASE}badges"
API = Api(name="Example", base_url=BASE, authorization="Basic c2VjcmV0Og==", secret="secret-key")

Call = Callable[[], dict[str, Any]]


def read() -> dict[str, Any]:
    """Ask."""
    return API.read("GET", "badges")


def write() -> dict[str, Any]:
    """Change something."""
    return API.write("POST", "badges", json={})


@pytest.fixture
def provider() -> Iterator[responses.RequestsMock]:
    """The provider's end of the line."""
    with responses.RequestsMock() as mock:
        yield mock


def failure(provider: responses.RequestsMock, call: Call, **answer: Any) -> ProviderError:
    """What the call raises at that answer."""
    provider.add("GET" if call is read else "POST", URL, **answer)
    with pytest.raises(ProviderError) as error:
        call()
    return error.value


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_object_is_the_answer(provider: responses.RequestsMock, call: Call, status: int) -> None:
    provider.add("GET" if call is read else "POST", URL, json={"data": 1}, status=status)
    assert call() == {"data": 1}


def test_the_key_and_the_parameters_are_sent(provider: responses.RequestsMock) -> None:
    provider.add("GET", URL, json={}, match=[responses.matchers.query_param_matcher({"page": "2"})])
    API.read("GET", "badges", params={"page": "2"})
    sent = provider.calls[0].request
    assert sent.headers["Authorization"] == "Basic c2VjcmV0Og=="
    assert sent.headers["Accept"] == "application/json"


CURES = {
    **dict.fromkeys([400, 402, 405, 406, 409, 410, 413, 415, 418, 422, 451], (Rejected, Rejected)),
    404: (NotFound, NotFound),
    **dict.fromkeys([401, 403, 407], (Misconfigured, Misconfigured)),
    **dict.fromkeys([300, 301, 302, 303, 307, 308], (Misconfigured, OutcomeUnknown)),
    429: (RateLimited, RateLimited),
    **dict.fromkeys([408, 425, 500, 501, 502, 503, 504, 520, 599], (Retriable, OutcomeUnknown)),
}


@pytest.mark.parametrize("status", CURES)
def test_each_status_has_its_cure(provider: responses.RequestsMock, status: int) -> None:
    for call, cure in zip((read, write), CURES[status], strict=True):
        error = failure(provider, call, json={"message": "No"}, status=status)
        assert type(error) is cure
        assert f"Example answered {status} to " in str(error)
        assert ": No" in str(error)


def test_no_content_is_an_answer(provider: responses.RequestsMock) -> None:
    provider.delete(BASE + "badges", status=204)
    assert Api(name="Example", base_url=BASE, authorization="Token k", secret="k").write("DELETE", "badges") == {}


def test_a_refusal_carries_its_status_and_body_for_the_adapter(provider: responses.RequestsMock) -> None:
    error = failure(provider, write, json={"errors": {"email": ["taken"]}}, status=422)
    assert isinstance(error, Rejected)
    assert (error.status, error.body) == (422, {"errors": {"email": ["taken"]}})
    assert "email taken" in str(error)


@pytest.mark.parametrize(
    "body", ["<html>502</html>", "", "[]", '"text"', "null", "\xff", "[" * 100_000, "1" * 5_000, '{"a": 1']
)
def test_a_success_that_is_no_object_is_a_lost_answer(provider: responses.RequestsMock, body: str) -> None:
    assert type(failure(provider, read, body=body)) is Retriable
    assert type(failure(provider, write, body=body)) is OutcomeUnknown


def test_an_html_page_is_not_quoted(provider: responses.RequestsMock) -> None:
    error = failure(provider, write, body="<h1>Bad gateway</h1>", status=502, content_type="text/html")
    assert type(error) is OutcomeUnknown
    assert "<" not in str(error)


NEVER_SENT = [
    requests.ConnectTimeout("slow"),
    requests.ConnectionError(NewConnectionError(None, "refused")),  # type: ignore[arg-type]
    requests.ConnectionError(NameResolutionError("api.example.com", None, OSError("unknown"))),  # type: ignore[arg-type]
    requests.exceptions.SSLError("certificate"),
    requests.exceptions.ProxyError("proxy"),
]
LOST = [
    requests.ReadTimeout("slow"),
    requests.ConnectionError(ProtocolError("Connection aborted.")),
    requests.exceptions.ChunkedEncodingError("half"),
    requests.exceptions.ContentDecodingError("zip"),
]


@pytest.mark.parametrize("error", NEVER_SENT, ids=repr)
def test_what_was_never_sent_may_simply_be_sent_again(provider: responses.RequestsMock, error: Exception) -> None:
    assert type(failure(provider, read, body=error)) is Retriable
    assert type(failure(provider, write, body=error)) is Retriable


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_an_answer_that_got_lost_leaves_the_outcome_of_a_write_open(
    provider: responses.RequestsMock, error: Exception
) -> None:
    assert type(failure(provider, read, body=error)) is Retriable
    assert type(failure(provider, write, body=error)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 09:28:10 +0200", 10.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
        ("Wed, 21 Oct 2026 07:28:30 +99999999999999", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
@time_machine.travel(datetime(2026, 10, 21, 7, 28, tzinfo=UTC), tick=False)
def test_retry_after_is_a_number_or_a_date_and_nonsense_is_nothing(
    provider: responses.RequestsMock, header: str, seconds: float | None, status: int
) -> None:
    error = failure(provider, write, json={}, status=status, headers={"Retry-After": header})
    assert isinstance(error, Retriable)
    assert error.after == seconds


def test_a_redirect_is_not_followed_and_the_key_not_sent_on(provider: responses.RequestsMock) -> None:
    error = failure(provider, read, status=302, headers={"Location": "https://evil.example.com/"})
    assert "a redirect, which is not followed" in str(error)
    assert [call.request.url for call in provider.calls] == [URL]


def test_key_and_addresses_are_struck_out_of_what_the_provider_says(provider: responses.RequestsMock) -> None:
    words = "secret-key (sent as Basic c2VjcmV0Og==) may not write to Ada@Example.com\nor <åsa@example.org>."
    said = str(failure(provider, write, json={"error": words}, status=403))
    assert "[key] (sent as Basic [key]) may not write to [address] or <[address]>" in said


def test_what_the_provider_says_is_cut_short(provider: responses.RequestsMock) -> None:
    assert len(str(failure(provider, read, json={"message": "no " * 1000}, status=400))) < 300


def test_no_secret_is_shown_by_the_api_itself() -> None:
    assert "secret" not in repr(API)
    assert "c2Vj" not in repr(API)


def test_a_netrc_does_not_take_the_place_of_the_key(
    provider: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.com login eve password eve")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    provider.add("GET", URL, json={})
    read()
    assert provider.calls[0].request.headers["Authorization"] == "Basic c2VjcmV0Og=="


def test_cookies_are_not_kept(provider: responses.RequestsMock) -> None:
    provider.add("GET", URL, json={}, headers={"Set-Cookie": "session=1; Path=/"})
    read()
    read()
    assert "Cookie" not in provider.calls[1].request.headers


@pytest.mark.parametrize("key", ["ключ-1234", "two\nlines-1234", "tab\t1234"])
def test_a_key_that_no_header_can_carry_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(Misconfigured, match="the key holds characters") as error:
        Api(name="Example", base_url=BASE, authorization=f"Token {key}", secret=key).read("GET", "badges")
    assert "1234" not in str(error.value)
