"""Where a key may be sent: over https, or to this machine."""

import pytest

from credentials_badges.contract.errors import Misconfigured
from credentials_badges.http import checked_base_url


@pytest.mark.parametrize(
    "url",
    [
        "https://api.credly.com/v1",
        "https://api.credly.com/v1/",
        "HTTPS://API.CREDLY.COM/v1/",
        "https://api.credly.com:8443/",
        "https://127.0.0.1/",
        "https://bücher.example/",
        "http://localhost:8000",
        "http://LOCALHOST/",
        "http://127.0.0.1:8000/v1/",
        "http://127.8.9.10/",
        "http://[::1]:8000/",
        "https://[2001:db8::1]/",
    ],
)
def test_a_safe_address_is_taken_and_ends_with_a_slash(url: str) -> None:
    assert checked_base_url(url) == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.credly.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://127.1/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://[2001:db8::1]/",
        "http://ⓛocalhost/",
        "http://localhost\N{FULLWIDTH FULL STOP}example.com/",
        "ftp://api.credly.com/",
        "//api.credly.com/",
        "api.credly.com",
        "https:api.credly.com",
        "file:///etc/passwd",
        "",
        "   ",
        "https://",
        "https:///v1/",
        "https://user@api.credly.com/",
        "https://user:password@api.credly.com/",
        "https://@api.credly.com/",
        "https://api.credly.com\\@example.com/",
        "https://api.credly.com/?key=1",
        "https://api.credly.com/#v1",
        "https://api.credly.com:port/",
        "https://api.credly.com:99999/",
        "https://api.credly.com:-1/",
        "https://[::1/",
        "https://[nowhere]/",
        f"https://{'a' * 64}.example.com/",
        "https://api..example.com/",
        "https://bücher..example/",
        "https://credly.com\N{FULLWIDTH SOLIDUS}example.com/",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="the base URL"):
        checked_base_url(url)


@pytest.mark.parametrize("port", ["", ":99999", ":port"])
def test_a_refusal_does_not_show_a_password(port: str) -> None:
    with pytest.raises(Misconfigured) as error:
        checked_base_url(f"https://user:hunter2@api.credly.com{port}/")
    assert "hunter2" not in str(error.value)
