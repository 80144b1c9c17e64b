"""Whoever signs in gets a session of their own, leads nowhere else, and is out once they leave."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from credentials_badges.badges.models import Learner, Mail
from tests.providers.badgekit.api import store
from tests.providers.badgekit.claim_page import browser, code, link_of, page

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PASSWORD, NEW = "a long word of nobody's", "another long word of hers"
ELSEWHERE = (
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "https:evil.example"),
    *(
        "\thttps://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://testserver@evil.example/",
        "\x00//evil",
    ),
    *("http://testserver.evil.example/", "ftp://testserver/", "//[::1", "/%0d%0aLocation: https://evil.example"),
)
SIGN_IN = {"username": "root", "password": PASSWORD}


@pytest.fixture(autouse=True)
def root(db: None) -> Learner:
    return Learner.objects.create_superuser("root", "root@example.com", PASSWORD)


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_signing_in_leads_nowhere_else(door: str, address: str) -> None:
    answer = Client().post(door, {**SIGN_IN, "next": address})
    assert answer.status_code == 302
    assert "\n" not in answer["Location"]
    assert answer["Location"] in {"/my/", address} or answer["Location"].startswith("/%")
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))


def test_signing_out_leads_nowhere_else() -> None:
    client = Client()
    client.login(**SIGN_IN)
    assert client.post("/logout/", {"next": "https://evil.example/"})["Location"] == "/login/"


def test_a_session_from_before_is_not_taken_along() -> None:
    client = Client()
    client.get("/login/")
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    client.post("/login/", SIGN_IN)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_who_has_left_is_out_whatever_cookie_they_kept() -> None:
    client, kept = Client(), Client()
    client.post("/login/", SIGN_IN)
    kept.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert kept.get("/my/").status_code == 200
    client.post("/logout/")
    assert kept.get("/my/").status_code == 302


def test_a_new_password_ends_all_other_sessions() -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.post("/login/", SIGN_IN)
    told = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/admin/password_change/", told).status_code == 302
    assert here.get("/my/").status_code == 200
    assert elsewhere.get("/my/").status_code == 302


def test_a_password_is_changed_only_by_whoever_knows_it() -> None:
    client = Client()
    client.post("/login/", SIGN_IN)
    client.post("/admin/password_change/", {"old_password": "x", "new_password1": NEW, "new_password2": NEW})
    assert Learner.objects.get().check_password(PASSWORD)


def test_nobody_is_mailed_a_new_password() -> None:
    for below in ("password_reset/", "reset/MQ/x/"):
        assert browser().get(f"/admin/{below}").status_code in {302, 404}
        assert browser().get(f"/{below}").status_code == 404


@pytest.mark.parametrize("secure", [False, True])
def test_scripts_and_other_sites_do_not_get_at_cookies(settings: Any, secure: bool) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = secure
    client = Client()
    client.get("/login/", secure=secure)
    client.post("/login/", SIGN_IN, secure=secure)
    session, csrf = client.cookies[settings.SESSION_COOKIE_NAME], client.cookies[settings.CSRF_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == csrf["samesite"] == "Lax"
    assert bool(session["secure"]) == bool(csrf["secure"]) == secure
    assert not session["domain"]


def test_pages_that_show_nothing_of_anybody_set_no_session() -> None:
    for address in ("/login/", "/claim/", "/api/docs/", "/healthcheck"):
        assert settings.SESSION_COOKIE_NAME not in Client().get(address).cookies


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "a b", "\u0661"]
)
def test_another_host_is_refused(host: str) -> None:
    assert Client().get("/login/", headers={"Host": host}).status_code == 400


def test_links_in_mails_lead_to_us_whatever_host_a_request_names(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://badges.example"
    settings.ALLOWED_HOSTS = ["*"]
    store()
    code()
    told = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = browser().post(page("open-day"), {"name": "Sam", "email": "sam@example.net"}, headers=told)
    assert answer.status_code == 200
    mail = Mail.objects.get()
    assert "evil" not in mail.text + mail.html
    assert f"https://badges.example{link_of(mail)}" in mail.text


@pytest.mark.parametrize(
    "address",
    ["/static/", "/static/badges/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static//etc/passwd"],
)
def test_folders_are_not_listed_nor_left(address: str) -> None:
    answer = browser().get(address)
    assert answer.status_code in {301, 404}
    assert "manage" not in answer.text.replace(address, "")
