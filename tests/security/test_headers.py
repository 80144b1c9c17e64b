"""What browsers are told, and that they are told it with every answer."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from credentials_badges import headers
from credentials_badges.badges import shelves
from credentials_badges.badges.networks import NETWORKS, on_network
from tests.providers.badgekit.api import make, store
from tests.providers.badgekit.claim_page import signed_in
from tests.providers.badgekit.desk import at_desk, path
from tests.security.test_routes import ALWAYS

pytestmark = pytest.mark.once


def directives(answer: Any) -> dict[str, str]:
    """The policy by its directives."""
    return dict(each.strip().partition(" ")[::2] for each in answer["Content-Security-Policy"].split(";"))


@pytest.mark.django_db
def test_nothing_is_run_or_shown_but_what_is_ours() -> None:
    told = directives(Client().get("/login/"))
    assert told["default-src"] == told["object-src"] == told["base-uri"] == told["frame-ancestors"] == "'none'"
    assert told["script-src"] == told["style-src"] == told["connect-src"] == told["font-src"] == "'self'"
    assert "unsafe" not in " ".join(told.values())


def test_forms_lead_to_us_and_to_the_networks_that_have_a_button() -> None:
    pages = [urlsplit(on_network(network, "https://badges.example/", "Look!")) for network in NETWORKS]
    assert [f"{page.scheme}://{page.netloc}" for page in pages] == list(headers.NETWORKS)


@pytest.mark.parametrize(("is_https", "plain"), [(True, False), (False, True)])
def test_pictures_come_in_the_clear_only_where_we_do(is_https: bool, plain: bool) -> None:
    directives: Any = headers.policy(is_https=is_https)["DIRECTIVES"]
    assert ("http:" in directives["img-src"]) == plain


@pytest.mark.django_db
def test_only_the_page_that_shows_a_mail_has_styles_within_itself() -> None:
    store()
    code, owner = make("open day", multiuse=True), at_desk()
    assert directives(owner.get(path("codes/")))["style-src"] == "'self'"
    mail = directives(owner.get(path(f"codes/{code.pk}/mail/")))
    assert mail["style-src"] == "'self' 'unsafe-inline'"
    assert mail["script-src"] == "'self'"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (301, {"path": "/my", "secure": True}),
        (301, {"path": "/my/"}),
        (400, {"path": "/my/", "secure": True, "HTTP_HOST": "evil.example"}),
        (400, {"path": "/my/", "secure": True, "CONTENT_LENGTH": "many"}),
        (404, {"path": "/nothing/", "secure": True}),
        (405, {"path": "/logout/", "secure": True}),
        (413, {"path": "/my/", "secure": True, "CONTENT_LENGTH": str(2**40)}),
    ],
)
def test_errors_and_redirects_have_them_too(settings: Any, status: int, request_: dict[str, Any]) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    answer = Client().get(**request_)
    assert answer.status_code == status
    # Where the first middleware answers, the policy alone says that nobody may frame it.
    assert set(answer.headers) >= ALWAYS - {"X-Frame-Options"}
    assert ("Strict-Transport-Security" in answer.headers) == ("secure" in request_)


@pytest.mark.django_db
def test_a_page_that_breaks_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "count", lambda *_: 1 / 0)
    client = signed_in()
    client.raise_request_exception = False
    answer = client.get("/my/")
    assert answer.status_code == 500
    assert set(answer.headers) >= ALWAYS
    assert "ZeroDivisionError" not in answer.text


def test_they_stand_before_whatever_may_answer() -> None:
    ours = {"csp.middleware.CSPMiddleware", "credentials_badges.headers.PermissionsPolicy"}
    # What stands before them answers probes, or nobody.
    first = [name for name in settings.MIDDLEWARE if not name.startswith("credentials_badges.operations.")]
    assert set(first[:2]) == ours
