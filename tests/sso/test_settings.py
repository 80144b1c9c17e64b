"""What is set by halves, or unsafe, is an error at start that says what to do; without settings nothing changes."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from credentials_badges import sign_in

pytestmark = pytest.mark.once
WHOLE = {"OIDC_ISSUER": "https://id.example/realm", "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "secret"}
EDX = {"URL_ROOT": "http://lms:8000/", "KEY": "us", "SECRET": "secret"}


def told(monkeypatch: pytest.MonkeyPatch, **names: str) -> tuple[dict[str, str], list[str], dict[str, object]]:
    for name, said in names.items():
        monkeypatch.setenv(name, said)
    return sign_in.sign_in()


def test_without_settings_there_is_no_button_and_no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_in.sign_in()[:2] == ({}, [])


@pytest.mark.django_db
def test_without_settings_the_page_asks_for_a_password_only() -> None:
    assert "Sign in with" not in Client().get("/login/").text


def test_the_host_names_the_button_unless_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, **WHOLE)[0] == {"oidc": "id.example"}
    assert told(monkeypatch, OIDC_NAME="Harbour")[0] == {"oidc": "Harbour"}


def test_an_lms_may_be_reached_elsewhere_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"SOCIAL_AUTH_EDX_OAUTH2_{name}": said for name, said in EDX.items()}
    names["SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT"] = "https://lms.example/"
    ways, backends, more = told(monkeypatch, **names)
    assert (ways, backends) == ({"edx-oauth2": "lms.example"}, ["credentials_badges.sso.backends.OpenEdx"])
    assert more["SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"] == "http://lms:8000"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"OIDC_ISSUER": "https://id.example"}, "Not set: OIDC_CLIENT_ID, OIDC_CLIENT_SECRET"),
        ({**WHOLE, "OIDC_ISSUER": "http://id.example"}, "OIDC_ISSUER has to begin with https://"),
        ({**WHOLE, "OIDC_ISSUER": "id.example"}, "OIDC_ISSUER has to begin with https://"),
        ({"SOCIAL_AUTH_EDX_OAUTH2_KEY": "us"}, "signing in needs all of"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, names: dict[str, str], says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        told(monkeypatch, **names)
    assert says in str(error.value)
    assert "secret" not in str(error.value)


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "IS_INSTALLED", False)
    with pytest.raises(ImproperlyConfigured) as error:
        told(monkeypatch, **WHOLE)
    assert "credentials-badges[sso]" in str(error.value)
